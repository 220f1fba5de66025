"""The words of letters: Jinja2 templates with times in the host country's zone, in the recipient's language."""

from __future__ import annotations

import gettext
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, UndefinedError

from ieom.errors import BadInput
from ieom.settings import settings

LANGUAGES = ("en", "tr", "az", "kk", "ky", "uz", "tk", "hu", "ru")
PARTS = ("subject.txt", "body.txt", "body.html")


@lru_cache(maxsize=32)
def _environment(folder: Path, language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = gettext.translation("ieom", folder.parent / "locale", languages=[language], fallback=True)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    return environment


def offset(moment: datetime, zone: ZoneInfo) -> str:
    """A zone's offset at a moment, e.g. 'UTC+6' or 'UTC+5:30'."""
    minutes = int((moment.astimezone(zone).utcoffset() or ZoneInfo("UTC").utcoffset(moment)).total_seconds() // 60)  # type: ignore[union-attr]
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


def render(kind: str, language: str, facts: dict[str, Any], *, zone: str, place: str, at: datetime) -> dict[str, str]:
    """The subject, the text and the HTML of a letter of `kind`; English where the language has no template yet.
    `zone` and `place` are the host country's: times are said in them. Raises `BadInput` naming the template and the
    fact that it misses."""
    folder = settings().templates_dir / "letters"
    environment = _environment(folder, language).overlay()
    there = ZoneInfo(zone)

    def local(moment: datetime) -> str:
        day = format_datetime(moment.astimezone(there), "d MMMM y, HH:mm", locale=language)
        return f"{day} ({place}, {offset(moment, there)})"

    environment.filters.update(
        local=local,
        clock=lambda moment: format_datetime(moment.astimezone(there), "HH:mm", locale=language),
        day=lambda value: format_date(_as_day(value, there), "d MMMM y", locale=language),
        far=lambda moment: format_timedelta(moment - at, add_direction=True, locale=language, threshold=1.2),
        ago=lambda moment: format_timedelta(moment - at, add_direction=True, locale=language, threshold=1.2),
    )
    used = language if (folder / kind / language).is_dir() else "en"
    written = {}
    for part in PARTS:
        name = f"{kind}/{used}/{part}"
        try:
            written[part] = environment.get_template(name).render(language=used, **facts).strip() + "\n"
        except TemplateNotFound as error:
            raise BadInput(
                f"templates/letters/{error.name} is missing; each letter has subject.txt, body.txt, body.html"
            ) from error
        except UndefinedError as error:
            raise BadInput(f"templates/letters/{name} uses a fact that this letter has not: {error.message}") from error
    written["subject.txt"] = " ".join(written["subject.txt"].split())
    return written


def _as_day(value: date | datetime, there: ZoneInfo) -> date:
    return value.astimezone(there).date() if isinstance(value, datetime) else value
