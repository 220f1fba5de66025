"""The words of letters: Jinja2 templates with times in the host country's zone, in the recipient's language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, UndefinedError, pass_context
from jinja2.runtime import Context

from ieom.errors import BadInput
from ieom.folder.catalogues import catalogue
from ieom.rules.lettering import hidden, named
from ieom.rules.mission import offset
from ieom.settings import settings

LANGUAGES = ("en", "tr", "az", "kk", "ky", "uz", "tk", "hu", "ru")
FALLBACK = "en"
SIGNATURE = "-- "


@dataclass(frozen=True)
class Words:
    """A letter's words, and the language they are in: English where the recipient's has no template yet."""

    language: str
    subject: str
    text: str
    html: str


@lru_cache(maxsize=32)
def _environment(folder: Path, language: str, zone: str, place: str) -> Environment:
    """Kept, with its compiled templates, for the thousands of letters of a release."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(folder.parent / "locale", language), newstyle=True)  # type: ignore[attr-defined]
    there = ZoneInfo(zone)

    def local(moment: datetime) -> str:
        day = format_datetime(moment.astimezone(there), "d MMMM y, HH:mm", locale=language)
        return f"{day} ({place}, {offset(moment, there)})"

    @pass_context
    def ago(context: Context, moment: datetime) -> str:
        return format_timedelta(moment - context["now"], add_direction=True, locale=language, threshold=1.2)

    environment.filters.update(
        wordwrap=_wrapped,
        local=local,
        clock=lambda moment: format_datetime(moment.astimezone(there), "HH:mm", locale=language),
        day=lambda value: format_date(_as_day(value, there), "d MMMM y", locale=language),
        ago=ago,
        far=ago,
    )
    return environment


def _wrapped(text: str, width: int = 76) -> str:
    """Each line broken at blanks alone: neither 'Nur-Sultan' nor a link or a hash is taken apart."""
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in text.splitlines()
    )


def written_in(kind: str, language: str) -> str:
    """The language in which a letter of `kind` can be written to somebody who reads `language`."""
    known = language in LANGUAGES and (settings().templates_dir / "letters" / kind / language).is_dir()
    return language if known else FALLBACK


def render(
    kind: str, language: str, facts: Mapping[str, Any], *, zone: str, place: str, at: datetime, greeting: str = ""
) -> Words:
    """The words of a letter of `kind`, in the language that `written_in` names. `zone` and `place` are the host
    country's: times are said in them; `at` is the mission's now (UTC). `greeting` stands in the place of the reader's
    own. Raises `BadInput` naming the template and the fact that it misses, and for a subject that a fact would break
    over two lines."""
    used = written_in(kind, language)
    told = {**facts, "language": used, "now": at}
    told["greeting"] = greeting or greet(used, facts, zone=zone, place=place)
    parts = {
        part: _rendered(f"{kind}/{used}/{part}", used, told, zone, place)
        for part in ("subject.txt", "body.txt", "body.html")
    }
    subject = one_line(parts["subject.txt"], f"the subject of a letter '{kind}'")
    return Words(used, subject, _laid_out(parts["body.txt"]), parts["body.html"] + "\n")


def greet(language: str, facts: Mapping[str, Any], *, zone: str, place: str) -> str:
    """How the reader (`facts["recipient"]`) is greeted in the language of their letter; one line."""
    text = _rendered(f"_greeting/{language}.txt", language, facts, zone, place)
    for unseen in reversed(hidden(text)):  # a name pasted with such a sign is to hold up no release
        text = text[:unseen] + text[unseen + 1 :]
    return one_line(text, "the salutation of a reader")


def _rendered(name: str, language: str, told: Mapping[str, Any], zone: str, place: str) -> str:
    try:
        template = _environment(settings().templates_dir / "letters", language, zone, place).get_template(name)
        return template.render(told).strip()
    except TemplateNotFound as error:
        raise BadInput(
            f"templates/letters/{error.name} is missing; each letter has subject.txt, body.txt, body.html"
        ) from error
    except UndefinedError as error:
        raise BadInput(f"templates/letters/{name} uses a fact that this letter has not: {error.message}") from error


def _laid_out(text: str) -> str:
    """A text part: one blank line between paragraphs, whatever blocks a template left out, and one before the
    signature, whose own line keeps its trailing blank (RFC 3676, 4.3)."""
    lines = [line if line == SIGNATURE else line.rstrip() for line in text.splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return re.sub(rf"\n+{SIGNATURE}\n+", f"\n\n{SIGNATURE}\n", text) + "\n"


def one_line(text: str, what: str) -> str:
    """The text, for a header. Raises `BadInput` naming it when it holds a line break or another control character, or a sign
    that is not seen, such as one that turns the direction of writing. Two of these stay where letters stand on both
    sides: Persian and Hindi names are written with them."""
    if any(ord(character) < 32 or 127 <= ord(character) < 160 or character in "\u2028\u2029" for character in text):
        raise BadInput(f"{what} holds a line break or another control character: {text[:80]!r}; write it on one line")
    for place in hidden(text)[:1]:
        raise BadInput(f"{what} holds a sign that is not seen ({named(text[place])}): {text[:80]!a}; type it anew")
    return text


def readable(text: str, what: str) -> str:
    """The same for a text of several lines: nobody is to read on paper what was not to be seen where it was approved."""
    one_line(re.sub(r"[\t\r\n]", " ", text), what)
    return text


def _as_day(value: date | datetime, there: ZoneInfo) -> date:
    return value.astimezone(there).date() if isinstance(value, datetime) else value
