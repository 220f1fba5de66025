"""`ieom desk`: the desk with the example mission in the middle of its course, on a mail server that keeps every letter."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from desk.cli.context import console, engine, say
from ieom.acts import vault
from ieom.settings import settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(desk)


def desk(
    into: Annotated[Path, typer.Option(help="Where its records, papers and letters are kept.")] = Path("var/desk"),
    port: Annotated[
        int, typer.Option(help="Port of the desk on this machine; left out: IEOM_DESK_PORT, 8000.", show_default=False)
    ] = 0,
) -> None:
    """Try the desk: the example mission on the evening of election day, on a clock of its own. No letter leaves.

    Three ports of this machine are listened on: the desk's, that of the public pages (IEOM_PUBLIC_PORT, 8080; 0 for none)
    and that of Prefect's pages (IEOM_PREFECT_PORT, 4200). Where one is taken, name another in that setting."""
    import asyncio

    into.mkdir(parents=True, exist_ok=True)
    # What Prefect's own background writers trip over is made up for by their next turn, and would fill the terminal.
    os.environ.setdefault("PREFECT_LOGGING_SERVER_LEVEL", "CRITICAL")
    os.environ.update(
        IEOM_STATE_DIR=str(into.resolve()),
        IEOM_DATABASE_URL=f"sqlite:///{(into / 'mission.db').resolve().as_posix()}",
        IEOM_SMTP_HOST="127.0.0.1",
        IEOM_SMTP_SECURITY="none",
        IEOM_SMTP_USER="",
        IEOM_SIGN_PKCS12="",  # no rehearsal is signed with the organisation's key
        IEOM_SIGN_PKCS11_MODULE="",
        IEOM_TSA_URL="",
        IEOM_DESK_HOST="127.0.0.1",
        IEOM_PUBLIC_HOST="127.0.0.1",
        IEOM_DESK_PORT=str(port or settings().desk_port or 8000),
        IEOM_DECIDE_URL=f"http://127.0.0.1:{settings().public_port}/" if settings().public_port else "",
    )
    os.environ.setdefault("IEOM_VAULT_KEY", _vault_key(into))
    settings.cache_clear()
    from desk import serving
    from desk.catcher import Catcher

    with serving.alone(), Catcher(into / "mail") as catcher:
        os.environ["IEOM_SMTP_PORT"] = str(catcher.port)
        settings.cache_clear()
        serving.environment(settings().prefect_port)
        from desk.practice import prepared

        engine()

        say("Setting the desk up ...", style="dim")
        asyncio.run(
            serving.serve(
                settings().prefect_port,
                console,
                first=lambda: prepared(console),
                demonstration=True,
                option_of="IEOM_DESK_PORT",
            )
        )


def _vault_key(into: Path) -> str:
    """A key for this desk's example papers, kept beside them: nothing real is ever put in."""
    path = into / "example.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(vault.new_key(), "ascii")
    return path.read_text("ascii").strip()
