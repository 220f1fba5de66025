"""Who acts in a mission: its own offices, whoever has a seat in its approval or stands in for one, its members."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.records import members, missions


def codes(session: Session, mission: str) -> dict[str, str]:
    """The codes that can act in a mission, each with whom it means. The offices that letters go to, the host country's
    above all, act on nothing."""
    facts = missions.facts(session, mission)
    known = {row.code: members.styled(row) for row in members.of(session, mission)}
    known |= {one.code: one.office for one in facts.offices if one.body in {"", facts.organisation}}
    seats = [code for seat in facts.approval.seats for code in (seat.who, *seat.deputies)]
    return known | {code: code for code in seats if code not in known}


def known(session: Session, mission: str, code: str) -> None:
    """Raises `BadInput` when nobody acts under this code in the mission, or ('') in any: a slip of the keyboard would
    stand in the audit chain for ever."""
    slugs = [mission] if mission else list(missions.all_slugs(session))
    if code and slugs and not any(code in codes(session, slug) for slug in slugs):
        where = "this mission" if mission else "any mission"
        raise BadInput(f"nobody in {where} acts as '{code}'; take one of the codes that the field offers")
