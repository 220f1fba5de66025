"""Recorded acts that change who the mission is: a head replaced, a state that joins or withdraws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.revision import begin_revision
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.names import load_names
from ieom.records import audit, missions, releases
from ieom.records.approvals import ApprovalRound
from ieom.records.delegation import Member, StateCall
from ieom.rules import revisions
from ieom.rules.mission import MissionFacts, Seat, SendingState


@dataclass(frozen=True)
class HeadReplaced:
    """The head of mission is another member."""

    old: str
    new: str
    revision: int


@dataclass(frozen=True)
class ApproverReplaced:
    """Another person has a seat in the approval of the statement."""

    old: str
    new: str
    revision: int


@dataclass(frozen=True)
class StateJoined:
    """One more state sends observers."""

    state: str
    quota: int
    revision: int


@dataclass(frozen=True)
class StateWithdrew:
    """A state takes no part any more, nor do its members."""

    state: str
    members: tuple[str, ...]
    revision: int


def replace_head(
    session: Session, mission: str, *, by: str, at: datetime, member: str, reason: str, ref: str | None = None
) -> MissionFacts:
    """An appointed member becomes head of mission; the head so far stays as an observer. An open round of approval
    ends: the new head decides on the text as a whole."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    people = {row.code: row for row in session.scalars(select(Member).where(Member.mission == mission))}
    new_head = people.get(member)
    if new_head is None:
        raise NotFound(f"there is no member '{member}'", command="'ieom status' lists the delegation")
    if new_head.status != "appointed":
        raise Refused(f"'{member}' is {new_head.status}; appoint them first", command=f"'ieom appoint {member}' does")
    if new_head.role not in {"head", "deputy_head", "observer"}:
        raise Refused(f"'{member}' is no observer but {new_head.role}; a head of mission is one of the observers")
    old = next((row for row in people.values() if row.role == "head" and row.status == "appointed"), None)
    if old is new_head:
        raise Conflict(f"'{member}' is the head of mission already")
    if old is not None:
        old.role = "observer"
    new_head.role = "head"
    new = revisions.with_head(facts, old.code if old else "", member, new_head.state)
    _end_round(session, mission, at, "the head of mission was replaced")
    number = missions.revise(session, mission, new, by=by, at=at, kind="head_replaced", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=HeadReplaced(old.code if old else "", member, number))
    return new


def approver_replaced(
    session: Session, mission: str, *, by: str, at: datetime, old: str, new: str, reason: str, ref: str | None = None
) -> MissionFacts:
    """Another person decides on the statement in the place of one who has a seat: of the same state where the seat is a
    state's. An open round of approval ends, since it asked the other; the drafter asks again. Raises `Refused` for somebody who can't have it."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    seat = next((one for one in facts.approval.seats if one.who == old), None)
    try:
        changed = revisions.with_approver(facts, old, new)
    except ValueError as problem:
        raise Refused(_plain(problem)) from None
    person = session.get(Member, (mission, new))
    if person is not None and (person.status != "appointed" or (seat and seat.state and person.state != seat.state)):
        raise Refused("only an appointed member of the same state decides for it")
    if person is None and seat is not None and seat.state:
        raise Refused("only an appointed member of the same state decides for it")
    if person is None and new not in {one.code for one in facts.offices}:
        raise NotFound(f"there is no member and no office '{new}'")
    _end_round(session, mission, at, "somebody else decides in the place of an approver")
    number = missions.revise(session, mission, changed, by=by, at=at, kind="approver_replaced", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=ApproverReplaced(old, new, number))
    return changed


def state_joins(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    state: str,
    quota: int,
    contact_office: str,
    contact_email: str,
    reason: str,
    decides: str = "",
    ref: str | None = None,
) -> MissionFacts:
    """One more state sends observers; the stage of the delegation calls on it for nominations. `decides` is the code
    of who has its seat, which the rule wants when states have seats; an open round of approval then ends."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    try:
        joining = SendingState(
            code=state,
            quota=quota,
            contact_office=contact_office,
            contact_email=contact_email,
            joined_on=_day(facts, at),
        )
        seat = Seat(who=decides, capacity="member_state", state=state) if decides else None
        new = revisions.with_state(facts, joining, seat)
    except ValueError as problem:
        raise BadInput(_plain(problem)) from None
    if seat is not None:
        _end_round(session, mission, at, f"{state} joined the mission")
    back = session.get(StateCall, (mission, state))
    if back is not None:
        back.status, back.quota = "asked", quota
    number = missions.revise(session, mission, new, by=by, at=at, kind="state_joined", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=StateJoined(state, quota, number))
    return new


def state_withdraws(
    session: Session, mission: str, *, by: str, at: datetime, state: str, reason: str, ref: str | None = None
) -> MissionFacts:
    """A state withdraws, and its members with it: the composition, the rule and the texts follow, an open round of
    approval ends. Refused for the state of the head of mission until the head is replaced."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    try:
        new = revisions.without_state(facts, state, on=_day(facts, at))
    except ValueError as problem:
        raise Refused(str(problem)) from None
    members = list(
        session.scalars(
            select(Member)
            .where(Member.mission == mission, Member.state == state, Member.status.in_(["nominated", "appointed"]))
            .order_by(Member.code)
        )
    )
    if any(row.role == "head" for row in members):
        raise Refused(
            f"the head of mission comes from {state}; replace the head first", command="'ieom replace-head' does"
        )
    for row in members:
        row.status = "withdrawn"
    call = session.get(StateCall, (mission, state))
    if call is not None:
        call.status = "withdrew"
    name = load_names().running(state, "en", on=facts.election_day)
    _end_round(session, mission, at, f"{name} withdrew from the mission")
    number = missions.revise(session, mission, new, by=by, at=at, kind="state_withdrew", reason=reason)
    codes = tuple(row.code for row in members)
    audit.append(session, mission, by=by, at=at, ref=ref, act=StateWithdrew(state, codes, number))
    return new


def _plain(problem: ValueError) -> str:
    """Pydantic's findings in one line; any other ValueError as it is."""
    errors = getattr(problem, "errors", None)
    if errors is None:
        return str(problem)
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors())


def _day(facts: MissionFacts, at: datetime) -> date:
    return at.astimezone(ZoneInfo(facts.zone)).date()


def _end_round(session: Session, mission: str, at: datetime, why: str) -> None:
    """End a round of approval that goes on, or that has decided on a text not yet published."""
    published = [row.round for row in releases.published(session, mission) if row.round is not None]
    going = select(ApprovalRound).where(
        ApprovalRound.mission == mission,
        ApprovalRound.status.in_(["open", "approved", "changes_asked"]),
        ApprovalRound.id.not_in(published),
    )
    for row in session.scalars(going):
        row.status, row.ended_at, row.ended_why = "stopped", at, why
