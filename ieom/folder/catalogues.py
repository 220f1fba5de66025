"""Catalogues of translated words (gettext): a translator's PO file in `templates/locale/<language>/ieom.po` is used as it is,
from the next start on.

`_("{name} is appointed.").format(name=...)` looks a sentence up in the language that is spoken where it is called: that of the
request (`speak`: the account's, or where nobody entered the browser's), English anywhere else. Words of a constant are marked
by `N_` and looked up by `_` where they are shown; a rule's sentence with facts in it is a `Put`, shown by `said`.
"""

from __future__ import annotations

import gettext
import io
import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from string import Formatter

from babel.core import negotiate_locale
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from ieom.errors import BadInput
from ieom.rules.words import N_, Put
from ieom.settings import settings

__all__ = ["N_", "_", "catalogue", "negotiated", "ngettext", "said", "speak", "spoken", "suited", "translated"]

LOG = logging.getLogger("ieom.catalogues")
_ENGLISH = gettext.NullTranslations()
_spoken: ContextVar[gettext.NullTranslations] = ContextVar("spoken", default=_ENGLISH)
_language: ContextVar[str] = ContextVar("language", default="en")


def speak(language: str) -> None:
    """From here on, in this request alone, sentences are looked up in this language, or in English (`suited`)."""
    language = suited(language)
    _spoken.set(catalogue(settings().templates_dir / "locale", language))
    _language.set(language)


def spoken() -> str:
    """The language that is spoken here; English but within a request."""
    return _language.get()


def _(text: str) -> str:
    """The text in the language that is spoken; itself where that has no word for it."""
    return _spoken.get().gettext(text) if text else ""  # '' would give the catalogue's own head


def said(text: str, look: Callable[[str], str] = _) -> str:
    """Words of a constant, or a sentence of the rules with its facts, in the language that is spoken, or that of `look`."""
    if not isinstance(text, Put):
        return look(text) if text else ""
    facts = {
        name: ", ".join(said(part, look) for part in one)
        if isinstance(one, tuple)
        else said(one, look)
        if isinstance(one, Put)
        else one
        for name, one in text.facts.items()
    }
    return look(text.sentence).format(**facts)


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a sentence that goes with a number in the language that is spoken; the number is put in by `.format`."""
    return _spoken.get().ngettext(one, many, count)


@lru_cache(maxsize=8)
def translated(folder: Path) -> frozenset[str]:
    """The languages that pages can be read in: English, and each with a catalogue below `folder`. One that can't be read is
    said in the log and counts as none: a translator's slip keeps nobody from deciding."""
    known = {"en"}
    for path in sorted(folder.glob("*/ieom.po")):
        try:
            catalogue(folder, path.parent.name)
        except BadInput as error:
            LOG.error("%s", error)
        else:
            known.add(path.parent.name)
    return frozenset(known)


def suited(language: str) -> str:
    """The language in which pages are shown to who wants this one: itself, or English while nobody has translated it."""
    return language if language in translated(settings().templates_dir / "locale") else "en"


def negotiated(accepted: str) -> str:
    """The language that a reader's browser asks for most, of those translated (Accept-Language, RFC 9110, 12.5.4); English
    where it asks for none of them."""
    wanted = []
    for one in accepted.replace(" ", "").split(",")[:20]:
        tag, _semicolon, weight = one.partition(";q=")
        try:
            wanted.append((float(weight or 1), tag))
        except ValueError:
            continue
    wanted.sort(key=itemgetter(0), reverse=True)
    known = translated(settings().templates_dir / "locale")
    return negotiate_locale([tag for weight, tag in wanted if weight > 0], known, sep="-") or "en"


@lru_cache(maxsize=32)
def catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    """The words of a language below `folder`; an empty catalogue, which leaves English, where there is none. Raises
    `BadInput` for a file that can't be read, naming the line."""
    path = folder / language / "ieom.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    try:
        with path.open("rb") as file:
            read = read_po(file, locale=language, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise BadInput(
            f"{path} can't be read: {error}; correct it, or take it away and the words are English"
        ) from None
    for message in [one for one in read if one.id and not _fits(one)]:
        where = f"line {message.lineno} of {path}" if message.lineno else str(path)
        LOG.error("%s: %r names what its sentence does not hold; that sentence stays English", where, message.string)
        read.delete(message.id, message.context)
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


PERCENT = re.compile(r"%\((\w+)\)s|%%")


def _fits(message: Message) -> bool:
    """Whether each form of a translation puts in nothing but what its sentence does: it would break the page."""
    sentences, forms = ((one,) if isinstance(one, str) else tuple(one or ()) for one in (message.id, message.string))
    try:
        held = {name for one in sentences for name in _put_in(one)}
        return all(_put_in(one) <= held for one in forms if one)
    except ValueError:  # a brace that is opened and never closed
        return False


def _put_in(text: str) -> set[str]:
    """What is put into a sentence: {name}, %(name)s, and '%' for one that stands by itself."""
    found = {f"{{{name}}}" for _text, name, _spec, _kind in Formatter().parse(text) if name is not None}
    found |= {match[0] for match in PERCENT.finditer(text) if match[1]}
    return found | ({"%"} if "%" in PERCENT.sub("", text) else set())
