"""The audit chain, verified and written out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from ieom.acts import witness
from ieom.records import audit, contact_acts
from ieom.rules.audit import verify


def faults(session: Session, mission: str, *, heads: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong with the mission's chain, the witness and the hashes given being known from outside; and
    with the chain of acts on contacts."""
    links = (audit.link(row) for row in audit.rows(session, mission))
    return verify(links, heads=heads, witness=witness.seen(mission)) + contact_faults(session)


def contact_faults(session: Session) -> list[str]:
    """Everything that is wrong with the chain of acts on contacts, by what the missions' chains saw of it."""
    return [f"contacts: {one}" for one in verify(contact_acts.links(session), heads=contact_acts.witnessed(session))]


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
