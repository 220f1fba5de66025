"""Other ways to enter the desk than a password: passkeys (WebAuthn), an account at the organisation's OpenID provider; and
what a browser that enters by one of them was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


class Passkey(Base):
    """A key pair whose private half is on its owner's device. `credential` and `key` are base64url, as they came."""

    __tablename__ = "passkeys"
    __table_args__ = (UniqueConstraint("credential"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    credential: Mapped[str]
    key: Mapped[str]
    """The public half (COSE)."""
    handle: Mapped[str]
    """By which the device knows the account: random, the same for all passkeys of one."""
    counter: Mapped[int] = mapped_column(BigInteger)
    """How often the device says the key was used, where it counts; 0 where it does not."""
    name: Mapped[str]
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OpenIdSubject(Base):
    """Who an account is at an OpenID provider. The provider never gives a subject to anybody else."""

    __tablename__ = "openid_subjects"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    account: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    bound_at: Mapped[datetime]


class Challenge(Base):
    """What one browser was asked, for a few minutes and one answer. `digest`: of what that browser alone brings back."""

    __tablename__ = "challenges"

    digest: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(index=True)
    """Where it was asked from, so that nobody fills the table."""
    value: Mapped[dict[str, Any]]
    until: Mapped[datetime]


def of(session: Session, account: int) -> Sequence[Passkey]:
    """The passkeys of an account, the oldest first."""
    return session.scalars(select(Passkey).where(Passkey.account == account).order_by(Passkey.id)).all()


def by_credential(session: Session, credential: str) -> Passkey | None:
    """The passkey with this identifier; held until the transaction ends, for its counter is compared and written."""
    return session.scalars(select(Passkey).where(Passkey.credential == credential).with_for_update()).one_or_none()


def owners(session: Session) -> set[int]:
    """Accounts that can be entered by a passkey or by an organisation's own log-in."""
    return {*session.scalars(select(Passkey.account)), *session.scalars(select(OpenIdSubject.account))}


def subjects(session: Session, account: int) -> Sequence[OpenIdSubject]:
    """Who an account is at OpenID providers."""
    return session.scalars(select(OpenIdSubject).where(OpenIdSubject.account == account)).all()
