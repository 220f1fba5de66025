"""Public pages' words: Jinja2 templates, everything escaped, moments in the host country's zone and the page's language."""

from __future__ import annotations

import gettext
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ieom.folder.catalogues import catalogue
from ieom.rules.mission import offset


@lru_cache(maxsize=32)
def environment(folder: Path, language: str, zone: str) -> Environment:
    """The environment of pages in a language; `words` among its globals is the language that their own words are in."""
    made = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    known = catalogue(folder / "locale", language)
    made.install_gettext_translations(known, newstyle=True)  # type: ignore[attr-defined]
    words = language if type(known) is gettext.GNUTranslations else "en"
    there = ZoneInfo(zone)

    def at(moment: datetime) -> str:
        return format_datetime(moment.astimezone(there), "d MMMM y, HH:mm", locale=words)

    def day(value: date | datetime) -> str:
        on = value.astimezone(there).date() if isinstance(value, datetime) else value
        return format_date(on, "d MMMM y", locale=words)

    def iso(moment: datetime) -> str:
        return moment.astimezone(there).isoformat(timespec="minutes")

    def spoken(code: str) -> str:
        return str(Locale.parse(code).get_language_name(words) or code)

    def own(code: str) -> str:
        name = str(Locale.parse(code).get_language_name(code) or code)
        return name[:1].upper() + name[1:]

    def size(octets: int) -> str:
        return f"{format_decimal(max(1, round(octets / 1000)), locale=words)} kB"

    made.filters.update(
        at=at, day=day, offset=lambda moment: offset(moment, there), iso=iso, spoken=spoken, own=own, size=size
    )
    made.globals["words"] = words
    return made
