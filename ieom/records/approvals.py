"""Approval rounds, the seats that must decide, and decisions, each one row that can't be changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


class ApprovalRound(Base):
    """A round on one statement version (the hash of each authentic language). An edit makes it void."""

    __tablename__ = "approval_rounds"
    __table_args__ = (UniqueConstraint("mission", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    number: Mapped[int]
    hashes: Mapped[dict[str, Any]]  # language -> content hash
    rule: Mapped[dict[str, Any]]  # the mission's rule when the round opened
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")  # open, approved, changes_asked, void, stopped
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")


class ApprovalSeat(Base):
    """One who is asked in a round. The row exists before anyone can decide."""

    __tablename__ = "approval_seats"
    __table_args__ = (UniqueConstraint("round", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(ForeignKey("approval_rounds.id"))
    position: Mapped[int]
    who: Mapped[str]
    capacity: Mapped[str]
    state: Mapped[str] = mapped_column(default="")
    deputies: Mapped[list[Any]] = mapped_column(default=list)
    asked_at: Mapped[datetime | None]
    silence_until: Mapped[datetime | None]


class Decision(Base):
    """A decision on a hash, by a person; unique per seat. The database refuses to change or remove it."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("seat"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(ForeignKey("approval_seats.id"))
    content_hash: Mapped[str]
    """Of the first authentic language."""
    hashes: Mapped[dict[str, Any]]
    """Of each authentic language: language -> content hash."""
    decision: Mapped[str]  # approve, approve_with_comment, changes, abstain, dissociate, withdraw, no_objection
    paragraph: Mapped[str] = mapped_column(default="")
    """From which a state dissociates itself."""
    by: Mapped[str]
    at: Mapped[datetime]
    comment: Mapped[str] = mapped_column(default="")
    channel: Mapped[str]  # in_person, link, telephone, paper, silence
    evidence: Mapped[str] = mapped_column(default="")
    recorded_by: Mapped[str]


class Recorded(Base):
    """What somebody decided by telephone or on paper, as a colleague entered it. It is no decision yet: a row of
    `decisions` is made of it once another person has confirmed it. The database refuses to change or remove it."""

    __tablename__ = "recorded_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(ForeignKey("approval_seats.id"), index=True)
    content_hash: Mapped[str]
    hashes: Mapped[dict[str, Any]]
    decision: Mapped[str]
    paragraph: Mapped[str] = mapped_column(default="")
    by: Mapped[str]
    """Who decided."""
    at: Mapped[datetime]
    comment: Mapped[str] = mapped_column(default="")
    channel: Mapped[str]  # telephone, paper
    evidence: Mapped[str]
    recorded_by: Mapped[str]


class RecordedEnd(Base):
    """What became of it; one of these, once, whoever comes first. The database refuses to change or remove it."""

    __tablename__ = "recorded_ends"
    __table_args__ = (UniqueConstraint("recorded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded: Mapped[int] = mapped_column(ForeignKey("recorded_decisions.id"))
    became: Mapped[str]  # confirmed, superseded, taken_back, contradicted
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")


class Confirmation(Base):
    """A second person confirms a decision given by telephone or on paper; without it the decision does not count."""

    __tablename__ = "confirmations"
    __table_args__ = (UniqueConstraint("decision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    by: Mapped[str]
    at: Mapped[datetime]


class Contradiction(Base):
    """The approver says, before the release, that a decision recorded for them is not theirs."""

    __tablename__ = "contradictions"
    __table_args__ = (UniqueConstraint("decision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")


class EditorialCorrection(Base):
    """A correction that touches no name, number, date, negation or finding: the head of mission proposes it, and it
    holds once a second approver has agreed to the new hash."""

    __tablename__ = "editorial_corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    round: Mapped[int] = mapped_column(ForeignKey("approval_rounds.id"))
    language: Mapped[str]
    paragraph: Mapped[str]
    text: Mapped[str]
    old_hash: Mapped[str]
    new_hash: Mapped[str]
    head: Mapped[str]
    second: Mapped[str]
    at: Mapped[datetime]
    agreed_by: Mapped[str | None]
    agreed_at: Mapped[datetime | None]
    dropped_by: Mapped[str | None]
    dropped_at: Mapped[datetime | None]


def confirmations(session: Session, round_: int) -> dict[int, Confirmation]:
    """Decision -> who confirmed it, of a round by its id."""
    return {row.decision: row for row in session.scalars(_of(Confirmation, round_))}


def contradictions(session: Session, round_: int) -> dict[int, Contradiction]:
    """Decision -> its contradiction, of a round by its id."""
    return {row.decision: row for row in session.scalars(_of(Contradiction, round_))}


def recorded(session: Session, round_: int) -> list[tuple[Recorded, RecordedEnd | None]]:
    """What was entered for somebody in a round, by its id, and what became of each; the oldest first. Without an end it
    waits for a second person."""
    query = (
        select(Recorded, RecordedEnd)
        .join(ApprovalSeat, ApprovalSeat.id == Recorded.seat)
        .outerjoin(RecordedEnd, RecordedEnd.recorded == Recorded.id)
        .where(ApprovalSeat.round == round_)
    )
    return [(row, end) for row, end in session.execute(query.order_by(Recorded.id))]


def waiting(session: Session, round_: int) -> dict[int, Recorded]:
    """Seat (its id) -> what was entered for it in a round, by its id, and neither confirmed nor ended."""
    return {row.seat: row for row, end in recorded(session, round_) if end is None}


def _of(what: type[Any], round_: int) -> Any:
    return (
        select(what)
        .join(Decision, Decision.id == what.decision)
        .join(ApprovalSeat, ApprovalSeat.id == Decision.seat)
        .where(ApprovalSeat.round == round_)
    )


def rounds(session: Session, mission: str) -> list[ApprovalRound]:
    """Every round of a mission, oldest first."""
    query = select(ApprovalRound).where(ApprovalRound.mission == mission)
    return list(session.scalars(query.order_by(ApprovalRound.number)))


def approved(session: Session, mission: str, digest: str) -> bool:
    """Whether a round approved the text of this hash."""
    query = select(ApprovalRound.hashes).where(ApprovalRound.mission == mission, ApprovalRound.status == "approved")
    return any(digest in hashes.values() for hashes in session.scalars(query))


def asked_before(session: Session, mission: str, number: int) -> dict[str, ApprovalRound]:
    """Seat's holder -> the last round before this number in which they were asked."""
    query = (
        select(ApprovalSeat.who, ApprovalRound)
        .join(ApprovalRound, ApprovalRound.id == ApprovalSeat.round)
        .where(ApprovalRound.mission == mission, ApprovalRound.number < number, ApprovalSeat.asked_at.is_not(None))
        .order_by(ApprovalRound.number)
    )
    return dict(session.execute(query).tuples().all())


def corrections(session: Session, round_: int) -> list[EditorialCorrection]:
    """Editorial corrections proposed of a round's text, oldest first."""
    query = select(EditorialCorrection).where(EditorialCorrection.round == round_)
    return list(session.scalars(query.order_by(EditorialCorrection.id)))
