"""Pre-election meetings: requested, confirmed, held or cancelled."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


class Meeting(Base):
    """One meeting. `sequence` is RFC 5545's: it moves on with every change that attendees must hear of."""

    __tablename__ = "meetings"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="meeting")  # meeting, briefing
    body: Mapped[str]  # code in config/names.toml, e.g. kz-cec
    counterpart_honorific: Mapped[str] = mapped_column(default="")
    counterpart_name: Mapped[str] = mapped_column(default="")
    counterpart_office: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="requested")  # requested, confirmed, held, cancelled
    sequence: Mapped[int] = mapped_column(default=0)
    topics: Mapped[list[Any]] = mapped_column(default=list)  # codes, worded in templates
    minutes: Mapped[str] = mapped_column(default="")
    cancelled_why: Mapped[str] = mapped_column(default="")


def counterpart(row: Meeting) -> str:
    """The person met, with the office: 'Mr. Konstantin Petrov, Deputy Chairman of ...'."""
    person = f"{row.counterpart_honorific} {row.counterpart_name}".strip()
    return f"{person}, {row.counterpart_office}" if row.counterpart_name else f"the {row.counterpart_office}"


class MeetingAttendee(Base):
    """A member who is to attend (`attended` null), did or did not."""

    __tablename__ = "meeting_attendees"
    __table_args__ = (ForeignKeyConstraint(["mission", "meeting"], ["meetings.mission", "meetings.code"]),)

    mission: Mapped[str] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(primary_key=True)
    attended: Mapped[bool | None]


def of(session: Session, mission: str) -> list[Meeting]:
    """All meetings, by their times."""
    return list(
        session.scalars(select(Meeting).where(Meeting.mission == mission).order_by(Meeting.starts_at, Meeting.code))
    )


def attendees(session: Session, mission: str, meeting: str) -> list[MeetingAttendee]:
    """Who is to attend, or did."""
    query = select(MeetingAttendee).where(MeetingAttendee.mission == mission, MeetingAttendee.meeting == meeting)
    return list(session.scalars(query.order_by(MeetingAttendee.member)))


def attending(session: Session, mission: str) -> dict[str, list[MeetingAttendee]]:
    """Who is to attend, or did, by meeting."""
    found: dict[str, list[MeetingAttendee]] = defaultdict(list)
    query = select(MeetingAttendee).where(MeetingAttendee.mission == mission).order_by(MeetingAttendee.member)
    for row in session.scalars(query):
        found[row.meeting].append(row)
    return found
