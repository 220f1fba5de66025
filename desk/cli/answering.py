"""`ieom statement override, set-aside, attest, settle, dissociate`: what people answer for by name."""

from __future__ import annotations

from typing import Annotated

import typer

from desk.cli.context import ByOption, MissionOption, act, acting, say
from desk.cli.versions import Language, Why, chosen
from ieom.acts import drafting
from ieom.errors import NotFound


def override(
    finding: Annotated[int, typer.Argument(help="The finding's number, as 'lint' has it.")],
    why: Why,
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Let a sentence stand that the linter refuses, in your name and for a reason."""
    with act(mission) as (session, slug, at):
        found = drafting.lint(session, slug, chosen(session, slug, 0, language), at=at)
        if not 1 <= finding <= len(found):
            raise NotFound(f"there is no finding {finding}; 'ieom statement lint' lists {len(found)}")
        one = found[finding - 1]
        drafting.override(
            session, slug, by=acting(by), at=at, finding=one.code, sentence=one.sentence, why=why, language=language
        )
        left = len(found) - 1
    say(f"This stands, in the name of {by} ({one.code}, {one.paragraph}): {one.sentence}")
    if left:
        say(f"{left} finding{'' if left == 1 else 's'} left, numbered anew: 'ieom statement lint'.")


def set_aside(
    claim: Annotated[str, typer.Argument(help="The irregularity's claim, such as no_group_voting.")],
    why: Why,
    form: Annotated[str, typer.Option(help="As this form recorded it; left out: as all forms until now did.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Leave an observed irregularity out of the statement and its annex, in your name and for a reason."""
    with act(mission) as (session, slug, at):
        count = drafting.set_aside(session, slug, by=acting(by), at=at, claim=claim, why=why, instance=form)
    say(f"Set aside in {count} form{'' if count == 1 else 's'}. 'ieom statement draft' leaves it out.")


def attest(
    claim: Annotated[
        str, typer.Argument(help="'conduct' (the Mission's own), or 'scope' (the conclusion without it).")
    ],
    why: Why = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """The head of mission answers for what no form can show."""
    with act(mission) as (session, slug, at):
        drafting.attest(session, slug, by=acting(by), at=at, claim=claim, why=why)
    say(f"Attested: {claim}.")


def settle(
    claim: Annotated[str, typer.Argument(help="The claim whose finding turned, as 'show' has it.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """The head of mission decides that a text stands although a finding turned since."""
    with act(mission) as (session, slug, at):
        count = drafting.settle_turned(session, slug, by=acting(by), at=at, claim=claim, why=why)
    say(f"Settled: {count}.")


def dissociate(
    paragraph: Annotated[str, typer.Argument(help="The paragraph's key.")],
    state: Annotated[str, typer.Option(help="The state's two letters.")],
    omit: Annotated[
        bool, typer.Option("--omit", help="The paragraph is left out, as agreed; else a footnote.")
    ] = False,
    note: Annotated[str, typer.Option(help="The footnote's text as agreed; left out: the usual one.")] = "",
    why: Why = "",
    language: Language = "en",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that a state dissociates itself from a paragraph, by a footnote or an omission."""
    with act(mission) as (session, slug, at):
        row = drafting.dissociate(
            session, slug, by=acting(by), at=at, state=state, paragraph=paragraph, how="omission" if omit else "footnote",
            note=note, why=why, language=language,
        )  # fmt: skip
    say(f"Version {row.number}.")
