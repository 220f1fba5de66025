"""What an approver says is not their decision: recorded for them, or made by a link that was sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts.answering import office_of, tell
from ieom.acts.rounds import end_round, newest_round, seat_of
from ieom.acts.versions import released
from ieom.errors import Conflict, NotFound, Refused
from ieom.mail.letters import queue
from ieom.records import approvals, audit, members, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Contradiction, Decision, Recorded, RecordedEnd


@dataclass(frozen=True)
class DecisionContradicted:
    """The approver said that a decision recorded for them is not theirs."""

    round: int
    who: str


def contradict(session: Session, mission: str, *, by: str, at: datetime, why: str = "", ref: str | None = None) -> bool:
    """The approver says that the decision recorded for them, or made by a link sent to them, is not theirs. Possible until
    the release goes. A round that it counted in is void; one in which it was not confirmed yet goes on. Returns whether
    the round is void by it."""
    if ref and audit.happened(session, mission, ref):
        return False
    missions.lock(session, mission)
    round_ = newest_round(session, mission)
    if round_ is None:
        raise NotFound("no round of approval has begun")
    seat, _state, row = seat_of(session, round_, by)
    waits = approvals.waiting(session, round_.id).get(seat.id)
    if row is None and waits is not None:
        disown(session, mission, round_, seat, waits, by=by, at=at, why=why, ref=ref)
        return False
    if row is None or row.channel not in {"telephone", "paper", "link"}:
        raise NotFound(f"no decision by telephone, on paper or by link is recorded for '{by}'")
    return against(session, mission, round_, seat, row, by=by, at=at, why=why, ref=ref)


def disown(
    session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, row: Recorded, *, by: str, at: datetime,
    why: str, ref: str | None = None,
) -> None:  # fmt: skip
    """Before it was confirmed: it counted for nothing, so nothing of the round falls with it."""
    session.add(RecordedEnd(recorded=row.id, became="contradicted", by=by, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=DecisionContradicted(round_.number, seat.who), ref=ref)
    _tell(session, mission, round_, seat, row, by=by, at=at, why=why, void=False)


def against(
    session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, row: Decision, *, by: str, at: datetime,
    why: str, ref: str | None = None,
) -> bool:  # fmt: skip
    """Once it counted: the round in which it did is void. Returns whether it was."""
    if released(session, mission, round_=round_.id):
        raise Refused("the release has gone; a correction is the way now")
    if row.id in approvals.contradictions(session, round_.id):
        raise Conflict(f"the decision recorded for {seat.who} is contradicted already")
    session.add(Contradiction(decision=row.id, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=DecisionContradicted(round_.number, seat.who), ref=ref)
    void = round_.status in {"open", "approved"}
    if void:
        said = f"{office_of(session, mission, by)} contradicted a recorded decision"
        end_round(session, mission, round_, by=by, at=at, status="void", why=said)
    _tell(session, mission, round_, seat, row, by=by, at=at, why=why, void=void)
    return void


def _tell(
    session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, row: Decision | Recorded, *, by: str,
    at: datetime, why: str, void: bool,
) -> None:  # fmt: skip
    """The coordinator and the head of mission are told at once, save who said it."""
    head = members.head(session, mission)
    facts = {
        "office": office_of(session, mission, by), "decision": row.decision, "channel": row.channel, "moment": row.at,
        "recorded_by": office_of(session, mission, row.recorded_by) if row.recorded_by != row.by else "",
        "round": round_.number, "why": why, "void": void, "status": round_.status,
    }  # fmt: skip
    occasion = f"contradicted:{round_.number}:{seat.who}" + (f":{row.id}" if isinstance(row, Recorded) else "")
    for code in dict.fromkeys(("coordinator", *([head.code] if head is not None else []))):
        try:
            to = tell(session, mission, code)
        except NotFound:
            continue
        if code != by and to.email:
            queue(session, mission, kind="decision_contradicted", occasion=occasion, to=to, facts=facts, at=at)
