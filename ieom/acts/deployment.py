"""The deployment plan: teams, routes, reserves, and the check-ins that come before everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused
from ieom.records import audit, members, missions, stations, teams
from ieom.records.deployment import CheckIn, Team, TeamMember, Visit
from ieom.rules.delegation import LEAVING, OBSERVING
from ieom.rules.deployment import PlannedTeam, faults
from ieom.rules.words import N_


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


def plan_local(
    session: Session, mission: str, *, by: str, at: datetime, teams: Sequence[Mapping[str, Any]],
    routes: Sequence[Mapping[str, Any]], check_ins: Sequence[Mapping[str, Any]], station_choice: str = "",
) -> list[str]:  # fmt: skip
    """`plan` from rows as people keep them: a stop is due in its station's local time, a check-in in the host country's."""
    facts = missions.facts(session, mission)
    zones = {row.code: row.zone for row in stations.of(session, mission)}
    return plan(
        session, mission, by=by, at=at, teams=teams, station_choice=station_choice,
        routes=[{**one, "due": facts.moment(one["due"], zones.get(one["station"]) or facts.zone)} for one in routes],
        check_ins=[{"team": one["team"], "due": facts.moment(one["due"])} for one in check_ins],
    )  # fmt: skip


def plan(
    session: Session, mission: str, *, by: str, at: datetime, teams: Sequence[Mapping[str, Any]],
    routes: Sequence[Mapping[str, Any]] = (), check_ins: Sequence[Mapping[str, Any]] = (), station_choice: str = "",
    ref: str | None = None,
) -> list[str]:  # fmt: skip
    """Lay down the whole plan in the place of an earlier one: `teams` have team, members, reserve, phone, note;
    `routes` team, position, station, form, due (UTC); `check_ins` team, due (UTC). `station_choice` says how the
    stations were chosen, where that is new. What teams did under an earlier plan stays: check-ins made, stops struck.
    Returns what is odd about the plan; odd is not refused, unknown members and stations are."""
    missions.lock(session, mission)
    if ref and audit.happened(session, mission, ref):
        return []
    people = {row.code: row for row in members.of(session, mission)}
    places = {row.code: row.city for row in stations.of(session, mission)}
    known = {row["team"] for row in teams}
    made = {
        (row.team, row.due_at): {"made_at": row.made_at, "by": row.by, "note": row.note}
        for row in session.scalars(select(CheckIn).where(CheckIn.mission == mission, CheckIn.made_at.is_not(None)))
    }
    struck = {
        (row.team, row.position, row.station, row.form): {"struck_at": row.struck_at, "struck_why": row.struck_why}
        for row in session.scalars(select(Visit).where(Visit.mission == mission, Visit.struck_at.is_not(None)))
    }
    wrong = [f"nobody has the code '{code}'" for row in teams for code in row["members"] if code not in people]
    wrong += [f"there is no station '{row['station']}'" for row in routes if row["station"] not in places]
    wrong += [f"there is no team '{row['team']}'" for row in [*routes, *check_ins] if row["team"] not in known]
    wrong += [f"{team} has checked in already and can't be left out" for team, _ in made if team not in known]
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
                due_at=row["due"], **struck.get((row["team"], row["position"], row["station"], row["form"]), {}),
            )
        )  # fmt: skip
    for team, due in dict.fromkeys([*made, *((row["team"], row["due"]) for row in check_ins)]):
        session.add(CheckIn(mission=mission, team=team, due_at=due, **made.get((team, due), {})))
    session.flush()
    facts = missions.facts(session, mission)
    if station_choice.strip() and station_choice.strip() != facts.station_choice:
        new = facts.model_copy(update={"station_choice": station_choice.strip()})
        missions.revise(session, mission, new, by=by, at=at, kind="stations_chosen", reason="the deployment plan")
    odd = check(session, mission)
    codes = tuple(row["team"] for row in teams)
    audit.append(session, mission, by=by, at=at, act=DeploymentPlanned(codes, len(routes), len(odd)), ref=ref)
    return odd


def check(session: Session, mission: str) -> list[str]:
    """What is odd about the plan as recorded."""
    people = {row.code: row for row in members.of(session, mission)}
    crews = teams.crew(session, mission)
    stops = teams.visits(session, mission)
    observers = {code: row.state for code, row in people.items() if row.role in OBSERVING}
    planned = [
        PlannedTeam(
            team.code,
            tuple((code, observers[code]) for code in crews.get(team.code, []) if code in observers),
            tuple((v.station, v.form, v.due_at) for v in stops if v.team == team.code and v.struck_at is None),
            team.reserve,
            tuple(code for code in crews.get(team.code, []) if code not in observers),
        )
        for team in teams.of(session, mission)
    ]
    gone = {code: row.status for code, row in people.items() if row.status in LEAVING}
    odd = faults(planned, {row.code: row.city for row in stations.of(session, mission)}, gone=gone)
    if planned and not missions.facts(session, mission).station_choice:
        odd.append(N_("how the stations were chosen is not written down; no paper may speak of a sample"))
    return odd


def check_in(
    session: Session, mission: str, *, by: str, at: datetime, team: str, note: str = "", ref: str | None = None
) -> None:
    """A team says that it is well; this settles every check-in owed so far, or else the next one. One that no plan asks for
    is kept beside them."""
    if session.get(Team, (mission, team)) is None:
        raise NotFound(f"there is no team '{team}'", command="'ieom deployment show' lists them")
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
    if not owed and session.get(CheckIn, (mission, team, at)) is None:
        session.add(CheckIn(mission=mission, team=team, due_at=at, made_at=at, by=by, note=note))
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
