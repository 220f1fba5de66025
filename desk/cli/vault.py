"""`ieom vault`: passports and photographs, encrypted, their reading logged, erased on a date."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from sqlalchemy.orm import Session

from desk.cli.context import ByOption, MissionOption, act, acting, engine, look, say
from desk.timeline_view import local
from ieom.acts import vault as acts
from ieom.errors import BadInput
from ieom.records import members, missions
from ieom.records.base import begin
from ieom.records.delegation import VaultItem
from ieom.records.members import styled
from ieom.rules.delegation import ITEMS

Item = Annotated[str, typer.Argument(help="The paper's identifier, as 'ieom vault list' shows it.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    part = typer.Typer(
        no_args_is_help=True, help="Passports and photographs: encrypted, their reading logged, erased on a date."
    )
    part.command("key")(key)
    part.command("store")(store)
    part.command("list")(list_)
    part.command("read")(read)
    part.command("log")(log)
    part.command("erase")(erase)
    app.add_typer(part, name="vault")


def key() -> None:
    """Make a key for IEOM_VAULT_KEY. Keep it in the environment and, apart, in a safe; without it nothing is read."""
    say(acts.new_key())


def store(
    member: Annotated[str, typer.Argument(help="The person's code, such as kg-1.", show_default=False)],
    item: Annotated[str, typer.Argument(help="passport_page or photo.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="A JPEG or PNG file; a passport page may be PDF.", show_default=False)],
    erase_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When to erase it; else after the mission's term.")
    ] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Encrypt and keep a personal paper. The file itself stays where it is: delete it yourself."""
    with act(mission) as (session, slug, at):
        made = acts.put(
            session, slug, by=acting(by), at=at, member=member, item=item, file=file,
            erase_on=erase_on.date() if erase_on else None,
        )  # fmt: skip
    say(f"Kept as {made}. Now delete {file}.")


def list_(mission: MissionOption = "") -> None:
    """Show which personal papers are kept, and until when."""
    with look(mission) as (session, slug, _now):
        rows, people, zone = _known(session, slug)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Identifier", "Whose", "Kept until"):
        table.add_column(column, no_wrap=column == "Identifier")
    for row in rows:
        erased = f"erased {local(row.erased_at, zone, short=True)}" if row.erased_at else ""
        table.add_row(row.id, f"{people[row.member]}: {ITEMS[row.item]}", erased or f"{row.erase_on:%-d %B %Y}")
    say(table if rows else "No personal paper is kept.")


def log(mission: MissionOption = "") -> None:
    """Show who read which personal paper, when and what for."""
    with look(mission) as (session, slug, _now):
        rows = acts.readings(session, slug)
        _items, people, zone = _known(session, slug)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("When", "Read by", "Whose", "What for"):
        table.add_column(column, no_wrap=column == "When")
    for reading, item in rows:
        by = people.get(reading.by, reading.by)
        whose = f"{people[item.member]}: {ITEMS[item.item]}"
        table.add_row(local(reading.at, zone, short=True), by, whose, reading.why)
    say(table if rows else "No personal paper was read.")


def _known(session: Session, mission: str) -> tuple[list[VaultItem], dict[str, str], str]:
    """The papers, how the mission's people and offices are named by their codes, and the host country's zone."""
    facts = missions.facts(session, mission)
    people = {office.code: office.office for office in facts.offices}
    people |= {row.code: f"{styled(row)} ({row.code})" for row in members.of(session, mission)}
    return acts.of(session, mission), people, facts.zone


def read(
    item: Item,
    into: Annotated[Path, typer.Option("--into", help="The file to write it to, readable by you alone.")],
    why: Annotated[str, typer.Option("--why", help="What it is read for; logged with your name.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Take a personal paper out, in clear. The reading is logged first."""
    if into.exists():
        raise BadInput(f"{into} is there already; name a new file")
    with act(mission) as (session, slug, at):
        data = acts.read(session, slug, by=acting(by), at=at, item=item, why=why)
    with os.fdopen(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    say(f"Written to {into}; delete it when done.")


def erase(
    item: Annotated[str, typer.Argument(help="The paper's identifier; left out with --due.")] = "",
    due: Annotated[bool, typer.Option("--due", help="Everything whose date has come, in every mission.")] = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Destroy a personal paper and its key; it can't be taken back."""
    if bool(item) == due:
        raise BadInput("name one paper, or --due for everything whose date has come")
    if item:
        with act(mission) as (session, slug, at):
            acts.erase(session, slug, by=acting(by), at=at, item=item)
        say(f"{item} is erased.")
        return
    with begin(engine()) as session:
        slugs = missions.all_slugs(session)
        count = sum(acts.erase_due(session, slug, at=missions.now(session, slug)) for slug in slugs)
    say(f"{count} erased.")
