"""Releases: what is published, when it may go, who prepared and who sent it; complaints about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class Release(Base):
    """One release. Its papers' hashes are fixed when it is prepared; what goes out is compared with them."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("mission", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    number: Mapped[int]
    kind: Mapped[str]  # arrival, advisory, mid_mission, statement, clarification, correction, withdrawal, holding
    round: Mapped[int | None] = mapped_column(ForeignKey("approval_rounds.id"))
    """Of the statement that it carries; none for a text of its own."""
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of a release with a text of its own: language -> {title, paragraphs}."""
    concerns: Mapped[int | None] = mapped_column(ForeignKey("releases.id"))
    """The release that this one corrects, clarifies or withdraws."""
    hashes: Mapped[dict[str, Any]]  # language -> approved content hash
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language -> hash of an unofficial translation
    papers: Mapped[dict[str, Any]]  # file name -> sha256
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime]
    press_conference_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    """The embargo of a release that waits for no press conference."""
    go: Mapped[str] = mapped_column(default="by_time")  # by_time, by_hand
    status: Mapped[str] = mapped_column(default="prepared")  # prepared, going, stopped, held, done
    held_why: Mapped[str] = mapped_column(default="")
    sent_by: Mapped[str | None]
    early_by: Mapped[str | None]
    """Who asked, after a leak, to release before the press conference; and who agreed."""
    early_agreed_by: Mapped[str | None]
    early_at: Mapped[datetime | None]
    """When the second agreed."""
    early_why: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime | None]
    """When its letters were queued: from then on it is public."""
    done_at: Mapped[datetime | None]


class ReleaseApproval(Base):
    """Somebody's approval of a release with a text of its own, by the hash of its texts. Never changed."""

    __tablename__ = "release_approvals"
    __table_args__ = (UniqueConstraint("release", "by"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    by: Mapped[str]
    at: Mapped[datetime]
    digest: Mapped[str]


class Complaint(Base):
    """A complaint about a release, the host country's above all, and the reply to it; both stand in the register of
    correspondence."""

    __tablename__ = "complaints"
    __table_args__ = (UniqueConstraint("mission", "received"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    release: Mapped[int | None] = mapped_column(ForeignKey("releases.id"))
    received: Mapped[str]
    """Number of their paper in the register."""
    about: Mapped[str]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
    reply: Mapped[str | None]
    """Number of our reply in the register."""
    replied_at: Mapped[datetime | None]
