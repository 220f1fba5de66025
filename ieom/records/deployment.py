"""Teams, their routes and their safety check-ins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ieom.records.base import Base


class Team(Base):
    """A pair of observers (or more); `reserve` teams replace others."""

    __tablename__ = "teams"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    reserve: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(default="")
    briefing_note: Mapped[str] = mapped_column(default="")


class TeamMember(Base):
    """Who is in a team."""

    __tablename__ = "team_members"
    __table_args__ = (ForeignKeyConstraint(["mission", "team"], ["teams.mission", "teams.code"]),)

    mission: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(primary_key=True)


class Visit(Base):
    """A planned stop of a team's route: which station, for which form, by when a form is expected."""

    __tablename__ = "visits"
    __table_args__ = (ForeignKeyConstraint(["mission", "team"], ["teams.mission", "teams.code"]),)

    mission: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    form: Mapped[str]  # opening, voting, closing, counting, tabulation
    due_at: Mapped[datetime]
    struck_at: Mapped[datetime | None]
    """When a person struck this stop from the route; its form is then not waited for."""
    struck_why: Mapped[str] = mapped_column(default="")


class CheckIn(Base):
    """A team's safety check-in: owed by `due_at`, made or not."""

    __tablename__ = "check_ins"
    __table_args__ = (ForeignKeyConstraint(["mission", "team"], ["teams.mission", "teams.code"]),)

    mission: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    made_at: Mapped[datetime | None]
    by: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
