"""Polling stations of a mission."""

from __future__ import annotations

from datetime import time

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


class PollingStation(Base):
    """A station that may be visited. Its hours are local times of day; the date comes from the mission's facts,
    so a postponement re-dates every station at once."""

    __tablename__ = "polling_stations"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    city: Mapped[str]  # code in config/names.toml, or the name itself
    region: Mapped[str] = mapped_column(default="")
    zone: Mapped[str]
    opens: Mapped[time]
    closes: Mapped[time]
    kind: Mapped[str] = mapped_column(default="regular")  # regular, hospital, military, prison, abroad, mobile
    registered: Mapped[int | None]
    relevant: Mapped[bool] = mapped_column(default=True)
    """Whether its close holds the embargo."""


def of(session: Session, mission: str) -> list[PollingStation]:
    """All stations, by code."""
    return list(
        session.scalars(select(PollingStation).where(PollingStation.mission == mission).order_by(PollingStation.code))
    )
