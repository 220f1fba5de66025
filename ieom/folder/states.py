"""States as people write them: by two letters, by three, by a name in any of our languages."""

from __future__ import annotations

import re

from babel import Locale
from babel.core import get_global

from ieom.errors import BadInput
from ieom.folder.contact_words import country
from ieom.folder.names import load_names


def states(text: str) -> list[str]:
    """The two letters of each state in a text ('KG, TR', 'Kyrgyz Republic; Türkiye'), each once. Raises `BadInput` for what
    is no state that is known: a nationality that is read wrongly would hide a conflict of interest."""
    found: list[str] = []
    for piece in filter(None, (one.strip() for one in re.split(r"[,;/\n]", text))):
        short = piece.split() if all(len(one) == 2 for one in piece.split()) else [piece]
        found += [_state(one) for one in short]
    return list(dict.fromkeys(found))


def _state(text: str) -> str:
    aliases: dict[str, list[str]] = get_global("territory_aliases")  # type: ignore[assignment]  # of all three letters too
    code = _named().get(text.casefold().removeprefix("the ")) or country(text)
    code = aliases.get(code.upper(), [code.upper()])[0]
    if not re.fullmatch(r"[A-Z]{2}", code) or code not in Locale("en").territories or code == "ZZ":
        raise BadInput(f"'{text[:60]}' is no state that is known; write its name, or its two letters such as KG")
    return code


def _named() -> dict[str, str]:
    names = load_names()
    return {
        text.casefold(): code
        for code in names.of_kind("state")
        for dated in names.entries[code].names.values()
        for one in dated
        for text in (one.official, one.short)
        if text
    }
