"""`ieom newsroom`: the public pages as plain files, or served by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from desk.cli.context import console, engine, say
from ieom.acts import newsroom as acts
from ieom.records.base import reading
from ieom.settings import settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="The public pages: what was released, its papers, how to check them."
    )
    for name, command in (("build", build), ("serve", serve)):
        group.command(name)(command)
    app.add_typer(group, name="newsroom")


RehearsalsOption = Annotated[
    bool, typer.Option("--rehearsals", help="Rehearsed missions too; their pages say what they are.")
]


def build(
    folder: Annotated[
        Path, typer.Argument(help="Where the files go; an empty folder, a new one, or an earlier newsroom.")
    ],
    rehearsals: RehearsalsOption = False,
) -> None:
    """Write the newsroom as plain files for any web server: whole, or not at all."""
    with reading(engine()) as session:
        count = acts.build(session, folder, rehearsals=rehearsals)
        room = acts.gather(session, rehearsals=rehearsals)
    for fault in room.faults:
        say(Text(f"Left out, for it can't be shown as it was released: {fault}.", style="red"))
    releases = sum(len(one.releases) for one in room.missions)
    if not releases:
        say(f"Nothing is published yet; {folder / 'index.html'} says so.")
        return
    say(
        f"{releases} release{'s' if releases > 1 else ''} of {len(room.missions)} mission{'s' if len(room.missions) > 1 else ''}: "
        f"{count} files in {folder}. Open {folder / 'index.html'}"
    )
    if not room.base:
        say("The feed has no full addresses: IEOM_NEWSROOM_URL says where the newsroom will be.")


def serve(
    port: Annotated[
        int, typer.Option(help="Port on this machine; left out: IEOM_PUBLIC_PORT.", show_default=False)
    ] = 0,
    rehearsals: RehearsalsOption = False,
) -> None:
    """Serve the public pages alone, on this machine, until it is ended with Ctrl-C or SIGTERM."""
    import asyncio

    from desk.public.serving import serve_alone

    engine()
    asyncio.run(serve_alone(port or settings().public_port or 8080, console, rehearsals=rehearsals))
