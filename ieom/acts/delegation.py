"""Stage 1, delegation assembly: states are asked, nominees' files completed, members appointed, accredited, briefed.

The acts stand in `calling`, `nomination`, `appointment` and `accreditation`; what the software itself owes is here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import vault
from ieom.acts.accreditation import authority, badge, papers_due, request_accreditation, request_due
from ieom.acts.appointment import appoint, appoint_head, brief
from ieom.acts.calling import call_states, record_invitation, state_declines
from ieom.acts.nomination import declare_conflict, leave, nominate, receive_items, waive_item
from ieom.folder.names import load_names
from ieom.mail.letters import Recipient, queue
from ieom.records import audit, members, missions
from ieom.records.delegation import Member
from ieom.records.members import styled
from ieom.rules import assembly
from ieom.rules import delegation as rules
from ieom.rules.mission import MissionFacts
from ieom.rules.timeline import Stage, Standing, State, owes

__all__ = [
    "advance", "appoint", "appoint_head", "badge", "brief", "declare_conflict", "leave", "nominate", "receive_items",
    "recipient", "record_invitation", "request_accreditation", "state_declines", "waive_item",
]  # fmt: skip


def recipient(member: Member) -> Recipient:
    """A member as a letter's reader."""
    return Recipient(member.email, member.office, member.language, member.salutation, styled(member))


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Register the invitation, call for nominations, tell nominees what they owe and members that they are appointed,
    ask for accreditation, erase personal papers whose date has come. Idempotent."""
    row = missions.lock(session, mission)
    facts, last = missions.facts(session, mission), audit.head(session, mission)
    vault.erase_due(session, mission, at=at)
    if not owes(Stage.DELEGATION, row.starts_at_stage):
        says = "The mission entered the system after this stage."
        return Standing(Stage.DELEGATION, State.DONE, says, vault.next_erasure(session, mission))
    since = last.at if last is not None else row.opened_at
    record_invitation(session, mission, by="clock", at=at)
    call_states(session, mission, facts, at=at, since=since)
    _tell(session, mission, facts, at)
    request_due(session, mission, facts, at=at, since=since)
    return _standing(session, mission, facts, at)


def _tell(session: Session, mission: str, facts: MissionFacts, at: datetime) -> None:
    """What each nominee still owes, and each member that they are one: once."""
    files = members.files(session, mission)
    told_already = letters_records.occasions(session, mission, ("nomination_received", "appointment"))
    for member in members.of(session, mission):
        missing = files[member.code].missing
        if not member.email:
            continue
        if member.status == "nominated" and missing:
            kind, when = "nomination_received", member.nominated_at
            told = {"items": [rules.ITEMS[item] for item in missing], "due": papers_due(facts)}
        elif member.status == "appointed":
            kind, when, told = "appointment", member.appointed_at or at, {}
        else:
            continue
        occasion = f"{kind}:{member.code}:{when:%Y%m%dT%H%M}"
        if occasion in told_already:
            continue
        queue(
            session, mission, kind=kind, occasion=occasion, to=recipient(member),
            facts={"role": rules.ROLES[member.role], "office": member.office, **told}, at=at, due_at=when,
        )  # fmt: skip


def _standing(session: Session, mission: str, facts: MissionFacts, at: datetime) -> Standing:
    names, files = load_names(), members.files(session, mission)
    badges = members.accreditations(session, mission)
    people = [
        assembly.Person(
            member.code, member.status, files[member.code].missing, member.conflict_found is not None,
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
        facts.opens(), facts.zone,
    )  # fmt: skip
    standing = assembly.standing(seen, at=at)
    moments = [moment for moment in (standing.until, vault.next_erasure(session, mission)) if moment is not None]
    return Standing(standing.stage, standing.state, standing.says, min(moments, default=None), standing.waits_for)
