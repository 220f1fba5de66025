"""Days and times as people type them, in a field or on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ieom.errors import BadInput
from ieom.rules.mission import MissionFacts


def moment(text: str, facts: MissionFacts) -> datetime:
    """A local time of the host country, in UTC; of an hour that comes twice when clocks are put back, the first time. Raises
    `BadInput`, also for a time that is left out when they are put forward: an embargo typed there would end an hour early."""
    try:
        local = datetime.fromisoformat(text)
        found = facts.moment(local).astimezone(UTC)
    except ValueError:
        says = f"'{text}' is to be a local time without a zone, such as 2020-08-12 20:30; it is that of {facts.zone}"
        raise BadInput(says) from None
    if found.astimezone(ZoneInfo(facts.zone)).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        raise BadInput(
            f"there is no '{text}' in {facts.zone}: clocks are put forward over it; write an hour before or after"
        )
    return found


def day(text: str) -> date | None:
    """A day; None for ''. Raises `BadInput`."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"'{text}' is no day; write it like 2020-08-12") from None
