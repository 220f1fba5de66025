"""The outbox: which letters are due, who may send them now, and how an outcome is written down.

States: queued -> leased -> transmitting -> sent | refused | deferred | in_doubt. `transmitting` is committed before the
message's final dot. One sender works on a mission at a time, held by a lock that the operating system (SQLite) or the
server (PostgreSQL) releases when the process dies; whoever gets the lock may therefore take it that letters still
leased or transmitting belong to a dead process. Leased ones go back; transmitting ones are in doubt.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from ieom.mail.smtp import Outcome, What
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.media import Suppression
from ieom.settings import settings

STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
"""How long a temporary refusal waits, the last step again and again."""
GIVES_UP = timedelta(hours=48)
"""After this long a temporary refusal becomes a permanent one (RFC 5321, 4.5.4.1 asks for 4 to 5 days of a relay; a
press release is stale sooner)."""
LOST = timedelta(minutes=1)
"""How long a letter waits whose connection was lost."""


@dataclass(frozen=True)
class Due:
    """What a sender needs to know of one letter."""

    id: int
    sender: str
    recipient: str
    head: bytes
    tail: str | None
    kind: str


@contextmanager
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
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
        return
    folder = settings().state_dir / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{mission}.sender", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            got = True
        except BlockingIOError:
            got = False
        yield got
    finally:
        os.close(handle)


def recover(session: Session, mission: str, *, at: datetime) -> int:
    """Settle what a dead sender left; to be called by the sole sender alone. Returns how many are in doubt now."""
    mine = Letter.mission == mission
    session.execute(update(Letter).where(mine, Letter.state == "leased").values(state="queued", lease=None))
    doubtful = list(session.scalars(select(Letter.id).where(mine, Letter.state == "transmitting")))
    for letter in doubtful:
        settle(session, letter, Outcome(What.IN_DOUBT, None, "the sender ended before the answer came"), at=at, by="?")
    return len(doubtful)


def _ready(mission: str, at: datetime) -> ColumnElement[bool]:
    return and_(
        Letter.mission == mission,
        or_(
            and_(Letter.state == "queued", Letter.due_at <= at, or_(Letter.next_at.is_(None), Letter.next_at <= at)),
            and_(Letter.state == "deferred", Letter.next_at <= at),
        ),
    )


def count_due(session: Session, mission: str, *, at: datetime) -> int:
    """How many letters could go now."""
    return session.scalar(select(func.count()).select_from(Letter).where(_ready(mission, at))) or 0


def lease(session: Session, mission: str, *, at: datetime, most: int, lease_id: str) -> list[Due]:
    """Take up to `most` letters that are due, the oldest first."""
    found = session.scalars(
        select(Letter).where(_ready(mission, at)).order_by(Letter.due_at, Letter.id).limit(most)
    ).all()
    for letter in found:
        letter.state, letter.lease = "leased", lease_id
    return [Due(row.id, row.envelope_from, row.recipient, row.head, row.tail, row.kind) for row in found]


def mark_transmitting(session: Session, letters: Iterable[int]) -> None:
    """To be committed before the final dot of these letters is sent."""
    session.execute(
        update(Letter)
        .where(Letter.id.in_(list(letters)), Letter.state == "leased")
        .values(state="transmitting", attempts=Letter.attempts + 1)
    )


def give_back(session: Session, letters: Sequence[int]) -> None:
    """Letters that were leased and not tried."""
    session.execute(
        update(Letter).where(Letter.id.in_(letters), Letter.state == "leased").values(state="queued", lease=None)
    )


def settle(session: Session, letter_id: int, outcome: Outcome, *, at: datetime, by: str) -> None:
    """Write down what became of one attempt. `by` names the connection."""
    letter = session.get_one(Letter, letter_id)
    letter.lease, letter.code, letter.answer = None, outcome.code, outcome.answer or None
    if letter.state != "transmitting":
        letter.attempts += 1
    letter.next_at, letter.settled_at = None, None
    if outcome.what in {What.SENT, What.REFUSED, What.IN_DOUBT}:
        letter.state, letter.settled_at = str(outcome.what), at
        if outcome.dead_address and session.get(Suppression, letter.recipient) is None:
            session.add(Suppression(email=letter.recipient, why=f"dead address: {outcome.answer}", at=at))
    elif outcome.what is What.DEFERRED:
        if at - letter.due_at > GIVES_UP:
            letter.state, letter.settled_at = "refused", at
        else:
            wait = STEPS[min(letter.attempts, len(STEPS)) - 1]
            spread = int(hashlib.sha256(letter.message_id.encode()).hexdigest()[:4], 16) / 0xFFFF
            letter.state, letter.next_at = "deferred", at + wait * (1 + 0.2 * spread)
    else:  # nothing was taken and the letter is not to blame: it waits in the queue
        letter.state, letter.next_at = "queued", at + LOST
        if outcome.what is What.BACK:
            letter.next_at = at + LOST * min(letter.attempts, 15)
    session.execute(
        insert(LetterAttempt).values(
            letter=letter_id, at=at, connection=by, outcome=str(outcome.what), code=outcome.code,
            answer=outcome.answer or None,
        )
    )  # fmt: skip


def next_at(session: Session, mission: str, *, at: datetime) -> datetime | None:
    """When the next letter can go (UTC), of those that can't now."""
    waiting = select(Letter.due_at, Letter.next_at).where(
        Letter.mission == mission,
        Letter.state.in_(["queued", "deferred"]),
        or_(Letter.due_at > at, Letter.next_at > at),
    )
    moments = [max(due, later) if later else due for due, later in session.execute(waiting)]
    return min((m for m in moments if m > at), default=None)
