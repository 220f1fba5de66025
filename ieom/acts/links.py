"""Links by which approvers decide from a telephone, or contradict what is told as theirs: made with their letters, each bound to a person, a round and the hashes
of its texts; dead with the decision or with the round."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.answering import tell
from ieom.acts.revision import begin_revision
from ieom.acts.rounds import newest_round, seats, stands
from ieom.errors import BadInput, Refused
from ieom.mail.identity import secret
from ieom.mail.letters import queue
from ieom.records import approvals, audit, decision_links, members, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat, Decision, Recorded
from ieom.records.audit import AuditRow
from ieom.records.decision_links import DecisionLink
from ieom.rules.mission import MissionFacts
from ieom.settings import settings

Asks = Literal["nothing", "code", "log-in"]
"""What the page behind a link asks for before it shows anything."""
Became = Literal["open", "decided", "by_another", "edited", "ended", "closed", "left"]


@dataclass(frozen=True)
class DecisionLinkMade:
    """A link was made for an approver's letter; `digest` stands for its token."""

    round: int
    who: str
    digest: str
    hashes: dict[str, str]
    asks: str


@dataclass(frozen=True)
class ContradictionLinkMade:
    """A link was made by which an approver can say that a decision told to them is not theirs; `recorded` is what a
    colleague had entered, where it is about that."""

    round: int
    who: str
    digest: str
    hashes: dict[str, str]
    asks: str
    recorded: int | None


@dataclass(frozen=True)
class LinksSecured:
    """What the page behind an approver's link asks for is another thing from now on."""

    asks: str
    was: str
    revision: int


@dataclass(frozen=True)
class Held:
    """A link with all that it hangs on, and what became of it."""

    link: DecisionLink
    round: ApprovalRound
    seat: ApprovalSeat
    became: Became
    decision: Decision | None = None
    waits: Recorded | None = None
    """What a colleague entered for the seat, and nobody confirmed: no decision."""
    row: AuditRow | None = None
    """The decision's row in the chain of acts."""
    contradicted: bool = False
    newer: bool = False
    """Whether a later round asks anew."""
    disowned: bool = False
    """Whether it was said in this round that what was recorded for the seat is not theirs."""


def made(
    session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, who: str, *, at: datetime,
    purpose: Literal["decide", "contradict"] = "decide", recorded: int | None = None,
) -> str:  # fmt: skip
    """The address of a fresh link for one who has a seat, or is its deputy; '' for anybody else, and where the
    installation has no address (`IEOM_DECIDE_URL`). In a mission that asks for a code, its letter is queued as well."""
    base = settings().decide_url
    if not base or (who != seat.who and who not in seat.deputies):
        return ""
    token = secrets.token_urlsafe(32)
    row = DecisionLink(
        digest=decision_links.digest_of(token), mission=mission, round=round_.id, seat=seat.id, who=who,
        hashes=dict(round_.hashes), made_at=at, purpose=purpose, recorded=recorded,
    )  # fmt: skip
    asks = missions.facts(session, mission).approval.link_asks
    if asks == "code":
        row.code, row.wrong = _code(session, mission, round_, who, at)
    session.add(row)
    session.flush()
    told = (round_.number, who, row.digest, dict(round_.hashes), asks)
    act = DecisionLinkMade(*told) if purpose == "decide" else ContradictionLinkMade(*told, recorded)
    audit.append(session, mission, by="clock", at=at, act=act)
    return f"{base.rstrip('/')}/decide/{token}"


def told(
    session: Session, mission: str, round_: ApprovalRound, seat: ApprovalSeat, who: str, *, at: datetime,
    purpose: Literal["decide", "contradict"] = "decide", recorded: int | None = None,
) -> dict[str, str]:  # fmt: skip
    """What a letter to an approver is told of deciding, or of contradicting: the `link`, and what its page `asks` for. Where a mission asks for
    a log-in the link leads to the desk (`IEOM_DESK_URL`), which knows nobody by a letter."""
    asks = missions.facts(session, mission).approval.link_asks
    if asks != "log-in":
        link = made(session, mission, round_, seat, who, at=at, purpose=purpose, recorded=recorded)
        return {"link": link, "asks": asks}
    desk = settings().desk_url
    there = bool(desk) and (who == seat.who or who in seat.deputies)
    return {"link": f"{desk.rstrip('/')}/missions/{mission}/approval" if there else "", "asks": asks}


def secure(
    session: Session, mission: str, *, by: str, at: datetime, asks: Asks, reason: str, ref: str | None = None
) -> MissionFacts:  # fmt: skip
    """The page behind an approver's link asks for another thing, in the letters that go from now on. Raises `Refused` while a
    round is open: its letters are out, and all of one round's links are to be secured alike."""
    facts, done = begin_revision(session, mission, reason, ref)
    if done:
        return facts
    was = facts.approval.link_asks
    if asks == was:
        raise BadInput("that is how the links are secured already; nothing was changed")
    round_ = newest_round(session, mission)
    if round_ is not None and round_.status == "open":
        raise Refused(
            f"round {round_.number} of the approval is open: its letters are out, and their links stay as they were sent. Change "
            "it when the round has ended; the letters of the next one then follow it"
        )
    if asks == "log-in" and not settings().desk_url:
        raise Refused(
            "the letters don't know where the desk is reached, so they could lead nobody to it; ask your operator to set its "
            "address first"
        )
    new = facts.model_copy(update={"approval": facts.approval.model_copy(update={"link_asks": asks})})
    number = missions.revise(session, mission, new, by=by, at=at, kind="links_secured", reason=reason)
    audit.append(session, mission, by=by, at=at, ref=ref, act=LinksSecured(asks, was, number))
    return new


def _code(session: Session, mission: str, round_: ApprovalRound, who: str, at: datetime) -> tuple[str, int]:
    """What the code of a person's links is compared with, and the wrong ones given so far: one code opens all links of a
    round, until too many wrong ones have closed them; the next link has another then."""
    before = [one for one in decision_links.of_person(session, round_.id, who) if one.code]
    if before and not before[-1].dead:
        return before[-1].code, before[-1].wrong
    code = f"{secrets.randbelow(10**6):06}"
    count = len({one.code for one in before})
    queue(
        session, mission, kind="decision_code", occasion=f"code:{round_.number}:{who}:{count + 1}",
        to=tell(session, mission, who), facts={"code": f"{code[:3]} {code[3:]}", "round": round_.number}, at=at,
    )  # fmt: skip
    return keyed(mission, round_.id, who, code), 0


def keyed(mission: str, round_: int, who: str, code: str) -> str:
    """What a code is compared with: a million codes are soon tried by whoever has the records and not the secret."""
    told = f"{mission}\n{round_}\n{who}\n{''.join(code.split())}"
    return hmac.new(secret(), told.encode(), hashlib.sha256).hexdigest()


def held(session: Session, link: DecisionLink) -> Held:
    """What became of a link."""
    round_ = session.get_one(ApprovalRound, link.round)
    seat, state, decision = next(one for one in seats(session, round_) if one[0].id == link.seat)
    waits = approvals.waiting(session, round_.id).get(seat.id)
    last = newest_round(session, link.mission)
    newer = last is not None and last.number > round_.number
    contradicted = decision is not None and decision.id in approvals.contradictions(session, round_.id)
    if decision is not None and (state.counts or contradicted):
        return Held(
            link, round_, seat, "decided" if decision.by == link.who else "by_another", decision,
            row=row_of(session, link.mission, round_.number, seat.who), contradicted=contradicted, newer=newer,
        )  # fmt: skip
    if members.gone(session, link.mission, [link.who]):
        return Held(link, round_, seat, "left", waits=waits, newer=newer)
    if round_.status != "open":
        return Held(link, round_, seat, "ended", waits=waits, newer=newer)
    if link.hashes != round_.hashes or not stands(session, link.mission, round_):
        return Held(link, round_, seat, "edited", waits=waits, newer=newer)
    return Held(
        link, round_, seat, "closed" if link.dead else "open", waits=waits, newer=newer, disowned=state.disowned
    )


def row_of(session: Session, mission: str, number: int, who: str) -> AuditRow | None:
    """The row of the chain that is the decision on a seat, or the record of which it was made."""
    acts = ("StatementDecided", "DecisionRecorded")
    query = select(AuditRow).where(AuditRow.mission == mission, AuditRow.act.in_(acts))
    found = session.scalars(query.order_by(AuditRow.seq.desc()))
    return next((row for row in found if (row.what["round"], row.what["who"]) == (number, who)), None)


def in_chain(session: Session, one: Held) -> bool:
    """Whether the chain of acts says that this link was made, for whom and for which texts: a row that a hand wrote into
    the records opens nothing."""
    act = DecisionLinkMade if one.link.purpose == "decide" else ContradictionLinkMade
    query = select(AuditRow.what).where(AuditRow.mission == one.link.mission, AuditRow.act == act.__name__)
    told: dict[str, object] = {
        "round": one.round.number,
        "who": one.link.who,
        "digest": one.link.digest,
        "hashes": one.link.hashes,
        "asks": "code" if one.link.code else "nothing",
    }
    if one.link.purpose != "decide":
        told["recorded"] = one.link.recorded
    return any(what == told for what in session.scalars(query))
