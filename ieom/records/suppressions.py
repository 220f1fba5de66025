"""Addresses that no letter to the media goes to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base
from ieom.rules.addresses import fold
from ieom.rules.words import N_

SAID = {
    "unsubscribed": N_("the reader unsubscribed"),
    "dead": N_("the address is dead"),
    "complaint": N_("the reader complained about our letters as unwanted"),
    "by_hand": N_("somebody here suppressed the address"),
    "forgotten": N_("the reader asked to be forgotten"),
}
"""Each reason in words."""


class Suppression(Base):
    """An address that no letter to the media goes to; no import undoes it, only a person with a reason."""

    __tablename__ = "suppressions"

    email: Mapped[str] = mapped_column(primary_key=True)
    """The address as `fold` gives it."""
    why: Mapped[str]  # unsubscribed, dead, complaint, by_hand, forgotten
    detail: Mapped[str] = mapped_column(default="")
    """What the server said, or how the reader asked."""
    letter: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))
    """The letter after which it came."""
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    """Since when the address may be written to again."""
    lifted_by: Mapped[str | None]
    lifted_why: Mapped[str] = mapped_column(default="")


def suppressed(session: Session, emails: Collection[str] | None = None) -> set[str]:
    """Suppressed addresses, folded; of these alone when some are given."""
    query = select(Suppression.email).where(Suppression.lifted_at.is_(None))
    if emails is not None:
        query = query.where(Suppression.email.in_([fold(email) for email in emails]))
    return set(session.scalars(query))


def standing(session: Session, email: str) -> Suppression | None:
    """Why this address is not written to, or None when it may be."""
    row = session.get(Suppression, fold(email))
    return row if row is not None and row.lifted_at is None else None


def reasons(session: Session) -> dict[str, str]:
    """Every suppressed address, folded, and why it is."""
    query = select(Suppression.email, Suppression.why).where(Suppression.lifted_at.is_(None))
    return dict(session.execute(query).tuples().all())
