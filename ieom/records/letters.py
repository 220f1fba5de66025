"""The outbox: one row a recipient, with every state a letter can be in, and each attempt to send it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from ieom.errors import NotFound
from ieom.records.base import Base, UtcDateTime
from ieom.records.missions import Mission
from ieom.records.suppressions import Suppression
from ieom.rules.addresses import fold

TO_MEDIA = frozenset({"release"})
"""Kinds that go to the media: they respect suppressions and can be unsubscribed from (RFC 8058)."""


class LetterPart(Base):
    """Bytes that many letters share (an encoded PDF, a calendar part), stored once by their hash."""

    __tablename__ = "letter_parts"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]


def _recipient_key(context: DefaultExecutionContext) -> str:
    return fold(context.get_current_parameters()["recipient"])  # type: ignore[no-untyped-call]  # SQLAlchemy's


class Letter(Base):
    """A letter to one recipient. `occasion` says what it is for, once: the unique key is what makes it go once.

    States: queued -> leased -> transmitting -> sent | refused | deferred | in_doubt; 'late' waits for a person,
    'stopped' for its release to go on, 'cancelled' was taken back before it went, 'bounced' was sent and came back.
    """

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("mission", "occasion", "recipient"),
        UniqueConstraint("message_id"),
        Index(None, "mission", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    occasion: Mapped[str]
    kind: Mapped[str]  # the template's name: call_for_nominations, approval_request, release ...
    release: Mapped[int | None] = mapped_column(ForeignKey("releases.id"))
    recipient: Mapped[str]
    recipient_key: Mapped[str] = mapped_column(default=_recipient_key, index=True)
    """The recipient's address as `fold` gives it: by this the letters to an outlet are found over the years."""
    to_office: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    subject: Mapped[str]
    message_id: Mapped[str]
    envelope_from: Mapped[str]
    head: Mapped[bytes]
    """The message up to and including what is this recipient's own (CRLF line ends)."""
    tail: Mapped[str | None] = mapped_column(ForeignKey("letter_parts.sha256"))
    """The rest of the message, shared."""
    state: Mapped[str] = mapped_column(default="queued")
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Not before this moment; long after it, a person is asked first."""
    lease: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    code: Mapped[int | None]
    answer: Mapped[str | None]


class LetterAttempt(Base):
    """One attempt at one letter: over which connection, with what outcome."""

    __tablename__ = "letter_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter: Mapped[int] = mapped_column(ForeignKey("letters.id"), index=True)
    at: Mapped[datetime]
    connection: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[int | None]
    answer: Mapped[str | None]


class LetterReport(Base):
    """What came back about a letter: a bounce, a delay, a complaint (RFC 3464, RFC 5965). Each is read once."""

    __tablename__ = "letter_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter: Mapped[int | None] = mapped_column(ForeignKey("letters.id"), index=True)
    source: Mapped[str] = mapped_column(unique=True)
    """Hash of the message and the recipient that it speaks of."""
    at: Mapped[datetime]
    kind: Mapped[str]  # bounce, delay, delivered, complaint
    action: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="")
    diagnostic: Mapped[str] = mapped_column(default="")


class LetterSeenTo(Base):
    """Somebody saw to a letter that was refused or came back: `anew` is the one that went in its place, under a corrected
    address; without it nothing more is to be sent, `why` says the reason. One row a letter: it goes anew once."""

    __tablename__ = "letters_seen_to"

    letter: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    anew: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))
    why: Mapped[str] = mapped_column(default="")


FAILED = ("refused", "bounced")
"""States of a letter that did not arrive and goes no further by itself."""


def _unseen() -> tuple[ColumnElement[bool], ...]:
    seen = select(LetterSeenTo.letter).where(LetterSeenTo.letter == Letter.id)
    return Letter.state.in_(FAILED), ~seen.exists()


def undelivered(session: Session, mission: str) -> Sequence[Letter]:
    """The mission's letters that were refused or came back, and that nobody has seen to, without their bytes."""
    query = select(Letter).where(Letter.mission == mission, *_unseen()).options(defer(Letter.head))
    return session.scalars(query.order_by(Letter.id)).all()


def troubled(session: Session, mission: str) -> Sequence[Letter]:
    """The same, beside those in doubt, that are of no release; the newest last."""
    wanted = or_(and_(*_unseen()), Letter.state == "in_doubt")
    query = select(Letter).where(Letter.mission == mission, Letter.release.is_(None), wanted)
    return session.scalars(query.options(defer(Letter.head)).order_by(Letter.id)).all()


def seen_to(session: Session, letter: int) -> bool:
    """Whether somebody has seen to a letter that did not arrive."""
    return session.get(LetterSeenTo, letter) is not None


def mark(session: Session, mission: str) -> tuple[object, ...] | None:
    """Another one whenever something happened to a mission: acts, walks, a clock that was moved, letters that left. None
    where there is no such mission."""
    found = session.connection().execute(_MARK, {"mission": mission}).one_or_none()
    return tuple(found) if found is not None else None


def one(session: Session, mission: str, letter: int) -> Letter:
    """A letter of the mission, held until the transaction ends: its state is the newest there is, and no sender
    changes it meanwhile. Raises `NotFound`."""
    query = select(Letter).where(Letter.id == letter, Letter.mission == mission)
    row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(f"no letter has the number {letter}", command="see 'ieom letters list'")
    return row


def of(session: Session, mission: str, *, state: str = "", most: int | None = None) -> Sequence[Letter]:
    """The mission's letters, newest first, without their bytes (those are read when asked for)."""
    query = select(Letter).where(Letter.mission == mission).options(defer(Letter.head)).order_by(Letter.id.desc())
    return session.scalars((query.where(Letter.state == state) if state else query).limit(most)).all()


def reported(session: Session, mission: str) -> Sequence[tuple[int, str, LetterReport]]:
    """What came back about the mission's letters, newest first: the letter's number, its outlet or office, the report."""
    query = select(Letter.id, Letter.to_office, LetterReport).join(LetterReport, LetterReport.letter == Letter.id)
    return session.execute(query.where(Letter.mission == mission).order_by(LetterReport.id.desc())).tuples().all()


def counts(session: Session, mission: str) -> Counter[str]:
    """How many letters are in which state."""
    query = select(Letter.state, func.count()).where(Letter.mission == mission).group_by(Letter.state)
    return Counter(dict(session.execute(query).tuples().all()))


def attempts(session: Session, letter: int) -> Sequence[LetterAttempt]:
    """Every attempt at a letter, oldest first."""
    return session.scalars(select(LetterAttempt).where(LetterAttempt.letter == letter).order_by(LetterAttempt.id)).all()


def said_to_be_back(session: Session, letter: int) -> LetterReport | None:
    """The newest report that a letter came back; genuine or not."""
    query = select(LetterReport).where(LetterReport.letter == letter, LetterReport.kind == "bounce")
    return session.scalars(query.order_by(LetterReport.id.desc()).limit(1)).one_or_none()


def reminders(session: Session, mission: str) -> dict[str, datetime | None]:
    """Occasion -> when it was settled (UTC; None while it waits), of every reminder that was written."""
    query = select(Letter.occasion, Letter.settled_at).where(
        Letter.mission == mission, Letter.kind.startswith("reminder_")
    )
    return dict(session.execute(query).tuples().all())


@dataclass(frozen=True)
class Reminded:
    """A reminder that was written to one reader: for which occasion, of which kind, to which office, by when it was to go and
    when it was settled (UTC; None while it waits), in which state it is."""

    occasion: str
    kind: str
    to: str
    due_at: datetime
    settled_at: datetime | None
    state: str


def reminded(session: Session, mission: str) -> list[Reminded]:
    """Every reminder that was written, newest first."""
    query = (
        select(Letter.occasion, Letter.kind, Letter.to_office, Letter.due_at, Letter.settled_at, Letter.state)
        .where(Letter.mission == mission, Letter.kind.startswith("reminder_"))
        .order_by(Letter.id.desc())
    )
    return [Reminded(*row) for row in session.execute(query)]


def said_back(session: Session, letters: Collection[int]) -> dict[int, LetterReport]:
    """Letter -> the newest report that it came back, of these letters."""
    query = select(LetterReport).where(LetterReport.letter.in_(letters), LetterReport.kind == "bounce")
    return {row.letter: row for row in session.scalars(query.order_by(LetterReport.id)) if row.letter is not None}


def not_suppressed() -> ColumnElement[bool]:
    """Of letters to the media those whose reader may be written to; of all others every one."""
    gone = select(Suppression.email).where(Suppression.email == Letter.recipient_key, Suppression.lifted_at.is_(None))
    return or_(Letter.kind.not_in(TO_MEDIA), ~gone.exists())


WAITING = ("queued", "deferred", "late", "stopped", "leased")
"""States of a letter that has not left."""
_WAITING: tuple[ColumnElement[bool], ...] = (Letter.kind.in_(TO_MEDIA), Letter.state.in_(WAITING))


def take_back(session: Session, *, at: datetime, key: str = "", mission: str = "") -> dict[str, list[int]]:
    """Letters to the media that wait, of every mission, to this address (as `fold` gives it) or in this mission to any
    that is suppressed, do not go. A sender that has leased one lets it go. Returns their numbers by mission."""
    waiting = list(_WAITING)
    waiting.extend([Letter.recipient_key == key] if key else [Letter.mission == mission, ~not_suppressed()])
    gone = session.execute(
        update(Letter)
        .where(*waiting)
        .values(state="cancelled", settled_at=at, lease=None)
        .returning(Letter.mission, Letter.id)
    ).all()
    return {one: sorted(row.id for row in gone if row.mission == one) for one in sorted({row.mission for row in gone})}


def last_to(session: Session, key: str) -> Letter | None:
    """The newest letter to the media that this address (as `fold` gives it) was written."""
    query = select(Letter).where(Letter.recipient_key == key, Letter.kind.in_(TO_MEDIA)).options(defer(Letter.head))
    return session.scalars(query.order_by(Letter.id.desc()).limit(1)).one_or_none()


def newest_for(session: Session, mission: str, *, kind: str, recipient: str, occasion: str = "%") -> Letter | None:
    """The newest letter of a kind that an address was written in a mission, for an occasion like this (SQL's LIKE),
    without its bytes."""
    query = select(Letter).where(
        Letter.mission == mission, Letter.kind == kind, Letter.recipient_key == fold(recipient),
        Letter.occasion.like(occasion),
    )  # fmt: skip
    return session.scalars(query.options(defer(Letter.head)).order_by(Letter.id.desc()).limit(1)).one_or_none()


def missions_with(session: Session, key: str) -> list[str]:
    """Missions whose letters to the media wait for this address (as `fold` gives it)."""
    query = select(Letter.mission).where(Letter.recipient_key == key, *_WAITING).distinct().order_by(Letter.mission)
    return list(session.scalars(query))


def received(session: Session, key: str) -> Sequence[Letter]:
    """Letters to the media that this address (as `fold` gives it) was written over the years, newest first, without
    their bytes."""
    query = select(Letter).where(Letter.recipient_key == key, Letter.kind.in_(TO_MEDIA)).options(defer(Letter.head))
    return session.scalars(query.order_by(Letter.due_at.desc(), Letter.id.desc())).all()


@dataclass(frozen=True)
class Received:
    """What letters to the media came to at one address: how many were sent (or may have been), how many were refused or
    came back, when the last was due."""

    sent: int
    failed: int
    last: datetime


def received_by_all(session: Session) -> dict[str, Received]:
    """The same for every address (as `fold` gives it) that letters to the media went to."""
    sent = func.sum(case((Letter.state.in_(["sent", "in_doubt"]), 1), else_=0))
    failed = func.sum(case((Letter.state.in_(["refused", "bounced"]), 1), else_=0))
    gone = Letter.state.in_(["sent", "in_doubt", "refused", "bounced"])
    query = (
        select(Letter.recipient_key, sent, failed, func.max(Letter.due_at, type_=UtcDateTime))
        .where(Letter.kind.in_(TO_MEDIA), gone)
        .group_by(Letter.recipient_key)
    )
    return {key: Received(*rest) for key, *rest in session.execute(query).tuples()}


def stop(session: Session, release: int) -> None:
    """Hold back a release's letters that have not been handed over. One statement, so that a letter which leaves at
    this moment is not marked as stopped (it would go a second time when the release goes on)."""
    session.execute(
        update(Letter)
        .where(Letter.release == release, Letter.state.in_(["queued", "deferred", "leased"]))
        .values(state="stopped", lease=None)
    )


def go_on(session: Session, release: int, *, at: datetime) -> None:
    """Let a stopped release's letters go, from now (UTC) on: the moment they belonged to is past by a person's will."""
    session.execute(
        update(Letter)
        .where(Letter.release == release, Letter.state.in_(["stopped", "queued"]))
        .values(state="queued", due_at=at, next_at=None)
    )


# Asked with every page of a mission: made once.
_LEFT = select(func.count()).where(Letter.mission == bindparam("mission"), Letter.settled_at.is_not(None))
_MARK = select(
    Mission.revision, Mission.walked_revision, Mission.state, Mission.simulated_now, _LEFT.scalar_subquery()
).where(Mission.slug == bindparam("mission"))
