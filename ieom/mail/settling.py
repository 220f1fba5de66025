"""The mark before a message's final dot, and how an outcome is written down.

Both are changes for the writer's thread, which writes what has queued up from all connections in one transaction: the
usual ones (marks, and letters that were taken) in one statement for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from ieom.mail.answers import Outcome, What
from ieom.mail.together import Taken, mark, take
from ieom.mail.writer import AGAIN, Together
from ieom.records import audit, media
from ieom.records.letters import WAITING, Letter, LetterAttempt, take_back
from ieom.records.releases import Release, superseded, superseded_why

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
    domain: str
    """The recipient's, as it stands in the outbox."""


@dataclass(frozen=True)
class Mark(Together):
    """Whether the letter is still ours to send; to be committed before its final dot. Asked again after a commit that
    failed, it answers the same."""

    due: Due

    def __call__(self, session: Session) -> bool:
        return self.together(session, [self])[0]

    @staticmethod
    def together(session: Session, marks: Sequence[Mark]) -> list[bool]:
        """The answers to several, each by compare-and-set on its own lease."""
        ours = mark(session, [(one.due.id, one.due.lease) for one in marks])
        return [one.due.id in ours for one in marks]


def mark_transmitting(session: Session, due: Due) -> bool:
    """Mark one letter; see `Mark`."""
    return Mark(due)(session)


@dataclass(frozen=True)
class Settle(Together):
    """One letter's outcome over the connection `by`; answers what it comes to for the letter (see `settle`)."""

    due: Due
    outcome: Outcome
    at: datetime
    by: str

    def __call__(self, session: Session) -> What:
        return settle(session, self.due.id, self.outcome, at=self.at, by=self.by, lease_id=self.due.lease)

    @staticmethod
    def together(session: Session, settled: Sequence[Settle]) -> list[What]:
        """The answers to several; those that were taken are written down in one go."""
        taken = [one for one in settled if one.outcome.what is What.SENT]
        if taken:
            take(
                session,
                [
                    Taken(one.due.id, one.due.lease, one.at, one.by, one.outcome.code, one.outcome.answer or None)
                    for one in taken
                ],
            )
        return [What.SENT if one.outcome.what is What.SENT else one(session) for one in settled]


def settle(session: Session, letter: int, outcome: Outcome, *, at: datetime, by: str, lease_id: str | None) -> What:
    """Write down what became of one attempt; returns what it comes to for the letter. `by` names the connection. Where
    the lease is not ours any more only the attempt is written down; but an answer that comes after the letter was put
    in doubt settles it. A letter that was not taken, and whose release was corrected or withdrawn meanwhile, does not
    go again: it is taken back. Asked again after a commit that seemed to fail, it writes nothing twice."""
    answer = outcome.answer or None
    if session.info.get(AGAIN) and (known := _settled_so(session, letter, outcome, at, by)) is not None:
        return known
    session.execute(
        insert(LetterAttempt).values(
            letter=letter, at=at, connection=by, outcome=str(outcome.what), code=outcome.code, answer=answer
        )
    )
    wanted = (
        Letter.state, Letter.lease, Letter.mission, Letter.attempts, Letter.message_id, Letter.recipient, Letter.release,
        Letter.due_at,
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
    if what is What.DEFERRED and at - _first_try(session, letter, row.due_at, at) > GIVES_UP:
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
    if values["state"] in {"queued", "deferred"} and (why := superseded_why(session, row.release)):
        values |= {"state": "cancelled", "next_at": None, "settled_at": at, "answer": why}
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


def _first_try(session: Session, letter: int, due: datetime, at: datetime) -> datetime:
    """When it was tried first, since a person last had it go: what was tried before does not count against that."""
    query = select(func.min(LetterAttempt.at)).where(LetterAttempt.letter == letter, LetterAttempt.at >= due)
    return session.scalar(query) or at


def _hold(session: Session, mission: str, release: int | None, outcome: Outcome, *, at: datetime) -> None:
    """A release (all that are going, when none is named) waits for a person: its next letters would fare the same."""
    going = select(Release).where(Release.mission == mission, Release.status == "going").with_for_update()
    why = f"the mail server said {f'{outcome.code or str()} {outcome.answer}'.strip()}"
    for row in session.scalars(going if release is None else going.where(Release.id == release)):
        row.status, row.held_why = "held", why
        audit.append(session, mission, by="clock", at=at, act=SendingFaulted(row.number))


def recover(session: Session, mission: str, *, at: datetime) -> int:
    """Settle what a dead sender left; to be called by the sole sender alone. Returns how many are in doubt now."""
    mine = Letter.mission == mission
    session.execute(update(Letter).where(mine, Letter.state == "leased").values(state="queued", lease=None))
    doubtful = session.execute(select(Letter.id, Letter.lease).where(mine, Letter.state == "transmitting")).all()
    take_back(session, mission=mission, at=at)  # whoever unsubscribed while they were being queued
    _take_back_superseded(session, mission, at=at)
    for letter, lease_id in doubtful:
        outcome = Outcome(What.IN_DOUBT, None, "the sender ended before the answer came")
        settle(session, letter, outcome, at=at, by="recovery", lease_id=lease_id)
    return len(doubtful)


def _take_back_superseded(session: Session, mission: str, *, at: datetime) -> None:
    """Letters that wait although a correction or a withdrawal stands in their release's place do not go."""
    waits = (Letter.mission == mission, Letter.state.in_(WAITING))
    for release in session.scalars(
        select(Letter.release).where(*waits, Letter.release.in_(superseded())).distinct()
    ).all():
        why = superseded_why(session, release)
        session.execute(
            update(Letter)
            .where(*waits, Letter.release == release)
            .values(state="cancelled", settled_at=at, lease=None, next_at=None, answer=why)
        )
