"""`ieom reminders`: what went, and what will go next, to whom."""

from __future__ import annotations

import typer
from rich import box
from rich.table import Table
from sqlalchemy import select

from desk.chronicle import letters_of, named
from desk.cli.context import MissionOption, console, look, say
from desk.timeline_view import local
from ieom.acts import reminders as acts
from ieom.records import missions
from ieom.records.letters import Letter


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reminders)


def reminders(mission: MissionOption = "") -> None:
    """Show the reminders that went and those that will go if nothing is done."""
    with look(mission) as (session, slug, now):
        facts = missions.facts(session, slug)
        zone, known = facts.zone, named(session, slug)
        query = select(Letter).where(Letter.mission == slug, Letter.kind.startswith("reminder_")).order_by(Letter.id)
        gone = session.scalars(query).all()
        done = {letter.occasion for letter in gone}
        table = Table(box=box.SIMPLE_HEAD, expand=True)
        for head in ("When", "State", "About", "To"):
            table.add_column(head, no_wrap=head in {"When", "State"})
        for letter in gone:
            table.add_row(local(letter.queued_at, zone, short=True), letter.state, letter.subject, letter.to_office)
        coming = [one for one in acts.planned(session, slug, at=now) if one.occasion not in done]
        for one in coming:
            about = letters_of(f"reminder_{one.owed.about}").removeprefix("reminder, ").removeprefix("alarm, ")
            to = ", ".join(reader.office for _, reader in acts.readers(session, slug, facts, one))
            who = known.get(one.owed.person, one.owed.person)
            table.add_row(local(one.goes, zone, short=True), "to come", f"{about}: {who}", to)
    if not gone and not coming:
        say("Nobody owes anything that a reminder speaks of.")
        return
    console.print(table)
