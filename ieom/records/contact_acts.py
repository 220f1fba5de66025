"""What was done to contacts outside any mission: a chain like a mission's, one for the installation."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.audit import AuditRow
from ieom.records.base import Base
from ieom.rules.audit import GENESIS, Link, digest

CHAIN = "contacts"
"""What stands in the hash where a mission's chain has its name."""


class ContactAct(Base):
    """One act on contacts, lists or suppressions: who, when, what; `hash` covers it and the hash of the act before.
    Contacts are known by number; names and addresses do not stand here. Never changed."""

    __tablename__ = "contact_acts"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by: Mapped[str]
    act: Mapped[str]
    what: Mapped[dict[str, Any]]
    ref: Mapped[str | None] = mapped_column(unique=True)
    """A caller's own key for this act: asked for twice, it happens once."""
    previous: Mapped[str]
    hash: Mapped[str]


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't stand in the chain of acts on contacts")


def lock(session: Session) -> None:
    """Hold the contacts against every other act on them until the transaction ends. Reading goes on."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(text("LOCK TABLE contact_acts IN SHARE ROW EXCLUSIVE MODE"))


def append(session: Session, *, by: str, at: datetime, act: Any, ref: str | None = None) -> ContactAct:
    """Leave one row for an act (a small frozen dataclass of identifiers)."""
    lock(session)
    last = head(session)
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    what = json.loads(json.dumps(dataclasses.asdict(act), default=_plain))
    new = Link(CHAIN, seq, at, by, type(act).__name__, what, previous, "", ref)
    row = ContactAct(seq=seq, at=at, by=by, act=new.act, what=what, ref=ref, previous=previous, hash=digest(new))
    session.add(row)
    session.flush()
    return row


def head(session: Session) -> ContactAct | None:
    """The newest act on contacts."""
    return session.scalars(select(ContactAct).order_by(ContactAct.seq.desc()).limit(1)).one_or_none()


def links(session: Session) -> Iterable[Link]:
    """The chain, oldest first, as the rule sees it."""
    for row in session.scalars(select(ContactAct).order_by(ContactAct.seq)):
        yield Link(CHAIN, row.seq, row.at, row.by, row.act, row.what, row.previous, row.hash, row.ref)


def witnessed(session: Session) -> list[str]:
    """Hashes of this chain that stand in the missions' chains: by them an end that was cut off is seen."""
    found = session.scalars(select(AuditRow.what).where(AuditRow.act == "MediaSelected"))
    return [what["contacts"] for what in found if what.get("contacts")]


def happened(session: Session, ref: str | None) -> bool:
    """Whether an act with this caller's key is in the chain already."""
    return ref is not None and session.scalars(select(ContactAct.seq).where(ContactAct.ref == ref)).first() is not None


def newest(session: Session, act: str, by: str) -> ContactAct | None:
    """The newest act of this kind by this person."""
    query = select(ContactAct).where(ContactAct.act == act, ContactAct.by == by)
    return session.scalars(query.order_by(ContactAct.seq.desc()).limit(1)).one_or_none()
