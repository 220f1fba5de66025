"""What a member state does by the link in its letter: nominates, gives papers and answers, takes a nominee back, declines.
It acts as the office that the letter went to; it reaches nobody but its own nominees, and reads no paper back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ieom.acts import calling, nomination, nomination_links, vault
from ieom.acts.nomination_links import Held, code_of
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.records import audit, members, missions
from ieom.records import nomination_links as records
from ieom.records.delegation import Member, StateCall
from ieom.rules import delegation as rules
from ieom.rules.delegation import FileState
from ieom.rules.names import LANGUAGES

FIELDS = {"office": 200, "honorific": 40, "name": 200, "title": 200, "email": 254, "salutation": 100}
"""What a state says of a nominee, with the most characters of each."""
PAPERS = tuple(item for item in rules.ITEMS if item in vault.TAKEN)
"""Items that are given as a file; the declaration is answered, and the nomination itself is what the link is for."""
ROLE = "observer"
VERSIONS = 5
"""How often one paper can be handed over."""
SPARE = 8
"""How many more than four times its quota a state may enter by link over the course, those taken back included: each is
written to by letter."""


@dataclass(frozen=True)
class Own:
    """A state's view: its call, and its own nominees with their files."""

    held: Held
    call: StateCall
    people: tuple[tuple[Member, FileState], ...]


def own(session: Session, token: str) -> Own:
    """What the page shows. Raises `NotFound` for a token that nobody was sent."""
    held = nomination_links.look(session, token)
    call = members.calls(session, held.link.mission).get(held.state.code)
    if call is None:
        raise NotFound("the state of this link was not asked")
    files = members.files(session, held.link.mission)
    people = [row for row in members.of(session, held.link.mission) if row.state == held.state.code]
    return Own(held, call, tuple((row, files[row.code]) for row in people))


def nominate(session: Session, *, token: str, ref: str, told: Mapping[str, str]) -> Member:
    """One more observer, with what `FIELDS` names and a `language`; who heads the mission the organisation decides. The same
    form sent twice (`ref`) nominates once. The state's own nomination counts as received; over the quota it is refused."""
    held, at = _open(session, token)
    mission, state = held.link.mission, held.state.code
    if not ref:
        raise BadInput("open the page again and use its own form")
    said = {name: _line(name, told.get(name, ""), most) for name, most in FIELDS.items()}
    language = told.get("language", "en")
    if language not in LANGUAGES:
        raise BadInput("choose one of the languages offered")
    if not said["email"]:
        raise BadInput("give the nominee's e-mail address: the mission's letters go there")
    before = audit.of_ref(session, mission, f"{held.link.digest[:16]}:{ref}")
    if before is not None:
        row = nomination.member_of(session, mission, str(before.what["member"]))
        if any(getattr(row, name) != value for name, value in said.items()):
            raise Conflict("this form has nominated somebody else already; open the page again for one more person")
        return row
    entered = [row for row in members.of(session, mission) if row.state == state]
    if len(entered) >= 4 * held.state.quota + SPARE:
        raise Refused("as many persons were entered as can be by link; write to the secretariat")
    row = nomination.nominate(
        session, mission, by=code_of(state), at=at, member=nomination.next_code(session, mission, state, ROLE), role=ROLE,
        state=state, language=language, ref=f"{held.link.digest[:16]}:{ref}", **said,
    )  # fmt: skip
    nomination.receive_items(session, mission, by=code_of(state), at=at, member=row.code, items=["nomination"])
    return row


def give(session: Session, *, token: str, member: str, item: str, data: bytes) -> None:
    """A nominee's paper, kept encrypted (`acts.vault`)."""
    held, at, row = _nominee(session, token, member)
    if item not in PAPERS:
        raise BadInput("choose which of the papers this is")
    there = [one for one in vault.of(session, held.link.mission) if (one.member, one.item) == (row.code, item)]
    if len(there) >= VERSIONS:
        raise Refused("this paper was handed over often enough; write to the secretariat")
    vault.put(session, held.link.mission, by=code_of(held.state.code), at=at, member=row.code, item=item, file=data)


def declare(session: Session, *, token: str, member: str, answers: Mapping[str, Any]) -> None:
    """A nominee's answers to the questions about interests. What is found is for the secretariat."""
    held, at, row = _nominee(session, token, member)
    if row.conflict_found:
        raise Refused(
            "a conflict of interest is on record for this nominee, and is not taken back by link; write to the secretariat"
        )
    nomination.declare_conflict(
        session, held.link.mission, by=code_of(held.state.code), at=at, member=row.code, answers=answers
    )


def take_back(session: Session, *, token: str, member: str) -> None:
    """An observer is taken back, whom nobody has appointed yet; the papers are erased with the next round of erasing."""
    held, at, row = _nominee(session, token, member)
    if row.role != ROLE:
        raise Refused("who heads the mission is not taken back by link; write to the secretariat")
    nomination.leave(session, held.link.mission, by=code_of(held.state.code), at=at, member=row.code, how="withdrawn")
    today = at.astimezone(ZoneInfo(missions.facts(session, held.link.mission).zone)).date()
    for one in vault.of(session, held.link.mission):
        if one.member == row.code:
            one.erase_on = min(one.erase_on, today)
    session.flush()


def decline(session: Session, *, token: str) -> None:
    """The state sends no observers."""
    held, at = _open(session, token)
    mission, state = held.link.mission, held.state.code
    if any(row.state == state and row.status in {"nominated", "appointed"} for row in members.of(session, mission)):
        raise Refused("you have nominated already; take your nominees back first, or write to the secretariat")
    calling.state_declines(session, mission, by=code_of(state), at=at, state=state)


def _open(session: Session, token: str) -> tuple[Held, datetime]:
    """The link, the mission being held against other writers; and the mission's now (UTC). It is noted as used."""
    link = records.by_token(session, token)
    missions.lock(session, link.mission)
    session.refresh(link)
    at = missions.now(session, link.mission)
    held = nomination_links.look(session, token, at=at)
    if held.became != "open":
        raise Refused("nothing can be done by this link any more")
    link.used_at = at
    session.flush()
    return held, at


def _nominee(session: Session, token: str, member: str) -> tuple[Held, datetime, Member]:
    held, at = _open(session, token)
    row = session.get(Member, (held.link.mission, member), populate_existing=True)
    if row is None or row.state != held.state.code:
        raise NotFound("this person is not a nominee of yours")
    if row.status != "nominated":
        raise Refused("this person is not a nominee any more; write to the secretariat about a change")
    return held, at, row


def _line(name: str, said: str, most: int) -> str:
    said = " ".join(said.split())
    if len(said) > most or not said.isprintable():
        raise BadInput(
            f"the {'e-mail address' if name == 'email' else name} is too long, or holds a sign that can't be read"
        )
    return said
