"""Releases: what is published, when it may go, who prepared and who sent it."""

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
    kind: Mapped[str]  # statement, correction, withdrawal, ...
    round: Mapped[int] = mapped_column(ForeignKey("approval_rounds.id"))
    hashes: Mapped[dict[str, Any]]  # language -> approved content hash
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language -> hash of an unofficial translation
    papers: Mapped[dict[str, Any]]  # file name -> sha256
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime]
    press_conference_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="prepared")  # prepared, going, stopped, held, done
    held_why: Mapped[str] = mapped_column(default="")
    sent_by: Mapped[str | None]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
