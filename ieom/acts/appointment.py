"""Members: appointed once their file is complete, one of them the head of mission, briefed before they deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts.nomination import member_of, only_head
from ieom.errors import BadInput, Refused
from ieom.records import audit, missions
from ieom.records import members as people
from ieom.records.delegation import Member
from ieom.rules import delegation as rules
from ieom.rules import revisions
from ieom.rules.timeline import Stage, owes


@dataclass(frozen=True)
class MemberAppointed:
    """A nominee became a member."""

    member: str
    role: str


@dataclass(frozen=True)
class HeadAppointed:
    """A member became the mission's first head."""

    member: str


@dataclass(frozen=True)
class MembersBriefed:
    """Members attended the briefing."""

    members: tuple[str, ...]


def appoint(session: Session, mission: str, *, by: str, at: datetime, member: str, ref: str | None = None) -> Member:
    """Make a nominee a member. Refused while the file is incomplete or a conflict of interest stands; there is one
    head of mission at a time. In a mission that entered the system later, files are not asked for."""
    row_of_mission = missions.lock(session, mission)
    row = member_of(session, mission, member)
    if row.status == "appointed" or (ref and audit.happened(session, mission, ref)):
        return row
    no = rules.may_appoint(
        people.files(session, mission)[member], status=row.status, conflict_found=row.conflict_found,
        declared=row.conflict is not None, checked=owes(Stage.DELEGATION, row_of_mission.starts_at_stage),
    )  # fmt: skip
    if no:
        raise Refused(f"'{member}' can't be appointed: {no}")
    if row.role == "head":
        only_head(session, mission, member)
    row.status, row.appointed_at = "appointed", at
    session.flush()
    if row.role == "head":
        _seat(session, mission, row, by=by, at=at)
    audit.append(session, mission, by=by, at=at, act=MemberAppointed(member, row.role), ref=ref)
    return row


def appoint_head(
    session: Session, mission: str, *, by: str, at: datetime, member: str, ref: str | None = None
) -> Member:
    """Make a member the head of mission when there is none yet; the approval rule's seat of the head follows. A head
    that there is already is replaced by `replace_head`."""
    missions.lock(session, mission)
    row = member_of(session, mission, member)
    if ref and audit.happened(session, mission, ref):
        return row
    if row.status != "appointed":
        raise Refused(f"'{member}' is {row.status}; appoint them first", command=f"'ieom appoint {member}' does")
    if row.role not in rules.OBSERVING:
        raise Refused(f"'{member}' is no observer but {rules.ROLES[row.role]}; a head of mission is an observer")
    if row.role == "head":
        return row
    only_head(session, mission, member)
    row.role = "head"
    session.flush()
    _seat(session, mission, row, by=by, at=at)
    audit.append(session, mission, by=by, at=at, act=HeadAppointed(member), ref=ref)
    return row


def _seat(session: Session, mission: str, head: Member, *, by: str, at: datetime) -> None:
    """Give the head the seat that the approval rule keeps for the head of mission, where it names somebody else."""
    facts = missions.facts(session, mission)
    seat = next((seat for seat in facts.approval.seats if seat.capacity == "head_of_mission"), None)
    if seat is not None and seat.who != head.code:
        new = revisions.with_head(facts, seat.who, head.code, head.state)
        missions.revise(session, mission, new, by=by, at=at, kind="head_appointed", reason="")


def brief(
    session: Session, mission: str, *, by: str, at: datetime, members: Sequence[str], ref: str | None = None
) -> None:
    """These members attended the briefing. Refused, for all of them, while one is no member."""
    missions.lock(session, mission)
    rows = [member_of(session, mission, code) for code in dict.fromkeys(members)]
    if ref and audit.happened(session, mission, ref):
        return
    if not rows:
        raise BadInput("say who attended the briefing")
    strangers = [f"'{row.code}' is {row.status}" for row in rows if row.status != "appointed"]
    if strangers:
        raise Refused(f"only members are briefed; {', '.join(strangers)}")
    new = tuple(row.code for row in rows if row.briefed_at is None)
    for row in rows:
        row.briefed_at = row.briefed_at or at
    if new or ref:
        audit.append(session, mission, by=by, at=at, act=MembersBriefed(new), ref=ref)
