"""Stage 1, delegation assembly: states are asked, nominees' files completed, members appointed, accredited, briefed.

The acts stand in `calling`, `nomination`, `appointment` and `accreditation`; what the software itself owes is here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import vault
from ieom.acts.accreditation import badge, papers_due, request_accreditation, request_due
from ieom.acts.appointment import appoint, appoint_head, brief
from ieom.acts.calling import (
    authority,
    call_states,
    invited,
    may_send_link,
    record_invitation,
    send_link,
    state_declines,
)
from ieom.acts.nomination import declare_conflict, leave, next_code, nominate, receive_items, take_back_item, waive_item
from ieom.folder.names import load_names
from ieom.mail.letters import Recipient, queue
from ieom.records import audit, members, missions
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.records.members import styled
from ieom.rules import assembly
from ieom.rules import delegation as rules
from ieom.rules.mission import MissionFacts
from ieom.rules.timeline import Stage, Standing, State, owes

__all__ = [
    "advance", "appoint", "appoint_head", "badge", "brief", "declare_conflict", "leave", "may_send_link", "next_code", "nominate", "papers_due",
    "receive_items", "recipient", "record_invitation", "request_accreditation", "send_link", "state_declines", "take_back_item",
    "waive_item",
]  # fmt: skip

TOLD = ("nomination_received", "appointment", "badge_issued")
"""Kinds of the letters that tell a person where they stand."""


def recipient(member: Member) -> Recipient:
    """A member as a letter's reader."""
    return Recipient(member.email, member.office, member.language, member.salutation, styled(member))


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Call for nominations, tell nominees what they owe, members that they are appointed and that their badge is there,
    ask for accreditation, erase personal papers whose date has come. Idempotent."""
    row = missions.lock(session, mission)
    facts, last = missions.facts(session, mission), audit.head(session, mission)
    vault.erase_due(session, mission, at=at)
    if not owes(Stage.DELEGATION, row.starts_at_stage):
        says = "The mission entered the system after this stage."
        return Standing(Stage.DELEGATION, State.DONE, says)
    since = last.at if last is not None else row.opened_at
    call_states(session, mission, facts, at=at, since=since)
    _tell(session, mission, facts, at)
    request_due(session, mission, facts, at=at, since=since)
    return _standing(session, mission, facts, at)


def _tell(session: Session, mission: str, facts: MissionFacts, at: datetime) -> None:
    """What each nominee still owes, each member that they are one, and that their badge is there: once."""
    files, badges = members.files(session, mission), members.accreditations(session, mission)
    query = select(Letter.occasion).where(Letter.mission == mission, Letter.kind.in_(TOLD))
    told_already = set(session.scalars(query))
    for member in members.of(session, mission):
        missing, badge_ = files[member.code].asked_of_nominee, badges.get(member.code)
        owed: list[tuple[str, datetime, dict[str, Any]]] = []
        if member.status == "nominated" and missing:
            told = {"items": [rules.ITEMS[item] for item in missing], "due": papers_due(facts, member.nominated_at)}
            owed.append(("nomination_received", member.nominated_at, told))
        if member.status == "appointed":
            owed.append(("appointment", member.appointed_at or at, {}))
        if member.status == "appointed" and badge_ is not None and badge_.status == "issued":
            owed.append(("badge_issued", badge_.issued_at or at, {"badge": badge_.badge or ""}))
        for kind, when, told in owed if member.email else ():
            occasion = f"{kind}:{member.code}:{when:%Y%m%dT%H%M}"
            if occasion not in told_already:
                queue(
                    session, mission, kind=kind, occasion=occasion, to=recipient(member),
                    facts={"role": rules.ROLES[member.role], "office": member.office, **told}, at=at, due_at=when,
                )  # fmt: skip


def _standing(session: Session, mission: str, facts: MissionFacts, at: datetime) -> Standing:
    names, files = load_names(), members.files(session, mission)
    badges, back = members.accreditations(session, mission), members.taken_back(session, mission)
    people = [
        assembly.Person(
            member.code, member.status,
            tuple(row.item for row in back.get(member.code, ())) if member.status == "appointed" else files[member.code].missing,
            member.conflict_found is not None,
            badges[member.code].status if member.code in badges else "", member.briefed_at is not None,
        )
        for member in members.of(session, mission)
    ]  # fmt: skip
    calls = [
        assembly.Asked(call.state, names.running(call.state, on=facts.election_day), call.status, call.due_at)
        for call in members.calls(session, mission).values()
    ]
    to = authority(facts)
    seen = assembly.Assembly(
        people, calls, members.head(session, mission) is not None, to.code if to else "", papers_due(facts),
        facts.opens(), facts.zone, invited(session, mission),
    )  # fmt: skip
    return assembly.standing(seen, at=at)
