"""The deployment plan: teams, routes, reserves, and the check-ins that come before everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused
from ieom.records import audit, members, stations, teams
from ieom.records.deployment import CheckIn, Team, TeamMember, Visit
from ieom.rules.deployment import PlannedTeam, faults


@dataclass(frozen=True)
class DeploymentPlanned:
    """Teams and their routes were laid down."""

    teams: tuple[str, ...]
    stops: int
    flags: int


@dataclass(frozen=True)
class TeamCheckedIn:
    """A team said that it is well."""

    team: str
    due: datetime | None


@dataclass(frozen=True)
class MemberReassigned:
    """A member went to another team, or a reserve was called up."""

    member: str
    team: str


@dataclass(frozen=True)
class VisitStruck:
    """A planned stop was struck by name; its form is not waited for."""

    team: str
    position: int


def plan(
    session: Session, mission: str, *, by: str, at: datetime, teams: Sequence[Mapping[str, Any]],
    routes: Sequence[Mapping[str, Any]] = (), check_ins: Sequence[Mapping[str, Any]] = (), ref: str | None = None,
) -> list[str]:  # fmt: skip
    """Lay down the whole plan in the place of an earlier one: `teams` have team, members, reserve, phone, note;
    `routes` team, position, station, form, due (UTC); `check_ins` team, due (UTC). Returns what is odd about it; odd
    is not refused, unknown members and stations are."""
    if ref and audit.happened(session, mission, ref):
        return []
    people = {row.code: row for row in members.of(session, mission)}
    places = {row.code: row.city for row in stations.of(session, mission)}
    known = {row["team"] for row in teams}
    wrong = [f"nobody has the code '{code}'" for row in teams for code in row["members"] if code not in people]
    wrong += [f"there is no station '{row['station']}'" for row in routes if row["station"] not in places]
    wrong += [f"there is no team '{row['team']}'" for row in [*routes, *check_ins] if row["team"] not in known]
    if wrong:
        raise BadInput("the plan can't be laid down: " + "; ".join(dict.fromkeys(wrong)))
    for table in (TeamMember, Visit, CheckIn, Team):
        session.execute(delete(table).where(table.mission == mission))
    for row in teams:
        session.add(
            Team(
                mission=mission, code=row["team"], reserve=bool(row.get("reserve")), phone=row.get("phone") or "",
                briefing_note=row.get("note") or "",
            )
        )  # fmt: skip
    session.flush()
    for row in teams:
        for code in row["members"]:
            session.add(TeamMember(mission=mission, team=row["team"], member=code))
    for row in routes:
        session.add(
            Visit(
                mission=mission, team=row["team"], position=row["position"], station=row["station"], form=row["form"],
                due_at=row["due"],
            )
        )  # fmt: skip
    for row in check_ins:
        session.add(CheckIn(mission=mission, team=row["team"], due_at=row["due"]))
    session.flush()
    odd = check(session, mission)
    codes = tuple(row["team"] for row in teams)
    audit.append(session, mission, by=by, at=at, act=DeploymentPlanned(codes, len(routes), len(odd)), ref=ref)
    return odd


def check(session: Session, mission: str) -> list[str]:
    """What is odd about the plan as recorded."""
    people = {row.code: row.state for row in members.of(session, mission)}
    crews = teams.crew(session, mission)
    stops = teams.visits(session, mission)
    planned = [
        PlannedTeam(
            team.code,
            tuple((code, people.get(code, "")) for code in crews.get(team.code, [])),
            tuple((visit.station, visit.form, visit.due_at) for visit in stops if visit.team == team.code),
            team.reserve,
        )
        for team in teams.of(session, mission)
    ]
    return faults(planned, {row.code: row.city for row in stations.of(session, mission)})


def check_in(
    session: Session, mission: str, *, by: str, at: datetime, team: str, note: str = "", ref: str | None = None
) -> None:
    """A team says that it is well; this settles every check-in owed so far, or else the next one."""
    if session.get(Team, (mission, team)) is None:
        raise NotFound(f"there is no team '{team}'; 'ieom deployment show' lists them")
    if ref and audit.happened(session, mission, ref):
        return
    open_ = [
        row
        for row in session.query(CheckIn).filter_by(mission=mission, team=team).order_by(CheckIn.due_at)
        if row.made_at is None
    ]
    owed = [row for row in open_ if row.due_at <= at] or open_[:1]
    for row in owed:
        row.made_at, row.by, row.note = at, by, note
    due = owed[-1].due_at if owed else None
    audit.append(session, mission, by=by, at=at, act=TeamCheckedIn(team, due), ref=ref)


def reassign(
    session: Session, mission: str, *, by: str, at: datetime, member: str, team: str, ref: str | None = None
) -> None:
    """Send a member to a team: a reserve called up, or a change of pairs."""
    if session.get(Team, (mission, team)) is None:
        raise NotFound(f"there is no team '{team}'")
    if member not in {row.code for row in members.appointed(session, mission)}:
        raise Refused(f"'{member}' is no member; only members are deployed")
    if ref and audit.happened(session, mission, ref):
        return
    session.execute(delete(TeamMember).where(TeamMember.mission == mission, TeamMember.member == member))
    session.add(TeamMember(mission=mission, team=team, member=member))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MemberReassigned(member, team), ref=ref)


def strike_visit(
    session: Session, mission: str, *, by: str, at: datetime, team: str, position: int, why: str, ref: str | None = None
) -> Visit:
    """Strike a stop from a route, by name and for a reason; its form is no longer waited for."""
    row = session.get(Visit, (mission, team, position))
    if row is None:
        raise NotFound(f"{team} has no stop {position}")
    if not why.strip():
        raise BadInput("say why the stop is struck")
    if row.struck_at is None and not (ref and audit.happened(session, mission, ref)):
        row.struck_at, row.struck_why = at, why
        audit.append(session, mission, by=by, at=at, act=VisitStruck(team, position), ref=ref)
    return row
