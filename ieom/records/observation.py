"""What election day needs beside forms: incidents against members, and findings that turned after the draft."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class MemberReport(Base):
    """A complaint or report against a member of the mission; without one, 'without interfering' is supported."""

    __tablename__ = "member_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    member: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    what: Mapped[str]


class Attestation(Base):
    """The head of mission attests what only a person can (conduct, an assessment), or overrides its scope, by name."""

    __tablename__ = "attestations"
    __table_args__ = (UniqueConstraint("mission", "claim"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    claim: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")


class TurnedFinding(Base):
    """A claim whose verdict changed after a version was drafted: stale before approval, a hold after it."""

    __tablename__ = "turned_findings"
    __table_args__ = (UniqueConstraint("mission", "version_hash", "claim", "verdict"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    version_hash: Mapped[str]
    claim: Mapped[str]
    was: Mapped[str]
    verdict: Mapped[str]
    at: Mapped[datetime]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    settled_why: Mapped[str] = mapped_column(default="")
