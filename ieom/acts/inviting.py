"""Calendar invitations of meetings: an update for every change, a cancellation for whoever is no longer expected.

They go to the mission's own members alone; a counterpart gets a letter (`meetings`), never an invitation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.delegation import recipient
from ieom.folder.names import load_names
from ieom.mail.letters import Attachment, queue
from ieom.papers.calendar import invitation
from ieom.records import members, missions
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.records.meetings import Meeting, MeetingAttendee, counterpart
from ieom.rules.mission import MissionFacts

CANCELLED = "meeting_cancelled"


def told(session: Session, mission: str, meeting: str) -> dict[str, tuple[int, str]]:
    """By address, the newest sequence of which its reader was told, and the kind of that letter."""
    found: dict[str, tuple[int, str]] = {}
    query = select(Letter.recipient, Letter.occasion, Letter.kind).where(
        Letter.mission == mission, Letter.occasion.startswith(f"meeting:{meeting}:", autoescape=True)
    )
    for address, occasion, kind in session.execute(query):
        sequence = int(occasion.rpartition(":")[2])
        found[address] = max(found.get(address, (-1, "")), (sequence, kind))
    return found


def asked(session: Session, mission: str) -> dict[tuple[str, int, str], datetime]:
    """(meeting, sequence, address) -> when an invitation or a change was written (UTC)."""
    query = select(Letter.occasion, Letter.recipient, Letter.queued_at).where(
        Letter.mission == mission, Letter.kind.in_(("meeting_invitation", "meeting_change"))
    )
    found = {}
    for occasion, address, at in session.execute(query):
        _, meeting, sequence = occasion.split(":")
        found[meeting, int(sequence), address] = at
    return found


@dataclass(frozen=True)
class Heard:
    """A calendar letter to somebody; moments are UTC."""

    kind: str
    queued_at: datetime
    state: str
    settled_at: datetime | None


def heard(session: Session, mission: str, meeting: str) -> dict[str, list[Heard]]:
    """By address, every calendar letter about a meeting, in the order in which they were written."""
    found: dict[str, list[Heard]] = {}
    query = select(Letter.recipient, Letter.kind, Letter.queued_at, Letter.state, Letter.settled_at).where(
        Letter.mission == mission, Letter.occasion.startswith(f"meeting:{meeting}:", autoescape=True)
    )
    for address, *told_ in session.execute(query.order_by(Letter.id)):
        found.setdefault(address, []).append(Heard(*told_))
    return found


def invite(session: Session, mission: str, row: Meeting, *, at: datetime) -> None:
    """Tell each member who is expected, or no longer is, what they were not told yet. A member who left the mission is
    expected nowhere."""
    facts, heard = missions.facts(session, mission), told(session, mission, row.code)
    query = select(MeetingAttendee.member).where(
        MeetingAttendee.mission == mission, MeetingAttendee.meeting == row.code
    )
    listed = set(session.scalars(query))
    for member in members.of(session, mission):
        if not member.email:
            continue
        was, kind = heard.get(member.email, (-1, ""))
        if row.status != "cancelled" and member.code in listed and member.status == "appointed":
            if was < row.sequence:
                first = kind in {"", CANCELLED}
                new = "meeting_invitation" if first else "meeting_change"
                _send(session, mission, facts, row, member, new, row.sequence, at)
        elif kind not in {"", CANCELLED}:
            _send(session, mission, facts, row, member, CANCELLED, max(was + 1, row.sequence), at)


def _send(
    session: Session, mission: str, facts: MissionFacts, row: Meeting, member: Member, kind: str, sequence: int,
    at: datetime,
) -> None:  # fmt: skip
    names, organiser = load_names(), facts.office("coordinator")
    title = "Briefing" if row.kind == "briefing" else "Meeting"
    whom = counterpart(row)
    body = names.running(row.body, on=facts.election_day) if row.body in names else row.counterpart_office
    part = invitation(
        uid=f"{mission}.{row.code}@{facts.release.from_email.rpartition('@')[2]}", sequence=sequence,
        starts=row.starts_at, ends=row.ends_at, summary=f"{title}: {whom}", place=row.place,
        organiser=(organiser.office, organiser.email), attendee=(member.office, member.email), stamp=at,
        cancelled=kind == CANCELLED,
    )  # fmt: skip
    method = {"method": "CANCEL" if kind == CANCELLED else "REQUEST"}
    queue(
        session, mission, kind=kind, occasion=f"meeting:{row.code}:{sequence}", to=recipient(member),
        facts={
            "meeting": row, "counterpart": whom, "body": body, "title": title,
            "taken_off": kind == CANCELLED and row.status != "cancelled",
        },
        at=at, attachments=[Attachment("invitation.ics", "text/calendar", part, method)],
    )  # fmt: skip
