"""A made-up language, in which every word that translators are given stands between brackets: what a page shows outside of them
and we have written ourselves, no translator sees."""

from __future__ import annotations

import ast
import json
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
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
    "//body//*[@lang]": "said to be of a language of its own: the statement's text and how it differs, where a stage stands",
    "//code": "fingerprints, and rows of the chain as they are",
    "//ol[@class='happened']//details": "what an act holds, fact by fact as it stands in the chain",
    "//*[@class='operator']": "names of settings and commands, for whoever keeps the machine",
}
"""Parts of a page that are not to be translated, and why."""


def shown(page: str) -> Iterator[str]:
    """Every run of text that a page shows, and every attribute that is read out; without what stands `APART`."""
    tree = html.document_fromstring(page)
    for path in APART:
        for part in tree.xpath(path):
            part.drop_tree()
    for part in tree.iter():
        if isinstance(part.tag, str) and part.tag not in {"script", "style"}:
            yield part.text or ""
            yield from (part.get(name, "") for name in SPOKEN)
            if part.tag == "input" and part.get("type") in {"submit", "button"}:
                yield part.get("value", "")
        yield part.tail or ""


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
            for text in constants(path.read_text("utf-8")):
                found |= pieces(text)
    for folder in ("desk", "deciding", "nominating", "newsroom"):
        for path in (ROOT / "templates" / folder).rglob("*.html"):
            found |= set().union(*(pieces(text) for text in written(path.read_text("utf-8"))))
    return frozenset(found)


def constants(source: str) -> Iterator[str]:
    """Strings of a module but its docstrings."""
    tree = ast.parse(source)
    said = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in said:
            yield from (part for part in PUT_IN.split(one.value) if not PUT_IN.fullmatch(part))


def written(template: str) -> Iterator[str]:
    """A template's text between its marks, and its strings."""
    for _line, kind, value in Environment(extensions=["jinja2.ext.i18n"]).lex(template):
        if kind == "data":
            yield from re.split(r"<[^>]*>?|[^<]*>", value)
        elif kind == "string":
            yield value[1:-1]


def untranslated(page: str, but: Iterable[str] = ()) -> dict[str, str]:
    """What a page in the made-up language says in words that we have written and no translator sees, each with the text in
    which it stands; `but` are words that are data on this page."""
    known = set().union(*(pieces(one) for one in but))
    return {
        piece: " ".join(text.split())
        for text in shown(page)
        for run in outside(text)
        for piece in pieces(run) - known
        if piece in ours()
    }
