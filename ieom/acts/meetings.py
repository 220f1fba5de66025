"""Stage 2, pre-election meetings: requested, confirmed, held or cancelled. Members get calendar invitations;
counterparts get a letter, never an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import correspondence
from ieom.acts.inviting import invite, told
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.names import load_names
from ieom.mail.writing import one_line
from ieom.records import audit, missions
from ieom.records.delegation import Member
from ieom.records.meetings import Meeting, MeetingAttendee, attendees, counterpart, of
from ieom.rules import meetings as rules
from ieom.rules.mission import is_code
from ieom.rules.timeline import Stage, Standing, State, owes

__all__ = [
    "advance", "attend", "attendees", "cancel", "confirm", "counterpart", "hold", "move", "of", "request",
]  # fmt: skip


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
class AttendeesChanged:
    """Who is expected at the meeting changed."""

    meeting: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


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


def _meeting(session: Session, mission: str, code: str) -> Meeting:
    missions.lock(session, mission)
    row = session.get(Meeting, (mission, code), populate_existing=True)
    if row is None:
        raise NotFound(f"there is no meeting '{code}'", command="'ieom meeting list' shows those there are")
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
    missions.lock(session, mission)
    known = session.get(Meeting, (mission, meeting))
    if ref and audit.happened(session, mission, ref) and known is not None:
        return known
    if known is not None:
        raise Conflict(f"there is a meeting '{meeting}' already; move or cancel that one, or take another code")
    if not is_code(meeting):
        raise BadInput(f"'{meeting[:60]}' is no code; write letters, digits, dots and hyphens, such as cec-chair")
    if ends <= starts:
        raise BadInput(f"meeting '{meeting}' would end before it begins")
    if kind not in rules.KINDS:
        raise BadInput(f"'{kind}' is not {' or '.join(rules.KINDS)}")
    if body not in load_names():
        raise BadInput(f"'{body}' has no entry in config/names.toml; add it there with its official name")
    _known(session, mission, attendees)
    for what in (counterpart_office, counterpart_honorific, counterpart_name, place):
        one_line(what, "the office, name or place")
    row = Meeting(
        mission=mission, code=meeting, kind=kind, body=body, counterpart_honorific=counterpart_honorific,
        counterpart_name=counterpart_name, counterpart_office=counterpart_office, place=place, starts_at=starts,
        ends_at=ends, status="confirmed" if kind == "briefing" else "requested", topics=[],
    )  # fmt: skip
    session.add(row)
    session.flush()
    for code in dict.fromkeys(attendees):
        session.add(MeetingAttendee(mission=mission, meeting=meeting, member=code))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MeetingRequested(meeting, body, starts), ref=ref)
    _write(session, mission, row, "meeting_request", f"meeting:{meeting}", by=by, at=at)
    return row


def _known(session: Session, mission: str, codes: Sequence[str]) -> None:
    strangers = [code for code in codes if session.get(Member, (mission, code)) is None]
    if strangers:
        raise BadInput(
            f"nobody has the code {', '.join(strangers)}", command="'ieom delegation' lists who was nominated"
        )


def _write(
    session: Session, mission: str, row: Meeting, what: str, occasion: str, *, by: str, at: datetime,
    before: datetime | None = None,
) -> None:  # fmt: skip
    """Draft a letter to the counterpart's office for signature; `before` is when the meeting was to begin (UTC). A
    briefing is our own and has no counterpart to write to."""
    if row.kind == "briefing":
        return
    facts = missions.facts(session, mission)
    office = next((office for office in facts.offices if office.body == row.body), None)
    to = office or correspondence.of_body(row.body, row.counterpart_office)
    told_of = {
        "counterpart": counterpart(row), "starts": row.starts_at, "before": before or row.starts_at,
        "confirmed": row.status == "confirmed",
    }  # fmt: skip
    correspondence.draft(
        session, mission, by=by, at=at, occasion=occasion, what=what, to=to, kind="letter", facts=told_of
    )


def attend(
    session: Session, mission: str, *, by: str, at: datetime, meeting: str, add: Sequence[str] = (),
    remove: Sequence[str] = (), ref: str | None = None,
) -> Meeting:  # fmt: skip
    """Other members are expected, or some no longer; each of them is told with the next walk, the others are not."""
    row = _meeting(session, mission, meeting)
    if ref and audit.happened(session, mission, ref):
        return row
    _refuse(row, "change", at)
    _known(session, mission, [*add, *remove])
    listed = {one.member: one for one in attendees(session, mission, meeting)}
    new = [code for code in dict.fromkeys(add) if code not in listed]
    gone = [code for code in dict.fromkeys(remove) if code in listed and code not in add]
    heard = told(session, mission, meeting)
    for code in new:
        session.add(MeetingAttendee(mission=mission, meeting=meeting, member=code))
        # Whoever was taken off and comes back needs a higher sequence than the cancellation had (RFC 5546, 2.1.4).
        row.sequence = max(row.sequence, heard[code][0] + 1 if code in heard else 0)
    for code in gone:
        session.delete(listed[code])
    session.flush()
    if new or gone or ref:
        audit.append(session, mission, by=by, at=at, act=AttendeesChanged(meeting, tuple(new), tuple(gone)), ref=ref)
    return row


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
    """Another time (UTC) or place; members who were invited get an update, and a letter to the counterpart's office is
    drafted when the time is another."""
    row = _meeting(session, mission, meeting)
    if ref and audit.happened(session, mission, ref):
        return row
    _refuse(row, "move", at)
    if ends <= starts:
        raise BadInput(f"meeting '{meeting}' would end before it begins")
    one_line(place, "the place")
    before, row.starts_at, row.ends_at, row.place = row.starts_at, starts, ends, place or row.place
    row.sequence += 1
    if before != starts:
        occasion = f"meeting:{meeting}:{row.sequence}"
        _write(session, mission, row, "meeting_change", occasion, by=by, at=at, before=before)
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
    _known(session, mission, attended)
    row.status, row.topics, row.minutes = "held", list(topics), minutes
    listed = {one.member: one for one in attendees(session, mission, meeting)}
    for code in dict.fromkeys(attended):
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
    """The meeting will not take place; members who were invited are told, and a letter to the counterpart's office is
    drafted."""
    row = _meeting(session, mission, meeting)
    if row.status == "cancelled" or (ref and audit.happened(session, mission, ref)):
        return row
    _refuse(row, "cancel", at)
    if not why.strip():
        raise BadInput("say why the meeting is cancelled")
    row.status, row.cancelled_why = "cancelled", why
    row.sequence += 1
    _write(session, mission, row, "meeting_cancelled", f"meeting:{meeting}:cancelled", by=by, at=at)
    audit.append(session, mission, by=by, at=at, act=MeetingCancelled(meeting), ref=ref)
    return row


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Invite members to what is confirmed, tell them of changes, say where the meetings stand; idempotent."""
    facts, entered = missions.facts(session, mission), missions.get(session, mission).starts_at_stage
    rows = of(session, mission)
    for row in rows:  # whatever stage the mission entered at: who asks for a meeting wants its members told
        if row.status == "cancelled" or (row.status == "confirmed" and row.ends_at > at):
            invite(session, mission, row, at=at)
    if not owes(Stage.MEETINGS, entered):
        return Standing(Stage.MEETINGS, State.DONE, "The mission entered the system after this stage.")
    if not rows:
        opens = facts.opens()
        if at >= opens:
            return Standing(Stage.MEETINGS, State.DONE, "No meeting was recorded.")
        return Standing(Stage.MEETINGS, State.NOT_DUE, "No meeting has been asked for yet.", opens, ("coordinator",))
    open_ = [row for row in rows if row.status in {"requested", "confirmed"}]
    held = [row for row in rows if row.status == "held"]
    if not open_:
        if not held:
            return Standing(Stage.MEETINGS, State.DONE, "Every meeting was cancelled.")
        return Standing(Stage.MEETINGS, State.DONE, f"{len(held)} of {len(rows)} meetings held; their records are in.")
    says = [f"{len(held)} of {len(rows)} held."] if held else []
    asked = [row for row in open_ if row.status == "requested"]
    for those, what in (
        ([row for row in open_ if row.status == "confirmed" and row.ends_at <= at], "over without a record"),
        ([row for row in asked if row.starts_at <= at], "never confirmed and its time has come"),
        ([row for row in asked if row.starts_at > at], "asked for and not confirmed yet"),
        ([row for row in open_ if row.status == "confirmed" and row.ends_at > at], "confirmed and to come"),
    ):
        if those:
            says.append(f"{', '.join(row.code for row in those)}: {what}.")
    until = min((moment for row in open_ for moment in (row.starts_at, row.ends_at) if moment > at), default=None)
    return Standing(Stage.MEETINGS, State.WAITING, " ".join(says), until, ("coordinator",))
