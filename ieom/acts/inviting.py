"""Calendar invitations of meetings: an update for every change, a cancellation for whoever is no longer expected.

They go to the mission's own members alone; a counterpart gets a letter (`meetings`), never an invitation.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """By member, the newest sequence of which they were told at their present address, and the kind of that letter."""
    found: dict[str, tuple[int, str]] = {}
    query = select(Letter.recipient, Letter.occasion, Letter.kind).where(
        Letter.mission == mission, Letter.occasion.startswith(f"meeting:{meeting}:", autoescape=True)
    )
    whose = _whose(session, mission)
    for address, occasion, kind in session.execute(query):
        _, sequence, who = whose(occasion, address)
        for code in who:
            found[code] = max(found.get(code, (-1, "")), (sequence, kind))
    return found


def _whose(session: Session, mission: str) -> Callable[[str, str], tuple[str, int, list[str]]]:
    """Of a calendar letter's occasion and address: meeting, sequence and the members it was to. Several may be written to
    at one address, an embassy's. An occasion of an earlier edition names no member: the letter was to each of them."""
    at: dict[str, list[str]] = {}
    for member in members.of(session, mission):
        if member.email:
            at.setdefault(member.email, []).append(member.code)

    def whose(occasion: str, address: str) -> tuple[str, int, list[str]]:
        _, meeting, sequence, *named = occasion.split(":")
        return meeting, int(sequence), [one for one in at.get(address, ()) if one in named or not named]

    return whose


def asked(session: Session, mission: str) -> dict[tuple[str, int, str], datetime]:
    """(meeting, sequence, member) -> when an invitation or a change was written (UTC)."""
    query = select(Letter.occasion, Letter.recipient, Letter.queued_at).where(
        Letter.mission == mission, Letter.kind.in_(("meeting_invitation", "meeting_change"))
    )
    whose = _whose(session, mission)
    found = {}
    for occasion, address, at in session.execute(query):
        meeting, sequence, who = whose(occasion, address)
        found.update({(meeting, sequence, code): at for code in who})
    return found


@dataclass(frozen=True)
class Heard:
    """A calendar letter to somebody; moments are UTC."""

    kind: str
    queued_at: datetime
    state: str
    settled_at: datetime | None


def heard(session: Session, mission: str, meeting: str) -> dict[str, list[Heard]]:
    """By member, every calendar letter about a meeting to their present address, in the order in which they were
    written."""
    found: dict[str, list[Heard]] = {}
    columns = (Letter.occasion, Letter.recipient, Letter.kind, Letter.queued_at, Letter.state, Letter.settled_at)
    query = select(*columns).where(
        Letter.mission == mission, Letter.occasion.startswith(f"meeting:{meeting}:", autoescape=True)
    )
    whose = _whose(session, mission)
    for occasion, address, *told_ in session.execute(query.order_by(Letter.id)):
        for code in whose(occasion, address)[2]:
            found.setdefault(code, []).append(Heard(*told_))
    return found


def invite(session: Session, mission: str, row: Meeting, *, at: datetime) -> None:
    """Tell each member who is expected, or no longer is, what they were not told yet. A member who left the mission is
    expected nowhere."""
    facts, heard, shared = missions.facts(session, mission), told(session, mission, row.code), _shared(session, row)
    query = select(MeetingAttendee.member).where(
        MeetingAttendee.mission == mission, MeetingAttendee.meeting == row.code
    )
    listed = set(session.scalars(query))
    everybody = [member for member in members.of(session, mission) if member.email]
    expected = {
        member.code: member.email
        for member in everybody
        if row.status != "cancelled" and member.code in listed and member.status == "appointed"
    }
    for member in everybody:
        was, kind = heard.get(member.code, (-1, ""))
        own = member.email not in shared
        if member.code in expected:
            if was < row.sequence:
                first = kind in {"", CANCELLED}
                new = "meeting_invitation" if first else "meeting_change"
                _send(session, mission, facts, row, member, new, row.sequence, at, own=own)
        elif kind not in {"", CANCELLED} and (own or member.email not in expected.values()):
            _send(session, mission, facts, row, member, CANCELLED, max(was + 1, row.sequence), at, own=own)


def _shared(session: Session, row: Meeting) -> set[str]:
    """Addresses that were invited by an earlier edition: under one entry of the calendar for whoever reads there, which is
    not cancelled while anybody there is expected."""
    query = select(Letter.recipient, Letter.occasion).where(
        Letter.mission == row.mission, Letter.occasion.startswith(f"meeting:{row.code}:", autoescape=True)
    )
    return {address for address, occasion in session.execute(query) if occasion.count(":") == 2}


def _send(
    session: Session, mission: str, facts: MissionFacts, row: Meeting, member: Member, kind: str, sequence: int,
    at: datetime, *, own: bool,
) -> None:  # fmt: skip
    """`own` is whether the calendar has an entry for this member alone: several may read one mailbox."""
    names, organiser = load_names(), facts.office("coordinator")
    title = "Briefing" if row.kind == "briefing" else "Meeting"
    whom = counterpart(row)
    body = names.running(row.body, on=facts.election_day) if row.body in names else row.counterpart_office
    entry = f"{mission}.{row.code}.{member.code}" if own else f"{mission}.{row.code}"
    part = invitation(
        uid=f"{entry}@{facts.release.from_email.rpartition('@')[2]}", sequence=sequence,
        starts=row.starts_at, ends=row.ends_at, summary=f"{title}: {whom}", place=row.place,
        organiser=(organiser.office, organiser.email), attendee=(member.office, member.email), stamp=at,
        cancelled=kind == CANCELLED,
    )  # fmt: skip
    method = {"method": "CANCEL" if kind == CANCELLED else "REQUEST"}
    queue(
        session, mission, kind=kind, occasion=f"meeting:{row.code}:{sequence}:{member.code}", to=recipient(member),
        facts={
            "meeting": row, "counterpart": whom, "body": body, "title": title,
            "taken_off": kind == CANCELLED and row.status != "cancelled",
        },
        at=at, attachments=[Attachment("invitation.ics", "text/calendar", part, method)],
    )  # fmt: skip
