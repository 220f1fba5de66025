"""Time zones by the city that each is named after, and the one that a host state has."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

OFTEN = (
    "Asia/Almaty", "Asia/Ashgabat", "Asia/Baku", "Asia/Bishkek", "Asia/Tashkent", "Europe/Budapest", "Europe/Istanbul",
)  # fmt: skip
"""Taken where a state has several zones with one and the same time: that of its seat or its largest city."""


@lru_cache(maxsize=16)
def choices(language: str) -> tuple[tuple[str, str], ...]:
    """(zone, 'Kazakhstan: Almaty') of every zone that belongs to a state, in the order of the words."""
    told = Locale.parse(language)
    named = (
        (zone, f"{told.territories.get(state, state)}: {get_timezone_location(zone, locale=told, return_city=True)}")
        for zone, state in _states().items()
    )
    return tuple(sorted(named, key=lambda one: one[1].casefold()))


def usual(state: str, day: date) -> str:
    """The zone of a state in which one time holds everywhere on that day; '' for one with several times, or none known."""
    own = sorted(zone for zone, of in _states().items() if of == state)
    noon = datetime.combine(day, time(12))
    if len({noon.replace(tzinfo=ZoneInfo(zone)).utcoffset() for zone in own}) != 1:
        return ""
    return next((zone for zone in OFTEN if zone in own), own[0])


@lru_cache(maxsize=1)
def _states() -> dict[str, str]:
    known = available_timezones()
    return {zone: of for zone, of in get_global("zone_territories").items() if zone in known and of.isalpha()}
