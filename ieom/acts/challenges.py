"""What a browser that enters otherwise than by a password was asked: kept for a few minutes, for one answer, for that browser
alone. Whatever the answer is, it is asked no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ieom.records.accounts import digest
from ieom.records.passkeys import Challenge

ALIVE = timedelta(minutes=5)
MOST = 2_000
"""From one place at one time, which may be a whole delegation's hotel: of more the oldest goes and nobody is refused. A
device answers within seconds, and so many are not asked in seconds."""


def ask(session: Session, kind: str, holder: str, value: dict[str, Any], *, place: str, at: datetime) -> None:
    """Keep what the browser that brings `holder` was asked, instead of what it was asked before."""
    key = digest(f"{kind} {holder}")
    session.execute(delete(Challenge).where((Challenge.until <= at) | (Challenge.digest == key)))
    if (session.scalar(select(func.count()).where(Challenge.place == place)) or 0) >= MOST:
        oldest = select(Challenge.digest).where(Challenge.place == place).order_by(Challenge.until).limit(1)
        session.execute(delete(Challenge).where(Challenge.digest == oldest.scalar_subquery()))
    session.add(Challenge(digest=key, place=place, value=value, until=at + ALIVE))
    session.flush()


def take(session: Session, kind: str, holder: str, *, at: datetime) -> dict[str, Any] | None:
    """What this browser was asked, once; None for nothing, or too long ago. Of two at one instant one gets it. Commit it,
    whatever becomes of the answer."""
    key = digest(f"{kind} {holder}")
    gone = delete(Challenge).where(Challenge.digest == key).returning(Challenge.value, Challenge.until)
    found = session.execute(gone).tuples().one_or_none()
    return found[0] if found is not None and found[1] > at else None
