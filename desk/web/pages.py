"""The desk's pages: Jinja2 templates in templates/desk/, everything escaped, times in the host country's zone and how far
off they are, words through gettext."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from jinja2 import Environment

from ieom.folder.catalogues import N_, catalogue, said
from ieom.folder.names import load_names
from ieom.papers.page import environment
from ieom.rules.mission import MissionFacts, offset
from ieom.rules.roles import SAID, Role
from ieom.rules.timeline import TITLES
from ieom.settings import settings

STATIC = Path(__file__).parent / "static"
LANGUAGES = ("en", "tr", "az", "kk", "ky", "uz", "tk", "hu", "ru")

CODES = (
    N_("held"), N_("suspended"), N_("evacuated"), N_("closed"),
)  # fmt: skip
"""States of a mission that are their own words, marked for translators: pages say them by `word`."""


def city_of(zone: str) -> str:
    """What a zone is called after where nothing better is known: 'Almaty'."""
    return zone.rpartition("/")[2].replace("_", " ")


def seat_of(facts: MissionFacts, language: str = "en") -> str:
    """The city that the mission sits in, as its papers call it: its local time is named after that, not after the city
    that the zone has its name from (Nur-Sultan keeps the time of Asia/Almaty)."""
    try:
        return load_names().short(facts.base_city, language, on=facts.election_day)
    except KeyError:
        return city_of(facts.zone)


def country_name(code: str, language: str = "en") -> str:
    """'Kazakhstan' for 'KZ'; what is no country's code stays as it is."""
    return str(Locale.parse(language).territories.get(code, code))


def own_name(code: str) -> str:
    """A language's name in itself: 'Türkçe' for 'tr'; what is no language's code stays as it is."""
    try:
        return str(Locale.parse(code).get_language_name(code) or code)
    except (UnknownLocaleError, ValueError):
        return code


def clock_at(moment: datetime, zone: str, place: str, language: str) -> str:
    """A moment in a zone that is named after a place: '12 Aug 2020, 21:00 Nur-Sultan (UTC+6)'."""
    there = ZoneInfo(zone)
    return f"{_written(moment.astimezone(there), 'd MMM y', language)} {place} ({offset(moment, there)})"


def _written(here: datetime, day: str, language: str) -> str:
    return f"{format_date(here, day, locale=language)}, {format_time(here, 'HH:mm', locale=language)}"


def tongue(code: str, language: str = "en") -> str:
    """A language's name in another: 'Turkish' for 'tr'; what is no language's code stays as it is."""
    return str(Locale.parse(language).languages.get(code, code))


@lru_cache(maxsize=64)
def words(folder: Path, language: str, zone: str, own: str, place: str = "") -> Environment:
    """The environment of pages in a language, with a host country's zone, the city it is named after there, and the
    reader's own zone ('' for none)."""
    made = environment(folder, language, zone).overlay()
    made.filters, made.globals = dict(made.filters), dict(made.globals)
    spoken, there, city = str(made.globals["words"]), ZoneInfo(zone), place or city_of(zone)

    def clock(moment: datetime, *, short: bool = False) -> str:
        """'12 Aug 2020, 21:00 Nur-Sultan (UTC+6)', and the reader's own time where that is another; short: '12 Aug, 21:00'."""
        if short:
            return _written(moment.astimezone(there), "d MMM", spoken)
        said = clock_at(moment, zone, city, spoken)
        if own and moment.astimezone(ZoneInfo(own)).utcoffset() != moment.astimezone(there).utcoffset():
            mine = moment.astimezone(ZoneInfo(own))
            said += f" · {format_time(mine, 'HH:mm', locale=spoken)} {city_of(own)}"
        return said

    def off(moment: datetime, now: datetime) -> str:
        """How far off: 'in 3 hours', '2 days ago'."""
        if abs(moment - now) < timedelta(minutes=1):
            return word(N_("now"))
        return format_timedelta(moment - now, add_direction=True, threshold=1.2, locale=spoken)

    known = catalogue(folder / "locale", language)

    def word(text: str) -> str:
        """Words of ours that come from Python, in the page's language: text alone, escaped as any."""
        return said(text, known.gettext)

    made.filters.update(
        clock=clock, off=off, word=word, stage=lambda one: word(TITLES[one]), role=lambda one: word(SAID[Role(one)]),
        utc=lambda moment: moment.astimezone(UTC).isoformat(timespec="seconds"),
        country=lambda code: country_name(code, spoken), own_name=own_name, tongue=lambda code: tongue(code, spoken),
    )  # fmt: skip
    made.globals["city"] = city
    return made


def rendered(template: str, *, language: str, zone: str, own: str = "", place: str = "", **facts: object) -> str:
    """A page as text."""
    return words(settings().templates_dir, language, zone, own, place).get_template(f"desk/{template}").render(**facts)
