"""`ieom register`: the correspondence register, notes verbales and letters by number."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from ieom.acts import correspondence as acts
from ieom.errors import BadInput
from ieom.folder.names import load_names
from ieom.records import correspondence, missions

Number = Annotated[
    str, typer.Argument(help="The paper's number in the register, such as KS20/004.", show_default=False)
]
Scan = Annotated[Path | None, typer.Option(help="The scanned paper (PDF, PNG or JPEG); it is kept.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    part = typer.Typer(
        invoke_without_command=True, help="The correspondence register: notes verbales and letters by number."
    )
    part.callback()(all_)
    part.command("list")(list_)
    part.command("paper")(paper)
    part.command("signed")(signed)
    part.command("sent")(sent)
    part.command("received")(received)
    app.add_typer(part, name="register")


def all_(context: typer.Context, mission: MissionOption = "") -> None:
    """The correspondence register: notes verbales and letters by number."""
    if context.invoked_subcommand is None:
        list_(mission)


def bodies(session: Session, mission: str) -> dict[str, str]:
    """Official names on election day of the bodies that the names file has."""
    return load_names().officials("body", on=missions.facts(session, mission).election_day)


def list_(mission: MissionOption = "") -> None:
    """Show every paper, in and out."""
    with look(mission) as (session, slug, _now):
        rows = correspondence.of(session, slug)
        known = {**bodies(session, slug), **named(session, slug)}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("No.", "Dated", "Kind", "Paper", "Status"):
        table.add_column(column, no_wrap=column in {"No.", "Dated", "Status"})
    for row in rows:
        whom = known.get(row.counterpart, row.counterpart)
        about = [f"{'From' if row.direction == 'in' else 'To'} {whom}", row.subject]
        if row.their_number:
            about.append(f"their No. {row.their_number}")
        if row.answers:
            about.append(f"answers {row.answers}")
        kind = row.kind.replace("_", " ")
        table.add_row(row.number, row.dated.isoformat(), kind, Text("\n".join(about)), row.status, end_section=True)
    say(table if rows else "The register is empty.")


def paper(
    number: Number,
    to: Annotated[Path | None, typer.Option(help="Write a copy to this file, to print or to edit in Word.")] = None,
    mission: MissionOption = "",
) -> None:
    """Say where a paper lies: ours as the Word document for signature, one that came in as its scan."""
    with look(mission) as (session, slug, _now):
        path, content = acts.file_of(session, slug, number)
    if to is None:
        typer.echo(str(path))  # whole, on one line, whatever the terminal is wide
        return
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput(f"there is a file {to} already; name another") from None
    except OSError as error:
        raise BadInput(f"{to} can't be written: {error.strerror}") from error
    say(f"{number} is written to {to}.")


def signed(number: Number, scan: Scan = None, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that a letter was signed, or a note verbale initialled and stamped."""
    with act(mission) as (session, slug, at):
        acts.signed(session, slug, by=acting(by), at=at, number=number, scan=scan or "")
    say(f"{number} is signed.")


def sent(number: Number, scan: Scan = None, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that a paper of ours left."""
    with act(mission) as (session, slug, at):
        acts.sent(session, slug, by=acting(by), at=at, number=number, scan=scan or "")
    say(f"{number} is sent.")


def received(
    counterpart: Annotated[str, typer.Argument(help="Who wrote: an office's or body's code.", show_default=False)],
    subject: Annotated[str, typer.Argument(help="What it is about.", show_default=False)],
    their_number: Annotated[str, typer.Option(help="The number that it bears.")] = "",
    dated: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The date that it bears.")] = None,
    answers: Annotated[str, typer.Option(help="The number of our paper that it answers.")] = "",
    letter: Annotated[bool, typer.Option("--letter", help="A letter, not a note verbale.")] = False,
    scan: Scan = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Register a paper that came in."""
    with act(mission) as (session, slug, at):
        row = acts.received(
            session, slug, by=acting(by), at=at, counterpart=counterpart, subject=subject, their_number=their_number,
            dated=dated.date() if dated else None, answers=answers, kind="letter" if letter else "note_verbale",
            scan=scan or "",
        )  # fmt: skip
    say(f"Registered as {row.number}.")
