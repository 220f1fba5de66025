"""Recorded acts that stop a mission and let it go on: held by a person, observation suspended, mission evacuated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import witness
from ieom.acts.revision import begin_revision
from ieom.errors import Conflict
from ieom.mail import outbox
from ieom.records import audit, missions
from ieom.records.missions import Mission, MissionRevision

STATES = {"suspended": "suspended", "evacuated": "evacuated", "resumed": "open", "opened": "open"}
"""The state that each of these revisions leaves the mission in."""
NOT_YET = datetime(9000, 1, 1, tzinfo=UTC)
"""Until the first walk after a restoration has ended, whatever is owed may have been done before."""


@dataclass(frozen=True)
class ObservationSuspended:
    """Observers stay where they are and report nothing; what is owed later goes on."""

    revision: int


@dataclass(frozen=True)
class MissionEvacuated:
    """The mission left the places it observed; nothing goes on by itself until it resumes."""

    revision: int


@dataclass(frozen=True)
class MissionResumed:
    """A suspended or evacuated mission goes on."""

    revision: int


@dataclass(frozen=True)
class MissionHeld:
    """A person holds the mission: no letter leaves, no stage moves."""

    revision: int


@dataclass(frozen=True)
class MissionWentOn:
    """A person lets a held mission go on."""

    revision: int


def suspend(session: Session, mission: str, *, by: str, at: datetime, reason: str, ref: str | None = None) -> Mission:
    """Suspend the observation. `resume` ends it."""
    row = _change(session, mission, reason, ref, only={"open"}, become="suspended")
    if row is None:
        return missions.get(session, mission)
    number = _revise(session, mission, by, at, "suspended", reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=ObservationSuspended(number))
    return row


def evacuate(session: Session, mission: str, *, by: str, at: datetime, reason: str, ref: str | None = None) -> Mission:
    """Record that the mission was evacuated. `resume` lets it go on, be it from elsewhere."""
    row = _change(session, mission, reason, ref, only={"open", "suspended"}, become="evacuated")
    if row is None:
        return missions.get(session, mission)
    number = _revise(session, mission, by, at, "evacuated", reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=MissionEvacuated(number))
    return row


def resume(session: Session, mission: str, *, by: str, at: datetime, reason: str, ref: str | None = None) -> Mission:
    """Go on after a suspension or an evacuation."""
    row = _change(session, mission, reason, ref, only={"suspended", "evacuated"}, become="open")
    if row is None:
        return missions.get(session, mission)
    number = _revise(session, mission, by, at, "resumed", reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=MissionResumed(number))
    return row


def hold(session: Session, mission: str, *, by: str, at: datetime, reason: str, ref: str | None = None) -> Mission:
    """Hold everything that the software would do for this mission, until a person lets it go on."""
    row = _change(session, mission, reason, ref, only={"open", "suspended", "evacuated"}, become="held")
    if row is None:
        return missions.get(session, mission)
    row.held_why = reason
    number = _revise(session, mission, by, at, "held", reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=MissionHeld(number))
    return row


def go_on(session: Session, mission: str, *, by: str, at: datetime, reason: str, ref: str | None = None) -> Mission:
    """Let a held mission go on, in the state in which it was: open, suspended or evacuated. If it was held because
    the records look older than what was done with them, a person has looked: they are the truth from here on. Which
    letters went is still not known, so that those whose time has come, and those that the first walk finds to be owed,
    each wait for a person's word."""
    row = _change(session, mission, reason, ref, only={"held"}, become="")
    if row is None:
        return missions.get(session, mission)
    row.held_why = None
    number = _revise(session, mission, by, at, "went_on", reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=MissionWentOn(number))
    if witness.restored(session, mission):
        outbox.doubt_past(session, mission, at=at)
        row.asks_until = NOT_YET
        witness.accept(session, mission)
    return row


def _change(
    session: Session, mission: str, reason: str, ref: str | None, *, only: set[str], become: str
) -> Mission | None:
    """The mission in its new state; None when this very act was done before."""
    _facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return None
    row = missions.get(session, mission)
    if row.state not in only:
        raise Conflict(f"the mission is {row.state}; this act is for one that is {' or '.join(sorted(only))}")
    row.state = become or _state_before(session, mission)
    return row


def _state_before(session: Session, mission: str) -> str:
    kind = session.scalars(
        select(MissionRevision.kind)
        .where(MissionRevision.mission == mission, MissionRevision.kind.in_(STATES))
        .order_by(MissionRevision.number.desc())
        .limit(1)
    ).one()
    return STATES[kind]


def _revise(session: Session, mission: str, by: str, at: datetime, kind: str, reason: str) -> int:
    return missions.revise(session, mission, missions.facts(session, mission), by=by, at=at, kind=kind, reason=reason)
