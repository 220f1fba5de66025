"""Decisions on the statement: in person, by a link, or by telephone or on signed paper and then recorded by one, confirmed by
another, told to the approver. Each is bound to the hashes of a text and to a person, and is one row that never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import composition
from ieom.acts.answering import tell
from ieom.acts.rounds import end_round, newest_round, open_now, seat_of
from ieom.acts.versions import released
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.mail.letters import queue
from ieom.records import audit, drafts, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Confirmation, Contradiction, Decision
from ieom.rules import approval as rules


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
class DecisionConfirmed:
    """A second person confirmed a decision given by telephone or on paper."""

    round: int
    who: str


@dataclass(frozen=True)
class DecisionContradicted:
    """The approver said that a decision recorded for them is not theirs."""

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
        channel="in_person", evidence="", recorded_by=by, paragraph=paragraph, ref=ref,
    )  # fmt: skip


def by_link(
    session: Session, mission: str, round_: ApprovalRound, *, who: str, at: datetime, decision: str, comment: str
) -> Decision:
    """A person decides by the link in a letter (`ieom.acts.deciding_by_link`), on the texts of this round."""
    return _decide(
        session, mission, round_, who=who, decision=decision, comment=comment, version_hash="", at=at, channel="link",
        evidence="", recorded_by=who, paragraph="", ref=None,
    )  # fmt: skip


def record_decision(
    session: Session, mission: str, *, by: str, at: datetime, who: str, decision: str, channel: str, evidence: str,
    comment: str = "", version_hash: str = "", paragraph: str = "", ref: str | None = None,
) -> Decision:  # fmt: skip
    """Record a decision that somebody gave by telephone or on signed paper, with its evidence. It counts once another
    person has confirmed it; the approver is told and may contradict it until the release."""
    if channel not in {"telephone", "paper"}:
        raise BadInput(f"'{channel}' is neither telephone nor paper")
    if not evidence.strip():
        raise BadInput("say what shows the decision: who called whom when, or where the signed paper is filed")
    missions.lock(session, mission)
    round_ = open_now(session, mission)
    if by in {who, seat_of(session, round_, who)[0].who}:
        raise Refused("you decide for yourself; nobody records that for you", command="'ieom approve' does")
    if ref and audit.happened(session, mission, ref):
        return seat_of(session, round_, who)[2] or _never()
    row = _decide(
        session, mission, round_, who=who, decision=decision, comment=comment, version_hash=version_hash, at=at,
        channel=channel, evidence=evidence, recorded_by=by, paragraph=paragraph, ref=ref,
    )  # fmt: skip
    queue(
        session, mission, kind="approval_recorded", occasion=f"recorded:{round_.number}:{who}", to=tell(session, mission, who),
        facts={"decision": decision, "channel": channel, "round": round_.number, "hash": row.content_hash, "who": who,
               "recorded_by": tell(session, mission, by).office, "moment": at, "comment": comment}, at=at,
    )  # fmt: skip
    return row


def confirm_decision(
    session: Session, mission: str, *, by: str, at: datetime, who: str, ref: str | None = None
) -> None:
    """Another person than the one who recorded it confirms a decision given by telephone or on paper."""
    if ref and audit.happened(session, mission, ref):
        return
    round_ = open_now(session, mission)
    seat, _state, row = seat_of(session, round_, who)
    if row is None or row.channel not in {"telephone", "paper"}:
        raise NotFound(f"no decision by telephone or on paper is recorded for '{who}'")
    if by == row.recorded_by:
        raise Refused("another person than the one who recorded the decision confirms it")
    if session.scalars(select(Confirmation.id).where(Confirmation.decision == row.id)).first() is None:
        session.add(Confirmation(decision=row.id, by=by, at=at))
        session.flush()
        audit.append(session, mission, by=by, at=at, act=DecisionConfirmed(round_.number, seat.who), ref=ref)
        _follow(session, mission, seat, row, by=by, at=at)


def contradict(session: Session, mission: str, *, by: str, at: datetime, why: str = "", ref: str | None = None) -> None:
    """The approver says that the decision recorded for them, or made by a link sent to them, is not theirs. Possible until
    the release goes; the round that it won is void."""
    round_ = newest_round(session, mission)
    if round_ is None:
        raise NotFound("no round of approval has begun")
    if ref and audit.happened(session, mission, ref):
        return
    seat, _state, row = seat_of(session, round_, by)
    if row is None or row.channel not in {"telephone", "paper", "link"}:
        raise NotFound(f"no decision by telephone, on paper or by link is recorded for '{by}'")
    if released(session, mission, round_=round_.id):
        raise Refused("the release has gone; a correction is the way now")
    if session.scalars(select(Contradiction.id).where(Contradiction.decision == row.id)).first() is not None:
        raise Conflict(f"the decision recorded for {seat.who} is contradicted already")
    session.add(Contradiction(decision=row.id, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=DecisionContradicted(round_.number, seat.who), ref=ref)
    if round_.status in {"open", "approved"}:
        end_round(session, mission, round_, by=by, at=at, status="void", why=f"{by} contradicted a recorded decision")


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
    at: datetime, channel: str, evidence: str, recorded_by: str, paragraph: str, ref: str | None,
) -> Decision:  # fmt: skip
    seat, state, known = seat_of(session, round_, who)
    _check_hash(session, mission, round_, version_hash)
    if known is not None and state.counts:
        raise Conflict(
            f"{seat.who} decided already in round {round_.number}: {known.decision.replace('_', ' ')}, by {known.by} at "
            f"{known.at:%Y-%m-%d %H:%M} UTC; a decision is never changed"
        )
    if known is not None:
        raise Conflict(
            f"a decision is recorded for {seat.who} and waits to be confirmed", command="see 'ieom approval status'"
        )
    digest = next(iter(round_.hashes.values()))
    content = drafts.by_hash(session, mission, digest).content
    keys = (*(one["key"] for one in content["paragraphs"]), *content.get("removed", []))
    no = rules.may_decide(state, who, decision, comment=comment, paragraph=paragraph, paragraphs=keys)
    if no:
        raise Refused(no)
    row = Decision(
        seat=seat.id, content_hash=digest, hashes=dict(round_.hashes), decision=decision, paragraph=paragraph, by=who,
        at=at, comment=comment, channel=channel, evidence=evidence, recorded_by=recorded_by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = StatementDecided(round_.number, seat.who, decision, digest, channel, dict(round_.hashes))
    audit.append(session, mission, by=recorded_by, at=at, act=act, ref=ref)
    if channel in {"in_person", "link"}:
        _follow(session, mission, seat, row, by=who, at=at)
    return row


def _follow(session: Session, mission: str, seat: ApprovalSeat, row: Decision, *, by: str, at: datetime) -> None:
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
