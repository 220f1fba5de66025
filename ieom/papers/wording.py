"""The words of a statement: Jinja2 templates, one a paragraph, whose lines name the claim that each sentence states."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
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


def in_words(number: int) -> str:
    """Numbers to twelve in words, others in figures."""
    return SMALL[number] if 0 <= number < len(SMALL) else f"{number:,}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """'A, B and C'."""
    things = [str(item) for item in items]
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + f" {last} {things[-1]}" if things else ""


def sentence_case(text: str) -> str:
    """With a capital at the beginning."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=4)
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text; each paper escapes for its own format
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(in_words=in_words, listed=listed, sentence_case=sentence_case)
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


def paragraphs(
    facts: Mapping[str, Any], claims: Sequence[Claim], verdicts: Mapping[str, Verdict], *, language: str = "en"
) -> list[Paragraph]:
    """Every paragraph that the verdicts give, in the statement's order. In a preliminary statement claims about the
    count are unobserved. Raises `BadInput` naming the template that uses a fact which is not there."""
    environment = statement_environment()
    preliminary = bool(facts["preliminary"])
    shown = {
        claim.id: Verdict(claim.id, VerdictKind.UNOBSERVED, base=claim.base) if claim.count and preliminary else verdict
        for claim in claims
        if (verdict := verdicts.get(claim.id)) is not None
    }
    said = _table("irregularities", language)
    irregular = [
        _Irregularity(claim.id, said[claim.id], shown[claim.id])
        for claim in claims
        if claim.paragraph == "irregularities"
        and shown[claim.id].kind in {VerdictKind.CONTRADICTED, VerdictKind.MIXED}
    ]
    by_id = {claim.id: claim for claim in claims}
    made = []
    for key in statement.ORDER:
        name = f"{language}/{key}.j2"
        try:
            text = environment.get_template(name).render(**facts, v=shown, irregularities=irregular)
            one = statement.paragraph(key, text.splitlines(), by_id, shown)
        except UndefinedError as error:
            raise BadInput(f"templates/statement/{name} uses a fact that there is not: {error.message}") from error
        except (TemplateError, ValueError) as error:
            raise BadInput(f"templates/statement/{name}: {error}") from error
        if one is not None:
            made.append(one)
    return made


class _Irregularity:
    """An irregularity as its template sees it: the words, and the figures of its verdict."""

    def __init__(self, claim: str, words: str, verdict: Verdict) -> None:
        self.claim, self.words = claim, words
        self.base, self.against, self.answered, self.n = verdict.base, verdict.against, verdict.answered, verdict.n
