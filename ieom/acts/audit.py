"""The audit chain, verified and written out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import evidencing, sealing, witness
from ieom.records import audit, contact_acts, media, missions
from ieom.records.contact_acts import ContactAct
from ieom.records.suppressions import suppressed
from ieom.rules.audit import verify
from ieom.rules.suppressed import let_back


def faults(session: Session, mission: str, *, heads: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong with the mission's chain, the witness and the hashes given being known from outside; with
    its clock; and with the chain of acts on contacts."""
    links = [audit.link(row) for row in audit.rows(session, mission)]
    wrong = verify(links, heads=heads, witness=witness.seen(mission))
    rehearsed = any(link.act == "RehearsalBegun" for link in links)
    if missions.get(session, mission).simulated_now is not None and not rehearsed:
        wrong.append("the mission lives on a simulated clock, and no act began a rehearsal")
    return wrong + contact_faults(session)


def verified(session: Session, mission: str, *, heads: Sequence[str] = ()) -> list[str]:
    """The same, and what is not as the chain has it of the forms that a statement rests on and of the letters of its releases;
    reads every one of them."""
    return [
        *faults(session, mission, heads=heads),
        *evidencing.faults(session, mission),
        *sealing.faults(session, mission),
    ]


def contact_faults(session: Session) -> list[str]:
    """Everything that is wrong with the chain of acts on contacts, by what the missions' chains saw of it; and contacts
    that by it are not to be written to, and by the records may be."""
    wrong = verify(contact_acts.links(session), heads=contact_acts.witnessed(session))
    back = written_to_again(session)
    if back:
        wrong.append(
            f"{len(back)} must not be written to, and the record of that is gone: suppress those that the record of acts on "
            "contacts names"
        )
    return [f"contacts: {one}" for one in wrong]


def written_to_again(session: Session) -> list[str]:
    """Addresses of contacts that by the chain of acts are not to be written to, and by the records may be."""
    told = ContactAct.act.in_(["ContactSuppressed", "ContactForgotten", "SuppressionLifted"])
    acts = session.execute(select(ContactAct.act, ContactAct.what).where(told).order_by(ContactAct.seq)).tuples().all()
    if not acts:
        return []
    keys = media.keys(session)
    return [keys[number] for number in let_back(acts, keys, suppressed(session))]


def export_jsonl(session: Session, mission: str) -> Iterator[str]:
    """The chain, oldest first, one JSON object a line; what is hashed and the hash, nothing personal."""
    for row in audit.rows(session, mission):
        link = audit.link(row)
        yield (
            json.dumps(
                {
                    "seq": link.seq,
                    "at": link.at.isoformat(),
                    "by": link.by,
                    "act": link.act,
                    "what": link.what,
                    "mission": link.mission,
                    "ref": link.ref,
                    "previous": link.previous,
                    "hash": link.hash,
                },
                ensure_ascii=False,
            )
            + "\n"
        )
