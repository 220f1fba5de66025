"""The words of notes verbales and letters: `templates/correspondence/<what>/<language>.txt`, the first line being the
subject, then paragraphs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from ieom.errors import BadInput
from ieom.settings import settings


def paragraphs(what: str, language: str, facts: Mapping[str, Any], *, zone: str) -> tuple[str, list[str]]:
    """(subject, paragraphs) of an official paper; times are said in `zone`. Raises `BadInput` for a missing fact."""
    environment = Environment(
        loader=FileSystemLoader(settings().templates_dir / "correspondence"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    there = ZoneInfo(zone)

    def day(value: date | datetime) -> str:
        return format_date(
            value.astimezone(there).date() if isinstance(value, datetime) else value, "d MMMM y", language
        )

    environment.filters["day"] = day
    environment.filters["local"] = lambda value: format_datetime(
        value.astimezone(there), "d MMMM y, HH:mm", locale=language
    )
    name = f"{what}/{language}.txt"
    try:
        text = environment.get_template(name).render(**facts)
    except UndefinedError as error:
        raise BadInput(
            f"templates/correspondence/{name} uses a fact that this paper has not: {error.message}"
        ) from error
    subject, _, rest = text.strip().partition("\n")
    return subject.strip(), [" ".join(block.split()) for block in rest.split("\n\n") if block.strip()]
