"""The correspondence register: notes verbales and letters by number, in and out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class Correspondence(Base):
    """One paper to or from a state or an authority. The number is the mission's, e.g. KZS20/004."""

    __tablename__ = "correspondence"
    __table_args__ = (UniqueConstraint("mission", "occasion"),)

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str]
    """What this paper is for, once: 'call:AZ', 'accreditation:1'."""
    direction: Mapped[str]  # out, in
    kind: Mapped[str]  # note_verbale, letter
    counterpart: Mapped[str]  # code of a body or office
    subject: Mapped[str]
    dated: Mapped[date]
    recorded_at: Mapped[datetime]
    answers: Mapped[str | None]
    """Number of the paper that this one answers."""
    their_number: Mapped[str] = mapped_column(default="")
    path: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="drafted")  # drafted, signed, sent, received, answered
