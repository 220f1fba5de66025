"""The correspondence register: notes verbales and letters to states and authorities, by number, in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.names import load_names
from ieom.papers import store
from ieom.papers.note_verbale import note_verbale
from ieom.papers.official import paragraphs
from ieom.records import audit, missions
from ieom.records.correspondence import Correspondence
from ieom.rules.mission import MissionFacts, Office
from ieom.settings import settings


@dataclass(frozen=True)
class PaperDrafted:
    """A numbered paper was drafted for signature or stamp."""

    number: str
    kind: str
    counterpart: str
    sha256: str


@dataclass(frozen=True)
class PaperSent:
    """A paper was signed or stamped and left."""

    number: str


@dataclass(frozen=True)
class PaperReceived:
    """A paper came in."""

    number: str
    counterpart: str
    answers: str | None


def prefix(facts: MissionFacts) -> str:
    """The register's prefix, from the mission's short name: kazakhstan-senate-2020 gives KS20."""
    words = facts.slug.split("-")
    letters = "".join(word[0] for word in words if not word.isdigit()).upper()
    digits = "".join(word[-2:] for word in words if word.isdigit())
    return (letters + digits)[:12]


def _number(session: Session, mission: str, facts: MissionFacts) -> str:
    missions.lock(session, mission)  # numbers have no gaps and no doubles, whoever else is at work
    count = session.scalar(select(func.count()).select_from(Correspondence).where(Correspondence.mission == mission))
    return f"{prefix(facts)}/{(count or 0) + 1:03d}"


def of(session: Session, mission: str, occasion: str) -> Correspondence | None:
    """The paper of an occasion, or None."""
    query = select(Correspondence).where(Correspondence.mission == mission, Correspondence.occasion == occasion)
    return session.scalars(query).one_or_none()


def path_of(row: Correspondence) -> Path:
    """Where the paper lies."""
    return settings().state_dir / row.path


def draft(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    occasion: str,
    what: str,
    to: Office,
    facts: Mapping[str, Any],
    kind: str = "note_verbale",
    table: Sequence[Sequence[str]] = (),
) -> tuple[Correspondence, bytes]:
    """Draft a paper of the kind `templates/correspondence/<what>` once for an occasion; returns its row and its
    bytes. The file is written before the row is committed: a crash in between leaves a file without a row, which the
    next run writes again."""
    known = of(session, mission, occasion)
    if known is not None:
        return known, path_of(known).read_bytes()
    mission_facts = missions.facts(session, mission)
    number = _number(session, mission, mission_facts)
    names, on = load_names(), mission_facts.election_day
    told = {
        "mission": mission_facts,
        "organisation": names.running(mission_facts.organisation, on=on),
        "organisation_plain": names.official(mission_facts.organisation, on=on),
        "host": names.running(mission_facts.host_state, on=on),
        "to": to,
        "body": names.running(to.body, on=on) if to.body in names else to.office,
        **facts,
    }
    subject, body = paragraphs(what, "en", told, zone=mission_facts.zone)
    dated = at.astimezone(ZoneInfo(mission_facts.zone)).date()
    data = note_verbale(
        number=number,
        kind=kind,
        organisation=names.official(mission_facts.organisation, on=on),
        addressee=to.office,
        salutation=to.salutation,
        dated=dated,
        place=names.short(mission_facts.base_city, on=on),
        subject=subject,
        paragraphs=body,
        table=table,
        at=at,
    )
    relative = Path("papers") / mission / "correspondence" / f"{number.replace('/', '-')}.docx"
    digest = store.write(settings().state_dir / relative, data)
    row = Correspondence(
        mission=mission, number=number, occasion=occasion, direction="out", kind=kind, counterpart=to.code,
        subject=subject, dated=dated, recorded_at=at, path=relative.as_posix(), sha256=digest, status="drafted",
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PaperDrafted(number, kind, to.code, digest))
    return row, data


def _one(session: Session, mission: str, number: str) -> Correspondence:
    row = session.get(Correspondence, (mission, number))
    if row is None:
        raise NotFound(f"the register has no number {number}; 'ieom register' lists what there is")
    return row


def sent(session: Session, mission: str, *, by: str, at: datetime, number: str, ref: str | None = None) -> Correspondence:
    """A drafted paper was signed or stamped and left."""
    row = _one(session, mission, number)
    if ref and audit.happened(session, mission, ref):
        return row
    if row.direction != "out" or row.status not in {"drafted", "signed"}:
        raise Refused(f"{number} is {row.status}; only a drafted paper of ours can be recorded as sent")
    row.status = "sent"
    audit.append(session, mission, by=by, at=at, act=PaperSent(number), ref=ref)
    return row


def received(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    counterpart: str,
    subject: str,
    their_number: str = "",
    dated: date | None = None,
    answers: str = "",
    scan: Path | str = "",
    ref: str | None = None,
) -> Correspondence:
    """Register a paper that came in; `answers` is the number of ours that it answers, `scan` a file to keep."""
    if ref and audit.happened(session, mission, ref):
        return session.scalars(
            select(Correspondence).where(Correspondence.mission == mission, Correspondence.occasion == f"in:{ref}")
        ).one()
    facts = missions.facts(session, mission)
    if not subject.strip():
        raise BadInput("a paper in the register needs a subject")
    answered = _one(session, mission, answers) if answers else None
    number = _number(session, mission, facts)
    relative, digest = "", ""
    if scan:
        source = Path(scan)
        place = Path("papers") / mission / "correspondence" / f"{number.replace('/', '-')}{source.suffix.lower()}"
        digest = store.write(settings().state_dir / place, source.read_bytes())
        relative = place.as_posix()
    row = Correspondence(
        mission=mission, number=number, occasion=f"in:{ref or number}", direction="in",
        kind="note_verbale" if "verbale" in subject.lower() else "letter", counterpart=counterpart, subject=subject,
        dated=dated or at.astimezone(ZoneInfo(facts.zone)).date(), recorded_at=at, answers=answers or None,
        their_number=their_number, path=relative, sha256=digest, status="received",
    )  # fmt: skip
    session.add(row)
    if answered is not None:
        answered.status = "answered"
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PaperReceived(number, counterpart, answers or None), ref=ref)
    return row


def register(session: Session, mission: str) -> list[Correspondence]:
    """The register, by number."""
    query = select(Correspondence).where(Correspondence.mission == mission).order_by(Correspondence.number)
    return list(session.scalars(query))

