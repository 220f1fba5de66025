"""`ieom verify`: what a file that somebody holds is to us."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from desk.cli.context import engine, say
from ieom.acts.verifying import verify as verified
from ieom.records.base import reading


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="A PDF, Word or text file that somebody holds.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a program.")] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Answer as to a stranger: nothing of what is not released yet.")
    ] = False,
) -> int:
    """Say whether a file is ours and unchanged, ours with a later version, changed after signing, or not ours. Ends with 0
    only when it is ours and unchanged, with 1 otherwise, with 2 when it can't be read."""
    with reading(engine()) as session:
        answer = verified(session, file, public=public)
    if as_json:
        typer.echo(json.dumps(answer.facts(), ensure_ascii=False, indent=2))
    else:
        say(answer.headline, style="bold")
        for sentence in answer.says:
            say(sentence)
        if answer.signature is not None:
            say(f"Certificate: {answer.signature.certificate}", style="dim")
        say(f"File:        {answer.sha256}", style="dim")
    return 0 if answer.sound else 1
