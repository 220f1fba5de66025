"""Questions to the deployment's records."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.records import audit
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


def crew_at(session: Session, mission: str, team: str, at: datetime) -> list[str]:
    """Member codes of a team as it was then; none where the records don't know: the plan was laid down anew since, or
    somebody changed teams since of whom they don't say where they came from."""
    laid = [row.at for row in audit.of_act(session, mission, "DeploymentPlanned")]
    if any(when > at for when in laid):
        return []
    moves = [row for row in audit.of_act(session, mission, "MemberReassigned") if not laid or row.at >= max(laid)]
    then = {row.what["member"]: row.what["team"] for row in moves if row.at <= at}
    moved = {row.what["member"] for row in moves if row.at > at}
    if moved - set(then):
        return []
    stayed = {member for member in crew(session, mission).get(team, ()) if member not in moved}
    return sorted(stayed | {member for member in moved if then[member] == team})


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
