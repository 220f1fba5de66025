"""`ieom letters`: every letter and its state; those that wait for a person."""

from __future__ import annotations

from textwrap import shorten
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.timeline_view import local
from ieom.acts import letters as acts
from ieom.acts import undelivered
from ieom.errors import BadInput
from ieom.mail.letters import message_bytes
from ieom.records import letters as records
from ieom.records import missions

SUBJECT = 36
"""Characters of a subject that a list shows; `show` prints the whole letter."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Letters: what went, what waits, what is in doubt.")
    group.command("list")(list_)
    group.command("show")(show)
    group.command("release-late")(release_late)
    group.command("settle")(settle)
    group.command("again")(again)
    group.command("seen")(seen)
    group.command("cancel")(cancel)
    group.command("unsubscribe")(unsubscribe)
    app.add_typer(group, name="letters")


def list_(
    state: Annotated[str, typer.Option(help="Only letters in this state, such as late, in_doubt, refused.")] = "",
    mission: MissionOption = "",
) -> None:
    """List the letters, newest first."""
    with look(mission) as (session, slug, _now):
        zone = missions.facts(session, slug).zone
        rows = records.of(session, slug, state=state)
        table = Table(box=box.SIMPLE_HEAD, expand=True)
        for head in ("No.", "State", "To", "Subject", "When", "Server said"):
            table.add_column(head)
        for row in rows:
            when = local(row.settled_at or row.due_at, zone, short=True)
            table.add_row(
                str(row.id),
                row.state.replace("_", " "),
                row.to_office,
                shorten(row.subject, SUBJECT, placeholder="…"),
                when,
                row.answer or "",
            )
    if not rows:
        say("No letter is in that state." if state else "No letter has been queued yet.")
        return
    console.print(table)


def show(letter: Annotated[int, typer.Argument(help="The letter's number.")], mission: MissionOption = "") -> None:
    """Print a letter as it goes over the wire."""
    with look(mission) as (session, slug, _now):
        row = acts._one(session, slug, letter)
        typer.echo(message_bytes(session, row).decode("utf-8", "replace"))


def release_late(
    letters: Annotated[list[int] | None, typer.Argument(help="Numbers; none means all that are late.")] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Let letters go whose time had passed: after a pause, a late entry of the mission, a restored backup."""
    with act(mission) as (session, slug, at):
        count = acts.confirm_late(session, slug, by=acting(by), at=at, letters=letters or ())
    say(f"{count} letter{'' if count == 1 else 's'} will go with the next run.")


def settle(
    letter: Annotated[int, typer.Argument(help="The letter's number.")],
    sent: Annotated[
        bool | None, typer.Option("--sent/--resend", help="It arrived, or it did not and goes again.")
    ] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Settle a letter that is in doubt, after a look into the mail server's log."""
    if sent is None:
        raise BadInput("say --sent if the letter arrived, or --resend if it did not and is to go once more")
    with act(mission) as (session, slug, at):
        acts.settle(session, slug, by=acting(by), at=at, letter=letter, how="sent" if sent else "resend")
    say(f"Letter {letter} is settled: {'it was sent' if sent else 'it goes again with the next run'}.")


def again(
    letter: Annotated[int, typer.Argument(help="The number of a letter that was refused or came back.")],
    to: Annotated[str, typer.Option(help="Another address; whoever was written to at the old one then has this.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Send a letter that did not arrive once more, to the same address or to a corrected one."""
    with act(mission) as (session, slug, at):
        made = undelivered.anew(session, slug, by=acting(by), at=at, letter=letter, email=to)
        number, reader = made.id, made.recipient
    say(f"Letter {letter} goes to {reader} with the next run{'' if number == letter else f', as letter {number}'}.")


def seen(
    letters: Annotated[list[int], typer.Argument(help="Numbers of letters that were refused or came back.")],
    why: Annotated[str, typer.Option(help="How their readers were told instead, or why they need not be.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Say that nothing more is to be sent in the place of letters that did not arrive."""
    with act(mission) as (session, slug, at):
        count = undelivered.see_to(session, slug, by=acting(by), at=at, numbers=letters, why=why)
    say(f"{count} letter{'' if count == 1 else 's'} seen to.")


def cancel(
    letter: Annotated[int, typer.Argument(help="The letter's number.")], mission: MissionOption = "", by: ByOption = ""
) -> None:
    """Take back a letter that has not gone."""
    with act(mission) as (session, slug, at):
        acts.cancel(session, slug, by=acting(by), at=at, letter=letter)
    say(f"Letter {letter} will not go.")


def unsubscribe(
    email: Annotated[str, typer.Argument(help="The address of a media contact.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Send no further releases to a reader who asked for that."""
    with act(mission) as (session, slug, at):
        count = acts.unsubscribe(session, slug, by=acting(by), at=at, email=email)
    say(f"No further release goes to {email}{'; the letter that waited is taken back' if count else ''}.")
