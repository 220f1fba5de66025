"""Stage 2, pre-election meetings: requested, confirmed, held or cancelled. Members get calendar invitations;
counterparts get a letter, never an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import correspondence
from ieom.acts.delegation import recipient
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.names import load_names
from ieom.mail.letters import Attachment, queue
from ieom.papers.calendar import invitation
from ieom.records import audit, members, missions
from ieom.records.delegation import Member
from ieom.records.meetings import Meeting, MeetingAttendee
from ieom.rules import meetings as rules
from ieom.rules.mission import MissionFacts, Office
from ieom.rules.timeline import Stage, Standing, State, owes


@dataclass(frozen=True)
class MeetingRequested:
    """A meeting was asked for."""

    meeting: str
    body: str
    starts: datetime


@dataclass(frozen=True)
class MeetingConfirmed:
    """The counterpart agreed."""

    meeting: str


@dataclass(frozen=True)
class MeetingMoved:
    """Time or place changed; `sequence` is RFC 5545's."""

    meeting: str
    starts: datetime
    sequence: int


@dataclass(frozen=True)
class MeetingHeld:
    """The meeting took place; its record is in."""

    meeting: str
    attended: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True)
class MeetingCancelled:
    """The meeting will not take place."""

    meeting: str


def of(session: Session, mission: str) -> list[Meeting]:
    """All meetings, by their times."""
    return list(
        session.scalars(select(Meeting).where(Meeting.mission == mission).order_by(Meeting.starts_at, Meeting.code))
    )


def attendees(session: Session, mission: str, meeting: str) -> list[MeetingAttendee]:
    """Who is to attend, or did."""
    query = select(MeetingAttendee).where(MeetingAttendee.mission == mission, MeetingAttendee.meeting == meeting)
    return list(session.scalars(query.order_by(MeetingAttendee.member)))


def _meeting(session: Session, mission: str, code: str) -> Meeting:
    row = session.get(Meeting, (mission, code))
    if row is None:
        raise NotFound(f"there is no meeting '{code}'; 'ieom meeting list' shows those there are")
    return row


def request(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    meeting: str,
    body: str,
    counterpart_office: str,
    starts: datetime,
    ends: datetime,
    kind: str = "meeting",
    counterpart_honorific: str = "",
    counterpart_name: str = "",
    place: str = "",
    attendees: Sequence[str] = (),
    ref: str | None = None,
) -> Meeting:
    """Ask for a meeting (times UTC); a letter to the counterpart's office is drafted for signature. A briefing of our
    own needs no letter and is confirmed at once."""
    known = session.get(Meeting, (mission, meeting))
    if ref and audit.happened(session, mission, ref) and known is not None:
        return known
    if known is not None:
        raise Conflict(f"there is a meeting '{meeting}' already; move or cancel that one, or take another code")
    if ends <= starts:
        raise BadInput(f"meeting '{meeting}' would end before it begins")
    row = Meeting(
        mission=mission, code=meeting, kind=kind, body=body, counterpart_honorific=counterpart_honorific,
        counterpart_name=counterpart_name, counterpart_office=counterpart_office, place=place, starts_at=starts,
        ends_at=ends, status="confirmed" if kind == "briefing" else "requested", topics=[],
    )  # fmt: skip
    session.add(row)
    session.flush()
    for code in attendees:
        session.add(MeetingAttendee(mission=mission, meeting=meeting, member=code))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MeetingRequested(meeting, body, starts), ref=ref)
    if kind != "briefing":
        facts = missions.facts(session, mission)
        office = next((office for office in facts.offices if office.body == body), None)
        to = office or Office(code=body, office=counterpart_office, body=body, salutation="Excellency")
        correspondence.draft(
            session, mission, by=by, at=at, occasion=f"meeting:{meeting}", what="meeting_request", to=to, kind="letter",
            facts={"counterpart": counterpart(row), "starts": starts},
        )  # fmt: skip
    return row


def counterpart(row: Meeting) -> str:
    """The person met, with the office: 'Mr. Konstantin Petrov, Deputy Chairman of ...'."""
    person = f"{row.counterpart_honorific} {row.counterpart_name}".strip()
    return f"{person}, {row.counterpart_office}" if person else f"the {row.counterpart_office}"


def confirm(session: Session, mission: str, *, by: str, at: datetime, meeting: str, ref: str | None = None) -> Meeting:
    """The counterpart agreed; the members are invited by the next walk."""
    row = _meeting(session, mission, meeting)
    if row.status == "confirmed" or (ref and audit.happened(session, mission, ref)):
        return row
    _refuse(row, "confirm", at)
    row.status = "confirmed"
    audit.append(session, mission, by=by, at=at, act=MeetingConfirmed(meeting), ref=ref)
    return row


def _refuse(row: Meeting, act: str, at: datetime) -> None:
    no = rules.refusal(row.status, act, now=at, starts=row.starts_at, ends=row.ends_at)
    if no:
        raise Refused(f"meeting '{row.code}': {no}")


def move(
    session: Session, mission: str, *, by: str, at: datetime, meeting: str, starts: datetime, ends: datetime,
    place: str = "", ref: str | None = None,
) -> Meeting:  # fmt: skip
    """Another time (UTC) or place; members who were invited get an update."""
    row = _meeting(session, mission, meeting)
    if ref and audit.happened(session, mission, ref):
        return row
    _refuse(row, "move", at)
    if ends <= starts:
        raise BadInput(f"meeting '{meeting}' would end before it begins")
    row.starts_at, row.ends_at, row.place = starts, ends, place or row.place
    row.sequence += 1
    audit.append(session, mission, by=by, at=at, act=MeetingMoved(meeting, starts, row.sequence), ref=ref)
    return row


def hold(
    session: Session, mission: str, *, by: str, at: datetime, meeting: str, attended: Sequence[str], topics: Sequence[str],
    minutes: str = "", ref: str | None = None,
) -> Meeting:  # fmt: skip
    """The record of a meeting: who attended, what it was about (codes), the minutes."""
    row = _meeting(session, mission, meeting)
    if ref and audit.happened(session, mission, ref):
        return row
    _refuse(row, "hold", at)
    unknown = rules.unknown_topics(list(topics))
    if unknown:
        raise BadInput(f"no topic is called {', '.join(unknown)}; they are {', '.join(rules.TOPICS)}")
    strangers = [code for code in attended if session.get(Member, (mission, code)) is None]
    if strangers:
        raise BadInput(f"nobody has the code {', '.join(strangers)}; 'ieom delegation' lists the members")
    row.status, row.topics, row.minutes = "held", list(topics), minutes
    listed = {one.member: one for one in attendees(session, mission, meeting)}
    for code in attended:
        if code not in listed:
            session.add(MeetingAttendee(mission=mission, meeting=meeting, member=code, attended=True))
    for code, one in listed.items():
        one.attended = code in attended
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MeetingHeld(meeting, tuple(attended), tuple(topics)), ref=ref)
    return row


def cancel(
    session: Session, mission: str, *, by: str, at: datetime, meeting: str, why: str, ref: str | None = None
) -> Meeting:
    """The meeting will not take place; members who were invited are told."""
    row = _meeting(session, mission, meeting)
    if row.status == "cancelled" or (ref and audit.happened(session, mission, ref)):
        return row
    _refuse(row, "cancel", at)
    if not why.strip():
        raise BadInput("say why the meeting is cancelled")
    row.status, row.cancelled_why = "cancelled", why
    row.sequence += 1
    audit.append(session, mission, by=by, at=at, act=MeetingCancelled(meeting), ref=ref)
    return row


def _invite(session: Session, mission: str, facts: MissionFacts, row: Meeting, at: datetime) -> None:
    people = {member.code: member for member in members.appointed(session, mission)}
    organiser = facts.office("coordinator")
    names = load_names()
    for one in attendees(session, mission, row.code):
        member = people.get(one.member)
        if member is None or not member.email:
            continue
        was = _invited(session, mission, row.code, member.email)
        if row.status == "cancelled" and was is None:
            continue
        if row.status == "held" or (was is not None and was >= row.sequence):
            continue
        kind = (
            "meeting_cancelled"
            if row.status == "cancelled"
            else "meeting_change"
            if was is not None
            else "meeting_invitation"
        )
        body = names.running(row.body, on=facts.election_day) if row.body in names else row.counterpart_office
        part = invitation(
            uid=f"{mission}.{row.code}@{facts.release.from_email.rpartition('@')[2]}", sequence=row.sequence,
            starts=row.starts_at, ends=row.ends_at, summary=f"{_title(row)}: {counterpart(row)}", place=row.place,
            organiser=(organiser.office, organiser.email), attendee=(member.office, member.email), stamp=at,
            cancelled=row.status == "cancelled",
        )  # fmt: skip
        queue(
            session, mission, kind=kind, occasion=f"meeting:{row.code}:{row.sequence}", to=recipient(member),
            facts={"meeting": row, "counterpart": counterpart(row), "body": body, "title": _title(row)}, at=at,
            attachments=[
                Attachment("invitation.ics", "text/calendar", part,
                           {"method": "CANCEL" if row.status == "cancelled" else "REQUEST"}),
            ],
        )  # fmt: skip


def _title(row: Meeting) -> str:
    return "Briefing" if row.kind == "briefing" else "Meeting"


def _invited(session: Session, mission: str, meeting: str, email: str) -> int | None:
    """The newest sequence of which a member was told."""
    from ieom.records.letters import Letter

    query = select(Letter.occasion).where(
        Letter.mission == mission, Letter.recipient == email, Letter.occasion.startswith(f"meeting:{meeting}:")
    )
    told = [int(occasion.rpartition(":")[2]) for occasion in session.scalars(query)]
    return max(told, default=None)


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Invite members to what is confirmed, tell them of changes, say where the meetings stand; idempotent."""
    facts, entered = missions.facts(session, mission), missions.get(session, mission).starts_at_stage
    if not owes(Stage.MEETINGS, entered):
        return Standing(Stage.MEETINGS, State.DONE, "The mission entered the system after this stage.")
    rows = of(session, mission)
    for row in rows:
        if row.status in {"confirmed", "cancelled"} and (row.ends_at > at or row.status == "cancelled"):
            _invite(session, mission, facts, row, at)
    if not rows:
        opens = facts.opens()
        if at >= opens:
            return Standing(Stage.MEETINGS, State.DONE, "No meeting was recorded.")
        return Standing(Stage.MEETINGS, State.NOT_DUE, "No meeting has been asked for yet.", opens, ("coordinator",))
    open_ = [row for row in rows if row.status in {"requested", "confirmed"}]
    held = [row for row in rows if row.status == "held"]
    if not open_:
        return Standing(Stage.MEETINGS, State.DONE, f"{len(held)} of {len(rows)} meetings held; their records are in.")
    past = [row for row in open_ if row.ends_at <= at]
    asked = [row for row in open_ if row.status == "requested"]
    says = [f"{len(held)} of {len(rows)} held."] if held else []
    if past:
        says.append(f"The record of {len(past)} is missing.")
    elif asked:
        says.append(f"{len(asked)} asked for and not confirmed yet.")
    else:
        says.append(f"{len(open_)} confirmed and to come.")
    until = min((moment for row in open_ for moment in (row.starts_at, row.ends_at) if moment > at), default=None)
    return Standing(Stage.MEETINGS, State.WAITING, " ".join(says), until, ("coordinator",))
