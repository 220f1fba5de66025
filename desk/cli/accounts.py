"""`ieom accounts`: who may enter the desk; and a new link for somebody who is locked out, at the machine itself."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import typer

from desk import telling
from desk.cli.context import engine, say
from ieom.acts import accounts as acts
from ieom.acts.telling import About
from ieom.errors import NotFound
from ieom.records import accounts, missions
from ieom.records.base import begin, reading
from ieom.rules.addresses import fold
from ieom.rules.roles import SAID, Role
from ieom.settings import settings

MACHINE = "machine"
"""Who acts in the record: whoever has the machine has its database too."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Who may enter the desk; a new link for who is locked out.")
    group.command("list")(list_)
    group.command("link")(link)
    app.add_typer(group, name="accounts")


def list_() -> None:
    """Show everybody who may enter the desk, with their roles."""
    with reading(engine()) as session:
        everybody = accounts.everybody(session)
    for account, grants in everybody:
        roles = "; ".join(f"{SAID[Role(one.role)]} in {one.mission or 'all missions'}" for one in grants)
        state = "closed" if account.closed_at else "" if account.password else "link not used yet"
        say(f"{account.email}  {account.name}: {', '.join(filter(None, (roles or 'no role', state)))}")
    if not everybody:
        say("Nobody yet: 'ieom serve' prints a link for the first administrator.")


def link(email: Annotated[str, typer.Argument(help="The address of an account.")]) -> None:
    """Make a one-time link with which somebody chooses a new password; the one before it dies."""
    with begin(engine()) as session:
        row = accounts.by_key(session, fold(email.strip()))
        if row is None:
            raise NotFound(f"'{email}' has no account; 'ieom accounts list' shows those there are")
        at = missions.real_now()
        token = acts.entry_link(session, by=MACHINE, account=row.id, at=at)
    start = settings().desk_url or f"http://127.0.0.1:{settings().desk_port or 8000}/"
    say(telling.tell(engine(), About.LINK, account=row.id, by=MACHINE, at=at))
    say(f"For {row.name}, once, within {acts.LINK_HOURS} hours:")
    typer.echo(f"  {start.rstrip('/')}/enter/link?{urlencode({'t': token})}")
