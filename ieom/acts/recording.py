"""Decisions given by telephone or on signed paper: entered by one person with what shows them, confirmed by another, told to
the approver. Until it is confirmed a record is no decision: the approver's own takes its place, and a slip is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import links
from ieom.acts.answering import office_of, tell
from ieom.acts.deciding import checked, follow
from ieom.acts.rounds import newest_round, open_now, seat_of
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.mail.letters import queue
from ieom.records import approvals, audit, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Confirmation, Decision, Recorded, RecordedEnd


@dataclass(frozen=True)
class DecisionRecorded:
    """A decision given by telephone or on paper was entered; it counts for nothing until another person confirms it."""

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
class RecordTakenBack:
    """What was entered for somebody was a slip, and was taken back before it counted."""

    round: int
    who: str


def record_decision(
    session: Session, mission: str, *, by: str, at: datetime, who: str, decision: str, channel: str, evidence: str,
    comment: str = "", version_hash: str = "", paragraph: str = "", ref: str | None = None,
) -> Recorded:  # fmt: skip
    """Record a decision that somebody gave by telephone or on signed paper, with its evidence. It counts once another
    person has confirmed it; the approver is told and may contradict it until the release."""
    if channel not in {"telephone", "paper"}:
        raise BadInput(f"'{channel}' is neither telephone nor paper")
    if not evidence.strip():
        raise BadInput("say what shows the decision: who called whom when, or where the signed paper is filed")
    missions.lock(session, mission)
    if ref and audit.happened(session, mission, ref):
        return _newest(session, mission, who)[2]
    round_ = open_now(session, mission)
    if by in {who, seat_of(session, round_, who)[0].who}:
        raise Refused("you decide for yourself; nobody records that for you", command="'ieom approve' does")
    seat, digest = checked(
        session, mission, round_, who=who, decision=decision, comment=comment, version_hash=version_hash, paragraph=paragraph
    )  # fmt: skip
    waits = approvals.waiting(session, round_.id).get(seat.id)
    if waits is not None:
        raise Conflict(
            f"a decision is recorded for {office_of(session, mission, seat.who)} already, and waits for a second person; if "
            "it is wrong, take it back first",
            command="'ieom approval take-back' does",
        )
    row = Recorded(
        seat=seat.id, content_hash=digest, hashes=dict(round_.hashes), decision=decision, paragraph=paragraph, by=who,
        at=at, comment=comment, channel=channel, evidence=evidence, recorded_by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = DecisionRecorded(round_.number, seat.who, decision, digest, channel, dict(round_.hashes))
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    _tell(session, mission, round_, row, kind="approval_recorded", why="", by=by, at=at)
    return row


def confirm_decision(
    session: Session, mission: str, *, by: str, at: datetime, who: str, ref: str | None = None
) -> None:
    """Another person than the one who recorded it confirms a decision given by telephone or on paper. Raises `Conflict`
    when the approver decided meanwhile, or it was taken back."""
    if ref and audit.happened(session, mission, ref):
        return
    missions.lock(session, mission)  # of a confirmation, the approver's own decision and a taking back one comes first
    round_, seat, row, end = _newest(session, mission, who)
    if end is not None and end.became == "confirmed":
        return
    if end is not None:
        raise Conflict(f"there is nothing to confirm: {_became(session, mission, seat, end)}")
    if by == row.recorded_by:
        raise Refused("another person than the one who recorded the decision confirms it")
    open_now(session, mission)
    made = Decision(
        seat=row.seat, content_hash=row.content_hash, hashes=dict(row.hashes), decision=row.decision,
        paragraph=row.paragraph, by=row.by, at=row.at, comment=row.comment, channel=row.channel, evidence=row.evidence,
        recorded_by=row.recorded_by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(
        (Confirmation(decision=made.id, by=by, at=at), RecordedEnd(recorded=row.id, became="confirmed", by=by, at=at))
    )
    session.flush()
    audit.append(session, mission, by=by, at=at, act=DecisionConfirmed(round_.number, seat.who), ref=ref)
    follow(session, mission, seat, made, by=by, at=at)


def take_back(
    session: Session, mission: str, *, by: str, at: datetime, who: str, why: str, ref: str | None = None
) -> None:
    """Take back what was entered for somebody by a slip, before it is confirmed: whoever entered it, or the coordinator.
    The record stays, and says so; the approver is told that they are still asked."""
    if ref and audit.happened(session, mission, ref):
        return
    if not why.strip():
        raise BadInput("say why it is taken back; the approver is told")
    missions.lock(session, mission)
    round_, seat, row, end = _newest(session, mission, who)
    if end is not None:
        raise Conflict(f"there is nothing to take back: {_became(session, mission, seat, end)}")
    if round_.status != "open":
        raise Refused(f"round {round_.number} has ended; what was never confirmed counts for nothing")
    if by not in {row.recorded_by, "coordinator"}:
        raise Refused("who recorded a decision takes it back, or the coordinator")
    session.add(RecordedEnd(recorded=row.id, became="taken_back", by=by, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=RecordTakenBack(round_.number, seat.who), ref=ref)
    _tell(session, mission, round_, row, kind="record_taken_back", why=why, by=by, at=at)


def _newest(
    session: Session, mission: str, who: str
) -> tuple[ApprovalRound, ApprovalSeat, Recorded, RecordedEnd | None]:
    """What was entered for somebody last, in the newest round. Raises `NotFound`."""
    round_ = newest_round(session, mission)
    if round_ is None:
        raise NotFound("no round of approval has begun")
    seat = seat_of(session, round_, who)[0]
    found = [one for one in approvals.recorded(session, round_.id) if one[0].seat == seat.id]
    if not found:
        raise NotFound(f"no decision by telephone or on paper is recorded for '{who}'")
    return round_, seat, *found[-1]


def _became(session: Session, mission: str, seat: ApprovalSeat, end: RecordedEnd) -> str:
    """What became of a record, as it is said to whoever comes too late."""
    by, moment = office_of(session, mission, end.by), f"at {end.at:%Y-%m-%d %H:%M} UTC"
    holder = office_of(session, mission, seat.who)
    match end.became:
        case "confirmed":
            return f"it was confirmed by {by} {moment}, and counts; only {holder} may contradict it"
        case "superseded":
            return f"{by} has decided since, {moment}, and that counts"
        case "contradicted":
            return f"{by} said {moment} that it is not their decision"
        case _:
            return f"it was taken back by {by} {moment}: {end.why}"


def _tell(
    session: Session, mission: str, round_: ApprovalRound, row: Recorded, *, kind: str, why: str, by: str, at: datetime
) -> None:
    """The approver is told what was entered for them, and that it was taken back."""
    to = tell(session, mission, row.by)
    if not to.email:
        return
    count = sum(one.by == row.by for one, _ in approvals.recorded(session, round_.id))
    facts = {
        "decision": row.decision, "channel": row.channel, "round": round_.number, "hash": row.content_hash, "who": row.by,
        "recorded_by": office_of(session, mission, by), "moment": at, "comment": row.comment, "why": why,
    }  # fmt: skip
    if kind == "approval_recorded":
        seat = seat_of(session, round_, row.by)[0]
        facts |= links.told(session, mission, round_, seat, row.by, at=at, purpose="contradict", recorded=row.id)
    occasion = f"{'recorded' if kind == 'approval_recorded' else 'taken-back'}:{round_.number}:{row.by}"
    queue(
        session, mission, kind=kind, occasion=occasion if count == 1 else f"{occasion}:{count}", to=to, facts=facts, at=at
    )  # fmt: skip
