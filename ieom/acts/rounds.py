"""Rounds of approval: on which texts, who has a seat, what was decided, and how a round ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.answering import is_ready
from ieom.errors import BadInput, Refused
from ieom.folder.names import load_names
from ieom.records import approvals, audit, drafts, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Confirmation, Contradiction, Decision
from ieom.records.statements import StatementVersion
from ieom.rules.approval import YES, SeatState, carries, outcome, rule_digest, same_hashes

EDITED = "the text was edited"
"""Why a round ended whose text is another one since."""


@dataclass(frozen=True)
class RoundOpened:
    """A round of approval began on these texts."""

    number: int
    hashes: dict[str, str]
    rule: str
    """Hash of the rule and the seats as they were when it began."""


@dataclass(frozen=True)
class RoundEnded:
    """A round came to its end."""

    number: int
    status: str


def newest_round(session: Session, mission: str) -> ApprovalRound | None:
    """The newest round, whatever its status."""
    query = select(ApprovalRound).where(ApprovalRound.mission == mission).order_by(ApprovalRound.number.desc()).limit(1)
    return session.scalars(query).one_or_none()


def approved_round(session: Session, mission: str) -> ApprovalRound | None:
    """The round whose text may be released, or None."""
    row = newest_round(session, mission)
    return row if row is not None and row.status == "approved" else None


def open_now(session: Session, mission: str) -> ApprovalRound:
    """The open round. Raises `Refused` when there is none, or when its text was edited since it began."""
    row = newest_round(session, mission)
    if row is None or row.status != "open":
        raise Refused("no round of approval is open" + (f"; round {row.number} is {row.status}" if row else ""))
    if not stands(session, mission, row):
        raise Refused(f"the text was edited since round {row.number} began; a new round asks for the new text")
    return row


def stands(session: Session, mission: str, round_: ApprovalRound) -> bool:
    """Whether a round's texts are the newest ones of the authentic languages. A supplement takes nothing back of what
    was approved and released before it."""
    newest = {
        language: drafts.newest(session, mission, language) for language in missions.facts(session, mission).languages
    }
    if same_hashes(round_.hashes, {language: row.content_hash for language, row in newest.items() if row is not None}):
        return True
    return round_.status == "approved" and all(row is not None and row.kind == "supplement" for row in newest.values())


def seats(session: Session, round_: ApprovalRound) -> list[tuple[ApprovalSeat, SeatState, Decision | None]]:
    """Every seat of a round with its state and its decision row. What was recorded for a seat and waits for its confirmation
    is in its state, without counting, and is no row: it is no decision yet."""
    found = []
    decisions = {
        row.seat: row
        for row in session.scalars(
            select(Decision).join(ApprovalSeat, ApprovalSeat.id == Decision.seat).where(ApprovalSeat.round == round_.id)
        )
    }
    entered = approvals.recorded(session, round_.id)
    waits = {row.seat: row for row, end in entered if end is None}
    disowned = {row.seat for row, end in entered if end is not None and end.became == "contradicted"}
    confirmed = set(session.scalars(select(Confirmation.decision)))
    contradicted = set(session.scalars(select(Contradiction.decision)))
    query = select(ApprovalSeat).where(ApprovalSeat.round == round_.id).order_by(ApprovalSeat.position)
    for seat in session.scalars(query):
        decision = decisions.get(seat.id)
        waiting = waits.get(seat.id) if decision is None else None
        counts = (
            waiting is None
            if decision is None
            else (
                decision.id not in contradicted
                and (decision.channel in {"in_person", "link", "silence"} or decision.id in confirmed)
            )
        )
        agreed = (
            decision is not None and decision.decision == "dissociate" and _carried(session, round_, seat, decision)
        )
        state = SeatState(
            seat.position, seat.who, seat.capacity,
            decision.decision if decision else waiting.decision if waiting else None, counts,
            seat.asked_at is not None, tuple(seat.deputies), seat.silence_until, agreed,
            decision.by if decision else "", seat.id in disowned,
        )  # fmt: skip
        found.append((seat, state, decision))
    return found


def _carried(session: Session, round_: ApprovalRound, seat: ApprovalSeat, decision: Decision) -> bool:
    """Whether each authentic text says that the state dissociates itself from the paragraph, or leaves it out."""
    on = missions.facts(session, round_.mission).election_day
    for language, digest in round_.hashes.items():
        content = drafts.by_hash(session, round_.mission, digest).content
        if not carries(content, decision.paragraph, load_names().running(seat.state, language, on=on)):
            return False
    return True


def comes_to(session: Session, mission: str, round_: ApprovalRound) -> str:
    """What an open round comes to by what was decided so far: 'open' where somebody is still awaited. The next look at the
    mission ends it so."""
    states = [state for _, state, _ in seats(session, round_)]
    authors = {version.by for version in proven(session, mission, round_)}
    return outcome(states, quorum=round_.rule["quorum"], authors=authors)


def lapsed(session: Session, mission: str, round_: ApprovalRound) -> bool:
    """Whether a round had approved its text and is void by an edit of it."""
    edited = round_.status == "void" and round_.ended_why == EDITED
    return edited and comes_to(session, mission, round_) == "approved"


def would_fall(session: Session, mission: str, digest: str) -> list[str]:
    """Codes of those whose yes to a text (its hash) counts now, in a round that is open or has approved it: another
    version makes these decisions void."""
    row = newest_round(session, mission)
    if row is None or row.status not in {"open", "approved"} or digest not in row.hashes.values():
        return []
    return [seat.who for seat, state, _ in seats(session, row) if state.decided in YES]


def seat_of(
    session: Session, round_: ApprovalRound, who: str
) -> tuple[ApprovalSeat, SeatState, Decision | None]:  # fmt: skip
    """The seat that somebody decides on, as its holder or as a deputy named beforehand. Raises `Refused`."""
    found = seats(session, round_)
    for one in (*(f for f in found if f[0].who == who), *(f for f in found if who in f[0].deputies)):
        return one
    raise Refused(f"'{who}' has no seat in round {round_.number}", command="'ieom approval status' lists who has")


def open_round(session: Session, mission: str, *, by: str, at: datetime) -> ApprovalRound:
    """Open a round on the newest version of each authentic language; each must have been asked approval for."""
    facts = missions.facts(session, mission)
    hashes = {}
    for language in facts.languages:
        row = drafts.newest(session, mission, language)
        if row is None or is_ready(session, mission, row.content_hash) is None:
            raise Refused(
                f"approval of the statement in '{language}' was not asked for; ask for it first",
                command="'ieom statement ready' does",
            )
        hashes[language] = row.content_hash
    last = newest_round(session, mission)
    if last is not None and last.status == "open":
        raise Refused(f"round {last.number} is open; it ends before another begins")
    round_ = ApprovalRound(
        mission=mission, number=(last.number if last else 0) + 1, hashes=hashes,
        rule=facts.approval.model_dump(mode="json", exclude={"link_asks"}), opened_at=at, opened_by=by, status="open",
    )  # fmt: skip
    session.add(round_)
    session.flush()
    for position, seat in enumerate(facts.approval.seats, start=1):
        until = at + timedelta(hours=seat.silence_hours) if seat.silence_hours else None
        session.add(
            ApprovalSeat(
                round=round_.id, position=position, who=seat.who, capacity=seat.capacity, state=seat.state,
                deputies=list(seat.deputies), silence_until=until,
            )
        )  # fmt: skip
    session.flush()
    audit.append(session, mission, by=by, at=at, act=RoundOpened(round_.number, hashes, rule_of(session, round_)))
    return round_


def rule_of(session: Session, round_: ApprovalRound) -> str:
    """The hash of a round's rule and of who has a seat, which the act that opened it holds: a quorum lowered in the
    database, or a seat taken out, is another rule than the one that was opened."""
    query = select(ApprovalSeat).where(ApprovalSeat.round == round_.id).order_by(ApprovalSeat.position)
    return rule_digest(
        round_.rule,
        [(seat.position, seat.who, seat.capacity, seat.state, seat.deputies) for seat in session.scalars(query)],
    )


def end_round(
    session: Session, mission: str, round_: ApprovalRound, *, by: str, at: datetime, status: str, why: str
) -> None:
    """End a round; what was decided in it stays on record."""
    round_.status, round_.ended_at, round_.ended_why = status, at, why
    audit.append(session, mission, by=by, at=at, act=RoundEnded(round_.number, status))


def stop(session: Session, mission: str, *, by: str, at: datetime, why: str, ref: str | None = None) -> None:
    """Stop the open round. A new one begins when approval is asked for again."""
    if ref and audit.happened(session, mission, ref):
        return
    if not why.strip():
        raise BadInput("say why the round is stopped")
    round_ = newest_round(session, mission)
    if round_ is None or round_.status != "open":
        raise Refused(
            "no round of approval is open" + (f"; round {round_.number} is {round_.status}" if round_ else "")
        )
    round_.status, round_.ended_at, round_.ended_why = "stopped", at, why
    audit.append(session, mission, by=by, at=at, act=RoundEnded(round_.number, "stopped"), ref=ref)


def proven(session: Session, mission: str, round_: ApprovalRound) -> list[StatementVersion]:
    """The versions that the round is about, each text proved by its hash. Raises `Tampered`."""
    return [drafts.by_hash(session, mission, digest, until=round_.opened_at) for digest in round_.hashes.values()]
