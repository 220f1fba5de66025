"""A person reminds an approver now, beside the reminders that go by themselves: a letter to the seat's holder, or to whom
stands in. It decides nothing, and goes at most once in a quarter of an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ieom.acts import links
from ieom.acts.answering import tell
from ieom.acts.rounds import open_now, seat_of
from ieom.errors import BadInput, Conflict, Refused
from ieom.mail.letters import queue
from ieom.records import audit, letters, missions
from ieom.records.letters import Letter

PAUSE = timedelta(minutes=15)
KIND = "reminder_approval_waits"


@dataclass(frozen=True)
class ApproverReminded:
    """Somebody had an approver reminded of a decision that is awaited."""

    round: int
    who: str
    to: str


def remind(
    session: Session, mission: str, *, by: str, at: datetime, who: str, to: str = "", ref: str | None = None
) -> Letter | None:
    """Remind the holder of the seat `who`, or with `to` a deputy of theirs, that a decision is awaited. None when this was
    done under the same `ref` before. Raises `Refused` when nothing is awaited of them, `Conflict` soon after another one."""
    if ref and audit.happened(session, mission, ref):
        return None
    missions.lock(session, mission)
    round_ = open_now(session, mission)
    seat, _state, made = seat_of(session, round_, who)
    to = to or seat.who
    if to != seat.who and to not in seat.deputies:
        raise BadInput(f"'{to}' is no deputy of {seat.who}")
    if made is not None:
        raise Refused(f"a decision of {seat.who} is on record already; nothing is awaited of them")
    if seat.asked_at is None:
        raise Refused(f"{seat.who} was not asked yet; those before them in the rule's order decide first")
    reader = tell(session, mission, to)
    if not reader.email:
        raise Refused(
            f"no address of {to} is known; call them, and record what they decide as given by telephone or on paper"
        )
    occasion = f"reminder:approval_waits:{round_.number}.{seat.who}:by-hand:"
    last = letters.newest_for(session, mission, kind=KIND, recipient=reader.email)
    if last is not None and at - last.queued_at < PAUSE:
        raise Conflict(
            f"a reminder to {to} was written {int((at - last.queued_at).total_seconds() // 60)} minutes ago; a quarter of an "
            "hour lies between two. Call them"
        )
    letter = queue(
        session, mission, kind=KIND, occasion=f"{occasion}{at:%Y%m%dT%H%M%S}", to=reader, at=at,
        facts={
            "round": round_.number, "who": seat.who, "hash": next(iter(round_.hashes.values())), "due": seat.asked_at,
            "escalated": to != seat.who, "person": tell(session, mission, seat.who).office,
            **links.told(session, mission, round_, seat, to, at=at),
        },
    )  # fmt: skip
    audit.append(session, mission, by=by, at=at, act=ApproverReminded(round_.number, seat.who, to), ref=ref)
    return letter
