"""The outbox: one row a recipient, with every state a letter can be in, and each attempt to send it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class LetterPart(Base):
    """Bytes that many letters share (an encoded PDF, a calendar part), stored once by their hash."""

    __tablename__ = "letter_parts"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class Letter(Base):
    """A letter to one recipient. `occasion` says what it is for, once: the unique key is what makes it go once.

    States: queued -> leased -> transmitting -> sent | refused | deferred | in_doubt; 'late' waits for a person,
    'cancelled' was taken back before it went.
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
    letter: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    at: Mapped[datetime]
    connection: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[int | None]
    answer: Mapped[str | None]
