"""What people do with their own account: end sessions, choose another password, say their language and time zone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ieom.acts import accounts as acts
from ieom.acts import attempts, passwords
from ieom.errors import BadInput, NotFound
from ieom.records import contact_acts
from ieom.records.accounts import Account, DeskSession


def alive(session: Session, account: int, *, at: datetime) -> Sequence[DeskSession]:
    """The sessions by which this account can still be used, the latest used first."""
    query = select(DeskSession).where(
        DeskSession.account == account, DeskSession.ended_at.is_(None), DeskSession.seen_at >= at - acts.IDLE,
        DeskSession.begun_at >= at - acts.LONGEST,
    )  # fmt: skip
    return session.scalars(query.order_by(DeskSession.seen_at.desc())).all()


def how_many(session: Session, *, at: datetime) -> dict[int, int]:
    """How many sessions each account has that can still be used; accounts without one are left out."""
    query = select(DeskSession.account, func.count()).where(
        DeskSession.ended_at.is_(None), DeskSession.seen_at >= at - acts.IDLE, DeskSession.begun_at >= at - acts.LONGEST
    )
    return dict(session.execute(query.group_by(DeskSession.account)).tuples().all())


def end(session: Session, *, account: int, start: str, at: datetime) -> None:
    """End the one session of this account whose digest begins so. Raises `NotFound`."""
    found = [row for row in alive(session, account, at=at) if len(start) >= 12 and row.digest.startswith(start)]
    if len(found) != 1:
        raise NotFound("this session has ended already")
    acts.leave(session, found[0].digest, at=at)


def end_others(session: Session, *, account: int, but: str, at: datetime) -> int:
    """End every session of this account but the one with this digest; returns how many."""
    gone = [row.digest for row in alive(session, account, at=at) if row.digest != but]
    session.execute(update(DeskSession).where(DeskSession.digest.in_(gone)).values(ended_at=at))
    return len(gone)


def owned(session: Session, *, account: int, password: str, at: datetime) -> bool:
    """Whether this is the password of the account, which has entered. False when it is wrong: that attempt is counted like
    one to enter, so commit. Raises `Refused` after too many wrong ones."""
    key = f"own {account}"
    attempts.room(session, {key: attempts.ATTEMPTS}, at=at)
    fits = passwords.fits(session.get_one(Account, account).password, password, entered=True)
    if not fits:
        attempts.failed(session, [key], at=at)
    return fits


def change_password(session: Session, *, account: int, old: str, new: str, but: str, at: datetime) -> bool:
    """Choose another password, having given the one that holds; every session but `but` ends. False and `Refused` as in
    `owned`."""
    passwords.long_enough(new)
    if not owned(session, account=account, password=old, at=at):
        return False
    session.get_one(Account, account).password = passwords.hashed(new)
    end_others(session, account=account, but=but, at=at)
    contact_acts.append(session, by=f"desk-{account}", at=at, act=acts.PasswordChosen(account))
    return True


def settle(session: Session, *, account: int, language: str, zone: str, languages: Collection[str]) -> None:
    """The language of the desk and the reader's own time zone ('' for the host country's alone)."""
    if language not in languages:
        raise BadInput(f"the desk does not speak '{language}'; choose one of {', '.join(languages)}")
    if zone and zone not in available_timezones():
        raise BadInput(f"'{zone}' is no time zone; write it like Asia/Almaty or Europe/Istanbul, or leave it empty")
    row = session.get_one(Account, account)
    row.language, row.zone = language, zone
