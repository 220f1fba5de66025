"""The words of a statement: Jinja2 templates, one a paragraph, whose lines name the claim that each sentence states."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, UndefinedError

from ieom.errors import BadInput
from ieom.rules import statement
from ieom.rules.evidence import Claim, Verdict, VerdictKind
from ieom.rules.statement import Paragraph
from ieom.settings import settings

SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
FEW = 30
"""Below this many answers figures are counts; from it on, percentages with their base."""


def in_words(number: int) -> str:
    """Numbers to twelve in words, others in figures."""
    return SMALL[number] if 0 <= number < len(SMALL) else f"{number:,}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """'A, B and C'; things that hold a comma themselves are kept apart: 'A, of X, and B, of Y', 'A, of X; B; and C'."""
    things = [str(item) for item in items]
    if len(things) < 2:
        return "".join(things)
    if not any(", " in thing for thing in things[:-1]):
        return ", ".join(things[:-1]) + f" {last} {things[-1]}"
    return f"{things[0]}, {last} {things[1]}" if len(things) == 2 else "; ".join(things[:-1]) + f"; {last} {things[-1]}"


def sentence_case(text: str) -> str:
    """With a capital at the beginning."""
    return text[:1].upper() + text[1:]


def plural(number: int, one: str, many: str = "") -> str:
    """The word that goes with a number: 'station', 'stations'."""
    return one if number == 1 else many or f"{one}s"


def percent(n: int, of: int) -> str:
    """A share with one decimal; never a nought for something that was seen."""
    share = 100 * n / of
    if 0 < share < 0.05:
        return "less than 0.1 per cent"
    return f"{share:.1f} per cent"


@lru_cache(maxsize=4)
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([folder, folder.parent / "statement"]),  # the release shares the statement's words
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(in_words=in_words, listed=listed, sentence_case=sentence_case, plural=plural)
    environment.globals.update(percent=percent, few=FEW)
    return environment


def statement_environment(folder: str = "statement") -> Environment:
    """The environment of the templates in a folder: StrictUndefined, plain text."""
    return _environment(settings().templates_dir / folder)


def topics(language: str = "en") -> dict[str, str]:
    """What a meeting can have been about, in words."""
    return _table("topics", language)


def _table(name: str, language: str) -> dict[str, str]:
    path = settings().templates_dir / "statement" / language / f"{name}.toml"
    return {key: str(value) for key, value in tomllib.loads(path.read_text("utf-8")).items()}


def titles(language: str = "en") -> dict[str, str]:
    """What each kind of statement is headed, and marked."""
    return _table("titles", language)


def tables(language: str = "en") -> dict[str, dict[str, str]]:
    """The tables of words that templates take whole phrases from."""
    return {name: _table(name, language) for name in ("topics", "irregularities")}


def shown(
    claims: Sequence[Claim], verdicts: Mapping[str, Verdict], *, preliminary: bool, set_aside: Collection[str] = ()
) -> dict[str, Verdict]:
    """The verdicts that words are found for: in a preliminary statement claims about the count, and always those set
    aside by name, are as if unobserved."""
    found = {}
    for claim in claims:
        silent = (claim.count and preliminary) or claim.id in set_aside
        verdict = verdicts.get(claim.id, Verdict(claim.id, VerdictKind.UNOBSERVED, base=claim.base))
        found[claim.id] = Verdict(claim.id, VerdictKind.UNOBSERVED, base=verdict.base) if silent else verdict
    return found


def paragraphs(
    facts: Mapping[str, Any],
    claims: Sequence[Claim],
    verdicts: Mapping[str, Verdict],
    *,
    kind: str = "",
    set_aside: Collection[str] = (),
    language: str = "en",
) -> list[Paragraph]:
    """Every paragraph that the verdicts give, in the order of a statement of this kind. Raises `BadInput` naming the
    template that uses a fact which is not there."""
    environment = statement_environment()
    kind = kind or ("preliminary" if facts["preliminary"] else "final")
    verdicts = shown(claims, verdicts, preliminary=kind == "preliminary", set_aside=set_aside)
    by_id = {claim.id: claim for claim in claims}
    wanted = [claim for claim in claims if kind != "supplement" or claim.count]
    told = {
        **facts,
        "supplement": kind == "supplement",
        "v": verdicts,
        "said": tables(language),
        "irregularities": _irregularities(wanted, verdicts, language),
        "departs": any(verdicts[claim.id].against for claim in wanted if claim.irregularity),
    }
    made = []
    for key in statement.order(kind):
        name = f"{language}/{key}.j2"
        try:
            text = environment.get_template(name).render(told)
            one = statement.paragraph(key, text.splitlines(), by_id, verdicts)
        except UndefinedError as error:
            raise BadInput(f"templates/statement/{name} uses a fact that there is not: {error.message}") from error
        except (TemplateError, ValueError) as error:
            raise BadInput(f"templates/statement/{name}: {error}") from error
        if one is not None:
            made.append(one)
    return made


def dissociation(state: str, *, language: str = "en") -> str:
    """The footnote by which a state (its running name) dissociates itself from a paragraph."""
    return " ".join(statement_environment().get_template(f"{language}/_dissociation.j2").render(state=state).split())


def _irregularities(claims: Sequence[Claim], verdicts: Mapping[str, Verdict], language: str) -> list[dict[str, Any]]:
    """What was observed and has no sentence of its own elsewhere: the words and the figures of each."""
    words = _table("irregularities", language)
    found = []
    for claim in claims:
        verdict = verdicts[claim.id]
        if claim.paragraph != "irregularities" or not verdict.against:
            continue
        if claim.id not in words:
            raise BadInput(f"templates/statement/{language}/irregularities.toml has no words for '{claim.id}'")
        counted = bool(claim.upheld_by) or claim.kind == "record"  # else nothing upholds it: there is no share to state
        found.append({"claim": claim.id, "words": words[claim.id], "verdict": verdict, "counted": counted})
    return found
