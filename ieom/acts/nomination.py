"""Nominees and their files: nominated, items received or waived, interests declared, declined or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.calling import state_of
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.names import load_names
from ieom.mail.letters import address
from ieom.mail.writing import one_line
from ieom.records import audit, members, missions
from ieom.records.delegation import Member, NomineeItem, StateCall, VaultItem
from ieom.records.members import styled
from ieom.rules import delegation as rules
from ieom.rules.delegation import FileState
from ieom.rules.mission import MissionFacts, is_code
from ieom.rules.names import LANGUAGES


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
class ItemTakenBack:
    """An item did not come in, or is not waived, after all. `was`: received or waived."""

    member: str
    item: str
    was: str


@dataclass(frozen=True)
class ConflictDeclared:
    """A nominee answered the conflict-of-interest questions."""

    member: str
    conflict: bool


@dataclass(frozen=True)
class MemberLeft:
    """A nominee or member declined, withdrew or was replaced."""

    member: str
    how: str


def member_of(session: Session, mission: str, code: str) -> Member:
    """Someone nominated, by code. Raises `NotFound`."""
    row = session.get(Member, (mission, code), populate_existing=True)
    if row is None:
        raise NotFound(f"nobody with the code '{code}' was nominated", command="'ieom delegation' lists who was")
    return row


def next_code(session: Session, mission: str, state: str, role: str) -> str:
    """The next code that is free for somebody of a state, such as kg-2; of the organisation itself by the role."""
    taken = {row.code for row in members.of(session, mission)}
    first = state.lower() or role.replace("_", "-")
    return next(code for number in range(1, 1000) if (code := f"{first}-{number}") not in taken)


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
    """Record a nomination. Nominated is not a member until appointed. Refused past the state's quota of observers,
    and where there is another head of mission; the same nomination again changes nothing (or takes back someone who had
    declined or withdrawn), another person under the same code is a `Conflict`. After the deadline it is taken all the
    same, and noted as late."""
    missions.lock(session, mission)
    known = session.get(Member, (mission, member), populate_existing=True)
    if ref and known is not None and audit.happened(session, mission, ref):
        return known
    facts = missions.facts(session, mission)
    if role not in rules.ROLES:
        raise BadInput(f"'{role}' is no role; they are {', '.join(rules.ROLES)}")
    if not is_code(member):
        raise BadInput(f"'{member[:60]}' is no code; write letters, digits, dots and hyphens, such as kg-1")
    if any(member == row.code for row in facts.offices):
        raise Conflict(f"'{member}' is the code of an office; a person needs another one")
    told = {"role": role, "state": state, "body": body} | details(
        member, office=office, honorific=honorific, name=name, title=title, email=email, language=language,
        salutation=salutation,
    )  # fmt: skip
    for what in ("role", "state", "body"):
        one_line(told[what], f"the {what} of '{member}'")
    if known is not None and any(getattr(known, key) != value for key, value in told.items()):
        raise Conflict(f"'{member}' is nominated already, as {styled(known)}; another person needs another code")
    if known is not None and known.status not in rules.LEAVING:
        return known
    if role == "head":
        only_head(session, mission, member)
    _admit(session, mission, facts, member, state, role)
    if known is None:
        known = Member(mission=mission, code=member, status="nominated", nominated_at=at, **told)
        session.add(known)
    known.status, known.nominated_at, known.appointed_at = "nominated", at, None
    session.flush()
    audit.append(session, mission, by=by, at=at, act=MemberNominated(member, state, role), ref=ref)
    return known


def details(
    member: str, *, office: str, honorific: str, name: str, title: str, email: str, language: str, salutation: str
) -> dict[str, str]:
    """How letters and papers call a person and where they reach them. Raises `BadInput` for what can't stand there: letters
    to and about them would fail, and the stage with them."""
    if language not in LANGUAGES:
        raise BadInput(f"'{language[:60]}' is not one of {', '.join(LANGUAGES)}")
    if not office.strip():
        raise BadInput(f"'{member}' needs an office, such as 'Embassy of the Kyrgyz Republic, observer 1'")
    told = {
        "office": office, "honorific": honorific, "name": name, "title": title, "language": language,
        "email": address(email) if email else "", "salutation": salutation,
    }  # fmt: skip
    for what, value in told.items():
        one_line(value, f"the {what} of '{member}'")
    return told


def only_head(session: Session, mission: str, member: str) -> None:
    """Raises `Refused` where somebody other than `member` is head of mission; it says who, and how that is changed."""
    head = members.head(session, mission)
    if head is None or head.code == member:
        return
    row = session.get(Member, (mission, member))
    first = (
        "record that this nomination is declined, nominate the person anew as an observer"
        if row is not None and row.role == "head" and row.status == "nominated"
        else "nominate this person as an observer"
        if row is None or row.status != "appointed"
        else ""
    )
    raise Refused(
        f"{styled(head)} ({head.code}) is head of mission already, and a mission has one. To have another, "
        f"{first + ', appoint them, and ' if first else ''}replace the head on the page of the mission's facts, with the "
        "reason. Nothing was changed",
        command="'ieom replace-head' replaces one",
    )


def _admit(session: Session, mission: str, facts: MissionFacts, member: str, state: str, role: str) -> None:
    """Refuse a nomination by the host state, by one that takes no part, or past the quota; else note the answer."""
    if state == facts.host_state and role in rules.OBSERVING:
        raise Refused(f"'{member}': the host state does not send observers to its own election")
    if state in {"", facts.host_state}:  # sent by the organisation itself, or engaged in the host state
        return
    quota = state_of(facts, state).quota
    if role in rules.OBSERVING and rules.over_quota(quota, members.sent_by(session, mission, state)):
        names, on = load_names(), facts.election_day
        raise Refused(
            f"{names.running(state, on=on) if state in names else state} may nominate {quota}, and has; one of them"
            " declines first (the secretariat says so on that person's page at the desk)",
            command="'ieom decline' says so",
        )
    call = session.get(StateCall, (mission, state))
    if call is not None:
        call.status = "answered"


def receive_items(
    session: Session, mission: str, *, by: str, at: datetime, member: str, items: Sequence[str], ref: str | None = None
) -> FileState:
    """Items of a nominee's file came in (see `rules.delegation.ITEMS`); a waiver of the same item ends."""
    missions.lock(session, mission)
    row = member_of(session, mission, member)
    unknown = [item for item in items if item not in rules.ITEMS]
    if unknown or not items:
        raise BadInput(f"no item is called {', '.join(unknown) or '(nothing)'}; they are {', '.join(rules.ITEMS)}")
    if ref and audit.happened(session, mission, ref):
        return members.files(session, mission)[member]
    new = []
    for item in dict.fromkeys(items):
        found = session.get(NomineeItem, (mission, member, item))
        if found is None:
            found = NomineeItem(mission=mission, member=row.code, item=item)
            session.add(found)
        if found.received_at is None:
            found.received_at, found.waived_at, found.waived_by, found.waived_why = at, None, None, None
            found.taken_back_at, found.taken_back_by, found.taken_back_why = None, None, None
            new.append(item)
    session.flush()
    if new or ref:
        audit.append(session, mission, by=by, at=at, act=ItemsReceived(member, tuple(new)), ref=ref)
    return members.files(session, mission)[member]


def waive_item(
    session: Session, mission: str, *, by: str, at: datetime, member: str, item: str, why: str, ref: str | None = None
) -> None:
    """Waive one item for a reason (a diplomatic card for a passport). The declaration of interests, the signed code
    of conduct and the accreditation are never waived."""
    missions.lock(session, mission)
    member_of(session, mission, member)
    if ref and audit.happened(session, mission, ref):
        return
    no = rules.may_waive(item)
    if no:
        raise Refused(no)
    if not why.strip():
        raise BadInput("a waiver needs a reason; say why, such as 'a diplomatic card was shown'")
    found = session.get(NomineeItem, (mission, member, item))
    if found is not None and found.received_at:
        raise Refused(f"the {rules.ITEMS[item]} of '{member}' was received; there is nothing to waive")
    if found is None:
        found = NomineeItem(mission=mission, member=member, item=item)
        session.add(found)
    found.waived_at, found.waived_by, found.waived_why = at, by, why
    found.taken_back_at, found.taken_back_by, found.taken_back_why = None, None, None
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ItemWaived(member, item), ref=ref)


def take_back_item(
    session: Session, mission: str, *, by: str, at: datetime, member: str, item: str, why: str, ref: str | None = None
) -> FileState:
    """An item that was noted as received, or waived, did not come in or is not waived after all: the nominee owes it
    again, and so does a member, who was appointed on a complete file; accreditation is not asked for until it is there.
    Refused for answers that were declared, which a new declaration replaces, and while the paper itself is kept."""
    missions.lock(session, mission)
    row = member_of(session, mission, member)
    if item not in rules.ITEMS:
        raise BadInput(f"no item is called {item}; they are {', '.join(rules.ITEMS)}")
    if ref and audit.happened(session, mission, ref):
        return members.files(session, mission)[member]
    found, name = session.get(NomineeItem, (mission, member, item)), rules.ITEMS[item]
    if found is None or not (found.received_at or found.waived_at):
        raise Refused(f"the {name} of '{member}' is neither received nor waived; there is nothing to take back")
    if item == "conflict_declaration" and row.conflict is not None:
        raise Refused("the declaration was answered; enter a new declaration, which takes the place of these answers")
    kept = (
        VaultItem.mission == mission,
        VaultItem.member == member,
        VaultItem.item == item,
        VaultItem.erased_at.is_(None),
    )
    if session.scalars(select(VaultItem.id).where(*kept).limit(1)).first() is not None:
        raise Refused(f"the {name} itself is kept, encrypted; erase that paper first, or send another in its place")
    if not why.strip():
        raise BadInput("say why it is taken back, such as 'it was another person's form'")
    was = "received" if found.received_at else "waived"
    found.received_at, found.vault_id, found.waived_at, found.waived_by, found.waived_why = None, None, None, None, None
    found.taken_back_at, found.taken_back_by, found.taken_back_why = at, by, why
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ItemTakenBack(member, item, was), ref=ref)
    return members.files(session, mission)[member]


def declare_conflict(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    member: str,
    answers: Mapping[str, Any],
    ref: str | None = None,
) -> str | None:
    """A nominee's answers to the conflict-of-interest questions, as on the signed paper, which counts as received;
    returns the conflict found, or None. A later declaration takes the place of an earlier one."""
    missions.lock(session, mission)
    row = member_of(session, mission, member)
    if ref and audit.happened(session, mission, ref):
        return row.conflict_found
    try:
        given = rules.declaration(answers)
    except ValueError as problem:
        raise BadInput(f"the declaration of '{member}': {problem}") from None
    facts = missions.facts(session, mission)
    contestants = [name for contest in facts.election.contests for name in contest.contestants]
    found = rules.conflicts(given, role=row.role, host=facts.host_state, contestants=contestants)
    row.conflict, row.conflict_found = given.model_dump(mode="json"), "; ".join(found) or None
    paper = session.get(NomineeItem, (mission, member, "conflict_declaration"))
    if paper is None:
        paper = NomineeItem(mission=mission, member=member, item="conflict_declaration")
        session.add(paper)
    paper.received_at = paper.received_at or at
    paper.taken_back_at, paper.taken_back_by, paper.taken_back_why = None, None, None
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ConflictDeclared(member, bool(found)), ref=ref)
    return row.conflict_found


def leave(
    session: Session, mission: str, *, by: str, at: datetime, member: str, how: str, ref: str | None = None
) -> None:
    """A nominee or member is no more: `how` is declined, withdrawn or replaced. Refused for the head of mission, who
    is replaced first."""
    missions.lock(session, mission)
    row = member_of(session, mission, member)
    if how not in rules.LEAVING:
        raise BadInput(f"'{how}' is not declined, withdrawn or replaced")
    if row.status == how or (ref and audit.happened(session, mission, ref)):
        return
    if row.status == "appointed" and row.role == "head":
        raise Refused(
            f"'{member}' is head of mission; another head is appointed first", command="'ieom replace-head' does"
        )
    row.status = how
    audit.append(session, mission, by=by, at=at, act=MemberLeft(member, how), ref=ref)
