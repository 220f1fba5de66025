"""What every act that revises a mission's facts begins with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.records import audit, missions
from ieom.rules.mission import MissionFacts


def begin_revision(session: Session, mission: str, reason: str, ref: str | None) -> tuple[MissionFacts, bool]:
    """The facts as they stand, and whether this very act was done before."""
    missions.lock(session, mission)
    facts = missions.facts(session, mission)
    if ref is not None and audit.happened(session, mission, ref):
        return facts, True
    if not reason.strip():
        raise BadInput("the reason is empty; say why, with the decision it rests on")
    return facts, False
