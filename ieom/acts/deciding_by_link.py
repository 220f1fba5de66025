"""Deciding by the link in a letter: once, by the person and on the texts that the link is bound to; with a code where the
mission asks for one. What was decided is told to the approver, who may contradict it until the release."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from ieom.acts import deciding, links
from ieom.acts.answering import tell
from ieom.acts.links import Held
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.mail.letters import queue
from ieom.records import audit, decision_links, missions
from ieom.records.approvals import Decision
from ieom.records.decision_links import TRIES

BY_LINK = frozenset({"approve", "approve_with_comment", "changes"})
"""What is decided on the page; to abstain, to dissociate itself or to withdraw a state speaks with the secretariat."""
COMMENT = 4_000
"""Characters."""


@dataclass(frozen=True)
class DecisionLinkClosed:
    """Too many wrong codes were given: a person's links of a round are dead."""

    round: int
    who: str


def look(session: Session, token: str) -> Held:
    """What became of the link with this token. Raises `NotFound`, also for a link that the chain of acts does not know: a
    hand wrote it into the records. Changes nothing."""
    found = links.held(session, decision_links.by_token(session, token))
    if not links.in_chain(session, found):
        raise NotFound("the chain of acts does not say that this link was made")
    return found


def enter(session: Session, *, token: str, code: str, at: datetime | None = None) -> Held | None:
    """Open a link with its code: None for a wrong one, which is counted. Checked under the mission's lock, so that guesses
    sent side by side are counted one by one. At the last wrong one the secretariat is told by letter."""
    found = locked(session, token)
    link = found.link
    if not link.code:
        return found
    if link.dead:
        return None
    if hmac.compare_digest(links.keyed(link.mission, link.round, link.who, code), link.code):
        return found
    for one in decision_links.of_person(session, link.round, link.who):
        if one.code == link.code:
            one.wrong += 1
    session.flush()
    if link.wrong == TRIES:
        _tell_of_the_closed(session, found, at or missions.now(session, link.mission))
    return None


def decide_by_link(
    session: Session, *, token: str, decision: str, hashes: Collection[str], comment: str = "", code: str = "",
    at: datetime | None = None,
) -> Decision:  # fmt: skip
    """Decide on the texts that the page showed (`hashes`, all of them). Raises `Conflict` once anything was decided on the
    seat, `Refused` when the link is dead, its round ended or its texts were edited, `BadInput` for a comment that is
    missing or in the way. `at` is the mission's now where it is not given."""
    found = meant(session, token, code=code, purpose="decide")
    link, round_ = found.link, found.round
    if found.decision is not None:
        raise Conflict(f"a decision was recorded already in round {round_.number}; a decision is never changed")
    if found.became != "open":
        raise Refused("this link decides nothing any more")
    if set(hashes) != set(round_.hashes.values()):
        raise Refused("the page that you decided on shows another text than the one asked about; open the link again")
    comment = comment.strip()
    _as_meant(decision, comment)
    at = at or missions.now(session, link.mission)
    row = deciding.by_link(session, link.mission, round_, who=link.who, at=at, decision=decision, comment=comment)
    for who in dict.fromkeys((link.who, found.seat.who)):
        _tell_the_approver(session, links.held(session, link), row, who, at)
    return row


def locked(session: Session, token: str) -> Held:
    """The link, the mission being held against other writers first: two decisions at one instant come one after the
    other."""
    link = decision_links.by_token(session, token)
    missions.lock(session, link.mission)
    session.refresh(link)
    return look(session, token)


def meant(session: Session, token: str, *, code: str, purpose: Literal["decide", "contradict"]) -> Held:
    """The same, for a link that was made for this and the code that goes with it. Raises `Refused`."""
    found = locked(session, token)
    link = found.link
    if link.code and (
        link.dead or not hmac.compare_digest(links.keyed(link.mission, link.round, link.who, code), link.code)
    ):
        raise Refused("this link asks for the code that was sent to you in a letter of its own")
    if link.purpose != purpose:
        made = {"decide": "this link decides nothing", "contradict": "this link decides; it contradicts nothing"}
        raise Refused(made[purpose])
    return found


def _as_meant(decision: str, comment: str) -> None:
    if decision not in BY_LINK:
        raise BadInput("choose one: approve, approve with a comment, ask for changes")
    if len(comment) > COMMENT:
        raise BadInput(f"the comment is longer than {COMMENT:,} characters; send the rest to the secretariat by letter")
    if decision == "approve" and comment:
        raise BadInput("you wrote a comment: press 'Approve with a comment', or clear the comment and approve without")
    if decision == "approve_with_comment" and not comment:
        raise BadInput("write your comment first, then press 'Approve with a comment'")
    if decision == "changes" and not comment:
        raise BadInput("write first what should change, then press 'Ask for changes'")


def _tell_the_approver(session: Session, found: Held, row: Decision, who: str, at: datetime) -> None:
    to = tell(session, found.link.mission, who)
    if not to.email:
        return
    facts = {
        "decision": row.decision, "comment": row.comment, "moment": row.at, "hashes": row.hashes, "who": who,
        "by": tell(session, found.link.mission, row.by).office, "own": who == row.by, "round": found.round.number,
        "act": found.row.hash if found.row else "",
        **links.told(session, found.link.mission, found.round, found.seat, who, at=at, purpose="contradict"),
    }  # fmt: skip
    queue(
        session, found.link.mission, kind="decision_received", occasion=f"received:{found.round.number}:{found.seat.who}",
        to=to, facts=facts, at=at,
    )  # fmt: skip


def _tell_of_the_closed(session: Session, found: Held, at: datetime) -> None:
    mission, who = found.link.mission, found.link.who
    audit.append(session, mission, by="clock", at=at, act=DecisionLinkClosed(found.round.number, who))
    try:
        to = tell(session, mission, "coordinator")
    except NotFound:
        return
    if to.email:
        facts = {"office": tell(session, mission, who).office, "round": found.round.number, "tries": TRIES}
        occasion = f"link-closed:{found.round.number}:{who}:{found.link.code[:12]}"
        queue(session, mission, kind="decision_link_closed", occasion=occasion, to=to, facts=facts, at=at)
