"""Decisions on the statement that people take themselves, in person or by a link. Each is bound to the hashes of a text and to
a person, and is one row that never changes. What is given by telephone or on paper is in `recording`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import composition
from ieom.acts.rounds import open_now, seat_of
from ieom.errors import Conflict, NotFound, Refused
from ieom.records import approvals, audit, drafts, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Decision, RecordedEnd
from ieom.records.delegation import Member
from ieom.rules import approval as rules
from ieom.rules.delegation import LEAVING


@dataclass(frozen=True)
class StatementDecided:
    """Somebody decided on a text, in all its authentic languages."""

    round: int
    who: str
    decision: str
    content_hash: str
    channel: str
    hashes: dict[str, str]


@dataclass(frozen=True)
class RecordSuperseded:
    """What a colleague had entered for somebody lost its meaning: they decided themselves."""

    round: int
    who: str


def decide(
    session: Session, mission: str, *, by: str, at: datetime, decision: str, comment: str = "", version_hash: str = "",
    paragraph: str = "", ref: str | None = None,
) -> Decision:  # fmt: skip
    """A person decides on the text of the open round. `version_hash` (at least 12 characters) is the text that they
    read; another one is refused. A second decision on a seat is a `Conflict`. A state that dissociates itself names
    the `paragraph`; one that withdraws leaves the mission, and its seat, its members and the text follow."""
    if ref and audit.happened(session, mission, ref):
        return (
            session.scalars(select(Decision).where(Decision.by == by).order_by(Decision.id.desc())).first() or _never()
        )
    missions.lock(session, mission)  # of two decisions at one instant the second is told of the first
    round_ = open_now(session, mission)
    return _decide(
        session, mission, round_, who=by, decision=decision, comment=comment, version_hash=version_hash, at=at,
        channel="in_person", paragraph=paragraph, ref=ref,
    )  # fmt: skip


def by_link(
    session: Session, mission: str, round_: ApprovalRound, *, who: str, at: datetime, decision: str, comment: str
) -> Decision:
    """A person decides by the link in a letter (`ieom.acts.deciding_by_link`), on the texts of this round."""
    return _decide(
        session, mission, round_, who=who, decision=decision, comment=comment, version_hash="", at=at, channel="link",
        paragraph="", ref=None,
    )  # fmt: skip


def _never() -> Decision:
    raise NotFound("the decision is in the chain but not in the records")


def _check_hash(session: Session, mission: str, round_: ApprovalRound, digest: str) -> None:
    if not digest:
        return
    if not any(known.startswith(digest) for known in round_.hashes.values()) or len(digest) < 12:
        newest = drafts.newest(session, mission)
        raise Refused(
            f"this decision names another text ({digest[:12]}…) than the one asked about "
            f"({next(iter(round_.hashes.values()))[:12]}…, version {newest.number if newest else '?'}): read that one first"
        )


def _decide(
    session: Session, mission: str, round_: ApprovalRound, *, who: str, decision: str, comment: str, version_hash: str,
    at: datetime, channel: str, paragraph: str, ref: str | None,
) -> Decision:  # fmt: skip
    seat, digest = checked(
        session, mission, round_, who=who, decision=decision, comment=comment, version_hash=version_hash, paragraph=paragraph
    )  # fmt: skip
    row = Decision(
        seat=seat.id, content_hash=digest, hashes=dict(round_.hashes), decision=decision, paragraph=paragraph, by=who,
        at=at, comment=comment, channel=channel, evidence="", recorded_by=who,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = StatementDecided(round_.number, seat.who, decision, digest, channel, dict(round_.hashes))
    audit.append(session, mission, by=who, at=at, act=act, ref=ref)
    waits = approvals.waiting(session, round_.id).get(seat.id)
    if waits is not None:
        session.add(RecordedEnd(recorded=waits.id, became="superseded", by=who, at=at))
        session.flush()
        audit.append(session, mission, by=who, at=at, act=RecordSuperseded(round_.number, seat.who))
    follow(session, mission, seat, row, by=who, at=at)
    return row


def checked(
    session: Session, mission: str, round_: ApprovalRound, *, who: str, decision: str, comment: str, version_hash: str,
    paragraph: str,
) -> tuple[ApprovalSeat, str]:  # fmt: skip
    """The seat on which this person may decide so, and the hash of the text. Raises `Conflict` where a decision is there."""
    _still_there(session, mission, who)
    seat, state, known = seat_of(session, round_, who)
    _check_hash(session, mission, round_, version_hash)
    if known is not None:
        raise Conflict(
            f"{seat.who} decided already in round {round_.number}: {known.decision.replace('_', ' ')}, by {known.by} at "
            f"{known.at:%Y-%m-%d %H:%M} UTC; a decision is never changed"
        )
    digest = next(iter(round_.hashes.values()))
    content = drafts.by_hash(session, mission, digest).content
    keys = (*(one["key"] for one in content["paragraphs"]), *content.get("removed", []))
    no = rules.may_decide(state, who, decision, comment=comment, paragraph=paragraph, paragraphs=keys)
    if no:
        raise Refused(no)
    return seat, digest


def _still_there(session: Session, mission: str, who: str) -> None:
    """Whoever has left the mission decides nothing in it, whatever link they hold; nor does anybody once it is closed."""
    row = session.get(Member, (mission, who))
    if row is not None and row.status in LEAVING:
        raise Refused(
            f"{row.office} has left the mission, and decides on its statement no more; somebody else is named instead"
        )
    if missions.get(session, mission).state == "closed":
        raise Refused("the mission is closed; nothing is decided in it any more")


def follow(session: Session, mission: str, seat: ApprovalSeat, row: Decision, *, by: str, at: datetime) -> None:
    """What hangs on a decision that counts: the composition, the rule and the text follow a state that withdraws, and
    the round ends with that."""
    if row.decision != "withdraw":
        return
    if not seat.state or seat.state not in {one.code for one in missions.facts(session, mission).states}:
        raise Refused(f"the seat of {seat.who} names no state of this mission that could withdraw")
    composition.state_withdraws(
        session, mission, by=by, at=at, state=seat.state,
        reason=row.comment or f"decision of {seat.who} on the statement",
    )  # fmt: skip
