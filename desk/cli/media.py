"""`ieom media`: the press office's contacts, their lists, and whom a mission's releases go to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from desk import media_words
from desk.cli import media_view
from desk.cli.context import ByOption, MissionOption, act, act_outside, acting, acting_outside, engine, look, say, which
from desk.cli.media_people import register as register_people
from desk.media_words import Part
from ieom import folder as folders
from ieom.acts import contacts as acts
from ieom.acts import mission as mission_acts
from ieom.acts.lists import Selection, renewal, select_media, selection
from ieom.errors import BadInput, NotFound
from ieom.folder.contact_words import country as country_code
from ieom.folder.contact_words import kind as kind_word
from ieom.folder.contact_words import language as language_code
from ieom.folder.contacts import read_contacts, written
from ieom.folder.rows import MediaRow
from ieom.papers import store
from ieom.records import letters, media, suppressions
from ieom.records.base import reading
from ieom.rules.contacts import Known, Plan, Wanted

Lists = Annotated[list[str] | None, typer.Option("--list", "-l", help="On this list; may be repeated.")]
Countries = Annotated[
    list[str] | None, typer.Option("--country", help="From this country (two letters or a name); may be repeated.")
]
Languages = Annotated[list[str] | None, typer.Option("--language", help="Reading this language; may be repeated.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="Of this kind: wire, print, broadcast or online; may be repeated.")
]
Consent = Annotated[bool, typer.Option("--require-consent", help="Only those of whom it is known why we may write.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]
Full = Annotated[bool, typer.Option("--full", help="Show every line, however many.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The media: contacts, lists, and whom a mission writes to.")
    group.command("list")(list_)
    register_people(group)
    for command in (select, replace, import_, export, received):
        group.command(command.__name__.rstrip("_"))(command)
    lists = typer.Typer(invoke_without_command=True, help="The lists that the press office keeps.")
    lists.callback()(lists_)
    lists.command("make")(make)
    lists.command("add")(add_to)
    lists.command("remove")(remove_from)
    group.add_typer(lists, name="lists")
    app.add_typer(group, name="media")


def _wanted(
    lists: list[str] | None, countries: list[str] | None, languages: list[str] | None, kinds: list[str] | None,
    consent: bool,
) -> Wanted:  # fmt: skip
    return Wanted(
        tuple(lists or ()),
        tuple(map(country_code, countries or ())),
        tuple(map(language_code, languages or ())),
        tuple(map(kind_word, kinds or ())),
        consent,
    )


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)


def list_(
    on: Lists = None,
    mission: Annotated[str, typer.Option("--mission", "-m", help="Only whom this mission writes to.")] = "",
    country: Countries = None,
    language: Languages = None,
    kind: Kinds = None,
    find: Annotated[str, typer.Option("--find", help="Only those with this in address, outlet or name.")] = "",
    suppressed: Annotated[bool, typer.Option("--suppressed", help="Only addresses that nothing goes to.")] = False,
    left: Annotated[bool, typer.Option("--left", help="Only contacts that left.")] = False,
) -> None:
    """Show contacts: all, or those meant."""
    with reading(engine()) as session:
        gone = suppressions.reasons(session)
        known = media.known(session)
        there = media.lists(session)
        keys = {row.key for row in media.of(session, which(session, mission))} if mission else set(known)
    for code in on or ():
        if code not in there:
            raise NotFound(f"there is no list '{code}'; 'ieom media lists' shows those there are")
    wanted = _wanted(on, country, language, kind, False)
    rows = [
        one
        for key, one in known.items()
        if key in keys
        and _found(find, one)
        and (one.left if left else suppressed or wanted.takes(one))
        and (not suppressed or key in gone)
    ]
    if rows:
        say(media_view.contacts(rows, {known[key].email: why for key, why in gone.items() if key in known}))
    say(f"{len(rows)} contact{'' if len(rows) == 1 else 's'}.")
    strangers = sorted(set(gone) - set(known)) if suppressed and not mission else []
    if strangers:
        say("Suppressed, and no contact of ours:")
        for key in strangers:
            say(f"  {key}: {suppressions.SAID[gone[key]]}")


def select(
    on: Lists = None,
    country: Countries = None,
    language: Languages = None,
    kind: Kinds = None,
    require_consent: Consent = False,
    every: Annotated[bool, typer.Option("--all", help="Every contact that has not left.")] = False,
    add: Annotated[bool, typer.Option("--add", help="Beside those whom the mission writes to already.")] = False,
    full: Full = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Make those meant the contacts that a mission's releases go to, after a look at who that is. Letters that are
    queued already stay as they are."""
    if not (every or on or country or language or kind):
        raise BadInput("say whom you mean: --list, --country, --language or --kind; or --all for every contact")
    wanted = _wanted(on, country, language, kind, require_consent)
    with look(mission) as (session, slug, _now):
        found = selection(session, slug, wanted, keep=add)
    _show(media_view.told(media_words.selection(found), full=full))
    if dry_run:
        say("Nothing was changed.")
    elif not (found.added or found.removed) and found.selected:
        say("That is whom the mission writes to already.")
    else:
        _ask(f"Releases of {slug} go to these?", yes=yes)
        _select(mission, by, wanted, add, found)
        say(f"Releases of {slug} go to {len(found.selected) - len(found.suppressed)} contacts.")


def _select(mission: str, by: str, wanted: Wanted, add: bool, expected: Selection) -> None:
    with act(mission) as (session, slug, at):
        select_media(session, slug, by=acting(by), at=at, wanted=wanted, keep=add, expected=expected)


def replace(
    file: Annotated[Path, typer.Argument(help="A file such as media.csv: the whole selection as it is to be.")],
    full: Full = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Make the contacts of a media.csv, and no others, those that a mission's releases go to, after a look at what that
    changes. Letters that are queued already stay as they are."""
    contacts = [row.model_dump(exclude_unset=True) for row in folders.read_rows(file, MediaRow)]
    with look(mission) as (session, slug, _now):
        plan = renewal(session, contacts)
        gone = sorted({one.email for one in media.of(session, slug)} - {one.email for one in plan.entries})
    says, parts = media_words.plan(plan, file.name)
    left = [Part("No longer selected", gone)] if gone else []
    _show(media_view.told((says, [*parts, *left]), full=full))
    if dry_run:
        say("Nothing was changed.")
        return
    _ask(f"Releases of {slug} go to these, and to no others?", yes=yes)
    with act(mission) as (session, slug, at):
        added, changed, removed = mission_acts.renew_media(
            session, slug, by=acting(by), at=at, contacts=contacts, expected=plan.digest
        )
    say(f"{len(contacts)} contacts: {added} new, {changed} changed, {removed} taken off.")


def import_(
    file: Annotated[Path, typer.Argument(help="A table (CSV) or an address book (vCard).")],
    onto: Annotated[
        list[str] | None, typer.Option("--list", "-l", help="Put all on this list; may be repeated.")
    ] = None,
    charset: Annotated[
        str, typer.Option(help="What the file is written in where it is not Unicode: cp1251, cp1252.")
    ] = "",
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave out columns that mean nothing to us.")
    ] = False,
    all_addresses: Annotated[
        bool, typer.Option("--all-addresses", help="Every address of a card, not the preferred one alone.")
    ] = False,
    check_dns: Annotated[
        bool, typer.Option("--check-dns", help="Ask the network whether each domain takes mail.")
    ] = False,
    full: Full = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    by: ByOption = "",
) -> None:
    """Take contacts in from a file, all or none, after a look at what that changes. It fills in and corrects; it never
    empties a field, and never lets a suppressed address be written to again."""
    read = read_contacts(
        file, charset=charset, ignore_unknown=ignore_unknown, all_addresses=all_addresses, check_dns=check_dns
    )
    with reading(engine()) as session:
        if not dry_run:
            acting_outside(session, by)
        plan = acts.preview(session, read, file=file.name, onto=onto or ())
    _show([*read.notes, *media_view.told(media_words.plan(plan, file.name), full=full)])
    if dry_run or not (plan.of("new") or plan.of("changed")):
        say("Nothing was changed." if dry_run else "There is nothing to change.")
        return
    _ask("Take this in?", yes=yes)
    with act_outside(by) as (session, who, at):
        acts.take_in(session, by=who, at=at, given=read.given, onto=onto or (), expected=plan.digest)
    say(_taken(plan))


def _taken(plan: Plan) -> str:
    count = plan.counts
    return f"Taken in: {count['new']} new, {count['changed']} changed."


def export(
    into: Annotated[Path, typer.Argument(help="The CSV file to write, readable by you alone.")],
    on: Lists = None,
    country: Countries = None,
    language: Languages = None,
    kind: Kinds = None,
) -> None:
    """Write contacts with their lists into a table that a spreadsheet opens and 'import' takes back."""
    wanted = _wanted(on, country, language, kind, False)
    with reading(engine()) as session:
        rows: list[Known] = [one for one in media.known(session).values() if wanted.takes(one)]
    store.write(into, written((one.email, one.values, one.lists) for one in rows))
    say(f"{len(rows)} contact{'' if len(rows) == 1 else 's'} in {into}.")


def _found(text: str, one: Known) -> bool:
    said = (one.email, one.values["outlet"], one.values["name"])
    return any(text.casefold() in str(part).casefold() for part in said)


def received(
    on: Lists = None,
    country: Countries = None,
    language: Languages = None,
    kind: Kinds = None,
    find: Annotated[str, typer.Option("--find", help="Only those with this in address, outlet or name.")] = "",
) -> None:
    """What each outlet has received over the years: how many releases went, how many were refused or came back, and
    when the last was. 'show' has them one by one."""
    wanted = _wanted(on, country, language, kind, False)
    with reading(engine()) as session:
        known, got = media.known(session), letters.received_by_all(session)
    rows = [(one, got.get(key)) for key, one in known.items() if wanted.takes(one) and _found(find, one)]
    if rows:
        say(media_view.received(rows))
    total = sum(one.sent for _contact, one in rows if one)
    say(f"{total} release letter{'' if total == 1 else 's'} to {len(rows)} contact{'' if len(rows) == 1 else 's'}.")


def lists_(context: typer.Context) -> None:
    """The lists that the press office keeps, and how many contacts each has."""
    if context.invoked_subcommand is not None:
        return
    with reading(engine()) as session:
        titles, known = media.lists(session), media.known(session)
    for code, title in titles.items():
        count = sum(code in one.lists for one in known.values())
        say(f"{code}  {title}: {count} contact{'' if count == 1 else 's'}")
    if not titles:
        say("There is no list yet; 'ieom media lists make wires \"News agencies\"' makes one.")


Code = Annotated[str, typer.Argument(help="The list's code, such as wires.")]
Emails = Annotated[list[str], typer.Argument(help="Addresses of contacts.")]


def make(
    code: Code,
    title: Annotated[str, typer.Argument(help="What it is called, such as 'News agencies'.")],
    by: ByOption = "",
) -> None:
    """Make a list."""
    with act_outside(by) as (session, who, at):
        acts.make_list(session, by=who, at=at, code=code, title=title)
    say(f"The list '{code}' is made; 'ieom media lists add {code} ADDRESS' puts contacts on it.")


def add_to(code: Code, emails: Emails, by: ByOption = "") -> None:
    """Put contacts on a list."""
    with act_outside(by) as (session, who, at):
        count = acts.put_on(session, by=who, at=at, code=code, emails=emails)
    say(f"{count} put on the list '{code}'.")


def remove_from(code: Code, emails: Emails, by: ByOption = "") -> None:
    """Take contacts off a list; they stay contacts."""
    with act_outside(by) as (session, who, at):
        count = acts.take_off(session, by=who, at=at, code=code, emails=emails)
    say(f"{count} taken off the list '{code}'.")


def _show(lines: Iterable[Text | str]) -> None:
    for line in lines:
        say(line)
