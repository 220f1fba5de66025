"""A made-up language, in which every word that translators are given stands between brackets: what a page shows outside of them
and we have written ourselves, no translator sees."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from lxml import html

from ieom.settings import ROOT

CODE = "tr"
"""Whose place in the list of languages the made-up one takes."""
PUT_IN = re.compile(r"(%\(\w+\)s|\{\w*[^{}]*\})")
"""What a sentence has put into it: outside of the brackets, for it has to be translated for itself."""
SPOKEN = ("alt", "aria-label", "aria-description", "placeholder", "title")
"""Attributes that are read out or shown, as text is."""


def bracketed(text: str) -> str:
    """'{who} is appointed' as '{who}⟦ is appointed⟧'."""
    return "".join(
        part if PUT_IN.fullmatch(part) or not part.strip() else f"⟦{part}⟧" for part in PUT_IN.split(text) if part
    )


def made_up(templates: Path, folder: Path) -> Path:
    """A copy of the templates in `folder` with a catalogue of the made-up language, from all that translators are given."""
    into = folder / "templates"
    shutil.copytree(templates, into, ignore=shutil.ignore_patterns("locale"))
    pot = folder / "ieom.pot"
    CommandLineInterface().run(
        ["pybabel", "-q", "extract", "-F", str(ROOT / "pyproject.toml"), "-o", str(pot), str(ROOT)]
    )
    with pot.open("rb") as file:
        given = read_po(file)
    made = Catalog(locale=CODE)
    for message in given:
        if message.id:
            one = message.id
            said = bracketed(one) if isinstance(one, str) else tuple(bracketed(form) for form in one)
            made.add(one, said, flags=message.flags - {"python-format", "python-brace-format"})
    (into / "locale" / CODE).mkdir(parents=True)
    with (into / "locale" / CODE / "ieom.po").open("wb") as file:
        write_po(file, made)
    acts = tomllib.loads((templates / "acts" / "en.toml").read_text("utf-8"))
    (into / "acts" / f"{CODE}.toml").write_text(
        "\n".join(
            line
            for part, texts in acts.items()
            for line in (
                f"[{part}]",
                *(f"{key} = {json.dumps(bracketed(said), ensure_ascii=False)}" for key, said in texts.items()),
            )
        ),
        "utf-8",
    )
    return into


APART = {
    "//code | //*[contains(@class, 'code')]": "fingerprints, and rows of the chain as they are",
    "//ol[@class='happened']//details": "what an act holds, fact by fact as it stands in the chain",
    "//*[@class='operator']": "names of settings, and what the program says to whoever keeps the machine",
}
"""Parts of a page that are not to be translated, and why."""


def shown(page: str) -> Iterator[str]:
    """Every run of text that a page shows in its own language, and every attribute that is read out; without what stands
    `APART`. What is said to be of another language (`lang`) is a statement's text, how it differs, or where a stage stands:
    it was written for all readers at once."""
    tree = html.document_fromstring(page)
    for path in APART:
        for part in tree.xpath(path):
            part.drop_tree()
    yield from _shown(tree, tree.get("lang", ""), tree.get("lang", ""))


def _shown(part: html.HtmlElement, own: str, around: str) -> Iterator[str]:
    if not isinstance(part.tag, str) or part.tag in {"script", "style"}:
        return
    here = part.get("lang", around)
    if here == own:
        yield part.text or ""
        yield from (part.get(name, "") for name in SPOKEN)
        if part.tag == "input" and part.get("type") in {"submit", "button"}:
            yield part.get("value", "")
    for one in part:
        yield from _shown(one, own, here)
        if here == own:
            yield one.tail or ""


def outside(text: str) -> list[str]:
    """What of a text stands outside of all brackets."""
    found, depth = [""], 0
    for sign in text:
        if sign == "⟦":
            depth += 1
            found.append("")
        elif sign == "⟧":
            depth = max(0, depth - 1)
        elif not depth:
            found[-1] += sign
    return found


def pieces(text: str) -> set[str]:
    """A text as it is compared: cut at its figures, without the marks at its ends, spaces and case apart."""
    cut = {" ".join(one.split()).strip(" .,;:!?()·–-/\"'…") for one in re.split(r"\d+", text)}
    return {one.casefold() for one in cut if sum(sign.isalpha() for sign in one) > 1}


@cache
def ours() -> frozenset[str]:
    """The texts that we have written in Python and in the pages' templates."""
    found: set[str] = set()
    for room in ("desk", "ieom"):
        for path in (ROOT / room).rglob("*.py"):
            if "cli" not in path.parts:
                found |= constants(path.read_text("utf-8"))
    for folder in ("desk", "deciding", "nominating", "newsroom"):
        for path in (ROOT / "templates" / folder).rglob("*.html"):
            found |= set(written(path.read_text("utf-8")))
    return frozenset(piece for text in found for piece in pieces(text))


def constants(source: str) -> set[str]:
    """Strings of a module but its docstrings, those that go on over several lines as one; of f-strings what is fixed. Read by
    their quotes: to parse the whole program would take longer than to walk the desk."""
    told = re.sub(r'"\s*\n\s*f?"', "", re.sub(r'"""(.|\n)*?"""', "", source))
    return {part for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', told) for part in PUT_IN.split(text) if part}


def written(template: str) -> Iterator[str]:
    """A template's text between its marks, and its strings."""
    for _line, kind, value in Environment(extensions=["jinja2.ext.i18n"]).lex(template):
        if kind == "data":
            yield from re.split(r"<[^>]*>?|[^<]*>", value)
            yield from re.findall(rf'(?:{"|".join(SPOKEN)})="([^"]*)"', value)
        elif kind == "string":
            yield value[1:-1]


def compared(texts: Iterable[str]) -> frozenset[str]:
    """Texts as they are compared."""
    return frozenset(piece for text in texts for piece in pieces(text))


def untranslated(page: str, but: Collection[str] = ()) -> dict[str, str]:
    """What a page in the made-up language says in words that we have written and no translator sees, each with the text in
    which it stands; `but` are words that are data, as they are `compared`."""
    return {
        piece: " ".join(text.split())
        for text in shown(page)
        for run in outside(text)
        for piece in pieces(run)
        if piece in ours() and piece not in but
    }
