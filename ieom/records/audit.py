"""The audit chain: one row an act, bound to the one before by SHA-256. It holds identifiers, never personal data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records import missions
from ieom.records.base import Base
from ieom.rules.audit import GENESIS, Link, digest


class AuditRow(Base):
    """One act: who, when, what; `hash` covers all of it and the hash of the row before."""

    __tablename__ = "audit_rows"
    __table_args__ = (UniqueConstraint("mission", "seq"), UniqueConstraint("mission", "ref"))

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    seq: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]
    act: Mapped[str]
    what: Mapped[dict[str, Any]]
    ref: Mapped[str | None]
    """A caller's own key for this act: asked for twice, it happens once."""
    previous: Mapped[str]
    hash: Mapped[str]


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't stand in the audit chain")


def link(row: AuditRow) -> Link:
    """A row as the rule sees it."""
    return Link(row.mission, row.seq, row.at, row.by, row.act, row.what, row.previous, row.hash, row.ref)


def append(session: Session, mission: str, *, by: str, at: datetime, act: Any, ref: str | None = None) -> AuditRow:
    """Leave one row for an act (a small frozen dataclass of identifiers); moves the mission's revision on."""
    row = missions.lock(session, mission)
    row.revision += 1
    last = head(session, mission)
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    what = json.loads(json.dumps(dataclasses.asdict(act), default=_plain))
    new = Link(mission, seq, at, by, type(act).__name__, what, previous, "", ref)
    entry = AuditRow(
        mission=mission, seq=seq, at=at, by=by, act=new.act, what=what, ref=ref, previous=previous, hash=digest(new)
    )
    session.add(entry)
    session.flush()
    return entry


def head(session: Session, mission: str) -> AuditRow | None:
    """The newest row of a mission's chain."""
    return session.scalars(
        select(AuditRow).where(AuditRow.mission == mission).order_by(AuditRow.seq.desc()).limit(1)
    ).one_or_none()


def rows(session: Session, mission: str) -> Iterable[AuditRow]:
    """The chain, oldest first."""
    return session.scalars(select(AuditRow).where(AuditRow.mission == mission).order_by(AuditRow.seq))


def of_act(session: Session, mission: str, act: str) -> Iterable[AuditRow]:
    """The rows of one kind of act, oldest first."""
    chosen = select(AuditRow).where(AuditRow.mission == mission, AuditRow.act == act)
    return session.scalars(chosen.order_by(AuditRow.seq))


def happened(session: Session, mission: str, ref: str) -> bool:
    """Whether an act with this caller's key is in the chain already."""
    return (
        session.scalars(select(AuditRow.id).where(AuditRow.mission == mission, AuditRow.ref == ref)).first() is not None
    )


def of_ref(session: Session, mission: str, ref: str | None) -> AuditRow | None:
    """The row that this caller's key left, or None."""
    if ref is None:
        return None
    return session.scalars(select(AuditRow).where(AuditRow.mission == mission, AuditRow.ref == ref)).one_or_none()


def page(
    session: Session,
    mission: str,
    *,
    by: str = "",
    act: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    first: int = 0,
    most: int = 50,
) -> tuple[Sequence[AuditRow], int]:
    """Rows of a chain, newest first, of one person, one kind of act, from a moment on and before another (UTC): so many
    from the `first`, and how many there are."""
    wanted = [AuditRow.mission == mission]
    wanted += [AuditRow.by == by] if by else []
    wanted += [AuditRow.act == act] if act else []
    wanted += [AuditRow.at >= since] if since else []
    wanted += [AuditRow.at < until] if until else []
    count = session.scalar(select(func.count()).select_from(AuditRow).where(*wanted)) or 0
    query = select(AuditRow).where(*wanted).order_by(AuditRow.seq.desc()).offset(first).limit(most)
    return session.scalars(query).all(), count


def kinds(session: Session, mission: str) -> tuple[list[str], list[str]]:
    """Who acted in a mission, and which acts there were, each once and in order."""
    chain = AuditRow.mission == mission
    who = session.scalars(select(AuditRow.by).where(chain).distinct().order_by(AuditRow.by))
    what = session.scalars(select(AuditRow.act).where(chain).distinct().order_by(AuditRow.act))
    return list(who), list(what)
