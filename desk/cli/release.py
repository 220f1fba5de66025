"""`ieom release`: preparing, sending, stopping, and the ledger."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.table import Table
from sqlalchemy import select

from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.cli.letters import settle
from desk.timeline_view import local
from ieom.acts import distribution as acts
from ieom.acts.rounds import approved_round
from ieom.records import missions
from ieom.records.letters import Letter
from ieom.rules.release import embargo_until, reasons_not_to


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The release to the media: prepared by one, sent by another.")
    for name, command in (
        ("prepare", prepare), ("go", go), ("stop", stop), ("go-on", go_on), ("status", status), ("settle", settle),
        ("test", test),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="release")


def prepare(mission: MissionOption = "", by: ByOption = "") -> None:
    """Make the papers of the approved text. Another person then sends them."""
    with act(mission) as (session, slug, at):
        row = acts.prepare(session, slug, by=acting(by), at=at)
        where = acts.folder(slug, row.number)
        round_ = approved_round(session, slug)
        others = acts.translations(session, slug, round_)[1] if round_ is not None else []
    if row.started_at is not None:
        say(
            f"Release {row.number} of this text has begun to go out already; 'ieom release status' shows how far it is."
        )
        return
    say(
        f"Release {row.number} is prepared: {len(row.papers)} papers in {where}. Another person says 'ieom release go'."
    )
    if row.translations:
        say(f"With unofficial translations: {', '.join(sorted(row.translations))}.")
    if others:
        say(f"Left out, being no translation of the approved text: {', '.join(others)}.")


def go(mission: MissionOption = "", by: ByOption = "") -> None:
    """Say go. It leaves when the embargo has ended, not before."""
    with act(mission) as (session, slug, at):
        row = acts.go(session, slug, by=acting(by), at=at)
        until = embargo_until(acts.readiness(session, slug, row))
        zone = missions.facts(session, slug).zone
    say(f"Release {row.number} goes when the embargo ends: {local(until, zone)}.")


def stop(
    why: Annotated[str, typer.Option(help="The reason.")] = "", mission: MissionOption = "", by: ByOption = ""
) -> None:
    """Stop the release now; what was not handed over stays."""
    with act(mission) as (session, slug, at):
        acts.stop(session, slug, by=acting(by), at=at, why=why)
    say("Stopped. 'ieom release go-on' goes on from here, never from the beginning.")


def go_on(mission: MissionOption = "", by: ByOption = "") -> None:
    """Go on after a stop, from where it stopped."""
    with act(mission) as (session, slug, at):
        acts.go_on(session, slug, by=acting(by), at=at)
    say("The release goes on with the next run.")


def test(
    email: Annotated[str, typer.Argument(help="An office's own address.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Send the release's letter to yourself, marked as a test."""
    with act(mission) as (session, slug, at):
        acts.test_to(session, slug, by=acting(by), at=at, email=email)
    say(f"A test goes to {email} with the next run.")


def status(mission: MissionOption = "") -> None:
    """Show what keeps the release, or its ledger: each outlet, and what its server said."""
    with look(mission) as (session, slug, now):
        facts = missions.facts(session, slug)
        row = acts.newest(session, slug)
        known = acts.readiness(session, slug, row)
        if row is None or row.started_at is None:
            for reason in reasons_not_to(known, now):
                say(f"Not yet: {reason}.")
            say(f"The embargo ends {local(embargo_until(known), facts.zone)}.")
            return
        states = acts.ledger(session, row)
        say(
            f"Release {row.number}: {row.status}. " + ", ".join(f"{n} {s.replace('_', ' ')}" for s, n in states.items())
        )
        table = Table(box=box.SIMPLE_HEAD, expand=True)
        for head in ("No.", "Outlet", "State", "When", "Server said"):
            table.add_column(head)
        query = select(Letter).where(Letter.release == row.id).order_by(Letter.state, Letter.to_office)
        for letter in session.scalars(query):
            when = local(letter.settled_at, facts.zone, short=True) if letter.settled_at else ""
            said = f"{letter.code or ''} {letter.answer or ''}".strip()
            table.add_row(str(letter.id), letter.to_office, letter.state.replace("_", " "), when, said)
        console.print(table)
