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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, CursorResult, Engine, and_, case, func, insert, or_, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ieom.mail.message import wire
from ieom.mail.smtp import Outcome, What
from ieom.mail.writer import AGAIN
from ieom.records import audit, media
from ieom.records.letters import Letter, LetterAttempt, not_suppressed, take_back
from ieom.records.missions import Mission
from ieom.records.releases import Release
from ieom.settings import settings

STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
"""How long a temporary refusal waits, the last step again and again."""
GIVES_UP = timedelta(hours=48)
"""After this long a temporary refusal becomes a permanent one (RFC 5321, 4.5.4.1 asks for 4 to 5 days of a relay; a
press release is stale sooner)."""
LOST = timedelta(minutes=1)
"""How long a letter waits whose connection was lost; more each time, up to a quarter of an hour."""
MISCONFIGURED = timedelta(minutes=15)
"""How long a letter waits on which the server refused our account or our sender: a log-in that fails every minute locks
accounts."""


@dataclass(frozen=True)
class SendingFaulted:
    """The mail server refused the account or the release itself; the release waits for a person."""

    release: int


@dataclass(frozen=True)
class Due:
    """What a sender needs to know of one letter."""

    id: int
    lease: str
    sender: str
    recipient: str
    head: bytes
    tail: str | None
    kind: str


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


def recover(session: Session, mission: str, *, at: datetime) -> int:
    """Settle what a dead sender left; to be called by the sole sender alone. Returns how many are in doubt now."""
    mine = Letter.mission == mission
    session.execute(update(Letter).where(mine, Letter.state == "leased").values(state="queued", lease=None))
    doubtful = session.execute(select(Letter.id, Letter.lease).where(mine, Letter.state == "transmitting")).all()
    take_back(session, mission=mission, at=at)  # whoever unsubscribed while they were being queued
    for letter, lease_id in doubtful:
        outcome = Outcome(What.IN_DOUBT, None, "the sender ended before the answer came")
        settle(session, letter, outcome, at=at, by="recovery", lease_id=lease_id)
    return len(doubtful)


def doubt_sent(session: Session, mission: str, *, at: datetime) -> int:
    """Letters that wait although an attempt since they were due says that they were taken: the answer came after a
    person had them sent again, or a hand put the row back. They wait for a person, whose word goes before it (and makes
    them due anew). Returns how many."""
    taken = select(LetterAttempt.letter).where(
        LetterAttempt.letter == Letter.id, LetterAttempt.outcome == str(What.SENT), LetterAttempt.at >= Letter.due_at
    )
    result = session.execute(
        update(Letter)
        .where(Letter.mission == mission, Letter.state.in_(["queued", "deferred"]), taken.exists())
        .values(
            state=str(What.IN_DOUBT), lease=None, settled_at=at, answer="an attempt on record says that it was taken"
        )
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


def overtake(session: Session, mission: str, *, at: datetime, grace: timedelta) -> int:
    """Letters that were ready in time and did not go within `grace` (the machine was off, the server away): like those
    queued late, they wait for a person. Returns how many."""
    latest = at - grace
    result = session.execute(
        update(Letter)
        .where(
            Letter.mission == mission, Letter.state == "queued", Letter.due_at < latest, Letter.queued_at < latest,
            _not_held(),
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


def _not_held() -> ColumnElement[bool]:
    """Letters whose mission and release nobody and nothing has stopped. Their own rows say so, for all letters at
    once."""
    missions = select(Mission.slug).where(Mission.state.in_(["held", "closed"]))
    releases = select(Release.id).where(Release.status.in_(["stopped", "held"]))
    return and_(Letter.mission.not_in(missions), or_(Letter.release.is_(None), Letter.release.not_in(releases)))


def _ready(mission: str, at: datetime) -> ColumnElement[bool]:
    return and_(
        Letter.mission == mission,
        or_(
            and_(Letter.state == "queued", Letter.due_at <= at, or_(Letter.next_at.is_(None), Letter.next_at <= at)),
            and_(Letter.state == "deferred", Letter.next_at <= at),
        ),
        _not_held(),
    )


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


def lease(session: Session, mission: str, *, at: datetime, most: int, lease_id: str) -> list[Due]:
    """Take up to `most` letters that are due, the oldest first. Asked again under the same lease after a commit that
    seemed to fail, it gives what it gave."""
    wanted = (Letter.id, Letter.envelope_from, Letter.recipient, Letter.head, Letter.tail, Letter.kind)
    ours = and_(Letter.mission == mission, Letter.state == "leased", Letter.lease == lease_id)
    found = session.execute(
        select(*wanted)
        .where(or_(_ready(mission, at), ours) if session.info.get(AGAIN) else _ready(mission, at), not_suppressed())
        .order_by(Letter.due_at, Letter.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [row.id for row in found]
    session.execute(update(Letter).where(Letter.id.in_(ids)).values(state="leased", lease=lease_id))
    return [
        Due(row.id, lease_id, wire(row.envelope_from), wire(row.recipient), row.head, row.tail, row.kind)
        for row in found
    ]


def mark_transmitting(session: Session, due: Due) -> bool:
    """Whether the letter is still ours to send; to be committed before its final dot. Asked again after a commit that
    failed, it answers the same."""
    result = session.execute(
        update(Letter)
        .where(
            Letter.id == due.id, Letter.lease == due.lease, Letter.state.in_(["leased", "transmitting"]), _not_held(),
            not_suppressed(),
        )
        .values(state="transmitting")
    )  # fmt: skip
    return isinstance(result, CursorResult) and result.rowcount == 1


def give_back(session: Session, waiting: Sequence[Due]) -> None:
    """Letters that were leased and not tried."""
    for due in waiting:
        mine = (Letter.id == due.id, Letter.lease == due.lease, Letter.state == "leased")
        session.execute(update(Letter).where(*mine).values(state="queued", lease=None))


def settle(session: Session, letter: int, outcome: Outcome, *, at: datetime, by: str, lease_id: str | None) -> What:
    """Write down what became of one attempt; returns what it comes to for the letter. `by` names the connection. Where
    the lease is not ours any more only the attempt is written down; but an answer that comes after the letter was put
    in doubt settles it. Asked again after a commit that seemed to fail, it writes nothing twice."""
    answer = outcome.answer or None
    if session.info.get(AGAIN) and (known := _settled_so(session, letter, outcome, at, by)) is not None:
        return known
    session.execute(
        insert(LetterAttempt).values(
            letter=letter, at=at, connection=by, outcome=str(outcome.what), code=outcome.code, answer=answer
        )
    )
    wanted = (
        Letter.state, Letter.lease, Letter.mission, Letter.attempts, Letter.message_id, Letter.recipient, Letter.release
    )  # fmt: skip
    row = session.execute(select(*wanted).where(Letter.id == letter).with_for_update()).one()
    told = row.state == "in_doubt" and outcome.what in {What.SENT, What.REFUSED, What.DEFERRED}
    if row.lease != lease_id or not (told or row.state in {"leased", "transmitting"}):
        return outcome.what
    attempts = row.attempts + 1
    values: dict[str, object] = {
        "lease": None, "code": outcome.code, "answer": answer, "attempts": attempts, "next_at": None, "settled_at": None
    }  # fmt: skip
    what = outcome.what
    if what is What.POLICY and row.release is None:
        what = What.REFUSED  # one reader's server will not have it; nothing else is held up by that
    if what is What.DEFERRED and at - _first_try(session, letter, at) > GIVES_UP:
        what = What.REFUSED
    if what in {What.SENT, What.REFUSED, What.IN_DOUBT}:
        values |= {"state": str(what), "settled_at": at}
        if what is What.IN_DOUBT:
            values["lease"] = lease_id  # by which this very attempt's answer is known, should it still come
        if outcome.dead_address:
            media.suppress(session, row.recipient, why="dead", detail=outcome.answer, letter=letter, at=at)
    elif what is What.DEFERRED:
        wait = STEPS[min(attempts, len(STEPS)) - 1]
        spread = int(hashlib.sha256(row.message_id.encode()).hexdigest()[:4], 16) / 0xFFFF
        values |= {"state": "deferred", "next_at": at + wait * (1 + 0.2 * spread)}
    else:  # nothing was taken and the letter is not to blame: it waits in the queue
        wait = LOST * min(attempts, 15) if what is What.BACK else MISCONFIGURED
        values |= {"state": "queued", "next_at": at + wait}
        if what in {What.CONFIGURATION, What.POLICY}:
            _hold(session, row.mission, row.release if what is What.POLICY else None, outcome, at=at)
    session.execute(update(Letter).where(Letter.id == letter).values(**values))
    return what


def _settled_so(session: Session, letter: int, outcome: Outcome, at: datetime, by: str) -> What | None:
    """What this very attempt came to, if it is written down already."""
    same = (
        LetterAttempt.letter == letter, LetterAttempt.at == at, LetterAttempt.connection == by,
        LetterAttempt.outcome == str(outcome.what),
    )  # fmt: skip
    if session.scalar(select(LetterAttempt.id).where(*same)) is None:
        return None
    state = session.scalar(select(Letter.state).where(Letter.id == letter))
    return What(state) if state in set(What) else outcome.what


def _first_try(session: Session, letter: int, at: datetime) -> datetime:
    return session.scalar(select(func.min(LetterAttempt.at)).where(LetterAttempt.letter == letter)) or at


def _hold(session: Session, mission: str, release: int | None, outcome: Outcome, *, at: datetime) -> None:
    """A release (all that are going, when none is named) waits for a person: its next letters would fare the same."""
    going = select(Release).where(Release.mission == mission, Release.status == "going").with_for_update()
    why = f"the mail server said {f'{outcome.code or str()} {outcome.answer}'.strip()}"
    for row in session.scalars(going if release is None else going.where(Release.id == release)):
        row.status, row.held_why = "held", why
        audit.append(session, mission, by="clock", at=at, act=SendingFaulted(row.number))


def next_at(session: Session, mission: str, *, at: datetime) -> datetime | None:
    """When the next letter can go (UTC), of those that can't now."""
    moment = case((Letter.next_at > Letter.due_at, Letter.next_at), else_=Letter.due_at)
    found: datetime | None = session.scalar(
        select(func.min(moment)).where(
            Letter.mission == mission, Letter.state.in_(["queued", "deferred"]), moment > at, _not_held()
        )
    )
    return found
