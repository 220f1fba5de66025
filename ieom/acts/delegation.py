"""Stage 1, delegation assembly: states are asked, nominees' files completed, members appointed, accredited, briefed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ieom.acts import correspondence, vault
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import Attachment, Recipient, queue
from ieom.papers.note_verbale import WORD
from ieom.records import audit, members, missions
from ieom.records.delegation import Accreditation, Member, NomineeItem, StateCall
from ieom.records.members import styled
from ieom.rules import delegation as rules
from ieom.rules.mission import MissionFacts, Office, SendingState
from ieom.rules.timeline import Stage, Standing, State, owes


@dataclass(frozen=True)
class NominationsCalled:
    """A state was asked to nominate."""

    state: str
    quota: int
    note: str


@dataclass(frozen=True)
class StateDeclined:
    """A state will not send observers."""

    state: str


@dataclass(frozen=True)
class MemberNominated:
    """A state, or the secretariat, nominated someone."""

    member: str
    state: str
    role: str


@dataclass(frozen=True)
class ItemsReceived:
    """Items of a nominee's file came in."""

    member: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class ItemWaived:
    """An item of a nominee's file was waived by name."""

    member: str
    item: str


@dataclass(frozen=True)
class ConflictDeclared:
    """A nominee answered the conflict-of-interest questions."""

    member: str
    conflict: bool


@dataclass(frozen=True)
class MemberAppointed:
    """A nominee became a member."""

    member: str
    role: str


@dataclass(frozen=True)
class MemberLeft:
    """A nominee or member declined, withdrew or was replaced."""

    member: str
    how: str


@dataclass(frozen=True)
class MembersBriefed:
    """Members attended the briefing."""

    members: tuple[str, ...]


@dataclass(frozen=True)
class AccreditationRequested:
    """Accreditation as observers was asked for by note verbale."""

    note: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class BadgesMoved:
    """Badges were issued, collected, returned or refused."""

    members: tuple[str, ...]
    status: str


def _member(session: Session, mission: str, code: str) -> Member:
    row = session.get(Member, (mission, code))
    if row is None:
        raise NotFound(f"nobody with the code '{code}' was nominated; 'ieom delegation' lists who was")
    return row


def _state(facts: MissionFacts, code: str) -> SendingState:
    found = next((state for state in facts.states if state.code == code), None)
    if found is None:
        raise BadInput(f"'{code}' is not among the states asked ({', '.join(s.code for s in facts.states)})")
    return found


def nominate(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    member: str,
    role: str,
    office: str,
    state: str = "",
    honorific: str = "",
    name: str = "",
    title: str = "",
    body: str = "",
    email: str = "",
    language: str = "en",
    salutation: str = "",
    ref: str | None = None,
) -> Member:
    """Record a nomination. Nominated is not a member until appointed. Refused past the state's quota; the same
    nomination again changes nothing, another person under the same code is a `Conflict`."""
    known = session.get(Member, (mission, member))
    if ref and audit.happened(session, mission, ref) and known is not None:
        return known
    facts = missions.facts(session, mission)
    if role not in rules.ROLES:
        raise BadInput(f"'{role}' is no role; they are {', '.join(rules.ROLES)}")
    told = {
        "role": role, "office": office, "state": state, "honorific": honorific, "name": name, "title": title,
        "body": body, "email": email, "language": language, "salutation": salutation,
    }  # fmt: skip
    if known is not None:
        if all(getattr(known, key) == value for key, value in told.items()):
            return known
        raise Conflict(f"'{member}' is nominated already, as {styled(known)}; another person needs another code")
    if state == facts.host_state:
        raise Refused(f"{member}: the host state does not send observers to its own election")
    if state:
        quota = _state(facts, state).quota
        there = [row for row in members.of(session, mission) if row.state == state and row.status in {"nominated", "appointed"}]
        if role in rules.OBSERVING and rules.over_quota(quota, sum(row.role in rules.OBSERVING for row in there)):
            raise Refused(f"{state} may nominate {quota}, and has; decline one first, or raise the quota")
        call = session.get(StateCall, (mission, state))
        if call is not None:
            call.status = "answered"
    row = Member(mission=mission, code=member, status="nominated", nominated_at=at, **told)
    session.add(row)
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MemberNominated(member, state, role), ref=ref)
    return row


def receive_items(
    session: Session, mission: str, *, by: str, at: datetime, member: str, items: Sequence[str], ref: str | None = None
) -> FileState:
    """Items of a nominee's file came in (see `rules.delegation.ITEMS`)."""
    row = _member(session, mission, member)
    unknown = [item for item in items if item not in rules.ITEMS]
    if unknown:
        raise BadInput(f"no item is called {', '.join(unknown)}; they are {', '.join(rules.ITEMS)}")
    if not (ref and audit.happened(session, mission, ref)):
        for item in items:
            found = session.get(NomineeItem, (mission, member, item))
            if found is None:
                session.add(NomineeItem(mission=mission, member=row.code, item=item, received_at=at))
            elif found.received_at is None:
                found.received_at, found.waived_at, found.waived_by, found.waived_why = at, None, None, None
        session.flush()
        audit.append(session, mission, by=by, at=at, act=ItemsReceived(member, tuple(items)), ref=ref)
    return members.files(session, mission)[member]


FileState = rules.FileState


def waive_item(
    session: Session, mission: str, *, by: str, at: datetime, member: str, item: str, why: str, ref: str | None = None
) -> None:
    """Waive one item for a reason (a diplomatic card for a passport). The declaration of interests, the signed code
    of conduct and the accreditation are never waived."""
    _member(session, mission, member)
    no = rules.may_waive(item)
    if no:
        raise Refused(no)
    if not why.strip():
        raise BadInput("a waiver needs a reason")
    if ref and audit.happened(session, mission, ref):
        return
    found = session.get(NomineeItem, (mission, member, item))
    if found is not None and found.received_at:
        raise Refused(f"the {rules.ITEMS[item]} of '{member}' was received; there is nothing to waive")
    if found is None:
        found = NomineeItem(mission=mission, member=member, item=item)
        session.add(found)
    found.waived_at, found.waived_by, found.waived_why = at, by, why
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ItemWaived(member, item), ref=ref)


def declare_conflict(
    session: Session, mission: str, *, by: str, at: datetime, member: str, answers: Mapping[str, Any], ref: str | None = None
) -> str | None:
    """A nominee's answers to the conflict-of-interest questions; returns the conflict found, or None."""
    row = _member(session, mission, member)
    found, unanswered = rules.conflict(answers)
    if unanswered:
        raise BadInput(f"'{member}' left unanswered: {', '.join(unanswered)}; each wants true or false")
    if not (ref and audit.happened(session, mission, ref)):
        row.conflict, row.conflict_found = dict(answers), found
        audit.append(session, mission, by=by, at=at, act=ConflictDeclared(member, found is not None), ref=ref)
    return found


def appoint(
    session: Session, mission: str, *, by: str, at: datetime, member: str, ref: str | None = None
) -> Member:
    """Make a nominee a member. Refused while the file is incomplete or a conflict of interest stands; there is one
    head of mission at a time."""
    row = _member(session, mission, member)
    if row.status == "appointed" or (ref and audit.happened(session, mission, ref)):
        return row
    no = rules.may_appoint(
        members.files(session, mission)[member],
        status=row.status, conflict_found=row.conflict_found, declared=row.conflict is not None,
    )  # fmt: skip
    if no:
        raise Refused(f"'{member}' can't be appointed: {no}")
    head = members.head(session, mission)
    if row.role == "head" and head is not None:
        raise Refused(f"{styled(head)} is head of mission; 'ieom replace-head' changes that")
    row.status, row.appointed_at = "appointed", at
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MemberAppointed(member, row.role), ref=ref)
    return row


def leave(
    session: Session, mission: str, *, by: str, at: datetime, member: str, how: str, ref: str | None = None
) -> None:
    """A nominee or member is no more: `how` is declined, withdrawn or replaced."""
    row = _member(session, mission, member)
    if how not in {"declined", "withdrawn", "replaced"}:
        raise BadInput(f"'{how}' is not declined, withdrawn or replaced")
    if row.status == how or (ref and audit.happened(session, mission, ref)):
        return
    row.status = how
    audit.append(session, mission, by=by, at=at, act=MemberLeft(member, how), ref=ref)


def state_declines(
    session: Session, mission: str, *, by: str, at: datetime, state: str, ref: str | None = None
) -> None:
    """A state will not send observers."""
    _state(missions.facts(session, mission), state)
    call = session.get(StateCall, (mission, state))
    if call is None:
        raise NotFound(f"{state} has not been asked yet")
    if call.status == "declined" or (ref and audit.happened(session, mission, ref)):
        return
    call.status = "declined"
    audit.append(session, mission, by=by, at=at, act=StateDeclined(state), ref=ref)


def brief(
    session: Session, mission: str, *, by: str, at: datetime, members: Sequence[str], ref: str | None = None
) -> None:
    """These members attended the briefing."""
    rows = [_member(session, mission, code) for code in members]
    if ref and audit.happened(session, mission, ref):
        return
    for row in rows:
        if row.status != "appointed":
            raise Refused(f"'{row.code}' is {row.status}; only members are briefed")
        row.briefed_at = row.briefed_at or at
    audit.append(session, mission, by=by, at=at, act=MembersBriefed(tuple(members)), ref=ref)


BADGE = {"issued": {"requested"}, "collected": {"issued"}, "returned": {"issued", "collected"}, "refused": {"requested"}}


def badge(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    members: Sequence[str],
    status: str,
    number: str = "",
    why: str = "",
    ref: str | None = None,
) -> None:
    """A badge was issued (with its number), collected, returned or refused (with the reason given)."""
    if status not in BADGE:
        raise BadInput(f"'{status}' is not issued, collected, returned or refused")
    if ref and audit.happened(session, mission, ref):
        return
    moved = []
    for code in members:
        row = session.get(Accreditation, (mission, code))
        if row is None:
            raise Refused(f"accreditation of '{code}' was not asked for; it goes by note verbale once appointed")
        if row.status == status:
            continue
        if row.status not in BADGE[status]:
            raise Refused(f"the badge of '{code}' is {row.status}; it can't be {status} now")
        row.status = status
        setattr(row, f"{status}_at", at)
        row.badge = number or row.badge
        row.refused_why = why or row.refused_why
        moved.append(code)
    if moved:
        audit.append(session, mission, by=by, at=at, act=BadgesMoved(tuple(moved), status), ref=ref)


def _authority(facts: MissionFacts) -> Office:
    found = next((office for office in facts.offices if office.body == facts.invitation.from_body), None)
    if found is None:
        raise BadInput(f"mission.toml names no office with body '{facts.invitation.from_body}' to write notes to")
    return found


def _call(session: Session, mission: str, facts: MissionFacts, at: datetime) -> None:
    """Ask every state that was not asked yet."""
    asked, names = members.calls(session, mission), load_names()
    due = facts.moment(facts.nominations_due) if facts.nominations_due else load_timeline().moment("nominations_due", facts)
    for state in facts.states:
        if state.code in asked or state.withdrew_on or state.code == facts.host_state:
            continue
        name = names.running(state.code, on=facts.election_day)
        office = Office(
            code=f"state-{state.code.lower()}", office=state.contact_office, email=state.contact_email, salutation="Excellency"
        )
        told = {"state": name, "quota": state.quota, "due": due, "contact": state.contact_office}
        note, data = correspondence.draft(
            session, mission, by="clock", at=at, occasion=f"call:{state.code}", what="call_for_nominations", to=office,
            facts=told,
        )  # fmt: skip
        session.add(StateCall(mission=mission, state=state.code, quota=state.quota, due_at=due, note_number=note.number))
        session.flush()
        audit.append(session, mission, by="clock", at=at, act=NominationsCalled(state.code, state.quota, note.number))
        queue(
            session, mission, kind="call_for_nominations", occasion=f"call:{state.code}",
            to=Recipient(state.contact_email, state.contact_office, salutation="Excellency"),
            facts={**told, "number": note.number, "items": list(rules.ITEMS.values())}, at=at,
            due_at=max(missions.get(session, mission).opened_at, at - timedelta(hours=1)),
            attachments=[Attachment(f"{note.number.replace('/', '-')}.docx", WORD, data)],
        )  # fmt: skip


def _accredit(session: Session, mission: str, facts: MissionFacts, at: datetime) -> None:
    """Ask for accreditation of everyone appointed, in one note where that can be: once nobody nominated is still to
    be appointed, or when the papers are due."""
    known = members.accreditations(session, mission)
    everyone = members.of(session, mission)
    waiting = [row for row in everyone if row.status == "appointed" and row.code not in known]
    open_ = [row for row in everyone if row.status == "nominated"]
    called = members.calls(session, mission)
    unanswered = [call for call in called.values() if call.status == "asked"]
    due = load_timeline().moment("accreditation_papers", facts)
    if not waiting or ((open_ or unanswered) and at < due):
        return
    number = 1 + len({row.note_number for row in known.values()})
    to = _authority(facts)
    table = [("No.", "Name or office", "Position", "State"), *(
        (str(place), styled(row), row.title or row.role, row.state) for place, row in enumerate(waiting, start=1)
    )]
    note, data = correspondence.draft(
        session, mission, by="clock", at=at, occasion=f"accreditation:{number}", what="accreditation", to=to,
        facts={"count": len(waiting)}, table=table,
    )  # fmt: skip
    for row in waiting:
        session.add(
            Accreditation(mission=mission, member=row.code, status="requested", note_number=note.number, requested_at=at)
        )
    session.flush()
    audit.append(
        session, mission, by="clock", at=at, act=AccreditationRequested(note.number, tuple(row.code for row in waiting))
    )
    queue(
        session, mission, kind="accreditation_request", occasion=f"accreditation:{number}",
        to=Recipient(to.email, to.office, salutation=to.salutation), facts={"number": note.number, "count": len(waiting)},
        at=at, attachments=[Attachment(f"{note.number.replace('/', '-')}.docx", WORD, data)],
    )  # fmt: skip


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Call for nominations, ask for accreditation, tell members that they are appointed, erase what is due; idempotent."""
    facts, row = missions.facts(session, mission), missions.get(session, mission)
    vault.erase_due(session, mission, at=at)
    if not owes(Stage.DELEGATION, row.starts_at_stage):
        return Standing(Stage.DELEGATION, State.DONE, "The mission entered the system after this stage.")
    _call(session, mission, facts, at)
    for member in members.appointed(session, mission):
        if member.email:
            queue(
                session, mission, kind="appointment", occasion=f"appointment:{member.code}", to=recipient(member),
                facts={"member": member, "styled": styled(member)}, at=at, due_at=member.appointed_at,
            )  # fmt: skip
    _accredit(session, mission, facts, at)
    return _standing(session, mission, facts, at)


def recipient(member: Member) -> Recipient:
    """A member as a letter's reader."""
    return Recipient(member.email, member.office, member.language, member.salutation, styled(member))


def _standing(session: Session, mission: str, facts: MissionFacts, at: datetime) -> Standing:
    names = load_names()
    calls, known = members.calls(session, mission), members.accreditations(session, mission)
    everyone, files = members.of(session, mission), members.files(session, mission)
    says, waits, until = [], [], None
    silent = [call for call in calls.values() if call.status == "asked"]
    if silent:
        who = [names.running(call.state, on=facts.election_day) for call in silent]
        says.append(f"{len(silent)} of {len(calls)} states have not answered: {', '.join(who)}.")
        waits += [f"state-{call.state}" for call in silent]
        until = min((call.due_at for call in silent if call.due_at > at), default=None)
    nominees = [row for row in everyone if row.status == "nominated"]
    owing = [row for row in nominees if files[row.code].missing]
    if owing:
        says.append(f"{len(owing)} nominee{'s' if len(owing) > 1 else ''} still owe{'' if len(owing) > 1 else 's'} papers.")
        waits += [row.code for row in owing]
    elif nominees:
        says.append(f"{len(nominees)} to be appointed.")
        waits.append("coordinator")
    there = [row for row in everyone if row.status == "appointed"]
    badges = [row for row in there if known.get(row.code) and known[row.code].status in {"issued", "collected", "returned"}]
    if there and len(badges) < len(there):
        says.append(f"{len(there)} appointed, {len(badges)} with a badge.")
        waits.append(facts.invitation.from_body)
    unbriefed = [row for row in there if row.briefed_at is None]
    if there and not says and unbriefed:
        says.append(f"All {len(there)} accredited; the briefing is still to come.")
    if members.head(session, mission) is None:
        says.append("No head of mission is appointed yet.")
    if not says and there:
        return Standing(Stage.DELEGATION, State.DONE, f"{len(there)} members appointed, accredited and briefed.")
    return Standing(Stage.DELEGATION, State.WAITING, " ".join(says), until, tuple(waits))
