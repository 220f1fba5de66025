"""The outbox: which letters are due, who may send them now, and how an outcome is written down.

States: queued -> leased -> transmitting -> sent | refused | deferred | in_doubt. `transmitting` is committed before the
message's final dot.

Why no letter goes twice, even with two senders:
- One sender works on a mission at a time, held by a lock that the operating system (SQLite) or the server (PostgreSQL)
  releases when the process dies. Whoever gets the lock may therefore take it that letters still leased or transmitting
  belong to a dead process: leased ones go back, transmitting ones are in doubt.
- PostgreSQL's lock is also lost when a living sender's connection breaks. So each letter is marked `transmitting` by
  compare-and-set on its own lease, and without that mark its final dot is never sent: a sender whose letters were
  taken over, or whose release was stopped a moment ago, sends none of them.
- What is in doubt goes again only when a person says so, who has looked into the mail server's log.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Engine, Row, and_, case, func, not_, or_, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ieom.mail.message import wire
from ieom.mail.settling import Due, mark_transmitting, recover, settle
from ieom.mail.taken import doubt_taken, taken_since
from ieom.mail.together import not_held
from ieom.mail.writer import AGAIN
from ieom.records.letters import Letter, not_suppressed
from ieom.settings import settings

__all__ = [
    "Due", "count_due", "doubt_past", "doubt_taken", "give_back", "going", "idle", "lease", "mark_transmitting", "next_at", "overtake",
    "recover", "settle", "sole_sender",
]  # fmt: skip


@contextlib.contextmanager
def sole_sender(engine: Engine, mission: str) -> Iterator[bool]:
    """Whether this process may send the mission's letters until the block ends; False when another one does."""
    if engine.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"ieom:{mission}".encode()).digest()[:8], "big", signed=True)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            got = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
            try:
                yield got
            finally:
                if got:
                    try:
                        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
                    except DBAPIError:  # the connection is gone, and its lock with it
                        connection.invalidate()
        return
    database = engine.url.database
    where = Path(database).resolve() if database else settings().state_dir / "memory"
    folder = where.parent / "locks"  # beside the database, so that whoever opens it finds the same lock
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{where.name}.{mission}.sender", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            got = True
        except BlockingIOError:
            got = False
        yield got
    finally:
        os.close(handle)


def overtake(session: Session, mission: str, *, at: datetime, grace: timedelta) -> int:
    """Letters that were ready in time and did not go within `grace` (the machine was off, the server away): like those
    queued late, they wait for a person. Returns how many."""
    latest = at - grace
    result = session.execute(
        update(Letter)
        .where(
            Letter.mission == mission, Letter.state == "queued", Letter.due_at < latest, Letter.queued_at < latest,
            not_held(),
        )
        .values(state="late")
    )  # fmt: skip
    return result.rowcount if isinstance(result, CursorResult) else 0


def doubt_past(session: Session, mission: str, *, at: datetime) -> int:
    """The records were restored from a backup: letters whose time has come may have gone before, and wait for a
    person. Returns how many."""
    result = session.execute(
        update(Letter)
        .where(
            Letter.mission == mission, Letter.state.in_(["queued", "deferred", "leased"]), Letter.due_at <= at
        )
        .values(state="late", lease=None)
    )  # fmt: skip
    return result.rowcount if isinstance(result, CursorResult) else 0


def _waiting(mission: str, at: datetime) -> ColumnElement[bool]:
    return and_(
        Letter.mission == mission, Letter.state == "queued", Letter.due_at <= at,
        or_(Letter.next_at.is_(None), Letter.next_at <= at), not_held(),
    )  # fmt: skip


def _again(mission: str, at: datetime, lease_id: str = "") -> ColumnElement[bool]:
    """Letters that were put off until now; and those that were taken under the lease before."""
    put_off = and_(Letter.mission == mission, Letter.state == "deferred", Letter.next_at <= at, not_held())
    ours = and_(Letter.mission == mission, Letter.state == "leased", Letter.lease == lease_id)
    return or_(put_off, ours) if lease_id else put_off


def _ready(mission: str, at: datetime) -> ColumnElement[bool]:
    return or_(_waiting(mission, at), _again(mission, at))


def count_due(session: Session, mission: str, *, at: datetime) -> int:
    """How many letters could go now."""
    return session.scalar(select(func.count()).select_from(Letter).where(_ready(mission, at))) or 0


def _any(session: Session, mission: str, at: datetime, *left: str) -> bool:
    states = and_(Letter.mission == mission, Letter.state.in_(left))
    return session.scalar(select(Letter.id).where(or_(_ready(mission, at), states)).limit(1)) is not None


def going(session: Session, mission: str, *, at: datetime) -> bool:
    """Whether a sender would send anything now: what is due, or what a dead sender had leased."""
    return _any(session, mission, at, "leased")


def idle(session: Session, mission: str, *, at: datetime) -> bool:
    """Whether a sender would find nothing to do now: nothing is due, and no dead sender left anything."""
    return not _any(session, mission, at, "leased", "transmitting")


def lease(
    session: Session, mission: str, *, at: datetime, most: int, lease_id: str, but_not: Collection[str] = ()
) -> list[Due]:
    """Take up to `most` letters that are due: those that were put off first, then the oldest; none to the domains
    `but_not`. Asked again under the same lease after a commit that seemed to fail, it gives what it gave."""
    others = [not_(Letter.recipient.endswith(f"@{domain}", autoescape=True)) for domain in but_not]
    found: list[Row[Any]] = []
    for ready in (_again(mission, at, lease_id if session.info.get(AGAIN) else ""), _waiting(mission, at)):
        if len(found) < most:
            found += session.execute(
                select(Letter.id, Letter.envelope_from, Letter.recipient, Letter.head, Letter.tail, Letter.kind)
                .where(ready, not_suppressed(), *others)
                .order_by(Letter.due_at, Letter.id)
                .limit(most - len(found))
                .with_for_update(skip_locked=True)
            ).all()
    if found and (taken := taken_since(session, mission, [row.id for row in found])):
        doubt_taken(session, mission, at=at)
        found = [row for row in found if row.id not in taken]
    if found:
        ids = [row.id for row in found]
        session.execute(update(Letter).where(Letter.id.in_(ids)).values(state="leased", lease=lease_id))
    return [
        Due(
            row.id, lease_id, wire(row.envelope_from), wire(row.recipient), row.head, row.tail, row.kind,
            row.recipient.rpartition("@")[2],
        )
        for row in found
    ]  # fmt: skip


def give_back(session: Session, waiting: Sequence[Due]) -> None:
    """Letters that were leased and not tried."""
    leases: dict[str, list[int]] = {}
    for due in waiting:
        leases.setdefault(due.lease, []).append(due.id)
    for lease_id, letters in leases.items():
        mine = (Letter.id.in_(letters), Letter.lease == lease_id, Letter.state == "leased")
        session.execute(update(Letter).where(*mine).values(state="queued", lease=None))


def next_at(session: Session, mission: str, *, at: datetime) -> datetime | None:
    """When the next letter can go (UTC), of those that can't now."""
    moment = case((Letter.next_at > Letter.due_at, Letter.next_at), else_=Letter.due_at)
    found: datetime | None = session.scalar(
        select(func.min(moment)).where(
            Letter.mission == mission, Letter.state.in_(["queued", "deferred"]), moment > at, not_held()
        )
    )
    return found
