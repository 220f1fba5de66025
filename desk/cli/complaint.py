"""`ieom complaint`: complaints about a release, and the replies to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from desk.timeline_view import local
from ieom.acts import complaining as acts
from ieom.acts.announcing import text_of
from ieom.records import missions, releases
from ieom.records.releases import Release

ReceivedArgument = Annotated[str, typer.Argument(help="The number of their paper in the register, such as KS20/012.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Complaints about a release: registered, answered.")
    for name, command in (("register", register_), ("reply", reply), ("list", list_)):
        group.command(name)(command)
    app.add_typer(group, name="complaint")


def register_(
    received: ReceivedArgument,
    about: Annotated[str, typer.Option(help="What they complain of, in a few words.")],
    release: Annotated[int | None, typer.Option("--release", help="The number of the release.")] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Register a complaint that came in ('ieom register received' gives its number)."""
    with act(mission) as (session, slug, at):
        row = acts.register(session, slug, by=acting(by), at=at, received=received, about=about, release=release)
    say(f"The complaint {row.received} is registered. 'ieom complaint reply {row.received}' answers it.")


def reply(
    received: ReceivedArgument,
    file: Annotated[Path | None, typer.Argument(help="A text file: the paragraphs of the reply.")] = None,
    paper: Annotated[str, typer.Option(help="Instead: the number of a paper of ours that answers it.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Answer a complaint: a note verbale is drafted from a text, or a paper of ours is named."""
    with act(mission) as (session, slug, at):
        text = text_of(file).split("\n\n") if file is not None else ()
        row = acts.reply(session, slug, by=acting(by), at=at, received=received, text=text, paper=paper)
    say(f"{row.received} is answered by {row.reply}; 'ieom register paper {row.reply}' shows where it lies.")


def list_(mission: MissionOption = "") -> None:
    """List the complaints and what answered them."""
    with look(mission) as (session, slug, _now):
        zone, rows = missions.facts(session, slug).zone, releases.complaints(session, slug)
        for row in rows:
            concerned = session.get(Release, row.release) if row.release is not None else None
            of = f" on release {concerned.number}" if concerned else ""
            end = f"answered by {row.reply}" if row.reply else "not answered yet"
            say(f"{row.received}, {local(row.registered_at, zone, short=True)}{of}: {row.about}; {end}.")
    if not rows:
        say("No complaint is registered.")
