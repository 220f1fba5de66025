"""`ieom keys`: the key with which the organisation signs what it releases."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from desk.cli.context import engine, say
from ieom.acts.signing import certificate_of
from ieom.errors import BadInput, Refused
from ieom.folder.names import load_names
from ieom.papers import certificates, keys
from ieom.papers.certificates import SOON, Certificate
from ieom.records import missions
from ieom.records.base import reading
from ieom.records.releases import Release
from ieom.settings import settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    part = typer.Typer(no_args_is_help=True, help="The key with which released papers are signed, and its certificate.")
    part.command("new")(new)
    part.command("show")(show)
    app.add_typer(part, name="keys")


def new(
    organisation: Annotated[
        str,
        typer.Option(help="The organisation's code in config/names.toml; may be left out when there is only one."),
    ] = "",
    years: Annotated[int, typer.Option(help="How many years its certificate holds, 1 to 10.")] = 3,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="Its first day, for a rehearsal of past days.", show_default="today"
        ),
    ] = None,
) -> None:
    """Make a key and a certificate for a start; a key that is there already is never touched. The passphrase is taken from
    IEOM_SIGN_PASSPHRASE or asked for."""
    at = since.replace(tzinfo=UTC) if since else datetime.now(UTC)
    if keys.path().exists():  # said before a passphrase is asked for
        raise Refused(f"{keys.path()} is there already and stays as it is; move it away to make another")
    names = _names(organisation, at)
    passphrase = settings().sign_passphrase.get_secret_value()
    if not passphrase:
        if not sys.stdin.isatty():
            raise BadInput("set IEOM_SIGN_PASSPHRASE, or type this at a terminal, which asks for a passphrase")
        passphrase = typer.prompt("Passphrase for the key", hide_input=True, confirmation_prompt=True)
    made, public = keys.make(names, at=at, years=years, passphrase=passphrase)
    say(f"The key is in {keys.path()}, readable by you alone.")
    say("Keep its passphrase in IEOM_SIGN_PASSPHRASE, and copies of both apart.")
    _tell(made)
    _publish(public)


def _names(code: str, at: datetime) -> list[str]:
    """How the organisation may be named in a certificate, the official name first."""
    names = load_names()
    there = names.of_kind("organisation")
    if not code:
        with reading(engine()) as session:
            own = _own(session)
        found = own or set(there)
        if len(found) != 1:
            raise BadInput(f"say for which organisation with --organisation: {', '.join(sorted(found))}")
        code = found.pop()
    if code not in there:
        raise BadInput(f"config/names.toml has no organisation '{code}'; it has {', '.join(there)}")
    return [names.official(code, on=at.date()), names.short(code, on=at.date())]


def _own(session: Session) -> set[str]:
    return {missions.facts(session, slug).organisation for slug in missions.all_slugs(session)}


def _tell(one: Certificate) -> None:
    say(f"Signs as: {one.subject}")
    say("Certificate, SHA-256:")
    say(f"  {one.fingerprint}")
    say(f"Holds from {one.since:%-d %B %Y} to {one.until:%-d %B %Y}.")


def signed_says(session: Session, row: Release, at: datetime) -> str:
    """Whether a release's papers are signed, and with what; `at` (UTC) is the mission's now."""
    own = certificate_of(session, row)
    if own is None:
        return "Its papers are not signed: no key is set ('ieom keys new' makes one)."
    left = (own.until - at).days
    soon = f" It ends in {left} days: make another soon." if left < SOON.days else ""
    return f"Its PDFs are signed as {own.subject}; the certificate holds until {own.until:%-d %B %Y}.{soon}"


def _publish(path: Path) -> None:
    say("Certificate to publish:")
    typer.echo(f"  {path}")  # whole, however narrow the terminal: it is copied


def show() -> None:
    """Show the key in use: whether it can be opened, its certificate, its fingerprint, and how long it still holds."""
    with keys.opened(None) as key:
        own = key.certificate if key is not None else None
    if own is None:
        say("No key is set: papers are released unsigned. 'ieom keys new' makes one.")
        return
    certificates.keep(own)
    say(f"The key is in {keys.held()}, and can be opened.")
    _tell(own)
    left = own.until - datetime.now(UTC)
    if left.days < 0:
        say("It has expired: nothing can be signed. Move the key away and make another ('ieom keys new').")
    elif left < SOON:
        say(f"{left.days} days left: make another soon. Papers signed before stay ours.")
    else:
        say(f"{left.days} days left.")
    _publish(certificates.folder() / f"{own.fingerprint}.pem")
    known = settings()
    say(f"Time stamps: {known.tsa_url or 'none (IEOM_TSA_URL)'}")
    others = [one for one in certificates.kept().values() if one.fingerprint != own.fingerprint]
    if others:
        say("Signed with earlier, and still known for ours:")
        for one in sorted(others, key=lambda one: one.until):
            say(f"  {one.fingerprint}")
            say(f"  until {one.until:%-d %B %Y}")
