"""What a browser that enters otherwise than by a password was asked: kept for a few minutes, for one answer, for that browser
alone. Whatever the answer is, it is asked no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ieom.errors import Refused
from ieom.records.accounts import digest
from ieom.records.passkeys import Challenge

ALIVE = timedelta(minutes=5)
MOST = 60
"""From one place at one time."""


def ask(session: Session, kind: str, holder: str, value: dict[str, Any], *, place: str, at: datetime) -> None:
    """Keep what the browser that brings `holder` was asked, instead of what it was asked before. Raises `Refused` where too
    many are asked from this place."""
    key = digest(f"{kind} {holder}")
    session.execute(delete(Challenge).where((Challenge.until <= at) | (Challenge.digest == key)))
    if (session.scalar(select(func.count()).where(Challenge.place == place)) or 0) >= MOST:
        raise Refused(f"too many are entering from your network just now; try again in {ALIVE.seconds // 60} minutes")
    session.add(Challenge(digest=key, place=place, value=value, until=at + ALIVE))
    session.flush()


def take(session: Session, kind: str, holder: str, *, at: datetime) -> dict[str, Any] | None:
    """What this browser was asked, once; None for nothing, or too long ago. Of two at one instant one gets it. Commit it,
    whatever becomes of the answer."""
    key = digest(f"{kind} {holder}")
    gone = delete(Challenge).where(Challenge.digest == key).returning(Challenge.value, Challenge.until)
    found = session.execute(gone).tuples().one_or_none()
    return found[0] if found is not None and found[1] > at else None
