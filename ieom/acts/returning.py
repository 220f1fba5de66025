"""An edited Word document brought back: what it proposes against the version that it was made from. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.versions import missing
from ieom.errors import BadInput
from ieom.papers.frame import framed
from ieom.papers.returned import returned
from ieom.records import drafts, missions
from ieom.records.statements import StatementVersion
from ieom.rules.proposing import Proposal, proposals


@dataclass(frozen=True)
class Brought:
    """What came: proposals against the version that the document names (`base`, its number), and what is to be said."""

    base: int
    proposals: tuple[Proposal, ...]
    says: tuple[str, ...]


def brought_back(session: Session, mission: str, data: bytes, *, language: str = "en") -> Brought:
    """Read an edited document against the version that its last line names. Raises `BadInput` for one that is not of this
    statement, holds macros, or links to the outside."""
    newest = drafts.newest(session, mission, language) or missing()
    came = returned(data)
    query = select(StatementVersion).where(
        StatementVersion.mission == mission, StatementVersion.language == language,
        StatementVersion.content_hash.in_(came.digests),
    )  # fmt: skip
    named = session.scalars(query.order_by(StatementVersion.number.desc())).first()
    base = named or newest
    if not {one["key"] for one in base.content["paragraphs"]} & {one.key for one in came.paragraphs}:
        raise BadInput(
            "this document has none of the statement's marks, by which its paragraphs are found again; download the statement "
            "as Word, copy the changes into that file, and send it"
        )
    around = framed(
        base.content, number=base.number, digest=base.content_hash, chain_head=base.chain_head,
        zone=missions.facts(session, mission).zone,
    )  # fmt: skip
    frame = [around[name] for name in ("annex_title", "annex_says", "cut_off_says", "hash_says")]
    found, says = proposals(base.content, came, frame=frame)
    if named is None:
        says.insert(
            0, f"The file does not say which version it was made from; it is compared with the newest, {newest.number}."
        )
    elif named.number != newest.number:
        says.insert(
            0,
            f"The file was made from version {named.number}; the newest is {newest.number}. Only what the file itself changed is proposed.",
        )
    return Brought(base.number, tuple(found), tuple(says))
