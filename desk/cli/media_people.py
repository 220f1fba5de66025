"""`ieom media`: one contact at a time; who is not written to any more, and who may be again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from desk import media_words
from desk.chronicle import sentence
from desk.cli.context import ByOption, act_outside, engine, say
from ieom.acts import audit as audit_acts
from ieom.acts import contacts as acts
from ieom.acts import media as suppression_acts
from ieom.errors import Conflict, NotFound, Tampered
from ieom.folder.contacts import checked
from ieom.records import contact_acts, letters, media, releases, suppressions
from ieom.records.base import reading
from ieom.rules.addresses import fold

Email = Annotated[str, typer.Argument(help="The contact's address.")]
Outlet = Annotated[str | None, typer.Option(help="The outlet, as it calls itself.")]
Name = Annotated[str | None, typer.Option(help="Who reads there, if known.")]
Salutation = Annotated[str | None, typer.Option(help="How a letter begins, such as 'Dear editors'.")]
Language = Annotated[str | None, typer.Option(help="The language to write in, such as ru or Russian.")]
Country = Annotated[str | None, typer.Option(help="Its country, such as KZ or Kazakhstan.")]
Kind = Annotated[str | None, typer.Option(help="One of wire, print, broadcast, online.")]
Consent = Annotated[str | None, typer.Option(help="Why we may write: asked, accredited, public or contract.")]
ConsentOn = Annotated[str | None, typer.Option(help="The day of the consent, such as 2026-11-25.")]
Source = Annotated[str | None, typer.Option(help="Where the address is from.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for whoever asks later.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (show, add, change, leave, suppress, lift, forget, log):
        group.command(command.__name__)(command)


def show(email: Email) -> None:
    """What we know of a contact: its outlet, consent, lists, and what it received over the years."""
    key = fold(email)
    with reading(engine()) as session:
        contact, gone = media.by_email(session, email), suppressions.standing(session, email)
        received = letters.received(session, key)
        numbers = releases.names(session, {row.release for row in received if row.release is not None})
        known = media.known(session).get(key)
        titles = media.lists(session)
        slugs = media.missions_of(session, contact.id) if contact else []
    if contact is None or known is None:
        if gone is None:
            raise NotFound(f"'{email}' is not among the media contacts; 'ieom media list' shows them")
        say(f"{gone.email} is no contact of ours.")
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        consent = f"{contact.consent} {contact.consent_on or ''}".strip() or "nothing says why we may write"
        for what, said in (
            ("Address", contact.email), ("Outlet", contact.outlet), ("Reader", contact.name),
            ("Salutation", contact.salutation), ("Language", contact.language), ("Country", contact.country),
            ("Kind", contact.kind), ("Consent", consent), ("Source", contact.source),
            ("Lists", ", ".join(f"{titles[code]} ({code})" for code in sorted(known.lists))),
            ("Missions", ", ".join(slugs)), ("Added", f"{contact.added_at:%Y-%m-%d}"),
            ("Left", f"{contact.left_at:%Y-%m-%d}" if contact.left_at else ""),
        ):  # fmt: skip
            if said:
                table.add_row(what, Text(said))
        say(table)
    if gone is not None:
        how = f" ({gone.detail})" if gone.detail else ""
        say(Text(f"Nothing goes to it since {gone.at:%Y-%m-%d}: {suppressions.SAID[gone.why]}{how}.", style="red"))
    if not received:
        say("It has received nothing yet.")
        return
    history = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Day", "Mission", "Release", "What became of it"):
        history.add_column(column, overflow="fold")
    for row in received:
        number, kind = numbers.get(row.release or 0, ("", ""))
        history.add_row(
            f"{row.due_at:%Y-%m-%d}", row.mission, f"{number} {kind}".replace("_", " ").strip() or row.subject,
            row.state.replace("_", " "),
        )  # fmt: skip
    say(history)


def _said(**cells: str | None) -> dict[str, Any]:
    return {name: cell for name, cell in cells.items() if cell is not None}


def add(
    email: Email,
    outlet: Annotated[str, typer.Option(help="The outlet, as it calls itself.")],
    name: Name = None,
    salutation: Salutation = None,
    language: Language = None,
    country: Country = None,
    kind: Kind = None,
    consent: Consent = None,
    consent_on: ConsentOn = None,
    source: Source = None,
    on: Annotated[list[str] | None, typer.Option("--list", "-l", help="Put it on this list; may be repeated.")] = None,
    by: ByOption = "",
) -> None:
    """Add a contact."""
    given = checked(
        _said(
            email=email, outlet=outlet, name=name, salutation=salutation, language=language, country=country, kind=kind,
            consent=consent, consent_on=consent_on, source=source,
        )
    )  # fmt: skip
    with act_outside(by) as (session, who, at):
        there = media.by_email(session, email)
        if there is not None and there.left_at is None:
            raise Conflict(f"{there.email} is a contact already ({there.outlet}); 'ieom media change' changes it")
        plan = acts.take_in(session, by=who, at=at, given=[given], onto=on or ())
    for one in plan.entries:
        if one.state == "forgotten":
            say(f"{one.email} is not taken in: its reader asked to be forgotten.")
        else:
            but = f", but no release goes to it: {suppressions.SAID[one.suppressed]}" if one.suppressed else ""
            say(f"{one.email} is a contact{but}.")


def change(
    email: Email,
    outlet: Outlet = None,
    name: Name = None,
    salutation: Salutation = None,
    language: Language = None,
    country: Country = None,
    kind: Kind = None,
    consent: Consent = None,
    consent_on: ConsentOn = None,
    source: Source = None,
    by: ByOption = "",
) -> None:
    """Change what we know of a contact; '' empties a field. For another address add another contact."""
    values = _said(
        outlet=outlet, name=name, salutation=salutation, language=language, country=country, kind=kind,
        consent=consent, consent_on=consent_on, source=source,
    )  # fmt: skip
    with act_outside(by) as (session, who, at):
        changes = acts.change(session, by=who, at=at, email=email, values=values)
    for one in changes:
        say(media_words.change(one))
    if not changes:
        say("Nothing to change: that is what we know already.")


def leave(email: Email, by: ByOption = "") -> None:
    """Take a contact off every list and out of every mission's selection. What it received stays known."""
    with act_outside(by) as (session, who, at):
        slugs = acts.leave(session, by=who, at=at, email=email)
    say(f"{email} is on no list any more{'; was written to by ' + ', '.join(slugs) if slugs else ''}.")


def suppress(email: Email, why: Why, by: ByOption = "") -> None:
    """Send no release of any mission to an address any more. For a reader who asked: 'ieom letters unsubscribe'."""
    with act_outside(by) as (session, who, at):
        count = suppression_acts.suppress(session, by=who, at=at, email=email, why=why)
    waited = f"; {count} letter{'' if count == 1 else 's'} that waited {'is' if count == 1 else 'are'} taken back"
    say(f"No release goes to {email}{waited if count else ''}.")


def lift(
    email: Email,
    why: Why,
    asked_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Day of the reader's own written wish; needed where the reader ended it."
        ),
    ] = None,
    by: ByOption = "",
) -> None:
    """Let an address be written to again: a dead one that was mended, or one whose reader wants releases again."""
    with act_outside(by) as (session, who, at):
        day = asked_on.date() if asked_on else None
        suppression_acts.lift(session, by=who, at=at, email=email, why=why, asked_on=day)
    say(f"{email} may be written to again. Letters that were taken back stay so.")


def forget(
    email: Email, yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False, by: ByOption = ""
) -> None:
    """Erase what is known of a contact, as its reader asked. The address alone stays, as one that is not written to;
    letters sent stay with their missions."""
    if not yes:
        typer.confirm(f"Erase everything known of {email}? It can't be taken back.", abort=True)
    with act_outside(by) as (session, who, at):
        suppression_acts.forget(session, by=who, at=at, email=email)
    say(f"{email} is forgotten; nothing goes to it, and no import takes it in.")


def log() -> None:
    """Who did what to the contacts, and whether that chain is whole."""
    with reading(engine()) as session:
        chain = list(contact_acts.links(session))
        wrong = audit_acts.contact_faults(session)
        back = audit_acts.written_to_again(session)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("When (UTC)", "Who", "What"):
        table.add_column(column, overflow="fold")
    for link in chain:
        table.add_row(f"{link.at:%Y-%m-%d %H:%M}", link.by, Text(sentence(link, suppressions.SAID)))
    say(table if chain else "Nothing was done to contacts yet.")
    for address in back:
        say(f"Not to be written to, and the record of that is gone: {address}")
    if wrong:
        raise Tampered("\n".join(wrong))
