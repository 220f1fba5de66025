"""The correspondence register: notes verbales and letters by number, in and out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

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
    scan_path: Mapped[str] = mapped_column(default="")
    """The signed or stamped paper as scanned, filed by its hash."""
    scan_sha256: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="drafted")  # drafted, signed, sent, received, answered


def of(session: Session, mission: str) -> list[Correspondence]:
    """The whole register, by number."""
    query = select(Correspondence).where(Correspondence.mission == mission)
    return list(session.scalars(query.order_by(func.length(Correspondence.number), Correspondence.number)))


def count(session: Session, mission: str) -> int:
    """How many papers have a number."""
    query = select(func.count()).select_from(Correspondence).where(Correspondence.mission == mission)
    return session.scalar(query) or 0


def prefixes(session: Session) -> dict[str, list[str]]:
    """What each mission's numbers begin with, before the stroke: the newest last. Missions without a number are left out."""
    begins = func.substr(
        Correspondence.number, 1, func.length(Correspondence.number) - 4
    )  # '/001', and more digits before
    newest = func.max(Correspondence.recorded_at)
    query = select(Correspondence.mission, begins, newest).group_by(Correspondence.mission, begins)
    found: dict[str, list[str]] = {}
    for mission, begun, _at in session.execute(query.order_by(newest, begins)):
        found.setdefault(mission, []).append(str(begun).partition("/")[0])
    return found


def for_occasion(session: Session, mission: str, occasion: str) -> Correspondence | None:
    """The paper of an occasion, or None."""
    query = select(Correspondence).where(Correspondence.mission == mission, Correspondence.occasion == occasion)
    return session.scalars(query).one_or_none()


def theirs(session: Session, mission: str, counterpart: str, their_number: str) -> Correspondence | None:
    """The paper that came in from a counterpart under their own number, or None."""
    query = select(Correspondence).where(
        Correspondence.mission == mission,
        Correspondence.direction == "in",
        Correspondence.counterpart == counterpart,
        Correspondence.their_number == their_number,
    )
    return session.scalars(query).one_or_none()
