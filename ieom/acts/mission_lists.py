"""Which lists a mission has, what stands in each, and by which acts one that came back is taken in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ieom.acts import addressing, delegation, deployment, meetings
from ieom.acts.listing import Listed, Look, Values, Wrong
from ieom.acts.lists import renew_stations
from ieom.folder.names import load_names
from ieom.folder.rows import (
    CheckInRow,
    DelegationRow,
    FileRow,
    MeetingRow,
    OfficeRow,
    RouteRow,
    StateRow,
    StationRow,
    TeamRow,
    columns,
)
from ieom.records import correspondence, members, stations, teams
from ieom.records import meetings as meeting_records
from ieom.rules.mission import MissionFacts
from ieom.rules.words import N_


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _stations(session: Session, facts: MissionFacts) -> list[Values]:
    return [{name: getattr(row, name) for name in columns(StationRow)} for row in stations.of(session, facts.slug)]


def _station_wrong(_session: Session, _facts: MissionFacts) -> Wrong:
    names = load_names()

    def wrong(values: Values, _old: Values | None) -> str:
        city = values["city"]
        if city == city.lower() and city not in names:
            return f"city: '{city}' has no official name; write the name itself, or have it added to config/names.toml"
        return (
            "" if values["closes"] > values["opens"] else f"closes: {values['closes']:%H:%M} is not after the opening"
        )

    return wrong


def _take_stations(
    session: Session, facts: MissionFacts, by: str, at: datetime, rows: Sequence[Values], _look: Look
) -> None:
    renew_stations(session, facts.slug, by=by, at=at, rows=rows)


def _people(session: Session, facts: MissionFacts) -> list[Values]:
    return [{name: getattr(row, name) for name in columns(DelegationRow)} for row in members.of(session, facts.slug)]


def _take_people(
    session: Session, facts: MissionFacts, by: str, at: datetime, rows: Sequence[Values], seen: Look
) -> None:
    new = {line.key for line in seen.of("new")}
    for values in rows:
        if values["code"] in new:
            said = {name: value for name, value in values.items() if name != "code"}
            delegation.nominate(session, facts.slug, by=by, at=at, member=values["code"], **said)


def _meetings(session: Session, facts: MissionFacts) -> list[Values]:
    there = meeting_records.attending(session, facts.slug)
    return [
        {
            **{name: getattr(row, name) for name in columns(MeetingRow) if hasattr(row, name)},
            "starts": _local(row.starts_at, facts.zone), "ends": _local(row.ends_at, facts.zone),
            "attendees": tuple(one.member for one in there[row.code]), "_status": row.status,
        }
        for row in meeting_records.of(session, facts.slug)
    ]  # fmt: skip


def _meeting_wrong(session: Session, facts: MissionFacts) -> Wrong:
    names, known = load_names(), {row.code for row in members.of(session, facts.slug)}

    def wrong(values: Values, old: Values | None) -> str:
        if values["ends"] <= values["starts"]:
            return "ends: is not after the start"
        if old is not None and old["_status"] in {"held", "cancelled"}:
            return f"the meeting is {old['_status']} already and changes no more"
        if values["body"] not in names:
            return f"body: '{values['body']}' has no official name; it is added to config/names.toml first"
        strangers = [code for code in values["attendees"] if code not in known]
        return f"attendees: nobody has the code {', '.join(strangers)}" if strangers else ""

    return wrong


def _take_meetings(
    session: Session, facts: MissionFacts, by: str, at: datetime, rows: Sequence[Values], seen: Look
) -> None:
    lines = {line.key: line for line in seen.lines}
    for values in rows:
        line, code = lines[values["code"]], values["code"]
        times = {name: facts.moment(values[name]) for name in ("starts", "ends")}
        if line.state == "new":
            said = {name: value for name, value in values.items() if name != "code"} | times
            meetings.request(session, facts.slug, by=by, at=at, meeting=code, **said)
            continue
        changed = {name: (old, new) for name, old, new in line.changes}
        if changed.keys() & {"starts", "ends", "place"}:
            meetings.move(
                session,
                facts.slug,
                by=by,
                at=at,
                meeting=code,
                place=values["place"],
                starts=times["starts"],
                ends=times["ends"],
            )
        if "attendees" in changed:
            old, new = changed["attendees"]
            add, remove = [one for one in new if one not in old], [one for one in old if one not in new]
            meetings.attend(session, facts.slug, by=by, at=at, meeting=code, add=add, remove=remove)


def _teams(session: Session, facts: MissionFacts) -> list[Values]:
    crews = teams.crew(session, facts.slug)
    return [
        {
            "team": row.code, "members": tuple(crews.get(row.code, ())), "reserve": row.reserve, "phone": row.phone,
            "note": row.briefing_note,
        }
        for row in teams.of(session, facts.slug)
    ]  # fmt: skip


def _routes(session: Session, facts: MissionFacts) -> list[Values]:
    zones = {row.code: row.zone for row in stations.of(session, facts.slug)}
    return [
        {
            "team": row.team, "position": row.position, "station": row.station, "form": row.form,
            "due": _local(row.due_at, zones.get(row.station) or facts.zone),
        }
        for row in sorted(teams.visits(session, facts.slug), key=lambda one: (one.team, one.position))
    ]  # fmt: skip


def _check_ins(session: Session, facts: MissionFacts) -> list[Values]:
    return [
        {"team": row.team, "due": _local(row.due_at, facts.zone), "_stays": row.made_at is not None}
        for row in teams.every_check_in(session, facts.slug)
    ]


def _planned(name: str) -> Callable[[Session, MissionFacts, str, datetime, Sequence[Values], Look], object]:
    """Lay the whole plan down anew, with the rows of this list in the place of those that stand."""

    def plan(
        session: Session, facts: MissionFacts, by: str, at: datetime, rows: Sequence[Values], _look: Look
    ) -> list[str]:
        parts: dict[str, Sequence[Values]] = {
            "teams": _teams(session, facts), "routes": _routes(session, facts), "checkins": _check_ins(session, facts),
        }  # fmt: skip
        parts[name] = rows
        return deployment.plan_local(
            session, facts.slug, by=by, at=at, teams=parts["teams"], routes=parts["routes"], check_ins=parts["checkins"]
        )

    return plan


def plan_wrong(session: Session, facts: MissionFacts, coming: Collection[str] | None = None) -> Wrong:
    """What can't be in a plan of the teams that stand, or of those that are `coming` with it."""
    people = {row.code for row in members.of(session, facts.slug)}
    crews = {row.code for row in teams.of(session, facts.slug)} if coming is None else coming
    where = "take in the teams first" if coming is None else "add it to the table of teams"
    places = {row.code for row in stations.of(session, facts.slug)}

    def wrong(values: Values, _old: Values | None) -> str:
        if "members" in values:
            strangers = [code for code in values["members"] if code not in people]
            return f"members: nobody has the code {', '.join(strangers)}" if strangers else ""
        if values["team"] not in crews:
            return f"team: there is no team '{values['team']}'; {where}"
        if "station" in values and values["station"] not in places:
            return f"station: there is no station '{values['station']}'; take in the stations first"
        return ""

    return wrong


def _state_wrong(session: Session, facts: MissionFacts) -> Wrong:
    def wrong(values: Values, old: Values | None) -> str:
        code = values["code"]
        if old is None:
            return f"code: {code} does not take part; a state joins and withdraws on the page Facts, not by a list"
        if old["withdrew_on"] is not None:
            return f"{code} has withdrawn, and nothing of it changes any more"
        if not values["contact_office"] or not values["contact_email"]:
            return "contact_office and contact_email: say who is written to at the state, and at which address"
        there = members.sent_by(session, facts.slug, code)
        if values["quota"] is None or values["quota"] < there:
            return f"quota: write how many observers the state may send, at least the {there} who are nominated"
        return ""

    return wrong


def _office_wrong(_session: Session, _facts: MissionFacts) -> Wrong:
    def wrong(values: Values, old: Values | None) -> str:
        if old is None:
            return f"code: the mission has no office '{values['code']}'; a list changes offices and adds none"
        if not values["office"]:
            return "office: write how papers call it"
        if old["email"] and not values["email"]:
            return "email: an address is changed by a list, and not taken away"
        return ""

    return wrong


def _take_states(
    session: Session, facts: MissionFacts, by: str, at: datetime, rows: Sequence[Values], _look: Look
) -> None:
    addressing.revise(session, facts.slug, by=by, at=at, states=rows)


def _take_offices(
    session: Session, facts: MissionFacts, by: str, at: datetime, rows: Sequence[Values], _look: Look
) -> None:
    addressing.revise(session, facts.slug, by=by, at=at, offices=rows)


def _all(kind: type[FileRow]) -> frozenset[str]:
    return frozenset(columns(kind)) - set(kind.KEY)


LISTS: dict[str, Listed] = {
    one.name: one
    for one in (
        Listed(
            "stations", N_("Polling stations"), StationRow, _all(StationRow), standing=_stations, take=_take_stations, wrong=_station_wrong,
            usual=lambda facts: {"zone": facts.zone, "opens": facts.polls_open, "closes": facts.polls_close},
        ),
        Listed(
            "delegation", N_("Delegation"), DelegationRow, frozenset(), standing=_people, take=_take_people,
            instead="a person's details are not changed by a list; they are corrected on the person's page",
        ),
        Listed(
            "meetings", N_("Meetings"), MeetingRow,
            frozenset({"starts", "ends", "place", "attendees"}), standing=_meetings, take=_take_meetings, wrong=_meeting_wrong,
            instead="the counterpart is not changed by a list; cancel the meeting and ask for another",
        ),
        Listed(
            "teams", N_("Teams"), TeamRow, _all(TeamRow), standing=_teams, take=_planned("teams"), wrong=plan_wrong, whole=True,
        ),
        Listed(
            "routes", N_("Routes"), RouteRow, _all(RouteRow), standing=_routes, take=_planned("routes"), wrong=plan_wrong, whole=True,
        ),
        Listed(
            "checkins", N_("Check-ins"), CheckInRow, frozenset(), standing=_check_ins, take=_planned("checkins"), wrong=plan_wrong,
            whole=True,
        ),
        Listed(
            "states", N_("States"), StateRow, addressing.OF_STATES, adds=False,
            standing=lambda _, facts: [row.model_dump() for row in facts.states], take=_take_states, wrong=_state_wrong,
            instead="when a state joined or withdrew is not changed by a list; that is recorded on the page Facts",
        ),
        Listed(
            "offices", N_("Offices"), OfficeRow, addressing.OF_OFFICES, adds=False,
            standing=lambda _, facts: [row.model_dump() for row in facts.offices], take=_take_offices, wrong=_office_wrong,
            instead="who stands in for an office and of which body it is are not changed by a list",
        ),
    )
}  # fmt: skip
"""The lists by their names."""


@dataclass(frozen=True)
class Register:
    """A list that only goes out: what stands in it is recorded by acts of its own."""

    name: str
    title: str
    columns: Mapping[str, str]
    """What stands in each column, and its header in words: the list never comes back."""
    standing: Callable[[Session, MissionFacts], list[Values]]
    where: str
    """The area of the mission in which it is kept."""


def _letters(session: Session, facts: MissionFacts) -> list[Values]:
    return [{name: getattr(row, name) for name in LETTER} for row in correspondence.of(session, facts.slug)]


LETTER = {
    "number": N_("Number"), "direction": N_("In or out"), "kind": N_("Kind"), "dated": N_("Date"), "counterpart": N_("From or to"),
    "subject": N_("What it is about"), "their_number": N_("Its own number"), "answers": N_("Answers"), "status": N_("State"),
}  # fmt: skip
REGISTERS: dict[str, Register] = {
    one.name: one
    for one in (
        Register("correspondence", N_("Notes verbales and letters"), LETTER, _letters, "correspondence"),
    )
}  # fmt: skip
"""Lists that only go out, by their names."""
