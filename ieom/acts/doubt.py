"""Letters in doubt are settled by policy: looked up in the mail server's log (`reconcile`), or sent once more under the
same Message-ID (`resend`). A person settles a single one by `ieom.acts.letters.settle`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, defer

from ieom.errors import Refused
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import TO_MEDIA
from ieom.mail.taken import taken_since
from ieom.records import audit, media, missions, releases
from ieom.records.letters import Letter, LetterAttempt, said_to_be_back
from ieom.records.releases import Release
from ieom.rules.doubt import Attempt, Log, Verdict, judge

WITNESSES = 500
"""So many letters that the server took, the newest, tell whether a log is whole and that server's."""
BY_LOG = "log"
"""What stands for the connection in an attempt's row that the mail server's log gave."""


@dataclass(frozen=True)
class DoubtSettled:
    """Letters in doubt were settled by a policy: found to be sent, or bounced; they go again, wait for a person because
    their time has passed, or were taken back."""

    policy: str
    sent: list[int]
    bounced: list[int]
    again: list[int]
    late: list[int]
    cancelled: list[int]
    left: int


@dataclass(frozen=True)
class Case:
    """The letters in doubt, by number, and what else is to be looked for in a log."""

    attempts: Mapping[int, Attempt] = field(default_factory=dict)
    witnesses: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def wanted(self) -> set[str]:
        """Message-IDs to look for."""
        return {one.message_id for one in self.attempts.values()} | set(self.witnesses)


@dataclass
class Settled:
    """What became of the letters in doubt; `left` says of those that stay in doubt why."""

    sent: list[int] = field(default_factory=list)
    bounced: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    """It was not taken, and its time has long passed: it waits for a person."""
    cancelled: list[int] = field(default_factory=list)
    left: dict[int, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many are in doubt no more."""
        return sum(map(len, (self.sent, self.bounced, self.again, self.late, self.cancelled)))


def in_doubt(session: Session, mission: str) -> Sequence[Letter]:
    """The mission's letters in doubt, without their bytes."""
    query = select(Letter).where(Letter.mission == mission, Letter.state == "in_doubt").options(defer(Letter.head))
    return session.scalars(query.order_by(Letter.id)).all()


def case(session: Session, mission: str) -> Case:
    """What a log is to be asked. Nothing is changed, so that the log can be read without holding the records."""
    rows = in_doubt(session, mission)
    if not rows:
        return Case()
    attempts = {
        row.id: Attempt(row.message_id, max(row.queued_at, row.due_at), row.settled_at or row.due_at) for row in rows
    }
    since = min(one.earliest for one in attempts.values()) - timedelta(days=1)
    taken = (
        select(Letter.message_id, LetterAttempt.at)
        .join(Letter, Letter.id == LetterAttempt.letter)
        .where(
            Letter.mission == mission, Letter.state != "in_doubt", LetterAttempt.outcome == "sent",
            LetterAttempt.connection != BY_LOG, LetterAttempt.at >= since,
        )
        .order_by(LetterAttempt.at.desc())
        .limit(WITNESSES)
    )  # fmt: skip
    return Case(attempts, dict(session.execute(taken).tuples().all()))


def found_in(log: Log, asked: Case, **allowed: timedelta) -> dict[int, Verdict]:
    """What a log says of each letter in doubt. `allowed` are the rule's own times, `patient` and `into_the_queue`."""
    return {number: judge(log, one, asked.witnesses, **allowed) for number, one in asked.attempts.items()}


def reconcile(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    asked: Case,
    found: Mapping[int, Verdict],
    ref: str | None = None,
) -> Settled:
    """Settle what the mail server's log has settled. A letter that was not taken goes again from now on; one whose
    reader unsubscribed, or whose release was corrected or withdrawn meanwhile, is taken back, one whose time has long
    passed waits for a person. What the log can't prove, and what changed since the log was asked, stays as it is."""
    settled = Settled()
    if ref and audit.happened(session, mission, ref):
        return settled
    for number, verdict in found.items():
        row = _held(session, mission, number, asked.attempts[number])
        if row is None:
            continue
        how = verdict.how
        if how == "again" and _said_to_be_taken(session, row):
            how, verdict = "doubt", Verdict("doubt", "the server said that it took the letter, and its log lacks it")
        if how == "doubt":
            settled.left[number] = verdict.why
        elif how == "again":
            _attempt(session, row, at, "back", verdict.why)
            _again(session, mission, row, at, settled)
        else:
            _attempt(session, row, verdict.at or at, "sent", verdict.why)
            if said_to_be_back(session, number) is not None:
                how = "bounced"  # it was taken, as the log says, and so the report can be believed
            row.state, row.settled_at, row.lease, row.next_at = how, verdict.at or at, None, None
            row.code, row.answer = None, verdict.why[:500]
            (settled.sent if how == "sent" else settled.bounced).append(number)
    _noted(session, mission, by, at, "reconcile", settled, ref)
    return settled


def resend(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> Settled:
    """Have every letter in doubt go once more, with the Message-ID that it had: a reader may get it twice. One that
    was in doubt before, or that the server said it took, waits for a person all the same. Raises `Refused` while the
    mission is held or closed."""
    settled = Settled()
    if ref and audit.happened(session, mission, ref):
        return settled
    state = missions.get(session, mission).state
    if state in {"held", "closed"}:
        raise Refused(f"the mission is {state}; what is in doubt goes again only when it goes on")
    for number in [row.id for row in in_doubt(session, mission)]:
        row = _held(session, mission, number)
        if row is None:
            continue
        doubts = select(func.count()).where(LetterAttempt.letter == number, LetterAttempt.outcome == "in_doubt")
        if _said_to_be_taken(session, row):
            settled.left[number] = "the server said that it took the letter"
        elif (session.scalar(doubts) or 0) > 1:
            settled.left[number] = "it has gone again once already, and is in doubt again"
        elif said_to_be_back(session, number) is not None:
            settled.left[number] = "a report says that it came back"
        elif _stopped(session, row):
            settled.left[number] = "its release is stopped"
        else:
            _again(session, mission, row, at, settled)
    _noted(session, mission, by, at, "resend", settled, ref)
    return settled


def _held(session: Session, mission: str, number: int, asked: Attempt | None = None) -> Letter | None:
    """The letter, held until the transaction ends; None when it is in doubt no more, or again since the log was asked."""
    query = select(Letter).where(Letter.id == number, Letter.mission == mission, Letter.state == "in_doubt")
    row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None or (asked is not None and (row.settled_at or row.due_at) != asked.latest):
        return None
    return row


def _said_to_be_taken(session: Session, row: Letter) -> bool:
    return bool(taken_since(session, row.mission, [row.id]))


def _stopped(session: Session, row: Letter) -> bool:
    return row.release is not None and session.get_one(Release, row.release).status in {"stopped", "held"}


def _attempt(session: Session, row: Letter, at: datetime, outcome: str, why: str) -> None:
    session.execute(
        insert(LetterAttempt).values(
            letter=row.id, at=at, connection=BY_LOG, outcome=outcome, code=None, answer=why[:500]
        )
    )


def _again(session: Session, mission: str, row: Letter, at: datetime, settled: Settled) -> None:
    row.lease, row.next_at, row.code, row.settled_at = None, None, None, None
    row.answer = releases.superseded_why(session, row.release) or None
    if row.answer or (row.kind in TO_MEDIA and media.suppressed(session, [row.recipient])):
        row.state, row.settled_at = "cancelled", at
        settled.cancelled.append(row.id)
        return
    asks_until = missions.get(session, mission).asks_until
    late = at - row.due_at > load_timeline().grace or (asks_until is not None and row.due_at <= asks_until)
    if late:
        row.state = "late"
        settled.late.append(row.id)
    else:
        row.state, row.due_at = "queued", at
        settled.again.append(row.id)


def _noted(
    session: Session, mission: str, by: str, at: datetime, policy: str, settled: Settled, ref: str | None
) -> None:
    session.flush()
    if settled.done:
        act = DoubtSettled(
            policy, settled.sent, settled.bounced, settled.again, settled.late, settled.cancelled, len(settled.left)
        )
        audit.append(session, mission, by=by, at=at, act=act, ref=ref)
