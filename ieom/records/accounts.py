"""Who may enter the desk: accounts, the roles they were given, their sessions and one-time links, failed attempts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


class Account(Base):
    """A person who enters the desk. `password` is an argon2 hash; empty until its one-time link was used."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    key: Mapped[str]
    """The address as it is compared."""
    password: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    zone: Mapped[str] = mapped_column(default="")
    """The reader's own time zone, shown beside the host country's; empty: not shown."""
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Grant(Base):
    """A role given to an account, in one mission or (empty) in all. `code` is whom the account acts as there: the code of
    an office or a member, by which the audit chain knows it; empty for those who act in no mission."""

    __tablename__ = "grants"
    __table_args__ = (UniqueConstraint("account", "mission", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    mission: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    code: Mapped[str] = mapped_column(default="")


class DeskSession(Base):
    """One browser that entered. The cookie's value is not here, only its SHA-256."""

    __tablename__ = "desk_sessions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    csrf: Mapped[str]
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(default="")


class EntryLink(Base):
    """A link that lets its holder choose a password, once, until it expires."""

    __tablename__ = "entry_links"

    digest: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Null for the link of the first start, which makes the first administrator."""
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedEntry(Base):
    """A wrong password, so that guessing stops, whichever process is asked."""

    __tablename__ = "failed_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    """An address as it is compared, or where the attempt came from."""
    at: Mapped[datetime]


class KeptText(Base):
    """What somebody typed and has not sent: kept when the session ends or the server restarts."""

    __tablename__ = "kept_texts"

    account: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    """The form's address and the field's name."""
    text: Mapped[str]
    at: Mapped[datetime]


def kept_text(session: Session, account: int, place: str) -> str:
    """What somebody typed at a place and has not sent; '' for nothing."""
    row = session.get(KeptText, (account, place))
    return row.text if row else ""


def keep_text(session: Session, account: int, place: str, text: str, *, at: datetime) -> None:
    """Keep what somebody typed at a place, instead of what was kept there; an empty text is forgotten."""
    session.execute(delete(KeptText).where(KeptText.account == account, KeptText.place == place))
    if text:
        session.add(KeptText(account=account, place=place, text=text, at=at))


def trim_texts(session: Session, account: int, start: str, *, most: int, longest: int) -> None:
    """Of texts kept for forms whose place begins so, the newest stay: so many, and of so many characters in all."""
    query = select(KeptText.place, func.length(KeptText.text)).where(
        KeptText.account == account, KeptText.place.startswith(start, autoescape=True)
    )
    total, old = 0, []
    for number, (place, length) in enumerate(session.execute(query.order_by(KeptText.at.desc(), KeptText.place))):
        total += length
        if number >= most or total > longest:
            old.append(place)
    if old:
        forget_texts(session, account, old)


def forget_texts(session: Session, account: int, places: Collection[str]) -> None:
    """What somebody typed at these places was sent."""
    session.execute(delete(KeptText).where(KeptText.account == account, KeptText.place.in_(places)))


def digest(token: str) -> str:
    """What the records hold of a cookie or a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_key(session: Session, key: str) -> Account | None:
    """The account with this address, as it is compared."""
    return session.scalars(select(Account).where(Account.key == key)).one_or_none()


def open_session(session: Session, row_digest: str) -> tuple[DeskSession, Account, list[Grant]] | None:
    """A session that has not ended, of an account that is not closed, and the account's roles."""
    found = session.execute(_OPEN, {"digest": row_digest}).all()
    return (found[0][0], found[0][1], [row[2] for row in found if row[2] is not None]) if found else None


def had_token(session: Session, account: int, csrf: str) -> bool:
    """Whether a session of this account, ended or not, gave its forms this token."""
    query = select(DeskSession.digest).where(DeskSession.account == account, DeskSession.csrf == csrf)
    return session.scalar(query.limit(1)) is not None


def grants(session: Session, account: int) -> Sequence[Grant]:
    """The roles of an account."""
    return session.scalars(select(Grant).where(Grant.account == account).order_by(Grant.id)).all()


def everybody(session: Session) -> list[tuple[Account, list[Grant]]]:
    """Every account with its roles, by name."""
    found = {row.id: (row, list[Grant]()) for row in session.scalars(select(Account).order_by(Account.name))}
    for grant in session.scalars(select(Grant).order_by(Grant.id)):
        found[grant.account][1].append(grant)
    return list(found.values())


def kept(session: Session, account: int, start: str) -> dict[str, str]:
    """Texts kept for forms whose place begins so, by place."""
    pattern = re.sub(r"([!%_])", r"!\1", start) + "%"
    return dict(session.execute(_KEPT, {"account": account, "pattern": pattern}).tuples().all())


# What every request asks: made once, for making a statement costs more than the answer.
_OPEN = (
    select(DeskSession, Account, Grant)
    .join(Account, Account.id == DeskSession.account)
    .outerjoin(Grant, Grant.account == Account.id)
    .where(DeskSession.digest == bindparam("digest"), DeskSession.ended_at.is_(None), Account.closed_at.is_(None))
    .order_by(Grant.id)
)
_KEPT = select(KeptText.place, KeptText.text).where(
    KeptText.account == bindparam("account"), KeptText.place.like(bindparam("pattern"), escape="!")
)
