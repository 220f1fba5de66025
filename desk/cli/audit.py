"""`ieom audit`: prove that nothing in the chain of acts was changed, removed, reordered or cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desk.cli.context import MissionOption, look, say
from ieom.acts import audit as acts
from ieom.errors import Tampered
from ieom.papers import store
from ieom.records import audit


def register(app: typer.Typer) -> None:
    """Add the commands."""
    part = typer.Typer(no_args_is_help=True, help="The chain of acts: verified, or written out.")
    part.command("verify")(verify)
    part.command("export")(export)
    app.add_typer(part, name="audit")


def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="A hash known from outside: an approval letter or the PDF's metadata; may be repeated."),
    ] = None,
    mission: MissionOption = "",
) -> None:
    """Walk the chain and say everything that is wrong with it. Ends with 2 when something is."""
    with look(mission) as (session, slug, _now):
        wrong = acts.verified(session, slug, heads=head or [])
        last = audit.head(session, slug)
        count, newest = (last.seq, last.hash) if last else (0, "none")
    if wrong:
        raise Tampered("\n".join(wrong))
    known = f", with {len(head)} hash{'es' if len(head) > 1 else ''} from outside found in it" if head else ""
    say(f"{count} act{'' if count == 1 else 's'}, whole and in order{known}. Newest hash: {newest}")


def export(
    into: Annotated[Path | None, typer.Option(help="The file to write; left out: printed.")] = None,
    mission: MissionOption = "",
) -> None:
    """Write the chain out, one JSON object a line. It holds identifiers, never personal data."""
    with look(mission) as (session, slug, _now):
        lines = list(acts.export_jsonl(session, slug))
    if into is None:
        typer.echo("".join(lines), nl=False)
        return
    store.write(into, "".join(lines).encode())
    say(f"{len(lines)} act{'' if len(lines) == 1 else 's'} in {into}.")
