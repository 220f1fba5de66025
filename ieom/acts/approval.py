"""Stage 6, approval: who must decide is asked; each decision is bound to a hash and is one row that never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import drafting
from ieom.acts.drafting import tell
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import Attachment, queue
from ieom.papers.statement import statement_pdf
from ieom.records import audit, drafts, members, missions
from ieom.records.approvals import (
    ApprovalRound,
    ApprovalSeat,
    Confirmation,
    Contradiction,
    Decision,
    EditorialCorrection,
)
from ieom.records.statements import StatementVersion
from ieom.rules import approval as rules
from ieom.rules.approval import SeatState
from ieom.rules.difference import editorial_only
from ieom.rules.statement import people_only
from ieom.rules.timeline import Stage, Standing, State, owes


@dataclass(frozen=True)
class RoundOpened:
    """A round of approval began on these texts."""

    number: int
    hashes: dict[str, str]


@dataclass(frozen=True)
class RoundEnded:
    """A round came to its end."""

    number: int
    status: str


@dataclass(frozen=True)
class StatementDecided:
    """Somebody decided on a text."""

    round: int
    who: str
    decision: str
    content_hash: str
    channel: str


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


@dataclass(frozen=True)
class EditorialCorrectionMade:
    """A correction that touches nothing of substance went by the head and a second approver."""

    round: int
    old_hash: str
    new_hash: str
    second: str


def newest_round(session: Session, mission: str) -> ApprovalRound | None:
    """The newest round, whatever its status."""
    query = select(ApprovalRound).where(ApprovalRound.mission == mission).order_by(ApprovalRound.number.desc()).limit(1)
    return session.scalars(query).one_or_none()


def approved_round(session: Session, mission: str) -> ApprovalRound | None:
    """The round whose text may be released, or None."""
    row = newest_round(session, mission)
    return row if row is not None and row.status == "approved" else None


def seats(session: Session, round_: ApprovalRound) -> list[tuple[ApprovalSeat, SeatState, Decision | None]]:
    """Every seat of a round with its state and its decision row."""
    found = []
    decisions = {
        row.seat: row
        for row in session.scalars(
            select(Decision).join(ApprovalSeat, ApprovalSeat.id == Decision.seat).where(ApprovalSeat.round == round_.id)
        )
    }
    confirmed = set(session.scalars(select(Confirmation.decision)))
    contradicted = set(session.scalars(select(Contradiction.decision)))
    query = select(ApprovalSeat).where(ApprovalSeat.round == round_.id).order_by(ApprovalSeat.position)
    for seat in session.scalars(query):
        decision = decisions.get(seat.id)
        counts = decision is None or (
            decision.id not in contradicted
            and (decision.channel in {"in_person", "silence"} or decision.id in confirmed)
        )
        state = SeatState(
            seat.position, seat.who, seat.capacity, decision.decision if decision else None, counts,
            seat.asked_at is not None, tuple(seat.deputies), seat.silence_until,
        )  # fmt: skip
        found.append((seat, state, decision))
    return found


def open_round(session: Session, mission: str, *, by: str, at: datetime) -> ApprovalRound:
    """Open a round on the newest version of each authentic language; each must have been asked approval for."""
    facts = missions.facts(session, mission)
    hashes = {}
    for language in facts.languages:
        row = drafts.newest(session, mission, language)
        if row is None or drafting.is_ready(session, mission, row.content_hash) is None:
            raise Refused(f"approval of the statement in '{language}' was not asked for; 'ieom statement ready' does")
        hashes[language] = row.content_hash
    last = newest_round(session, mission)
    if last is not None and last.status == "open":
        raise Refused(f"round {last.number} is open; it ends before another begins")
    round_ = ApprovalRound(
        mission=mission, number=(last.number if last else 0) + 1, hashes=hashes,
        rule=facts.approval.model_dump(mode="json"), opened_at=at, opened_by=by, status="open",
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
    audit.append(session, mission, by=by, at=at, act=RoundOpened(round_.number, hashes))
    return round_


def end_round(
    session: Session, mission: str, round_: ApprovalRound, *, by: str, at: datetime, status: str, why: str
) -> None:
    """End a round; what was decided in it stays on record."""
    round_.status, round_.ended_at, round_.ended_why = status, at, why
    audit.append(session, mission, by=by, at=at, act=RoundEnded(round_.number, status))


def _open(session: Session, mission: str) -> ApprovalRound:
    row = newest_round(session, mission)
    if row is None or row.status != "open":
        raise Refused("no round of approval is open" + (f"; round {row.number} is {row.status}" if row else ""))
    return row


def _seat(session: Session, round_: ApprovalRound, who: str) -> tuple[ApprovalSeat, SeatState, Decision | None]:
    for found in seats(session, round_):
        if who == found[0].who or who in found[0].deputies:
            return found
    raise Refused(f"'{who}' has no seat in round {round_.number}")


def _check_hash(session: Session, mission: str, round_: ApprovalRound, digest: str) -> None:
    if not digest:
        return
    if not any(known.startswith(digest) for known in round_.hashes.values()) or len(digest) < 12:
        newest = drafts.newest(session, mission)
        raise Refused(
            f"this decision names another text ({digest[:12]}…) than the one asked about "
            f"({next(iter(round_.hashes.values()))[:12]}…, version {newest.number if newest else '?'}): read that one first"
        )


def decide(
    session: Session, mission: str, *, by: str, at: datetime, decision: str, comment: str = "", version_hash: str = "",
    ref: str | None = None,
) -> Decision:  # fmt: skip
    """A person decides on the text of the open round. `version_hash` (at least 12 characters) is the text that they
    read; another one is refused. A second decision on a seat is a `Conflict`."""
    if ref and audit.happened(session, mission, ref):
        return (
            session.scalars(select(Decision).where(Decision.by == by).order_by(Decision.id.desc())).first() or _never()
        )
    round_ = _open(session, mission)
    return _decide(
        session, mission, round_, who=by, decision=decision, comment=comment, version_hash=version_hash, at=at,
        channel="in_person", evidence="", recorded_by=by, ref=ref,
    )  # fmt: skip


def _never() -> Decision:
    raise NotFound("the decision is in the chain but not in the records")


def record_decision(
    session: Session, mission: str, *, by: str, at: datetime, who: str, decision: str, channel: str, evidence: str,
    comment: str = "", version_hash: str = "", ref: str | None = None,
) -> Decision:  # fmt: skip
    """Record a decision that somebody gave by telephone or on signed paper, with its evidence. It counts once another
    person has confirmed it; the approver is told and may contradict it until the release."""
    if channel not in {"telephone", "paper"}:
        raise BadInput(f"'{channel}' is neither telephone nor paper")
    if not evidence.strip():
        raise BadInput("say what shows the decision: who called whom when, or where the signed paper is filed")
    round_ = _open(session, mission)
    if by == _seat(session, round_, who)[0].who:
        raise Refused("you decide for yourself with 'ieom approve'")
    if ref and audit.happened(session, mission, ref):
        return _seat(session, round_, who)[2] or _never()
    row = _decide(
        session, mission, round_, who=who, decision=decision, comment=comment, version_hash=version_hash, at=at,
        channel=channel, evidence=evidence, recorded_by=by, ref=ref,
    )  # fmt: skip
    queue(
        session, mission, kind="approval_recorded", occasion=f"recorded:{round_.number}:{who}", to=tell(session, mission, who),
        facts={"decision": decision, "channel": channel, "round": round_.number, "hash": row.content_hash,
               "recorded_by": tell(session, mission, by).office, "moment": at}, at=at,
    )  # fmt: skip
    return row


def _decide(
    session: Session, mission: str, round_: ApprovalRound, *, who: str, decision: str, comment: str, version_hash: str,
    at: datetime, channel: str, evidence: str, recorded_by: str, ref: str | None,
) -> Decision:  # fmt: skip
    seat, state, known = _seat(session, round_, who)
    _check_hash(session, mission, round_, version_hash)
    if known is not None and state.counts:
        raise Conflict(
            f"{seat.who} decided already in round {round_.number}: {known.decision.replace('_', ' ')}, by {known.by} at "
            f"{known.at:%Y-%m-%d %H:%M} UTC; a decision is never changed"
        )
    if known is not None:
        raise Conflict(f"a decision is recorded for {seat.who} and waits to be confirmed; see 'ieom approval status'")
    no = rules.may_decide(state, who, decision, comment=comment)
    if no:
        raise Refused(no)
    digest = next(iter(round_.hashes.values()))
    row = Decision(
        seat=seat.id, content_hash=digest, decision=decision, by=who, at=at, comment=comment, channel=channel,
        evidence=evidence, recorded_by=recorded_by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = StatementDecided(round_.number, seat.who, decision, digest, channel)
    audit.append(session, mission, by=recorded_by, at=at, act=act, ref=ref)
    return row


def confirm_decision(
    session: Session, mission: str, *, by: str, at: datetime, who: str, ref: str | None = None
) -> None:
    """Another person than the one who recorded it confirms a decision given by telephone or on paper."""
    if ref and audit.happened(session, mission, ref):
        return
    round_ = _open(session, mission)
    seat, _state, row = _seat(session, round_, who)
    if row is None or row.channel not in {"telephone", "paper"}:
        raise NotFound(f"no decision by telephone or on paper is recorded for '{who}'")
    if by == row.recorded_by:
        raise Refused("another person than the one who recorded the decision confirms it")
    if session.scalars(select(Confirmation.id).where(Confirmation.decision == row.id)).first() is None:
        session.add(Confirmation(decision=row.id, by=by, at=at))
        session.flush()
        audit.append(session, mission, by=by, at=at, act=DecisionConfirmed(round_.number, seat.who), ref=ref)


def contradict(session: Session, mission: str, *, by: str, at: datetime, why: str = "", ref: str | None = None) -> None:
    """The approver says that the decision recorded for them is not theirs. Possible until the release goes; the round
    that it won is void."""
    round_ = newest_round(session, mission)
    if round_ is None or (ref and audit.happened(session, mission, ref)):
        return
    seat, _state, row = _seat(session, round_, by)
    if row is None or row.channel not in {"telephone", "paper"}:
        raise NotFound(f"no decision by telephone or on paper is recorded for '{by}'")
    if drafting._released(session, mission):
        raise Refused("the release has gone; a correction is the way now")
    session.add(Contradiction(decision=row.id, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=DecisionContradicted(round_.number, seat.who), ref=ref)
    if round_.status in {"open", "approved"}:
        end_round(session, mission, round_, by=by, at=at, status="void", why=f"{by} contradicted a recorded decision")


def stop(session: Session, mission: str, *, by: str, at: datetime, why: str, ref: str | None = None) -> None:
    """Stop the open round."""
    if ref and audit.happened(session, mission, ref):
        return
    if not why.strip():
        raise BadInput("say why the round is stopped")
    end_round(session, mission, _open(session, mission), by=by, at=at, status="stopped", why=why)


def editorial_correction(
    session: Session, mission: str, *, by: str, at: datetime, second: str, paragraph: str, text: str, language: str = "en",
    ref: str | None = None,
) -> StatementVersion:  # fmt: skip
    """A correction of an approved text that touches no name, number, date, negation or finding: by the head of mission
    and a second approver on the new hash; the difference is sent to all approvers. Anything more is an edit."""
    round_ = approved_round(session, mission)
    head = members.head(session, mission)
    if round_ is None:
        raise Refused("no text is approved; before that an edit is the way")
    if head is None or by != head.code:
        raise Refused("an editorial correction is made by the head of mission with a second approver")
    if second == by or second not in {seat.who for seat, _, _ in seats(session, round_)}:
        raise Refused(f"'{second}' is no other approver of this round")
    if ref and audit.happened(session, mission, ref):
        return drafts.newest(session, mission, language) or drafting._none()
    old = drafts.by_hash(session, mission, round_.hashes[language])
    before = next((one["text"] for one in old.content["paragraphs"] if one["key"] == paragraph), None)
    if before is None:
        raise NotFound(f"there is no paragraph '{paragraph}'")
    names = [row.name for row in members.of(session, mission) if row.name]
    more = editorial_only(before, " ".join(text.split()), names=names)
    if more:
        raise Refused(f"this is more than an editorial correction: {', '.join(more)}; edit, and ask for approval again")
    content = {**old.content, "paragraphs": [dict(one) for one in old.content["paragraphs"]]}
    for one in content["paragraphs"]:
        if one["key"] == paragraph:
            one["text"] = " ".join(text.split())
            if len(one["sentences"]) == 1:
                one["sentences"] = [{**one["sentences"][0], "text": one["text"]}]
    row = drafting._write(
        session, mission, content, by=by, at=at, digest=old.evidence_digest, why="editorial correction",
        based_on=old.number, ref=None,
    )  # fmt: skip
    session.add(
        EditorialCorrection(
            mission=mission, round=round_.id, language=language, old_hash=old.content_hash,
            new_hash=row.content_hash, head=by, second=second, at=at,
        )
    )  # fmt: skip
    round_.hashes = {**round_.hashes, language: row.content_hash}
    session.flush()
    act = EditorialCorrectionMade(round_.number, old.content_hash, row.content_hash, second)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    for seat, _, _ in seats(session, round_):
        queue(
            session, mission, kind="editorial_difference", occasion=f"editorial:{row.number}:{seat.who}",
            to=tell(session, mission, seat.who), at=at,
            facts={"before": before, "after": " ".join(text.split()), "paragraph": paragraph, "hash": row.content_hash},
        )  # fmt: skip
    return row


def _ask(session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, at: datetime) -> None:
    facts = missions.facts(session, mission)
    version = drafts.by_hash(session, mission, next(iter(round_.hashes.values())))
    to = tell(session, mission, seat.who)
    if seat.silence_until is not None:
        hours = next(s.silence_hours for s in facts.approval.seats if s.who == seat.who) or 0
        seat.silence_until = at + timedelta(hours=hours)
    seat.asked_at = at
    head = audit.head(session, mission)
    paper = statement_pdf(
        version.content, number=version.number, digest=version.content_hash, chain_head=version.chain_head, zone=facts.zone,
        at=version.at, copy_for=to.office,
    )  # fmt: skip
    by = load_timeline().moment("approval_expected", facts)
    queue(
        session, mission, kind="approval_request", occasion=f"approval:{round_.number}:{seat.who}", to=to, at=at,
        facts={
            "round": round_.number, "version": version, "hash": version.content_hash,
            "chain_head": head.hash if head else "", "by": max(by, at + timedelta(minutes=30)), "silence_until": seat.silence_until,
            "people_only": [one["text"] for one in people_only(version.content)],
            "who": seat.who, "marking": version.content["marking"],
        },
        attachments=[Attachment(f"statement-{version.language}-v{version.number}.pdf", "application/pdf", paper)],
    )  # fmt: skip


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Open the round when approval was asked for, ask whose turn it is, record silence when its term passes, void the
    round when the text or the head changed, and end it when it is decided."""
    if not owes(Stage.APPROVAL, missions.get(session, mission).starts_at_stage):
        return Standing(Stage.APPROVAL, State.DONE, "The mission entered the system after this stage.")
    facts = missions.facts(session, mission)
    newest = {language: drafts.newest(session, mission, language) for language in facts.languages}
    hashes = {language: row.content_hash for language, row in newest.items() if row is not None}
    asked_for = len(hashes) == len(facts.languages) and all(
        drafting.is_ready(session, mission, digest) for digest in hashes.values()
    )
    round_ = newest_round(session, mission)
    if round_ is not None and round_.status in {"open", "approved"}:
        edited = not rules.same_hashes(round_.hashes, hashes)
        if edited and round_.status == "approved" and _supplement(newest):
            edited = False  # a supplement does not void what was approved and released before
        if edited:
            end_round(session, mission, round_, by="clock", at=at, status="void", why="the text was edited")
        else:
            rule_heads = {seat["who"] for seat in round_.rule["seats"] if seat["capacity"] == "head_of_mission"}
            now_heads = {seat.who for seat in facts.approval.seats if seat.capacity == "head_of_mission"}
            if round_.status == "open" and rule_heads != now_heads:
                end_round(
                    session, mission, round_, by="clock", at=at, status="void", why="the head of mission was replaced"
                )
    if (asked_for and (round_ is None or (round_.status not in {"open", "approved"} and round_.hashes != hashes))) or (
        asked_for and round_ is not None and round_.status == "void" and "text" not in round_.ended_why
    ):
        round_ = open_round(session, mission, by="clock", at=at)
    if round_ is None:
        return Standing(Stage.APPROVAL, State.NOT_DUE, "Approval was not asked for yet.", None, ("drafter",))
    if round_.status == "open":
        _walk(session, mission, round_, at)
    return _standing(session, round_, at)


def _supplement(newest: dict[str, StatementVersion | None]) -> bool:
    return all(row is not None and row.kind == "supplement" for row in newest.values())


def _walk(session: Session, mission: str, round_: ApprovalRound, at: datetime) -> None:
    found = seats(session, round_)
    digest = next(iter(round_.hashes.values()))
    for late in rules.silent([state for _, state, _ in found], at):
        seat = next(seat for seat, state, _ in found if state is late)
        session.add(
            Decision(
                seat=seat.id, content_hash=digest, decision="no_objection", by=seat.who, at=at, channel="silence",
                evidence=f"no objection within the term announced, {late.silence_until}", recorded_by="clock",
            )
        )  # fmt: skip
        session.flush()
        act = StatementDecided(round_.number, seat.who, "no_objection", digest, "silence")
        audit.append(session, mission, by="clock", at=at, act=act)
    found = seats(session, round_)
    states = [state for _, state, _ in found]
    version = drafts.by_hash(session, mission, digest)
    came_to = rules.outcome(states, quorum=round_.rule["quorum"], author=version.by)
    if came_to != "open":
        end_round(session, mission, round_, by="clock", at=at, status=came_to, why="")
        return
    by_position = {seat.position: seat for seat, _, _ in found}
    for state in rules.to_ask(states, order=round_.rule["order"]):
        _ask(session, mission, round_, by_position[state.position], at)


def _standing(session: Session, round_: ApprovalRound, at: datetime) -> Standing:
    found = [state for _, state, _ in seats(session, round_)]
    yes = sum(state.decided in rules.YES for state in found)
    if round_.status == "approved":
        aside = sum(state.decided in rules.ASIDE for state in found)
        extra = f", {aside} set aside" if aside else ""
        return Standing(Stage.APPROVAL, State.DONE, f"Round {round_.number}: approved by {yes} of {len(found)}{extra}.")
    if round_.status != "open":
        says = f"Round {round_.number} is {round_.status.replace('_', ' ')}{': ' + round_.ended_why if round_.ended_why else ''}."
        return Standing(Stage.APPROVAL, State.WAITING, says, None, ("drafter",))
    waits = tuple(state.who for state in found if state.decided is None and state.asked)
    until = min(
        (s.silence_until for s in found if s.silence_until and s.decided is None and s.silence_until > at), default=None
    )
    says = f"Round {round_.number}: {yes} of {len(found)} approved; waiting for {', '.join(waits)}."
    return Standing(Stage.APPROVAL, State.WAITING, says, until, waits)


def proven(session: Session, mission: str, round_: ApprovalRound) -> list[StatementVersion]:
    """The approved versions, each text proved by its hash. Raises `Tampered`."""
    found = []
    for digest in round_.hashes.values():
        row = drafts.by_hash(session, mission, digest)
        found.append(row)
    return found
