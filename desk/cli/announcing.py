"""`ieom release write, show, approve, early`: releases with a text of their own, and what two people decide after a
leak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from desk.cli.keys import signed_says
from desk.typed import moment
from ieom.acts import announcing as acts
from ieom.acts import leaking
from ieom.acts.approvers import digest_of
from ieom.acts.published import texts
from ieom.acts.releasing import chosen
from ieom.errors import BadInput
from ieom.records import missions
from ieom.records.releases import Release
from ieom.rules.release import OWN

KIND = {
    "arrival": "arrival",
    "advisory": "media advisory",
    "mid_mission": "mid-mission release",
    "statement": "statement",
    "clarification": "clarification",
    "correction": "correction",
    "withdrawal": "withdrawal",
    "holding": "holding line",
}
"""Kinds in words."""

NumberOption = Annotated[int | None, typer.Option("--number", "-n", help="The release's number; left out: the newest.")]


def concerned_says(session: Session, row: Release) -> str:
    """Which release a clarification or a withdrawal is about, by its title; empty for any other."""
    if row.concerns is None or row.kind not in OWN:
        return ""
    about = session.get_one(Release, row.concerns)
    title = next(iter(texts(session, about).values())).title
    return f"It {'withdraws' if row.kind == 'withdrawal' else 'clarifies'} release {about.number}: {title}."


def named(people: Sequence[str]) -> str:
    """Codes as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(people[:-1]), *people[-1:])))


def write(
    kind: Annotated[str, typer.Argument(help="arrival, advisory, mid_mission, clarification, withdrawal or holding.")],
    files: Annotated[
        list[Path],
        typer.Argument(help="A text file for each language: first line the title, a blank line, paragraphs."),
    ],
    language: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="The files' languages, in their order.")
    ] = None,
    concerns: Annotated[
        int | None,
        typer.Option(help="The number of the release that it clarifies or withdraws; needed when several are public."),
    ] = None,
    not_before: Annotated[
        str, typer.Option(help="Its embargo, local time in the host country, such as '2020-08-11 09:00'.")
    ] = "",
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="Go is said when the embargo has ended, not before.")
    ] = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Prepare a release with a text of its own. It carries no finding: those stand in the statement.

    The head of mission approves it by its hash, a withdrawal a second approver too, and another than who prepared it
    says go. Written again, it takes the place of the one before, and is approved anew."""
    with act(mission) as (session, slug, at):
        facts = missions.facts(session, slug)
        spoken = language or list(facts.languages[: len(files)])
        if len(spoken) != len(files) or len(set(spoken)) != len(spoken):
            raise BadInput(f"{len(files)} files need as many --language, each once; given: {', '.join(spoken)}")
        told = {one: acts.text_of(file) for one, file in zip(spoken, files, strict=True)}
        row = acts.write(
            session, slug, by=acting(by), at=at, kind=kind.replace("-", "_"), texts=told, concerns=concerns,
            not_before=moment(not_before, facts) if not_before else None, go="by_hand" if by_hand else "by_time",
        )  # fmt: skip
        digest, noticed = digest_of(session, row), acts.noticed(session, slug, row)
        sealed, about = signed_says(session, row, at), concerned_says(session, row)
    if about:
        say(about)
    say(f"Release {row.number} ({KIND[row.kind]}) is written. The head of mission reads it and approves it:")
    say(f"  ieom release show --number {row.number}")
    say(f"  ieom release approve --number {row.number} --hash {digest[:16]}")
    say(sealed)
    for one in noticed:
        say(f"Look at this again, the record does not have it so: {one}")


def show(number: NumberOption = None, mission: MissionOption = "") -> None:
    """Print a release's text in every language, and the hash by which it is approved."""
    with look(mission) as (session, slug, _now):
        row = chosen(session, slug, number)
        for text in texts(session, row).values():
            say(f"[{text.language}] {text.title}\n")
            for paragraph in text.paragraphs:
                say(f"{paragraph}\n")
            if row.texts:
                say(f"SHA-256 of this text, as its letters print it: {text.hash}\n", style="dim")
        if about := concerned_says(session, row):
            say(about)
        if row.texts:
            say(f"Release {row.number}, {KIND[row.kind]}. Hash to approve:")
            say(f"  {digest_of(session, row)}")


def approve(
    digest: Annotated[str, typer.Option("--hash", help="The hash of what you read, at least 12 characters.")],
    number: NumberOption = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Approve a release with a text of its own, by its hash: as head of mission; for a withdrawal as second approver."""
    with act(mission) as (session, slug, at):
        row = acts.approve(session, slug, by=acting(by), at=at, number=number, version_hash=digest)
        lacks, about = acts.lacks(session, slug, row), concerned_says(session, row)
    said = " ".join(filter(None, (f"Release {row.number} is approved by you.", about)))
    if lacks:
        said += f" Still missing: {'; '.join(lacks)}."
    elif row.sent_by is not None:
        said += f" {row.sent_by} has said go: nothing else is waited for, and it leaves by itself when its embargo has ended."
    say(said)


def early(
    why: Annotated[str, typer.Option(help="Where the text leaked, and who has it.")] = "",
    agree: Annotated[bool, typer.Option("--agree", help="As the second person: agree to it.")] = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """After a leak: release the approved statement before the press conference. Two people are needed.

    One asks with --why, another agrees with --agree. Never before the last polling station has closed, never without
    the approval. To say something at once: 'ieom release write holding'."""
    with act(mission) as (session, slug, at):
        who = acting(by)
        if agree:
            row = leaking.agree_early(session, slug, by=who, at=at)
        else:
            row = leaking.ask_early(session, slug, by=who, at=at, why=why)
    if agree:
        say(f"Release {row.number} goes with the next run, once the last polling station has closed.")
    else:
        say("It is recorded. Another person says 'ieom release early --agree'.")
