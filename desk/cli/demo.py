"""`ieom demo`: the mission of 12 August 2020, through the real flow, a real mail server and real papers."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from desk.rehearsal import script
from ieom.errors import BadInput
from ieom.folder import read
from ieom.settings import ROOT, settings

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    folder: Annotated[
        Path,
        typer.Option(
            help="The mission folder to live through; it needs an acts.toml.",
            show_default="the example that comes along",
        ),
    ] = EXAMPLE,
    into: Annotated[Path, typer.Option(help="Where the papers, letters and records are left.")] = Path("var/demo"),
) -> None:
    """Live through the mission of 12 August 2020 in a minute or two, from the invitation to the last letter."""
    begun = time.monotonic()
    script(read(folder))  # what is wrong with the folder is said before the last demonstration is cleared away
    _clear(into)
    os.environ.update(
        IEOM_STATE_DIR=str(into),
        IEOM_DATABASE_URL=f"sqlite:///{(into / 'mission.db').resolve().as_posix()}",
        IEOM_SMTP_HOST="127.0.0.1",
        IEOM_SMTP_SECURITY="none",
        IEOM_SMTP_USER="",
        IEOM_SIGN_PKCS12="",  # it makes itself a key, that is thrown away with it: the organisation's signs no rehearsal
        IEOM_SIGN_PASSPHRASE=secrets.token_urlsafe(),
        IEOM_SIGN_PKCS11_MODULE="",
        IEOM_TSA_URL="",
    )
    from desk.quiet import surround

    surround(
        into.parent / "prefect-demo",
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="true",
        PREFECT_API_URL="",
        # Prefect's server ends with the demonstration. What its background writers are then cut off at is lost to
        # Prefect's own pages alone, and would fill the screen below the results. Our own errors are raised.
        PREFECT_LOGGING_SERVER_LEVEL="CRITICAL",
        PREFECT_LOGGING_ROOT_LEVEL="CRITICAL",
    )
    if not os.environ["PREFECT_API_URL"]:
        del os.environ["PREFECT_API_URL"]
    settings.cache_clear()

    from desk.demonstration import live_through

    live_through(folder, into, begun)


def _clear(into: Path) -> None:
    """Remove what an earlier demonstration left; anything else in the folder is refused, not deleted."""
    if into.exists():
        ours = (into / "mission.db").exists() or (into / "audit.jsonl").exists() or not any(into.iterdir())
        if not ours:
            raise BadInput(f"{into} holds something else than a demonstration; name another folder with --into")
        shutil.rmtree(into)
    into.mkdir(parents=True)
