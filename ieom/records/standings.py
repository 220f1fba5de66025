"""Where each stage stood when the flow last walked it: a view for status pages, derived anew by every run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base
from ieom.rules.timeline import Stage, Standing, State


class StageStanding(Base):
    """One stage of one mission, as last seen."""

    __tablename__ = "stage_standings"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    says: Mapped[str]
    until: Mapped[datetime | None]
    waits_for: Mapped[list[Any]] = mapped_column(default=list)
    since: Mapped[datetime]
    """When the stage came into this state."""
    seen_at: Mapped[datetime]


def keep(session: Session, mission: str, standings: Sequence[Standing], *, at: datetime) -> bool:
    """Write down where the stages stand; says whether anything but the moment is new."""
    changed = False
    known = {row.stage: row for row in session.scalars(select(StageStanding).where(StageStanding.mission == mission))}
    for standing in standings:
        row = known.get(standing.stage)
        if row is None:
            row = StageStanding(mission=mission, stage=standing.stage, since=at, state="", says="", seen_at=at)
            session.add(row)
        if (row.state, row.says, row.until) != (standing.state, standing.says, standing.until):
            changed = True
        if row.state != standing.state:
            row.since = at
        row.state, row.says, row.until = standing.state, standing.says, standing.until
        row.waits_for, row.seen_at = list(standing.waits_for), at
    return changed


def of(session: Session, mission: str) -> list[tuple[Standing, datetime]]:
    """(standing, since) of each stage in the timeline's order; a stage never walked is 'not due'."""
    found = {row.stage: row for row in session.scalars(select(StageStanding).where(StageStanding.mission == mission))}
    result = []
    for stage in Stage:
        row = found.get(stage)
        if row is not None:
            standing = Standing(stage, State(row.state), row.says, row.until, tuple(row.waits_for))
            result.append((standing, row.since))
    return result
