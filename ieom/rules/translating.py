"""What of a translation can be checked without reading its language: that each paragraph has the original's figures and no
others, is not the original's own text, and is not another paragraph's. Whether the words say the same is for a reader of
the language to answer for; names are not compared, as languages spell and inflect them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ieom.rules.consistency import NUMBER_WORDS
from ieom.rules.linter import Finding
from ieom.rules.statement import Content, split_sentences

GROUPED = re.compile(r"(?<=\d)[,.\u00a0\u202f\u2009 '’](?=\d{3}(?!\d))")
"""What divides thousands, in whatever language."""
DIGITS = re.compile(r"\d+")
MONTHS = frozenset(range(1, 13))
"""A date may be written with the month's number."""


@dataclass(frozen=True)
class Checked:
    """One paragraph of a translation beside its original's."""

    key: str
    text: str
    figures: tuple[str, ...]
    """The original's, as they stand there."""
    missing: tuple[str, ...]
    """Those of them that the translation has not."""
    added: tuple[str, ...]
    """Figures of the translation that the original has not."""
    sentences: tuple[int, int]
    """How many the original has, and the translation."""
    repeated: bool
    """Whether another paragraph has this very text, and its original has not."""
    untouched: bool
    """Whether it is the original's text."""


def checked(original: Content, translated: Content) -> list[Checked]:
    """Each paragraph of the translation that its original has, in the translation's order."""
    theirs = {one["key"]: str(one["text"]) for one in original["paragraphs"]}
    ours = {one["key"]: str(one["text"]) for one in translated["paragraphs"]}
    alike: dict[str, set[str]] = {}
    for key, text in ours.items():
        alike.setdefault(_plain(text), set()).add(_plain(theirs.get(key, key)))
    return [
        Checked(
            key, text, _figures(theirs[key]), *_apart(theirs[key], text),
            (len(split_sentences(theirs[key])), len(split_sentences(text))), len(alike[_plain(text)]) > 1,
            _plain(text) == _plain(theirs[key]),
        )
        for key, text in ours.items()
        if key in theirs
    ]  # fmt: skip


def findings(original: Content, translated: Content) -> list[Finding]:
    """What is to be mended in a translation, or answered for by name."""
    found = []
    for one in checked(original, translated):
        if one.untouched:
            says = "this is the original's text: put it into the language"
            found.append(Finding("untranslated", one.key, one.text, says))
        elif one.repeated:
            says = "another paragraph has this very text, and their originals differ: put each into the language"
            found.append(Finding("repeated", one.key, one.text, says))
        if one.missing:
            says = f"figures of the original that do not stand here: {', '.join(one.missing)}"
            found.append(Finding("figures_missing", one.key, one.text, says))
        if one.added:
            says = f"figures that do not stand in the original: {', '.join(one.added)}"
            found.append(Finding("figures_added", one.key, one.text, says))
    return found


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _figures(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.lstrip("0") or "0" for one in DIGITS.findall(GROUPED.sub("", text))))


def _apart(original: str, translated: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(figures that the translation lacks, figures that it adds). Numbers that the original has in words, and months, may
    stand in figures."""
    theirs, ours = _figures(original), _figures(translated)
    known = {NUMBER_WORDS[word] for word in re.findall(r"[a-z]+", original.lower()) if word in NUMBER_WORDS} | MONTHS
    words = {str(one) for one in known}  # as texts: a figure may be longer than Python reads
    return (
        tuple(one for one in theirs if one not in ours),
        tuple(one for one in ours if one not in theirs and one not in words),
    )
