"""Entering by an account at the organisation's OpenID provider. Nobody gets an account here by it: the address that the
provider has verified is that of an open one, which from the first time on is that person's there alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import challenges
from ieom.acts.accounts import begin_session
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.records import accounts, contact_acts
from ieom.records.accounts import Account, DeskSession, digest
from ieom.records.passkeys import OpenIdSubject
from ieom.rules.addresses import fold

ENTER = "enter by openid"
LONGEST = 255
"""Characters of a subject (OpenID Connect Core 1.0, 2)."""


@dataclass(frozen=True)
class OpenIdBound:
    """An account is one person's at an OpenID provider. `subject`: the SHA-256 of issuer and subject."""

    account: int
    subject: str


@dataclass(frozen=True)
class OpenIdUnbound:
    """An account is nobody's at that provider; the next who enters by it there binds it anew."""

    account: int


@dataclass(frozen=True)
class Begun:
    """What one browser's way to the provider and back is held together by."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636)."""
    to: str
    """The page to go on to."""


def ask(session: Session, *, holder: str, to: str, place: str, at: datetime) -> Begun:
    """A browser goes to the provider; what it comes back with is held against this. `holder`: what it alone has."""
    made = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), to)
    challenges.ask(session, ENTER, holder, vars(made), place=place, at=at)
    return made


def back(session: Session, *, holder: str, state: str, at: datetime) -> Begun:
    """A browser comes back, once; without a state where it was not asked, or is asked for another. Commit it before
    anything is asked of the provider: it is used up by a wrong answer too."""
    found = challenges.take(session, ENTER, holder, at=at)
    if found is None:
        return Begun("", "", "", "/")
    begun = Begun(**found)
    fits = secrets.compare_digest(begun.state.encode(), state.encode())
    return begun if fits else Begun("", "", "", begun.to)


def enter(
    session: Session, *, issuer: str, subject: str, email: str, at: datetime, browser: str = ""
) -> tuple[str, DeskSession]:
    """Enter as whom the provider has proved: (the cookie's value, the session). Raises `Refused` where no open account has
    the address, or it is another person's there."""
    contact_acts.lock(session)
    account = accounts.by_key(session, fold(email.strip()))
    if account is None or account.closed_at is not None:
        raise Refused(f"no account at the desk has the address {email}; an administrator makes one")
    bound = session.get(OpenIdSubject, (account.id, issuer))
    if bound is None:
        _bind(session, by=f"desk-{account.id}", account=account.id, issuer=issuer, subject=subject, at=at)
    elif bound.subject != subject:
        raise Refused("the account with your address is another person's at your organisation; ask an administrator")
    return begin_session(session, account=account.id, at=at, browser=browser)


def bind(session: Session, *, by: str, account: int, issuer: str, subject: str, at: datetime) -> None:
    """An administrator says whose an account is at the provider; '' for nobody's yet."""
    subject = subject.strip()
    row = session.get(Account, account)
    if row is None or row.closed_at is not None:
        raise NotFound("there is no such account, or it was closed")
    if len(subject) > LONGEST or not subject.isprintable():
        raise BadInput(f"a subject has at most {LONGEST} characters; copy it from the provider's own page")
    contact_acts.lock(session)
    bound = session.get(OpenIdSubject, (account, issuer))
    if bound is not None and bound.subject != subject:
        session.delete(bound)
        session.flush()
        if not subject:
            contact_acts.append(session, by=by, at=at, act=OpenIdUnbound(account))
        bound = None
    if bound is None and subject:
        _bind(session, by=by, account=account, issuer=issuer, subject=subject, at=at)


def _bind(session: Session, *, by: str, account: int, issuer: str, subject: str, at: datetime) -> None:
    taken = select(OpenIdSubject).where(OpenIdSubject.issuer == issuer, OpenIdSubject.subject == subject)
    if session.scalars(taken).first() is not None:
        raise Conflict("this person has another account at the desk by their organisation's; ask an administrator")
    session.add(OpenIdSubject(account=account, issuer=issuer, subject=subject, bound_at=at))
    session.flush()
    contact_acts.append(session, by=by, at=at, act=OpenIdBound(account, digest(f"{issuer} {subject}")))
