"""Whose approval a release with a text of its own needs, and whose it has."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.rounds import rule_of
from ieom.errors import Tampered
from ieom.records import members, missions, releases
from ieom.records.approvals import ApprovalRound, ApprovalSeat
from ieom.records.audit import AuditRow
from ieom.records.releases import Release
from ieom.rules import own_text


def digest_of(session: Session, row: Release) -> str:
    """What an approval of this release names."""
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    return own_text.digest(row.kind, concerned.number if concerned else None, row.hashes)


def approvers(session: Session, mission: str, row: Release) -> tuple[set[str], list[tuple[str, ...]]]:
    """(the head of mission with deputies, the other seats each with deputies): of the round that approved what the
    release concerns, else of the mission's rule. Raises `Tampered` when the round's seats are not those that the act which
    opened it holds."""
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    head = members.head(session, mission)
    heads = {head.code} if head is not None else set()
    others: list[tuple[str, ...]] = []
    seats: list[tuple[str, str, tuple[str, ...]]] = [
        (seat.who, seat.capacity, seat.deputies) for seat in missions.facts(session, mission).approval.seats
    ]
    if concerned is not None and concerned.round is not None:
        _as_opened(session, mission, session.get_one(ApprovalRound, concerned.round))
        query = select(ApprovalSeat).where(ApprovalSeat.round == concerned.round).order_by(ApprovalSeat.position)
        seats = [(seat.who, seat.capacity, tuple(seat.deputies)) for seat in session.scalars(query)]
    for who, capacity, deputies in seats:
        if capacity == "head_of_mission":
            heads |= {who, *deputies}
        else:
            others.append((who, *deputies))
    return heads, others


def _as_opened(session: Session, mission: str, round_: ApprovalRound) -> None:
    query = select(AuditRow.what).where(AuditRow.mission == mission, AuditRow.act == "RoundOpened")
    opened = next((what for what in session.scalars(query) if what["number"] == round_.number), None)
    now = rule_of(session, round_)
    if opened is None or opened.get("rule", now) != now:  # rounds of the first edition hold none
        raise Tampered(
            f"round {round_.number} was opened under another rule, or with other seats than the records have now; nobody "
            "approves by these: look at the record of acts and at the approvals",
            command="'ieom audit verify' and 'ieom approval status' show both",
        )


def lacks(session: Session, mission: str, row: Release) -> list[str]:
    """Whose approval a release with a text of its own still needs, in words."""
    heads, seats = approvers(session, mission, row)
    given = [(one.by, one.digest) for one in releases.approvals(session, row.id)]
    return own_text.lacking(
        row.kind, digest_of(session, row), given, heads=heads, seats=seats, prepared_by=row.prepared_by
    )
