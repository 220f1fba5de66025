"""Stage 6, approval: who must decide is asked; each decision is bound to a hash and is one row that never changes.

The rounds are in `rounds`, decisions in `deciding`, those by telephone or on paper in `recording`, what is contradicted in
`contradicting`, editorial corrections in `correcting`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from textwrap import shorten

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import links
from ieom.acts.answering import is_ready, not_asked, tell
from ieom.acts.asked_of import approver_s_copy, borne, closes
from ieom.acts.contradicting import contradict
from ieom.acts.correcting import agree, drop, editorial_correction
from ieom.acts.deciding import StatementDecided, decide
from ieom.acts.recording import confirm_decision, record_decision, take_back
from ieom.acts.rounds import (
    EDITED,
    approved_round,
    comes_to,
    end_round,
    lapsed,
    newest_round,
    open_round,
    proven,
    seat_of,
    seats,
    stands,
    stop,
)  # fmt: skip
from ieom.acts.versions import begun
from ieom.folder.names import load_names
from ieom.mail.letters import Attachment, queue
from ieom.records import audit, drafts, members, missions, releases
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Decision
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.rules import approval as rules
from ieom.rules.statement import people_only, placed
from ieom.rules.timeline import Stage, Standing, State, owes

__all__ = [
    "advance", "agree", "approved_round", "asked_anew", "confirm_decision", "contradict", "decide", "drop",
    "editorial_correction", "newest_round", "open_round", "proven", "record_decision", "seat_of", "seats", "stands", "stop", "take_back",
]  # fmt: skip


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Open the round when approval was asked for, ask whose turn it is, record silence when its term passes, void the
    round when the text or the head changed, and end it when it is decided."""
    entered = missions.get(session, mission).starts_at_stage
    round_ = newest_round(session, mission)
    if round_ is None and not owes(Stage.APPROVAL, entered) and not asked_anew(session, mission, None):
        # What was approved elsewhere is put on record here before anything leaves: nothing is released on hearsay.
        says = "The mission entered the system after this stage; the approval given is recorded before the release."
        return Standing(Stage.APPROVAL, State.DONE, says, None, ("coordinator",))
    if round_ is not None and round_.status in {"open", "approved"}:
        _void_if_changed(session, mission, round_, at)
    left = left_seats(session, mission, round_)
    if left and (asked_anew(session, mission, round_) or (round_ is not None and round_.status == "open")):
        who = ", ".join(row.office for row in left)
        says = f"Waits until it is said who decides on the statement in the place of {who}, who left the mission."
        return Standing(Stage.APPROVAL, State.WAITING, says, None, ("coordinator",))
    if asked_anew(session, mission, round_):
        round_ = open_round(session, mission, by="clock", at=at)
    if round_ is None:
        return Standing(Stage.APPROVAL, State.NOT_DUE, _unasked(session, mission), None, ("drafter",))
    if round_.status == "open":
        _walk(session, mission, round_, at)
    if round_.status in {"changes_asked", "void", "stopped"}:
        _tell_drafter(session, mission, round_, at)
    return _standing(session, round_, at)


def left_seats(session: Session, mission: str, round_: ApprovalRound | None) -> list[Member]:
    """Those who are to decide on the statement and have left the mission: nobody, once a round has approved the text that
    stands; in an open one whoever has not decided while a member, and has no deputy who is there."""
    facts = missions.facts(session, mission)
    gone = members.gone(
        session, mission, {code for seat in facts.approval.seats for code in (seat.who, *seat.deputies)}
    )
    codes = {row.code for row in gone}
    owed = {seat.who for seat in facts.approval.seats if seat.who in codes}
    if round_ is not None and round_.status == "approved" and stands(session, mission, round_):
        return []
    if round_ is not None and round_.status == "open":
        decided = {seat.who for seat, state, row in seats(session, round_) if row is not None and state.counts}
        held = {seat.who for seat in facts.approval.seats if set(seat.deputies) - codes}
        owed -= decided | held
    return [row for row in gone if row.code in owed]


def _unasked(session: Session, mission: str) -> str:
    """Why no round has begun."""
    lacks = not_asked(session, mission)
    if not lacks or len(lacks) == len(missions.facts(session, mission).languages):
        return "Approval was not asked for yet."
    said = [
        f"the text in {Locale('en').languages.get(language, language)} {'is not asked about yet' if there else 'is not written yet'}"
        for language, there in lacks
    ]
    return f"Approval was asked for, and the round waits: {'; '.join(said)}."


def _void_if_changed(session: Session, mission: str, round_: ApprovalRound, at: datetime) -> None:
    """An edit voids every approval of the round; a replaced head ends it."""
    if not stands(session, mission, round_):
        end_round(session, mission, round_, by="clock", at=at, status="void", why=EDITED)
        return
    seats_now = missions.facts(session, mission).approval.seats
    rule_heads = {seat["who"] for seat in round_.rule["seats"] if seat["capacity"] == "head_of_mission"}
    now_heads = {seat.who for seat in seats_now if seat.capacity == "head_of_mission"}
    if round_.status == "open" and rule_heads != now_heads:
        end_round(session, mission, round_, by="clock", at=at, status="void", why="the head of mission was replaced")


def asked_anew(session: Session, mission: str, round_: ApprovalRound | None) -> bool:
    """Whether approval is asked for texts on which no round has decided: new texts, or the same ones once the drafter
    asks again after the round ended. A contradicted decision, or a head replaced meanwhile, asks again by itself."""
    if round_ is not None and (
        round_.status == "open" or (round_.status == "approved" and not begun(session, mission, round_.id))
    ):
        return False  # what follows on a statement that is public is its supplement; an edit has ended the round before
    hashes, marks = {}, []
    for language in missions.facts(session, mission).languages:
        row = drafts.newest(session, mission, language)
        mark = is_ready(session, mission, row.content_hash) if row is not None else None
        if row is None or mark is None:
            return False
        hashes[language] = row.content_hash
        marks.append(mark.at)
    if round_ is None or not rules.same_hashes(round_.hashes, hashes):
        return True
    if round_.status == "void" and round_.ended_why != EDITED:
        return True
    return round_.status != "approved" and round_.ended_at is not None and max(marks) > round_.ended_at


def _tell_drafter(session: Session, mission: str, round_: ApprovalRound, at: datetime) -> None:
    """The drafter hears once why a round ended and what was asked for."""
    if not any(office.code == "drafter" and office.email for office in missions.facts(session, mission).offices):
        return
    said = [
        {"office": tell(session, mission, seat.who).office, "decision": row.decision, "comment": row.comment,
         "paragraph": _paragraph(session, mission, round_, row.paragraph) if row.paragraph else ""}
        for seat, _, row in seats(session, round_)
        if row is not None and row.decision in {"changes", "dissociate", "approve_with_comment"}
    ]  # fmt: skip
    edited = lapsed(session, mission, round_)
    out = [row.number for row in releases.published(session, mission) if row.round == round_.id] if edited else []
    queue(
        session, mission, kind="round_ended", occasion=f"round-ended:{round_.number}", to=tell(session, mission, "drafter"),
        facts={
            "round": round_.number, "status": round_.status, "why": round_.ended_why, "said": said if not edited else [],
            "edited": edited, "went_out": out[-1] if out else None,
        }, at=at,
    )  # fmt: skip


def _paragraph(session: Session, mission: str, round_: ApprovalRound, key: str) -> str:
    """How people name a paragraph of the round's text: by its number and first words."""
    number, text = placed(drafts.by_hash(session, mission, next(iter(round_.hashes.values()))).content, key)
    return (
        f"paragraph {number} (“{shorten(text, 60, placeholder='…')}”)" if number else "a paragraph that was taken out"
    )


def _ask(session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, at: datetime) -> None:
    """Put every authentic text to one approver, with the term of a silence procedure where the rule has one."""
    facts = missions.facts(session, mission)
    to = tell(session, mission, seat.who)
    if seat.silence_until is not None:
        hours = next((one["silence_hours"] for one in round_.rule["seats"] if one["who"] == seat.who), None)
        seat.silence_until = at + timedelta(hours=hours or 0)
    seat.asked_at = at
    versions = proven(session, mission, round_)
    papers = [
        Attachment(
            f"statement-{one.language}-v{one.number}.pdf",
            "application/pdf",
            approver_s_copy(session, mission, one, office=to.office),
        )
        for one in versions
    ]  # fmt: skip
    read = next((one for one in versions if one.language == to.language), versions[0])
    head = audit.head(session, mission)
    before = session.scalars(
        select(ApprovalRound).where(ApprovalRound.mission == mission, ApprovalRound.number == round_.number - 1)
    ).one_or_none()
    queue(
        session, mission, kind="approval_request", occasion=f"approval:{round_.number}:{seat.who}", to=to, at=at,
        facts={
            "round": round_.number, "version": read, "hash": read.content_hash,
            "texts": [{"language": one.language, "number": one.number, "hash": one.content_hash} for one in versions],
            "chain_head": head.hash if head else "", "by": closes(facts, at), "silence_until": seat.silence_until,
            "people_only": [one["text"] for one in people_only(read.content)], "borne": list(dict.fromkeys(sentence for one in versions for sentence in borne(session, mission, one))),
            "who": seat.who, "capacity": seat.capacity, "marking": read.content["marking"],
            **links.told(session, mission, round_, seat, seat.who, at=at),
            "before": {"number": before.number, "why": before.ended_why, "status": before.status} if before else None,
        },
        attachments=papers,
    )  # fmt: skip


def _walk(session: Session, mission: str, round_: ApprovalRound, at: datetime) -> None:
    found = seats(session, round_)
    digest = next(iter(round_.hashes.values()))
    heard = _announced(session, mission, round_, [seat for seat, _, _ in found])
    for late in rules.silent([state for _, state, _ in found], at, announced=heard):
        seat = next(seat for seat, state, _ in found if state is late)
        session.add(
            Decision(
                seat=seat.id, content_hash=digest, hashes=dict(round_.hashes), decision="no_objection", by=seat.who, at=at,
                channel="silence", evidence=f"no objection by {late.silence_until:%Y-%m-%d %H:%M} UTC, the term announced",
                recorded_by="clock",
            )
        )  # fmt: skip
        session.flush()
        act = StatementDecided(round_.number, seat.who, "no_objection", digest, "silence", dict(round_.hashes))
        audit.append(session, mission, by="clock", at=at, act=act)
    found = seats(session, round_)
    states = [state for _, state, _ in found]
    came_to = comes_to(session, mission, round_)
    if came_to != "open":
        on = missions.facts(session, mission).election_day
        apart = [
            f"{load_names().running(seat.state, 'en', on=on)} dissociates itself from "
            f"{_paragraph(session, mission, round_, row.paragraph)}, and the text does not say so yet"
            for seat, state, row in found
            if row is not None and state.dissociated and not state.agreed
        ]
        end_round(session, mission, round_, by="clock", at=at, status=came_to, why="; ".join(apart))
        return
    by_position = {seat.position: seat for seat, _, _ in found}
    for state in rules.to_ask(states, order=round_.rule["order"]):
        _ask(session, mission, round_, by_position[state.position], at)


def _announced(session: Session, mission: str, round_: ApprovalRound, asked: list[ApprovalSeat]) -> set[str]:
    """Who was told of the term of a silence procedure in time: their request left the outbox before it passed. A letter
    refused, in doubt, or held back for a person announces nothing."""
    query = select(Letter.occasion, Letter.settled_at).where(
        Letter.mission == mission, Letter.kind == "approval_request", Letter.state == "sent"
    )
    left = {occasion: when for occasion, when in session.execute(query) if when is not None}
    found = set()
    for seat in asked:
        when = left.get(f"approval:{round_.number}:{seat.who}")
        if seat.silence_until is not None and when is not None and when < seat.silence_until:
            found.add(seat.who)
    return found


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
