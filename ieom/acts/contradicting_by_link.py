"""Saying, by the link in a letter, that a decision told as one's own is not: for approvers without an account too. Once, until
the release or the end of the round, on the decision that the letter told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import contradicting
from ieom.acts.answering import office_of
from ieom.acts.deciding_by_link import COMMENT, meant
from ieom.acts.links import Held
from ieom.acts.rounds import newest_round
from ieom.acts.versions import released
from ieom.errors import BadInput, Conflict
from ieom.records import approvals, missions
from ieom.records.approvals import Decision, Recorded

Became = Literal["open", "said", "taken_back", "superseded", "ended", "released"]
LATE = {
    "said": "that was said already; the decision counts for nothing",
    "taken_back": "what was recorded was taken back already; it counts for nothing",
    "superseded": "you decided yourself since, and that counts; the letter on that decision has a link of its own",
    "ended": "the round has ended, and what was decided in it counts for nothing any more",
    "released": "the statement has been released; speak with the secretariat, a correction is the way now",
}


@dataclass(frozen=True)
class Stands:
    """What a letter told of, and what became of it since."""

    row: Decision | Recorded
    became: Became
    counts: bool = False
    """Whether it is a decision; else it waits for its confirmation."""
    at: datetime | None = None
    by: str = ""
    """The office of who said so, or took it back."""
    why: str = ""


def stands(session: Session, found: Held) -> Stands:
    """What a contradiction by this link would be about. Changes nothing."""
    mission, round_ = found.link.mission, found.round
    known = {row.id: (row, end) for row, end in approvals.recorded(session, round_.id)}
    record, end = known.get(found.link.recorded or 0, (None, None))
    over = round_.status in {"void", "stopped"} or newest_round(session, mission) is not round_
    if record is not None and end is None:
        return Stands(record, "ended" if over or round_.status != "open" else "open")
    if record is not None and end is not None and end.became != "confirmed":
        became: Became = (
            "said" if end.became == "contradicted" else "taken_back" if end.became == "taken_back" else "superseded"
        )
        return Stands(record, became, at=end.at, by=office_of(session, mission, end.by), why=end.why)
    row = session.scalars(select(Decision).where(Decision.seat == found.seat.id)).one()
    said = approvals.contradictions(session, round_.id).get(row.id)
    if said is not None:
        return Stands(row, "said", True, said.at, office_of(session, mission, found.seat.who), said.why)
    if over or row.hashes != found.link.hashes:
        return Stands(row, "ended", True)
    return Stands(row, "released" if released(session, mission, round_=round_.id) else "open", True)


def contradict_by_link(
    session: Session, *, token: str, why: str = "", code: str = "", at: datetime | None = None
) -> None:
    """Say that the decision that the letter told of is not one's own. Raises `Conflict` when something became of it before,
    `Refused` for a link that doesn't do this or a wrong code."""
    found = meant(session, token, code=code, purpose="contradict")
    link, mission = found.link, found.link.mission
    if len(why) > COMMENT:
        raise BadInput(f"that is longer than {COMMENT:,} characters; send the rest to the secretariat by letter")
    one = stands(session, found)
    if one.became != "open":
        raise Conflict(LATE[one.became])
    at, why = at or missions.now(session, mission), why.strip()
    if isinstance(one.row, Recorded):
        contradicting.disown(session, mission, found.round, found.seat, one.row, by=link.who, at=at, why=why)
    else:
        contradicting.against(session, mission, found.round, found.seat, one.row, by=link.who, at=at, why=why)
