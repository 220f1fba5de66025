"""A release's papers signed before their hashes are fixed: what is approved, signed and sent is one and the same file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.folder.names import load_names
from ieom.papers import certificates, keys
from ieom.records import missions
from ieom.records.audit import AuditRow
from ieom.records.releases import Release


@dataclass(frozen=True)
class Seal:
    """What of the signatures goes on record: the certificate's SHA-256, and for each paper the hash that was signed.
    Both are empty where no key is set."""

    certificate: str = ""
    signed: dict[str, str] = field(default_factory=dict)


def announced(session: Session, mission: str) -> str:
    """Where a reader of a signed paper learns how to check it, for the line that the paper has about its signature; empty
    where no key is set, and a paper must not speak of one."""
    return (missions.facts(session, mission).release.newsroom_url or "-") if keys.held() else ""


def signed(
    session: Session, mission: str, number: int, papers: dict[str, bytes], *, at: datetime
) -> tuple[dict[str, bytes], Seal]:
    """Sign the PDFs among a release's papers (file name -> bytes) at the mission's moment (UTC). Without a key they come
    back as they are. Raises `BadInput`, `Refused` or `Unavailable` before anything is written."""
    facts = missions.facts(session, mission)
    with keys.opened(at) as key:
        if key is None:
            return papers, Seal()
        from ieom.papers import signing

        made, found = signing.sign(
            papers, key, at=at, reason=f"Release {number} of {mission}",
            location=load_names().short(facts.base_city, on=facts.election_day), contact=facts.release.newsroom_url,
        )  # fmt: skip
        certificates.keep(key.certificate)
    return made, Seal(key.certificate.fingerprint, {name: one.digest for name, one in found.items()})


def certificate_of(session: Session, row: Release) -> certificates.Certificate | None:
    """The certificate that signed a release's papers, by the chain of acts; None where they are unsigned, or where it was
    removed since."""
    acts = select(AuditRow.what).where(AuditRow.mission == row.mission, AuditRow.act == "ReleasePrepared")
    for what in session.scalars(acts.order_by(AuditRow.seq.desc())):
        if what["number"] == row.number:
            return certificates.kept().get(what.get("certificate") or "")
    return None
