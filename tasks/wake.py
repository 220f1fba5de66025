"""When a mission must be looked at next, and the note that a run leaves of what it saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ieom.acts import reminders, witness
from ieom.mail import outbox
from ieom.records import missions, standings
from ieom.records.base import begin, reading
from ieom.records.missions import Mission
from ieom.rules.timeline import Standing
from tasks.stage import records


@dataclass(frozen=True)
class Opening:
    """What a run finds when it begins."""

    revision: int
    held: str
    """Why nothing may be done now; empty when the mission goes on."""


def begin_run(mission: str) -> Opening:
    """Look at the mission before walking it. A database older than its witness holds the mission until a person
    has looked: it may have been restored from a backup, and would send letters again."""
    with begin(records()) as session:
        row = missions.lock(session, mission)
        if row.state in {"open", "suspended", "evacuated"}:
            older = witness.restored(session, mission)
            if older:
                row.state, row.held_why = "held", older
        held = (row.held_why or f"the mission is {row.state}") if row.state in {"held", "closed"} else ""
        return Opening(row.revision, held)


def end_run(mission: str, stood: Sequence[Standing], opening: Opening) -> tuple[datetime | None, bool]:
    """Leave the note: where each stage stands, when to wake next. Returns that moment (UTC, or None when only
    people can bring it on) and whether something changed during the run, so that it should be walked again."""
    with begin(records()) as session:
        row = missions.lock(session, mission)
        at = missions.now(session, mission)
        standings.keep(session, mission, stood, at=at)
        moments = [s.until for s in stood if s.until is not None]
        moments += [
            m for m in (reminders.next_at(session, mission, at=at), outbox.next_at(session, mission, at=at)) if m
        ]
        row.wake_at = min((m for m in moments if m > at), default=None)
        again = row.revision != opening.revision
        row.walked_revision = opening.revision
        if not again and row.asks_until is not None and row.asks_until > at:
            row.asks_until = at  # restored records were walked through once; what is owed from now on is new
        return row.wake_at, again


def due(at: datetime | None = None) -> list[tuple[str, int]]:
    """(mission, revision) of every mission with something to do: its moment has come, or something happened since."""
    with reading(records()) as session:
        found = []
        for row in session.scalars(select(Mission).where(Mission.state.not_in(["held", "closed"]))):
            now = at or missions.now(session, row.slug)
            if row.revision != row.walked_revision or (row.wake_at is not None and row.wake_at <= now):
                found.append((row.slug, row.revision))
        return found


def all_missions() -> list[str]:
    """Every mission: a held or closed one sends nothing, but its personal papers are erased on their dates."""
    with reading(records()) as session:
        return list(session.scalars(select(Mission.slug).order_by(Mission.slug)))
