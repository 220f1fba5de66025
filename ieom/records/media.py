"""Media contacts of a mission, and addresses that must not be written to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class MediaContact(Base):
    """One outlet's address. One letter a recipient."""

    __tablename__ = "media_contacts"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    email: Mapped[str] = mapped_column(primary_key=True)
    outlet: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    salutation: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    country: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")  # wire, print, broadcast, online


class Suppression(Base):
    """An address that no letter goes to: unsubscribed, dead, complained."""

    __tablename__ = "suppressions"

    email: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    at: Mapped[datetime]
