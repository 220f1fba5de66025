"""Questions to the delegation's records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.records.delegation import Accreditation, Member, NomineeItem, StateCall
from ieom.records.observation import MemberReport
from ieom.rules.delegation import LEAVING, OBSERVING, FileState, owed_items


def of(session: Session, mission: str) -> list[Member]:
    """Everyone nominated, by code."""
    return list(session.scalars(select(Member).where(Member.mission == mission).order_by(Member.code)))


def appointed(session: Session, mission: str) -> list[Member]:
    """The members: those appointed, whatever their role."""
    return [member for member in of(session, mission) if member.status == "appointed"]


def observers(session: Session, mission: str) -> list[Member]:
    """The members who observe: head, deputy head, observers."""
    return [member for member in appointed(session, mission) if member.role in OBSERVING]


def sent_by(session: Session, mission: str, state: str) -> int:
    """How many observers of a state are nominated or appointed, which is what its quota counts."""
    return sum(
        row.state == state and row.role in OBSERVING and row.status in {"nominated", "appointed"}
        for row in of(session, mission)
    )


def head(session: Session, mission: str) -> Member | None:
    """The head of mission, once appointed."""
    return next((member for member in appointed(session, mission) if member.role == "head"), None)


def files(session: Session, mission: str) -> dict[str, FileState]:
    """Each nominee's file by member code."""
    received: dict[str, set[str]] = defaultdict(set)
    waived: dict[str, set[str]] = defaultdict(set)
    for row in session.scalars(select(NomineeItem).where(NomineeItem.mission == mission)):
        if row.received_at or row.waived_at:
            (received if row.received_at else waived)[row.member].add(row.item)
    return {
        member.code: FileState(
            frozenset(received[member.code]), frozenset(waived[member.code]), owed_items(member.state)
        )
        for member in of(session, mission)
    }


def taken_back(session: Session, mission: str) -> dict[str, list[NomineeItem]]:
    """What was said to have come in, or waived, and was taken back since: by member code, the newest first."""
    found: dict[str, list[NomineeItem]] = defaultdict(list)
    query = select(NomineeItem).where(
        NomineeItem.mission == mission, NomineeItem.received_at.is_(None), NomineeItem.waived_at.is_(None)
    )
    for row in session.scalars(query.order_by(NomineeItem.taken_back_at.desc(), NomineeItem.item)):
        found[row.member].append(row)
    return dict(found)


def reports(session: Session, mission: str, code: str) -> list[MemberReport]:
    """The reports and complaints against somebody, oldest first."""
    query = select(MemberReport).where(MemberReport.mission == mission, MemberReport.member == code)
    return list(session.scalars(query.order_by(MemberReport.id)))


def items(session: Session, mission: str, code: str) -> dict[str, NomineeItem]:
    """What came in or was waived of one file, by item."""
    query = select(NomineeItem).where(NomineeItem.mission == mission, NomineeItem.member == code)
    return {row.item: row for row in session.scalars(query)}


def accreditations(session: Session, mission: str) -> dict[str, Accreditation]:
    """Each accreditation by member code."""
    rows = session.scalars(select(Accreditation).where(Accreditation.mission == mission))
    return {row.member: row for row in rows}


def calls(session: Session, mission: str) -> dict[str, StateCall]:
    """Each call for nominations by state."""
    return {row.state: row for row in session.scalars(select(StateCall).where(StateCall.mission == mission))}


def gone(session: Session, mission: str, codes: Collection[str]) -> list[Member]:
    """Those of these codes who were nominated or appointed, and have left."""
    query = select(Member).where(Member.mission == mission, Member.code.in_(codes), Member.status.in_(LEAVING))
    return list(session.scalars(query.order_by(Member.code)))


def styled(member: Member) -> str:
    """How a member is named: honorific and name where there is one, the office else."""
    return f"{member.honorific} {member.name}".strip() if member.name else member.office
