"""Wrong attempts to show who one is: counted, so that guessing stops, whichever process is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ieom.errors import Refused
from ieom.records.accounts import FailedEntry

ATTEMPTS, WINDOW = 8, timedelta(minutes=15)
"""Wrong passwords for one address from one place before the next has to wait; so many times as many from one place for all
addresses (`TEAM`), twelve times as many for one address from everywhere."""
TEAM = 30
"""People behind one address: a delegation in its hotel. Each has all attempts of their own."""
LATER = "try again in a quarter of an hour, or ask an administrator for a link"


def room(session: Session, most: Mapping[str, int], *, at: datetime, later: str = LATER) -> None:
    """Raises `Refused` where under one of these keys as many failed as may (in `WINDOW`). `later`: what to do then."""
    counted = select(FailedEntry.key, func.count()).where(FailedEntry.key.in_(most), FailedEntry.at > at - WINDOW)
    failed = dict(session.execute(counted.group_by(FailedEntry.key)).tuples().all())
    if any(count >= most[one] for one, count in failed.items()):
        raise Refused(f"too many wrong attempts; {later}")


def count(session: Session, key: str, *, since: datetime) -> int:
    """How many are counted under a key since then."""
    asked = select(func.count()).where(FailedEntry.key == key, FailedEntry.at > since)
    return session.scalar(asked) or 0


def failed(session: Session, keys: Collection[str], *, at: datetime) -> tuple[int, ...]:
    """Count one more under each of these keys. Returns by what it is taken back (`forgiven`)."""
    rows = [FailedEntry(key=one, at=at) for one in keys]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def forgiven(session: Session, counted: Collection[int]) -> None:
    """It did not fail after all."""
    session.execute(delete(FailedEntry).where(FailedEntry.id.in_(counted)))
