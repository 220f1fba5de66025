"""Keeping missions going: `ieom start` once, `ieom serve` for as long as it is left running."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from desk.cli.context import MissionOption, console, look, say
from desk.cli.status import letters_wait
from ieom.errors import Unavailable
from ieom.records import missions
from ieom.rules.timeline import TITLES
from ieom.settings import settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(start)
    app.command()(serve)


def start(mission: MissionOption = "") -> None:
    """Look at a mission now and do what is owed. With 'ieom serve' running this is not needed: it sees by itself."""
    from desk import serving

    with look(mission) as (_session, slug, _now):
        pass
    served = serving.running()
    if served:
        serving.environment(urlsplit(str(served["api"])).port or settings().prefect_port)
        import httpx

        from desk.cli.context import engine
        from flows.waking import wake_now
        from ieom.records.base import reading

        with reading(engine()) as session:
            revision = missions.get(session, slug).revision
        try:
            wake_now(slug, revision)
        except httpx.TransportError as error:
            raise Unavailable(
                f"'ieom serve' (process {served['pid']}) does not answer yet: {error}; it looks at {slug} by itself, "
                "or try again"
            ) from None
        say(f"{slug} is being looked at by 'ieom serve' (process {served['pid']}).")
        return
    from desk.quiet import surround

    surround(serving.state() / "prefect", PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="true")
    from prefect import tags

    from flows.mission import mission as mission_flow
    from flows.reminders import reminders

    with tags(f"mission:{slug}"):
        stood = mission_flow(slug)
        reminders(slug)
    for standing in stood:
        say(f"{TITLES[standing.stage]}: {standing.says}")
    with look(slug) as (session, _slug, _now):
        row = missions.get(session, slug)
        if row.state != "open":
            say(f"The mission is {row.state}: {row.held_why or 'no reason is recorded'}")
        waits = letters_wait(session, slug)
        if waits:
            say(waits)


def serve(
    port: Annotated[
        int,
        typer.Option(help="Port of Prefect's pages on this machine; left out: IEOM_PREFECT_PORT.", show_default=False),
    ] = 0,
) -> None:
    """Keep every mission going, in one process, until it is ended with Ctrl-C or SIGTERM."""
    import asyncio

    from desk import serving

    chosen = port or settings().prefect_port
    with serving.alone():
        serving.environment(chosen)
        from desk.cli.context import engine

        engine()
        asyncio.run(serving.serve(chosen, console))
