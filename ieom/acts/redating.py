"""Recorded acts that move a mission's days and hours: postponement, extension, another round, the press conference.

Each makes a dated revision of the facts, and moves what stands in the records under a date of its own: visits,
check-ins, calls for nominations, a prepared release. Meetings stay: a counterpart's time is theirs, so each is moved
by `meetings.move`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.revision import begin_revision
from ieom.errors import BadInput, NotFound, Refused
from ieom.records import audit, missions, releases, stations
from ieom.records.delegation import StateCall, VaultItem
from ieom.records.deployment import CheckIn, Visit
from ieom.records.stations import PollingStation
from ieom.records.submissions import Submission
from ieom.rules import revisions
from ieom.rules.mission import MissionFacts
from ieom.rules.release import CARRIES, ENDED


@dataclass(frozen=True)
class ElectionPostponed:
    """The round observed was moved by so many days."""

    days: int
    voting_days: tuple[date, ...]
    revision: int


@dataclass(frozen=True)
class VotingExtended:
    """Voting was extended, at one station or (empty) at all."""

    station: str
    minutes: int
    revision: int


@dataclass(frozen=True)
class RoundSet:
    """Another round is observed."""

    number: int
    voting_days: tuple[date, ...]
    revision: int


@dataclass(frozen=True)
class PressConferenceMoved:
    """The press conference has another time."""

    to: datetime
    revision: int


@dataclass(frozen=True)
class ReleaseRedated:
    """A prepared release waits for another press conference."""

    number: int
    press_conference: datetime


@dataclass(frozen=True)
class ReleaseGoLapsed:
    """A go by hand, said for another press conference, is void; somebody says it anew."""

    number: int


def postpone(
    session: Session, mission: str, *, by: str, at: datetime, days: int, reason: str, ref: str | None = None
) -> MissionFacts:
    """The authorities moved the voting by so many days (negative: brought it forward). Voting days, every station's
    hours, the press conference, open terms for nominations, visits, check-ins and the erasure of personal papers
    move with it. Refused once the polls have closed."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    if at >= _last_close(session, facts):
        raise Refused(
            "the polls of this round have closed; a later vote is another round", command="'ieom round' records one"
        )
    try:
        new = revisions.postponed(facts, days, at=at)
    except ValueError as problem:
        raise BadInput(str(problem)) from None

    def move(moment: datetime) -> datetime:
        return revisions.shifted(moment, days, facts.zone)

    _move_visits(session, mission, move, since=at)
    _move_calls(session, mission, move, since=at)
    _move_releases(session, mission, new, by=by, at=at)
    old_day, kept = facts.election_day, timedelta(days=facts.retention_days)
    for item in session.scalars(select(VaultItem).where(VaultItem.mission == mission, VaultItem.erased_at.is_(None))):
        if item.erase_on == old_day + kept:  # an item with a date of its own keeps it
            item.erase_on = new.election_day + kept
    number = missions.revise(session, mission, new, by=by, at=at, kind="postponed", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=ElectionPostponed(days, new.voting_days, number))
    return new


def extend(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    minutes: int,
    reason: str,
    station: str = "",
    ref: str | None = None,
) -> MissionFacts:
    """The authorities extended the voting, everywhere or at one station. What was expected there from the close on
    (closing and counting forms, check-ins of the teams) is expected so much later. The press conference is moved by
    its own act; until it is, nothing is released before the last relevant station has closed."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    try:
        new = revisions.extended(facts, minutes)
    except ValueError as problem:
        raise BadInput(str(problem)) from None
    rows = {row.code: row for row in stations.of(session, mission)}
    if station and station not in rows:
        raise NotFound(f"there is no station '{station}'", command="'ieom status' lists the stations")
    closed = {code: facts.closes(row.closes, row.zone) for code, row in rows.items() if station in {"", code}}
    if station:
        new = facts
        rows[station].closes = _later(rows[station], minutes)
    move = timedelta(minutes=minutes)
    _move_visits(session, mission, lambda moment: moment + move, closed=closed)
    number = missions.revise(session, mission, new, by=by, at=at, kind="extended", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=VotingExtended(station, minutes, number))
    return new


def _later(row: PollingStation, minutes: int) -> time:
    moved = datetime.combine(date.min, row.closes) + timedelta(minutes=minutes)
    if moved.date() != date.min:
        raise BadInput(
            f"station '{row.code}' would close after midnight; record that as an extension of all stations, "
            "or as one more voting day"
        )
    return moved.time()


def set_round(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    number: int,
    voting_days: list[date],
    press_conference: datetime,
    reason: str,
    ref: str | None = None,
) -> MissionFacts:
    """Another round is observed from now on (its days; its press conference, UTC). Refused once a statement went out
    or a form came in: then the next round is a mission of its own, which enters at the stage of the meetings, and what
    observers recorded on one day is never counted for another."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    gone = next((row for row in releases.published(session, mission) if row.kind in CARRIES), None)
    come = session.scalars(select(Submission.id).where(Submission.mission == mission)).first()
    if gone is not None or come is not None:
        what = "a statement of this mission went out" if gone is not None else "observers' forms of this round are in"
        raise Refused(
            f"{what}; open the next round as a mission of its own", command="'ieom open --stage meetings' does"
        )
    try:
        new = revisions.with_round(facts, number, voting_days, press_conference, at=at)
    except ValueError as problem:
        raise BadInput(str(problem)) from None
    days = (new.voting_days[0] - facts.voting_days[0]).days
    _move_visits(session, mission, lambda moment: revisions.shifted(moment, days, facts.zone), since=at)
    _move_releases(session, mission, new, by=by, at=at)
    revision = missions.revise(session, mission, new, by=by, at=at, kind="round_set", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=RoundSet(number, new.voting_days, revision))
    return new


def move_press_conference(
    session: Session, mission: str, *, by: str, at: datetime, to: datetime, reason: str, ref: str | None = None
) -> MissionFacts:
    """The press conference has another time (UTC), earlier or later, and the embargo with it; the last close still holds
    the release. Refused while a statement is going out."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    if to.tzinfo is None:
        raise BadInput(f"the time {to.isoformat()} has no zone; give it one")
    if to < at:
        raise BadInput(f"{to.astimezone(ZoneInfo(facts.zone)):%Y-%m-%d %H:%M} has passed; write a time to come")
    if any(row.status == "going" and row.kind in CARRIES for row in releases.of(session, mission)):
        raise Refused("the release is going out; stop it first", command="'ieom release stop' does")
    new = revisions.with_press_conference(facts, to)
    _move_releases(session, mission, new, by=by, at=at)
    number = missions.revise(session, mission, new, by=by, at=at, kind="press_conference_moved", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=PressConferenceMoved(to.astimezone(UTC), number))
    return new


def _last_close(session: Session, facts: MissionFacts) -> datetime:
    closings = [facts.closes(row.closes, row.zone) for row in stations.of(session, facts.slug)]
    return max(closings, default=facts.closes())


def _move_visits(
    session: Session,
    mission: str,
    move: Callable[[datetime], datetime],
    *,
    since: datetime | None = None,
    closed: dict[str, datetime] | None = None,
) -> None:
    """Move visits and check-ins: those due after `since`, or those due from the close of their station on."""
    visits = list(session.scalars(select(Visit).where(Visit.mission == mission)))
    first_close: dict[str, datetime] = {}
    for visit in visits:
        if closed is not None and visit.station in closed:
            close = closed[visit.station]
            first_close[visit.team] = min(first_close.get(visit.team, close), close)
    for visit in visits:
        if closed is None:
            if since is None or visit.due_at > since:
                visit.due_at = move(visit.due_at)
        elif visit.station in closed and visit.due_at >= closed[visit.station]:
            visit.due_at = move(visit.due_at)
    moving = [
        check_in
        for check_in in session.scalars(select(CheckIn).where(CheckIn.mission == mission, CheckIn.made_at.is_(None)))
        if (
            (since is None or check_in.due_at > since)
            if closed is None
            else check_in.team in first_close and check_in.due_at >= first_close[check_in.team]
        )
    ]
    for check_in in moving:  # the moment is part of the key: all go first, so that none meets another's old one
        session.delete(check_in)
    session.flush()
    for check_in in moving:
        session.add(CheckIn(mission=mission, team=check_in.team, due_at=move(check_in.due_at), note=check_in.note))
    session.flush()


def _move_calls(session: Session, mission: str, move: Callable[[datetime], datetime], *, since: datetime) -> None:
    asked = select(StateCall).where(StateCall.mission == mission, StateCall.status == "asked", StateCall.due_at > since)
    for call in session.scalars(asked):
        call.due_at = move(call.due_at)


def _move_releases(session: Session, mission: str, new: MissionFacts, *, by: str, at: datetime) -> None:
    """Statements and corrections that have not ended wait for the new press conference; one stopped on its way too. Who
    said go by hand saw the old one begin: that go is void, save for a text that after a leak waits for none."""
    press = new.moment(new.release.press_conference)
    for row in releases.of(session, mission):
        if row.kind in CARRIES and row.status not in ENDED and row.press_conference_at != press:
            row.press_conference_at = press
            audit.append(session, mission, by=by, at=at, act=ReleaseRedated(row.number, press))
            if row.go == "by_hand" and row.sent_by and row.started_at is None and row.early_agreed_by is None:
                row.sent_by = None
                audit.append(session, mission, by=by, at=at, act=ReleaseGoLapsed(row.number))
