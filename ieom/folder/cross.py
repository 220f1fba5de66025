"""Where the files of a mission folder disagree with each other, with the names, or with the calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ieom.errors import Fault
from ieom.folder.announcing import first_languages
from ieom.folder.rows import (
    CheckInRow,
    DelegationRow,
    MediaRow,
    MeetingRow,
    RouteRow,
    StationRow,
    TeamRow,
    email,
)
from ieom.rules.lettering import hidden, strange
from ieom.rules.mission import MissionFacts
from ieom.rules.names import LANGUAGES, Names, written

OBSERVERS = ("head", "deputy_head", "observer")
MISSION = "mission.toml"


class Tables(NamedTuple):
    """The rows of each file with their numbers, in the order in which a `MissionFolder` has them."""

    delegation: Sequence[tuple[int, DelegationRow]]
    meetings: Sequence[tuple[int, MeetingRow]]
    stations: Sequence[tuple[int, StationRow]]
    teams: Sequence[tuple[int, TeamRow]]
    routes: Sequence[tuple[int, RouteRow]]
    check_ins: Sequence[tuple[int, CheckInRow]]
    media: Sequence[tuple[int, MediaRow]]
    codes: Mapping[str, frozenset[str]] = {}
    """Codes that each file speaks of, rows with other faults included, so that a fault is not said twice. A file that
    could not be read at all is not in it, and nothing is compared with it."""

    def lacks(self, file: str, code: str) -> bool:
        """Whether a file was read and has no such code."""
        return file in self.codes and code not in self.codes[file]


def disagreements(facts: MissionFacts | None, tables: Tables, names: Names) -> Iterator[Fault]:
    """Every disagreement. Without a readable mission file only what the tables say of each other."""
    yield from _teams(tables)
    if facts is None:
        return
    yield from _own(facts)
    yield from _calendar(facts, tables)
    yield from _approval(facts, tables)
    yield from _people(facts, tables)
    yield from _named(facts, tables, names)


def _own(facts: MissionFacts) -> Iterator[Fault]:
    """The mission file with itself: codes that stand twice, addresses, languages."""
    for place, codes in (
        ("states", [state.code for state in facts.states]),
        ("offices", [office.code for office in facts.offices]),
        ("election.contests", [contest.code for contest in facts.election.contests]),
        ("election.rounds", [str(round_.number) for round_ in facts.election.rounds]),
        ("approval.seats", [seat.who for seat in facts.approval.seats]),
    ):
        for code, count in Counter(codes).items():
            if count > 1:
                yield Fault(MISSION, f"has '{code}' {count} times; keep one of them", column=place)
    offices = {office.code for office in facts.offices}
    for number, office in enumerate(facts.offices, start=1):
        if office.deputy and office.deputy not in offices:
            says = f"'{office.deputy}' is not the code of an office; write one of those in this file"
            yield Fault(MISSION, says, column=f"offices[{number}].deputy")
        yield from _address(f"offices[{number}].email", office.email)
    for number, state in enumerate(facts.states, start=1):
        yield from _address(f"states[{number}].contact_email", state.contact_email, needed=True)
        if state.code == facts.host_state:
            yield Fault(MISSION, "is the host state, which observes nothing here", column=f"states[{number}].code")
    yield from _address("release.from_email", facts.release.from_email, needed=True)
    yield from _address("release.reply_to", facts.release.reply_to, needed=True)
    if any(ord(sign) < 32 for sign in facts.release.from_name) or hidden(facts.release.from_name):
        says = "holds a line break or a sign that is not seen; type it on one line"
        yield Fault(MISSION, says, column="release.from_name")
    for place, url in (
        ("release.unsubscribe_url", facts.release.unsubscribe_url),
        ("release.newsroom_url", facts.release.newsroom_url),
    ):
        if url and not url.startswith("https://"):
            yield Fault(MISSION, f"'{url}' is to begin with https://", column=place)
    for language in facts.languages:
        if language not in LANGUAGES:
            yield Fault(MISSION, f"'{language}' is not one of {', '.join(LANGUAGES)}", column="languages")
    if not facts.languages:
        yield Fault(MISSION, "names no language; a statement needs one", column="languages")
    elif facts.languages[0] in LANGUAGES and facts.languages[0] not in (first := first_languages()):
        says = f"begins with '{facts.languages[0]}'; the statement is drafted in the first, and there are words for {', '.join(first)}"
        yield Fault(MISSION, says, column="languages")


def _address(place: str, value: str, *, needed: bool = False) -> Iterator[Fault]:
    if not value:
        if needed:
            yield Fault(MISSION, "is empty; write an e-mail address", column=place)
        return
    try:
        email(value)
    except ValueError as problem:
        yield Fault(MISSION, str(problem), column=place)


def _calendar(facts: MissionFacts, tables: Tables) -> Iterator[Fault]:
    day = facts.election_day
    for place, when in (
        ("invitation.received_on", facts.invitation.received_on),
        ("observation_from", facts.observation_from),
        ("nominations_due", facts.nominations_due.date() if facts.nominations_due else None),
    ):
        if when is not None and when > day:
            yield Fault(MISSION, f"{when} is after election day, {day}", column=place)
    if facts.polls_close <= facts.polls_open:
        yield Fault(MISSION, f"{facts.polls_close} is not after polls_open, {facts.polls_open}", column="polls_close")
    last: tuple[datetime, str] | None = None
    for row, station in tables.stations:
        opens, closes = station.opens or facts.polls_open, station.closes or facts.polls_close
        if closes <= opens:
            yield Fault("stations.csv", f"{closes} is not after the opening at {opens}", row, "closes")
        closing = facts.closes(closes, station.zone or "")
        if station.relevant and (last is None or closing > last[0]):
            last = closing, station.code
    press = facts.moment(facts.release.press_conference)
    if last is not None and press < last[0]:
        yield Fault(
            MISSION,
            f"begins before station '{last[1]}' has closed; move it, or write no under relevant for that station",
            column="release.press_conference",
        )
    for row, meeting in tables.meetings:
        if meeting.ends <= meeting.starts:
            yield Fault("meetings.csv", "is not after the meeting's start", row, "ends")
    first = facts.voting_days[0]
    span = f"the voting days ({first} to {day})" if first != day else f"election day ({day})"
    for file, rows in (("routes.csv", tables.routes), ("checkins.csv", tables.check_ins)):
        for row, stop in rows:
            if not first <= stop.due.date() <= day + timedelta(days=1):
                yield Fault(file, f"{stop.due.date()} does not belong to {span}", row, "due")


def _approval(facts: MissionFacts, tables: Tables) -> Iterator[Fault]:
    offices = {office.code for office in facts.offices}
    seats, states = facts.approval.seats, {state.code for state in facts.states}
    for number, seat in enumerate(seats, start=1):
        place = f"approval.seats[{number}]"
        for column, code in (("who", seat.who), *(("deputies", deputy) for deputy in seat.deputies)):
            if code not in offices and tables.lacks("delegation.csv", code):
                says = f"'{code}' is neither in delegation.csv nor an office of this file"
                yield Fault(MISSION, says, column=f"{place}.{column}")
        if seat.capacity == "member_state" and not seat.state:
            yield Fault(MISSION, "is missing; a member state's seat names the state", column=f"{place}.state")
        elif seat.state and seat.state not in states:
            yield Fault(MISSION, f"'{seat.state}' is not among the states asked", column=f"{place}.state")
    if not any(seat.capacity == "head_of_mission" for seat in seats):
        yield Fault(MISSION, "has no head_of_mission, who always decides expressly; add one", column="approval.seats")
    quorum = facts.approval.quorum
    if isinstance(quorum, int) and not 1 <= quorum <= len(seats):
        says = f"{quorum} of {len(seats)} seats can't be; write 'all' or a number from 1 to {len(seats)}"
        yield Fault(MISSION, says, column="approval.quorum")
    if any(seat.capacity == "member_state" for seat in seats):
        for state in facts.states:
            if state.withdrew_on is None and state.code not in {seat.state for seat in seats}:
                yield Fault(
                    MISSION,
                    f"the state {state.code} has no seat while other states have; give it a seat of its own, or leave the "
                    "approval to the head of mission and the Secretary General",
                    column="approval.seats",
                )


def _people(facts: MissionFacts, tables: Tables) -> Iterator[Fault]:
    file, quotas = "delegation.csv", {state.code: state.quota for state in facts.states}
    offices = {office.code for office in facts.offices}
    heads: list[str] = []
    sent: Counter[str] = Counter()
    for number, row in tables.delegation:
        if row.code in offices:
            yield Fault(file, f"'{row.code}' is an office's code in {MISSION}; choose another", number, "code")
        if row.role in OBSERVERS:
            if row.state not in quotas:
                says = f"'{row.state}' is not among the states of {MISSION}; an observer is sent by one of them"
                yield Fault(file, says, number, "state")
            else:
                sent[row.state] += 1
                if sent[row.state] == quotas[row.state] + 1:
                    says = f"{row.state} may send {quotas[row.state]}; this one is over its quota"
                    yield Fault(file, says, number, "state")
        if row.role == "head":
            if heads:
                yield Fault(file, f"'{heads[0]}' is the head of mission already; there is one", number, "role")
            heads.append(row.code)
    for number, meeting in tables.meetings:
        for code in meeting.attendees:
            if tables.lacks(file, code):
                yield Fault("meetings.csv", f"'{code}' is not in delegation.csv", number, "attendees")


def _teams(tables: Tables) -> Iterator[Fault]:
    placed: dict[str, str] = {}
    for number, team in tables.teams:
        for code in team.members:
            if tables.lacks("delegation.csv", code):
                yield Fault("teams.csv", f"'{code}' is not in delegation.csv", number, "members")
            elif placed.setdefault(code, team.team) != team.team:
                yield Fault("teams.csv", f"'{code}' is in {placed[code]} already", number, "members")
    for number, stop in tables.routes:
        if tables.lacks("teams.csv", stop.team):
            yield Fault("routes.csv", f"'{stop.team}' is not a team of teams.csv", number, "team")
        if tables.lacks("stations.csv", stop.station):
            yield Fault("routes.csv", f"'{stop.station}' is not a station of stations.csv", number, "station")
    for number, due in tables.check_ins:
        if tables.lacks("teams.csv", due.team):
            yield Fault("checkins.csv", f"'{due.team}' is not a team of teams.csv", number, "team")


def _named(facts: MissionFacts, tables: Tables, names: Names) -> Iterator[Fault]:
    """Every code that a paper will speak of has a name on election day."""
    spoken: list[tuple[str, int | None, str, str]] = [
        (MISSION, None, "host_state", facts.host_state),
        (MISSION, None, "organisation", facts.organisation),
        (MISSION, None, "base_city", facts.base_city),
        (MISSION, None, "invitation.from_body", facts.invitation.from_body),
        *((MISSION, None, f"states[{number}].code", row.code) for number, row in enumerate(facts.states, start=1)),
        *((MISSION, None, f"offices[{number}].body", row.body) for number, row in enumerate(facts.offices, start=1)),
        *(("delegation.csv", number, "body", row.body) for number, row in tables.delegation),
        *(("meetings.csv", number, "body", row.body) for number, row in tables.meetings),
        *(
            ("stations.csv", number, "city", row.city)
            for number, row in tables.stations
            if row.city == row.city.lower() or row.city in names  # anything else is the city's name itself
        ),
    ]
    for file, line, column, code in spoken:
        if code:
            try:
                names.name(code, on=facts.election_day)
            except KeyError as problem:
                yield Fault(file, str(problem.args[0]), line, column)
            if code not in names.entries and written(code) and (says := strange(code)):
                yield Fault(file, f"the name written out holds {says}", line, column)
