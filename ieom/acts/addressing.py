"""A list of states or offices that came back: who is written to there, how, and how many observers a state may send. Which
states take part and which offices there are is changed by acts of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ieom.acts.undelivered import tell_of_address
from ieom.records import audit, missions
from ieom.records.delegation import StateCall
from ieom.rules.addresses import fold
from ieom.rules.mission import Office, SendingState

OF_STATES = frozenset({"quota", "contact_office", "contact_email"})
OF_OFFICES = frozenset({"office", "email", "honorific", "name", "salutation"})
"""What a list may change of each."""


@dataclass(frozen=True)
class ContactsRevised:
    """How states or offices are called and written to is another from now on; `who` are their codes."""

    who: list[str]
    revision: int


def revise(
    session: Session, mission: str, *, by: str, at: datetime,
    states: Sequence[Mapping[str, Any]] = (), offices: Sequence[Mapping[str, Any]] = (),
) -> None:  # fmt: skip
    """The facts of those rows that say something else are revised; a code that the mission has not is passed over. Of an
    approver's address the head of mission and the coordinator are told."""
    missions.lock(session, mission)
    facts = missions.facts(session, mission)
    told = {row["code"]: {name: row[name] for name in OF_STATES} for row in states}
    said = {row["code"]: {name: row[name] for name in OF_OFFICES} for row in offices}
    new = facts.model_copy(
        update={
            "states": tuple(
                SendingState.model_validate(one.model_dump() | told.get(one.code, {})) for one in facts.states
            ),
            "offices": tuple(Office.model_validate(one.model_dump() | said.get(one.code, {})) for one in facts.offices),
        }
    )
    pairs = [*zip(facts.offices, new.offices, strict=True)]
    who = [f"state-{now.code}" for was, now in zip(facts.states, new.states, strict=True) if was != now]
    who += [now.code for was, now in pairs if was != now]
    if not who:
        return
    for state in new.states:
        call = session.get(StateCall, (mission, state.code))
        if call is not None:
            call.quota = state.quota
    number = missions.revise(session, mission, new, by=by, at=at, kind="contacts_revised", reason="")
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ContactsRevised(sorted(who), number))
    for was, now in pairs:
        if fold(was.email) != fold(now.email):
            tell_of_address(
                session, mission, [now.code], occasion=f"address-corrected:list:{number}:{now.code}", office=now.office,
                old=was.email, new=now.email, by=by, at=at, arrived=True,
            )  # fmt: skip
