"""The deployment: pairs, routes with what is missing, check-ins; and a sheet for each team, to print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Form, Response
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.web.asking import Desk, router
from ieom.acts import deployment as acts
from ieom.errors import NotFound, Refused
from ieom.folder.catalogues import _
from ieom.folder.names import load_names
from ieom.records import members, missions, stations, teams
from ieom.records.deployment import CheckIn
from ieom.records.members import styled
from ieom.rules.mission import MissionFacts
from ieom.rules.roles import Role

part = router()
Line = Annotated[str, Form(max_length=300)]
Why = Annotated[str, Form(max_length=2000)]


@part.get("/missions/{mission}/deployment")
def show(desk: Desk, team: str = "") -> Response:
    """Each team: who, where, what is missing, and whether they are well."""
    return desk.page("deployment.html", **_facts(desk, team))


@part.get("/missions/{mission}/deployment/sheets")
def sheets(desk: Desk, team: str = "") -> Response:
    """A sheet for each team, or for one, to print."""
    found = _facts(desk, team)
    if team and not found["shown"]:
        raise NotFound(f"there is no team '{team}'; choose one of the list")
    return desk.page("sheets.html", **found)


@part.post("/missions/{mission}/deployment/{team}/check-in")
def check_in(desk: Desk, team: str, note: Line = "") -> Response:
    """A team says that it is well. A member says it for the own team alone."""
    with desk.act() as (session, mission, by, at):
        if not _speaks_for(desk, team, teams.crew(session, mission)):
            raise Refused(f"you are not in {team}; its members or the coordinator check it in")
        acts.check_in(session, mission, by=by, at=at, team=team, note=note.strip())
    return desk.done(f"/missions/{desk.mission}/deployment", _("{team} has checked in.").format(team=team))


@part.post("/missions/{mission}/deployment/{team}/stops/{position}/strike")
def strike(desk: Desk, team: str, position: int, why: Why) -> Response:
    """Strike a stop from a route; its form is not waited for any more."""
    with desk.act() as (session, mission, by, at):
        acts.strike_visit(session, mission, by=by, at=at, team=team, position=position, why=why)
    return desk.done(
        f"/missions/{desk.mission}/deployment",
        _("Stop {position} of {team} is struck.").format(position=position, team=team),
    )


@part.post("/missions/{mission}/deployment/reassign")
def reassign(desk: Desk, member: Line, team: Line) -> Response:
    """Send a member to another team, or call up a reserve."""
    with desk.act() as (session, mission, by, at):
        acts.reassign(session, mission, by=by, at=at, member=member, team=team)
    return desk.done(
        f"/missions/{desk.mission}/deployment", _("{member} is in {team} now.").format(member=member, team=team)
    )


def _facts(desk: Desk, chosen: str) -> dict[str, Any]:
    with desk.look() as (session, mission, now):
        facts, known = missions.facts(session, mission), named(session, mission)
        crews, made = teams.crew(session, mission), _check_ins(session, mission)
        routes = _routes(session, mission, facts, now)
        people = _people(session, mission, facts)
        listed = [
            {
                "code": row.code, "reserve": row.reserve, "phone": row.phone, "note": row.briefing_note,
                "crew": [people[code] for code in crews.get(row.code, ())], "stops": routes.get(row.code, []),
                "mine": _speaks_for(desk, row.code, crews), **_well(made.get(row.code, ()), known, now),
            }
            for row in teams.of(session, mission)
        ]  # fmt: skip
        return {
            "now": now, "facts": facts, "listed": listed, "odd": acts.check(session, mission), "chosen": chosen,
            "shown": [one for one in listed if chosen in {"", one["code"]}],
            "planned": any(made.values()), "late": [one for one in listed if one["missed"]],
            "absent": [(one, stop) for one in listed for stop in one["stops"] if stop["late"]],
            "soon": min((one["owed"][0].due_at for one in listed if one["owed"] and not one["missed"]), default=None),
            "deployable": [(row.code, styled(row)) for row in members.appointed(session, mission)],
        }  # fmt: skip


def _check_ins(session: Session, mission: str) -> dict[str, list[CheckIn]]:
    found: dict[str, list[CheckIn]] = {}
    for row in teams.every_check_in(session, mission):
        found.setdefault(row.team, []).append(row)
    return found


def _well(rows: Sequence[CheckIn], known: dict[str, str], now: datetime) -> dict[str, Any]:
    """A team's check-ins: those made, those owed, and the first that was missed."""
    owed = [row for row in rows if row.made_at is None]
    made = [row for row in rows if row.made_at is not None]
    return {
        "check_ins": rows, "owed": owed, "missed": next((row for row in owed if row.due_at <= now), None),
        "last": max(made, key=lambda row: row.made_at or row.due_at, default=None),
        "by": {row.due_at: known.get(row.by or "", row.by or "") for row in made},
    }  # fmt: skip


def _routes(session: Session, mission: str, facts: MissionFacts, now: datetime) -> dict[str, list[dict[str, Any]]]:
    names, places = load_names(), {row.code: row for row in stations.of(session, mission)}
    missing = {(row.team, row.position) for row in teams.missing(session, mission)}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(teams.visits(session, mission), key=lambda one: (one.team, one.position)):
        place = places[row.station]
        city = names.short(place.city, on=facts.election_day) if place.city in names else place.city
        absent = (row.team, row.position) in missing
        found.setdefault(row.team, []).append(
            {
                "position": row.position, "form": row.form, "station": place.name, "code": place.code, "city": city,
                "due": row.due_at, "struck": row.struck_at, "why": row.struck_why, "missing": absent,
                "late": absent and row.due_at <= now, "hours": f"{place.opens:%H:%M}–{place.closes:%H:%M}",
                "zone": place.zone if place.zone != facts.zone else "",
            }
        )  # fmt: skip
    return found


def _people(session: Session, mission: str, facts: MissionFacts) -> dict[str, dict[str, str]]:
    names = load_names()
    return {
        row.code: {
            "code": row.code, "who": styled(row), "role": row.role, "status": row.status,
            "state": names.short(row.state, on=facts.election_day) if row.state in names else row.state,
        }
        for row in members.of(session, mission)
    }  # fmt: skip


def _speaks_for(desk: Desk, team: str, crews: dict[str, list[str]]) -> bool:
    return Role.COORDINATOR in desk.roles() or desk.code in crews.get(team, ())
