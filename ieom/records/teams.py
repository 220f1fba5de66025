"""Questions to the deployment's records."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.records.deployment import CheckIn, Team, TeamMember, Visit
from ieom.records.submissions import Submission


def of(session: Session, mission: str) -> list[Team]:
    """All teams, by code."""
    return list(session.scalars(select(Team).where(Team.mission == mission).order_by(Team.code)))


def crew(session: Session, mission: str) -> dict[str, list[str]]:
    """Member codes by team."""
    found: dict[str, list[str]] = defaultdict(list)
    query = select(TeamMember).where(TeamMember.mission == mission).order_by(TeamMember.team, TeamMember.member)
    for row in session.scalars(query):
        found[row.team].append(row.member)
    return found


def visits(session: Session, mission: str) -> list[Visit]:
    """Planned stops in the order of their moments."""
    query = select(Visit).where(Visit.mission == mission).order_by(Visit.due_at, Visit.team, Visit.position)
    return list(session.scalars(query))


def missing(session: Session, mission: str) -> list[Visit]:
    """Planned stops whose form is not in and which nobody struck."""
    query = select(Submission.team, Submission.station, Submission.form).where(Submission.mission == mission)
    have = set(session.execute(query).tuples())
    return [v for v in visits(session, mission) if v.struck_at is None and (v.team, v.station, v.form) not in have]


def check_ins(session: Session, mission: str, team: str) -> list[CheckIn]:
    """A team's check-ins, made and owed, by their moments."""
    query = select(CheckIn).where(CheckIn.mission == mission, CheckIn.team == team)
    return list(session.scalars(query.order_by(CheckIn.due_at)))


def every_check_in(session: Session, mission: str) -> list[CheckIn]:
    """The check-ins of all teams, made and owed, by team and moment."""
    return list(
        session.scalars(select(CheckIn).where(CheckIn.mission == mission).order_by(CheckIn.team, CheckIn.due_at))
    )


def missed_check_ins(session: Session, mission: str, *, at: datetime) -> list[CheckIn]:
    """Check-ins that are owed at `at` and were not made."""
    query = select(CheckIn).where(CheckIn.mission == mission, CheckIn.made_at.is_(None), CheckIn.due_at <= at)
    return list(session.scalars(query.order_by(CheckIn.due_at, CheckIn.team)))
