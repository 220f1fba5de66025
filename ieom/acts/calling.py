"""The host country's invitation, the calls for nominations that follow from it, and states that decline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ieom.acts import correspondence, nomination_links
from ieom.acts.correspondence import INVITATION
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import Attachment, Recipient, queue
from ieom.mail.writing import one_line
from ieom.papers.note_verbale import WORD
from ieom.records import audit, members, missions
from ieom.records import correspondence as papers
from ieom.records.correspondence import Correspondence
from ieom.records.delegation import StateCall
from ieom.rules import delegation as rules
from ieom.rules.mission import MissionFacts, Office, SendingState
from ieom.rules.names import Names, written
from ieom.settings import settings


@dataclass(frozen=True)
class InvitingBodyRecorded:
    """Another body invites than the mission's facts had; they were revised."""

    revision: int


@dataclass(frozen=True)
class InvitationFiled:
    """The scan of the host country's invitation was filed."""

    number: str
    sha256: str


@dataclass(frozen=True)
class NominationsCalled:
    """A state was asked to nominate."""

    state: str
    quota: int
    note: str
    due: datetime


@dataclass(frozen=True)
class StateAskedByLink:
    """A state that no call had gone to was asked to nominate by a letter with its link."""

    state: str
    quota: int
    due: datetime


@dataclass(frozen=True)
class StateDeclined:
    """A state will not send observers."""

    state: str


def record_invitation(
    session: Session, mission: str, *, by: str, at: datetime, scan: Path | str | bytes = "", body: str = "",
    ref: str | None = None,
) -> Correspondence:  # fmt: skip
    """Enter the invitation that the mission file states into the register, with its scan if there is one (a scan can be
    given later, once). `body` says who invited where that is another than the facts have it: a code of the names, or the
    body's name itself, which is this mission's alone; the facts are revised. States are called on for nominations from
    then on."""
    missions.lock(session, mission)
    known = papers.for_occasion(session, mission, INVITATION)
    if ref and audit.happened(session, mission, ref) and known is not None:
        return known
    if known is None:
        facts, names = missions.facts(session, mission), load_names()
        if body.strip() and body.strip() != facts.invitation.from_body:
            facts = _invited_by(facts, body.strip(), names)
            why = "the invitation as it came"
            number = missions.revise(session, mission, facts, by=by, at=at, kind="invited_by", reason=why)
            audit.append(session, mission, by=by, at=at, act=InvitingBodyRecorded(number))
        invitation, to = facts.invitation, authority(facts)
        body = names.running(invitation.from_body, on=invitation.received_on)
        return correspondence.received(
            session, mission, by=by, at=at, counterpart=to.code if to else invitation.from_body,
            subject=f"Invitation by {body} to observe the {facts.election.title}",
            their_number=invitation.reference, dated=invitation.received_on, scan=scan, occasion=INVITATION, ref=ref,
        )  # fmt: skip
    if not scan:
        return known
    path, digest = correspondence.file_scan(mission, scan)
    if known.scan_sha256 not in {"", digest}:
        raise Refused(
            f"{known.number} has a scan already; register another paper under a number of its own",
            command="'ieom register received' does",
        )
    if not known.scan_sha256:
        known.scan_path, known.scan_sha256 = path, digest
        audit.append(session, mission, by=by, at=at, act=InvitationFiled(known.number, digest), ref=ref)
    return known


def invited(session: Session, mission: str) -> bool:
    """Whether the host country's invitation is in the register."""
    return papers.for_occasion(session, mission, INVITATION) is not None


def _invited_by(facts: MissionFacts, body: str, names: Names) -> MissionFacts:
    if body not in names:
        raise BadInput(f"'{body}' has no official name; write the name of the body itself, as it stands in a sentence")
    if written(body) and len(one_line(body, "the name of the body that invites")) > 300:
        raise BadInput("the name of the body that invites is longer than 300 signs; shorten it")
    return facts.model_copy(update={"invitation": facts.invitation.model_copy(update={"from_body": body})})


def authority(facts: MissionFacts) -> Office | None:
    """The office of the inviting body that notes go to; of the host state's foreign ministry where the inviting body's name
    was written out and it has no office here. None when the mission file names none with an address."""
    there = [office for office in facts.offices if office.email and office.body == facts.invitation.from_body]
    if not there and written(facts.invitation.from_body):
        ministry = f"{facts.host_state.lower()}-mfa"
        there = [office for office in facts.offices if office.email and office.body == ministry]
    return next(iter(there), None)


def state_of(facts: MissionFacts, code: str) -> SendingState:
    """A state of the mission file by its code. Raises `BadInput`, and `Refused` for one that withdrew."""
    found = next((state for state in facts.states if state.code == code), None)
    if found is None:
        raise BadInput(f"'{code}' is not among the states asked ({', '.join(s.code for s in facts.states)})")
    if found.withdrew_on is not None:
        raise Refused(
            f"{code} withdrew from the mission on {found.withdrew_on}; it joins again first",
            command="'ieom state-joins' says so",
        )
    return found


def call_states(session: Session, mission: str, facts: MissionFacts, *, at: datetime, since: datetime) -> None:
    """Once the invitation is in the register, ask every state that was not asked yet, and again one that withdrew and
    came back: a numbered note verbale for stamp, and a letter with its draft to the state's contact. `since` (UTC) is
    when that became due."""
    if not invited(session, mission):
        return
    asked, names = members.calls(session, mission), load_names()
    for state in facts.states:
        if state.withdrew_on or state.code == facts.host_state:
            continue
        call = asked.get(state.code)
        occasion = f"call:{state.code}"
        if call is not None and call.note_number is None and call.status == "asked":
            pass  # by a link alone, which a note verbale still follows
        elif call is not None and state.joined_on is not None:  # has it come back since it was asked?
            occasion += f":{state.joined_on}"
            note = papers.for_occasion(session, mission, f"call:{state.code}")
            again = call.status == "asked" and note is not None and note.dated < state.joined_on
            if not again or papers.for_occasion(session, mission, occasion):
                continue
        elif call is not None:
            continue
        due = call.due_at if call is not None and call.note_number is None else _due(facts, at)
        _ask(session, mission, state, call, occasion, names.running(state.code, on=facts.election_day), due, at, since)


def _due(facts: MissionFacts, at: datetime) -> datetime:
    """By when a state that is asked at `at` is to nominate (UTC)."""
    usual = load_timeline().moment("nominations_due", facts)
    if facts.nominations_due is not None:
        usual = facts.moment(facts.nominations_due)
    return rules.deadline(usual, at=at, opens=facts.opens())


def _ask(
    session: Session, mission: str, state: SendingState, call: StateCall | None, occasion: str, name: str,
    due: datetime, at: datetime, since: datetime,
) -> None:  # fmt: skip
    office = Office(
        code=f"state-{state.code.lower()}", office=state.contact_office, email=state.contact_email,
        salutation="Excellency",
    )  # fmt: skip
    told = {"state": name, "quota": state.quota, "due": due}
    note, data = correspondence.draft(
        session, mission, by="clock", at=at, occasion=occasion, what="call_for_nominations", to=office, facts=told
    )
    if call is None:
        call = StateCall(mission=mission, state=state.code, quota=state.quota, due_at=due, note_number=note.number)
        session.add(call)
    call.quota, call.due_at, call.note_number = state.quota, due, note.number
    session.flush()
    audit.append(session, mission, by="clock", at=at, act=NominationsCalled(state.code, state.quota, note.number, due))
    link = nomination_links.made(session, mission, state.code, at=at)
    queue(
        session, mission, kind="call_for_nominations", occasion=occasion,
        to=Recipient(office.email, office.office, salutation=office.salutation),
        facts={**told, "number": note.number, "items": list(rules.ITEMS.values()), "link": link}, at=at, due_at=since,
        attachments=[Attachment(f"{note.number.replace('/', '-')}.docx", WORD, data)],
    )  # fmt: skip


def send_link(session: Session, mission: str, *, by: str, at: datetime, state: str) -> None:
    """A letter with a new link by which the state nominates; those sent before are dead from now on. A state that no call
    went to (the mission began later, or the invitation is not registered) is asked by this letter."""
    missions.lock(session, mission)
    facts = missions.facts(session, mission)
    to, call = state_of(facts, state), members.calls(session, mission).get(state)
    if not settings().decide_url:
        raise Refused("links can't be sent: whoever keeps this machine sets IEOM_DECIDE_URL first")
    if no := may_send_link(session, mission, facts, state, at=at):
        raise Refused(no)
    first = call is None
    if call is None:
        has = any(
            row.state == state and row.status in {"nominated", "appointed"} for row in members.of(session, mission)
        )
        call = StateCall(
            mission=mission,
            state=state,
            quota=to.quota,
            due_at=_due(facts, at),
            status="answered" if has else "asked",
        )
        session.add(call)
        session.flush()
        audit.append(session, mission, by=by, at=at, act=StateAskedByLink(state, call.quota, call.due_at))
    nomination_links.end(session, mission, by=by, at=at, state=state)
    count = len(nomination_links.of(session, mission, state))
    queue(
        session, mission, kind="nomination_link", occasion=f"nomination-link:{state}:{count + 1}",
        to=Recipient(to.contact_email, to.contact_office, salutation="Excellency"), at=at,
        facts={
            "state": load_names().running(state, on=facts.election_day), "quota": call.quota, "due": call.due_at,
            "link": nomination_links.made(session, mission, state, at=at), "first": first, "earlier": count > 0,
        },
    )  # fmt: skip


def may_send_link(session: Session, mission: str, facts: MissionFacts, state: str, *, at: datetime) -> str | None:
    """Why no state, or not this one, is sent a link at `at` (UTC); None when it can be."""
    if state == facts.host_state:
        return "the host state does not send observers to its own election"
    if at >= facts.opens():
        return "the polls have opened; a state nominates by link until then"
    if missions.get(session, mission).state in {"evacuated", "closed"}:
        return "the mission is over; nobody is nominated any more"
    return None


def state_declines(
    session: Session, mission: str, *, by: str, at: datetime, state: str, ref: str | None = None
) -> None:
    """A state will not send observers. Refused while it has nominees or members: they decline or withdraw first."""
    missions.lock(session, mission)
    if ref and audit.happened(session, mission, ref):
        return
    state_of(missions.facts(session, mission), state)
    call = session.get(StateCall, (mission, state))
    if call is None:
        raise NotFound(f"{state} has not been asked yet")
    if call.status == "declined":
        return
    there = [
        row.code
        for row in members.of(session, mission)
        if row.state == state and row.status in {"nominated", "appointed"}
    ]
    if there:
        raise Refused(
            f"{state} has nominated {', '.join(there)}; record that they decline first", command="'ieom decline' does"
        )
    call.status = "declined"
    audit.append(session, mission, by=by, at=at, act=StateDeclined(state), ref=ref)
