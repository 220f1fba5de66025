"""Observers' forms as they arrived, their answers, corrections and flags. A form is never lost and never rejected
for what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


class Submission(Base):
    """One form of one team at one station. `instance_id` is the sender's; the same id with other content is refused."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("mission", "instance_id"),
        Index(None, "mission", "form", "station"),
        Index("ix_submissions_team", "mission", "team"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    instance_id: Mapped[str]
    form: Mapped[str]  # opening, voting, closing, counting, tabulation, incident
    team: Mapped[str]
    station: Mapped[str]
    arrived_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    channel: Mapped[str]  # file, telephone, paper
    dictated_by: Mapped[str | None]
    dictated_to: Mapped[str | None]
    dictated_at: Mapped[datetime | None]
    content_hash: Mapped[str]
    original: Mapped[dict[str, Any]]


class Answer(Base):
    """One answer as it stands now. A question answered with several choices has several rows."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("submission", "question", "value"),
        Index(None, "mission", "question", "value", "station", "submission"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str]
    submission: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    station: Mapped[str]
    """The submission's, kept here too: stations are counted over tens of thousands of answers."""
    question: Mapped[str]
    value: Mapped[str]


class Correction(Base):
    """A team's correction after the debriefing: both answers are kept, with the reason."""

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    question: Mapped[str]
    old: Mapped[str]
    new: Mapped[str]
    why: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Flag(Base):
    """Something a check noticed in a form (or between two); it may be a finding, it never rejects."""

    __tablename__ = "flags"
    __table_args__ = (UniqueConstraint("submission", "check", "detail", "other"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    check: Mapped[str]
    detail: Mapped[str]
    other: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"), index=True)
    """The form that this one disagrees with, when the check is between two."""


class QuarantinedForm(Base):
    """A form that could not be taken as it came: kept whole, so that none is ever lost, until a person settles it."""

    __tablename__ = "quarantined_forms"
    __table_args__ = (UniqueConstraint("mission", "content_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    received_at: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    content_hash: Mapped[str]
    document: Mapped[dict[str, Any]]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    settled_why: Mapped[str] = mapped_column(default="")
    settled_as: Mapped[str | None]
    """Instance id of the form that was taken in its place; null when it was put away."""


def by_instance(session: Session, mission: str, instance: str) -> Submission | None:
    """The form with this instance id."""
    query = select(Submission).where(Submission.mission == mission, Submission.instance_id == instance)
    return session.scalars(query).one_or_none()


def quarantined(session: Session, mission: str, *, settled: bool = False) -> list[QuarantinedForm]:
    """Forms kept aside that wait for a person, oldest first; with `settled`, those that do not wait any more too."""
    query = select(QuarantinedForm).where(QuarantinedForm.mission == mission)
    if not settled:
        query = query.where(QuarantinedForm.settled_at.is_(None))
    return list(session.scalars(query.order_by(QuarantinedForm.id)))


def flagged(session: Session, mission: str) -> list[tuple[Submission, Flag]]:
    """Every flag with its form, in the order in which forms came."""
    query = (
        select(Submission, Flag)
        .join(Flag, Flag.submission == Submission.id)
        .where(Submission.mission == mission)
        .order_by(Submission.id, Flag.id)
    )
    return list(session.execute(query).tuples())
