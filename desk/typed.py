"""Days and times as people type them, in a field or on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ieom.errors import BadInput
from ieom.rules.mission import MissionFacts


def moment(text: str, facts: MissionFacts) -> datetime:
    """A local time of the host country, in UTC. Raises `BadInput`."""
    try:
        return facts.moment(datetime.fromisoformat(text)).astimezone(UTC)
    except ValueError:
        says = f"'{text}' is to be a local time without a zone, such as 2020-08-12 20:30; it is that of {facts.zone}"
        raise BadInput(says) from None


def day(text: str) -> date | None:
    """A day; None for ''. Raises `BadInput`."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"'{text}' is no day; write it like 2020-08-12") from None
