"""A mission is rehearsed: it lives on a simulated clock from its beginning, and says so in its chain of acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import Conflict, Refused
from ieom.records import audit, missions
from ieom.records.letters import Letter, LetterAttempt


@dataclass(frozen=True)
class RehearsalBegun:
    """The mission's clock is simulated from here on."""


def begin(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> None:
    """Have the mission live on a simulated clock, `at` (UTC) being its first moment. Raises `Refused` for a mission
    that has written to somebody, `Conflict` for one that is rehearsed already."""
    if ref and audit.happened(session, mission, ref):
        return
    row = missions.lock(session, mission)
    if row.simulated_now is not None:
        raise Conflict("the mission is rehearsed already")
    tried = select(LetterAttempt.id).join(Letter, Letter.id == LetterAttempt.letter).where(Letter.mission == mission)
    if row.sendings or session.scalars(tried.limit(1)).first() is not None:
        raise Refused("letters of this mission have gone; it is real, and can't become a rehearsal")
    row.simulated_now = at.astimezone(UTC)
    audit.append(session, mission, by=by, at=at, act=RehearsalBegun(), ref=ref)
