"""Links by which a member state nominates without an account: made with the letters that ask it to, each bound to a mission
and a state; dead when the secretariat ends them, when the state withdraws, when the polls open or the mission is over."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import NotFound
from ieom.records import audit, missions, nomination_links
from ieom.records.audit import AuditRow
from ieom.records.decision_links import digest_of
from ieom.records.nomination_links import NominationLink
from ieom.rules.mission import SendingState
from ieom.settings import settings

Became = Literal["open", "ended", "withdrew", "over"]


@dataclass(frozen=True)
class NominationLinkMade:
    """A link was made for a letter to a state; `digest` stands for its token."""

    state: str
    digest: str


@dataclass(frozen=True)
class NominationLinksEnded:
    """The links that a state had nominate nobody any more."""

    state: str


@dataclass(frozen=True)
class Held:
    """A link, the state that it was sent to, and what became of it."""

    link: NominationLink
    state: SendingState
    became: Became


def of(session: Session, mission: str, state: str) -> Sequence[NominationLink]:
    """The links that were sent to a state, the newest last."""
    return nomination_links.of(session, mission).get(state, ())


def code_of(state: str) -> str:
    """The code under which a state acts by its link: that of the office its letters go to."""
    return f"state-{state.lower()}"


def made(session: Session, mission: str, state: str, *, at: datetime) -> str:
    """The address of a fresh link for a state's letter; '' where the installation has no address for links
    (`IEOM_DECIDE_URL`)."""
    base = settings().decide_url
    if not base:
        return ""
    token = secrets.token_urlsafe(32)
    row = NominationLink(digest=digest_of(token), mission=mission, state=state, made_at=at)
    session.add(row)
    session.flush()
    audit.append(session, mission, by="clock", at=at, act=NominationLinkMade(state, row.digest))
    return f"{base.rstrip('/')}/nominate/{token}"


def end(session: Session, mission: str, *, by: str, at: datetime, state: str) -> None:
    """The links that a state has are dead from now on; nothing happens when it has none."""
    missions.lock(session, mission)
    alive = [row for row in of(session, mission, state) if row.ended_at is None]
    for row in alive:
        row.ended_at = at
    session.flush()
    if alive:
        audit.append(session, mission, by=by, at=at, act=NominationLinksEnded(state))


def look(session: Session, token: str, *, at: datetime | None = None) -> Held:
    """What became of the link with this token. Raises `NotFound`, also for a link that the chain of acts does not know: a
    hand wrote it into the records. Changes nothing. `at` is the mission's now where it is not given."""
    link = nomination_links.by_token(session, token)
    made_in, ended_in = _in_chain(session, link)
    if not made_in:
        raise NotFound("the chain of acts does not say that this link was made")
    facts = missions.facts(session, link.mission)
    at = at or missions.now(session, link.mission)
    state = next((one for one in facts.states if one.code == link.state), None)
    if state is None:
        raise NotFound("the state of this link is not of the mission")
    if state.withdrew_on is not None:
        return Held(link, state, "withdrew")
    if link.ended_at is not None or ended_in:
        return Held(link, state, "ended")
    over = at >= facts.opens() or missions.get(session, link.mission).state in {"evacuated", "closed"}
    return Held(link, state, "over" if over else "open")


def _in_chain(session: Session, link: NominationLink) -> tuple[bool, bool]:
    """Whether the chain says that this link was made for this state, and whether it says that it was ended since."""
    query = select(AuditRow).where(
        AuditRow.mission == link.mission, AuditRow.act.in_(["NominationLinkMade", "NominationLinksEnded"])
    )
    made_in = ended_in = False
    for row in session.scalars(query.order_by(AuditRow.seq)):
        if row.what == {"state": link.state, "digest": link.digest}:
            made_in = True
        elif row.act == "NominationLinksEnded" and row.what["state"] == link.state and made_in:
            ended_in = True
    return made_in, ended_in
