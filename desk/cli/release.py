"""`ieom release`: preparing, sending, stopping, and the ledger. Texts of its own and the leak are in `announcing`."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Annotated

import typer
from babel import Locale
from rich import box
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from desk.cli import announcing
from desk.cli.announcing import KIND, NumberOption, named
from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.cli.keys import signed_says
from desk.cli.letters import settle
from desk.timeline_view import local
from ieom.acts import distribution as acts
from ieom.acts import newsroom
from ieom.acts.rounds import approved_round
from ieom.papers import store
from ieom.records import ledger, missions, releases
from ieom.records.releases import Release
from ieom.rules.release import CARRIES, embargo_until, reasons_not_to

TESTED = {
    "": "; no test of it was sent", "on its way": "; a test of it is on its way", "sent": "",
    "failed": "; the last test of it did not arrive whole",
}  # fmt: skip
"""What became of a release's test, said with go."""
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="One language alone, such as en or tr.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Releases to the media: prepared by one, sent by another.")
    for name, command in (
        ("prepare", prepare), ("write", announcing.write), ("show", announcing.show), ("approve", announcing.approve),
        ("preview", preview), ("test", test), ("go", go), ("early", announcing.early), ("stop", stop),
        ("go-on", go_on), ("status", status), ("settle", settle),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="release")


def prepare(
    by_hand: Annotated[
        bool | None,
        typer.Option(
            "--by-hand/--by-time", help="Go is said when the press conference begins, or the clock lets it go."
        ),
    ] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Make the papers of the approved statement. Another person then sends them.

    Where a statement is public already, this makes its correction: it goes to those whom that one reached."""
    with act(mission) as (session, slug, at):
        go_ = "" if by_hand is None else "by_hand" if by_hand else "by_time"
        row = acts.prepare(session, slug, by=acting(by), at=at, go=go_)
        where = acts.folder(slug, row.number)
        round_ = approved_round(session, slug)
        others = acts.translations(session, slug, round_)[1] if round_ is not None else []
        concerned = session.get(Release, row.concerns) if row.concerns is not None else None
        sealed = signed_says(session, row, at)
    if row.started_at is not None:
        say(
            f"Release {row.number} of this text has begun to go out already; 'ieom release status' shows how far it is."
        )
        return
    say(
        f"Release {row.number} is prepared: {len(row.papers)} papers in {where}. Another person says 'ieom release go'."
    )
    say(sealed)
    if concerned is not None:
        say(f"It corrects release {concerned.number}, and goes to those whom that one reached or may have reached.")
    if row.translations:
        say(f"With unofficial translations: {', '.join(sorted(row.translations))}.")
    if others:
        say(f"Left out, being no translation of the approved text: {', '.join(others)}.")


def preview(
    folder: Annotated[Path, typer.Argument(help="A folder for the letters and papers.")] = Path("preview"),
    language: LanguageOption = "",
    number: NumberOption = None,
    mission: MissionOption = "",
) -> None:
    """Write every letter that would go, in each language, and the papers, into a folder. Nothing is sent."""
    with look(mission) as (session, slug, now):
        row = acts.chosen(session, slug, number)
        files = list(acts.preview(session, slug, at=now, number=number, language=language))
    for name, data in files:
        store.write(folder / name, data)
    letters = sum(name.endswith(".eml") for name, _ in files)
    papers = len(files) - 3 * letters
    say(
        f"Release {row.number}, {KIND[row.kind]}: {letters} letter{'' if letters == 1 else 's'} (.eml, .txt, .html) and "
        f"{papers} papers are in {folder}."
    )
    for name, data in files:
        if name.endswith(".eml"):
            head = message_from_bytes(data, policy=default)
            say(f"  {name}: from {head['From']}, “{head['Subject']}”")


def go(number: NumberOption = None, mission: MissionOption = "", by: ByOption = "") -> None:
    """Say go. It leaves when the embargo has ended, not before."""
    with act(mission) as (session, slug, at):
        row = acts.go(session, slug, by=acting(by), at=at, number=number)
        known = acts.readiness(session, slug, row)
        until, zone = embargo_until(known), missions.facts(session, slug).zone
        lacks = known.lacks
        media, offices, tested = acts.reach(session, slug, row)
        unapproved = sorted(row.translations or {})
        unapproved = sorted(row.translations or {})
    one, other = "" if media == 1 else "s", "y" if offices == 1 else "ies"
    say(
        f"Release {row.number}, {KIND[row.kind]}: {media} letter{one} to the media, {offices} official cop{other}"
        f"{TESTED[tested]}. 'ieom release stop' halts it."
    )
    if unapproved:
        names = ", ".join(Locale.parse("en").languages.get(code, code) for code in unapproved)
        say(f"Unofficial translations that nobody has approved go with it, marked as that: {names}.")
    if lacks:
        say(f"Go is recorded. Release {row.number} leaves by itself once this is settled: {'; '.join(lacks)}.")
    elif until is not None and until > at:
        say(f"Release {row.number} goes when the embargo ends: {local(until, zone)}.")
    else:
        say(f"Release {row.number} goes with the next run.")


def stop(
    why: Annotated[str, typer.Option(help="The reason.")] = "",
    number: NumberOption = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Stop the release now (without a number, all that are going); what was not handed over stays."""
    with act(mission) as (session, slug, at):
        acts.stop(session, slug, by=acting(by), at=at, why=why, number=number)
    say("Stopped. 'ieom release go-on' goes on from here, never from the beginning.")


def go_on(number: NumberOption = None, mission: MissionOption = "", by: ByOption = "") -> None:
    """Go on after a stop, from where it stopped."""
    with act(mission) as (session, slug, at):
        row = acts.go_on(session, slug, by=acting(by), at=at, number=number)
    say(f"Release {row.number} goes on with the next run.")


def test(
    email: Annotated[str, typer.Argument(help="An office's own address.")],
    language: LanguageOption = "",
    number: NumberOption = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Send the release's letters to yourself, marked as a test: one in each language."""
    with act(mission) as (session, slug, at):
        count = acts.send_test(session, slug, by=acting(by), at=at, email=email, number=number, language=language)
    say(f"{count} test letter{'' if count == 1 else 's'} will go to {email} with the next run.")


def status(number: NumberOption = None, mission: MissionOption = "") -> None:
    """Show every release and what keeps it; of the newest one the ledger: each outlet, and what its server said."""
    with look(mission) as (session, slug, now):
        facts = missions.facts(session, slug)
        rows = [row for row in releases.of(session, slug) if row.status != "dropped"]
        if not rows:
            known = acts.readiness(session, slug, None)
            for reason in reasons_not_to(known, now):
                say(f"Not yet: {reason}.")
            say(f"The embargo ends {local(embargo_until(known) or now, facts.zone)}.")
        for row in rows if number is None else [releases.one(session, slug, number)]:
            for line in _standing(session, slug, row, facts.zone, now):
                say(line)
        for one in releases.complaints(session, slug):
            end = f"answered by {one.reply}" if one.reply else "not answered yet"
            say(f"Complaint {one.received} ({one.about}): {end}.")
        for fault in newsroom.faults(session, slug):
            say(Text(f"Left out of the newsroom: {fault}.", style="red"))
        begun = [row for row in rows if releases.public(session, row)]
        if begun:
            _ledger(session, releases.one(session, slug, number) if number else begun[-1], facts.zone)


def _standing(session: Session, slug: str, row: Release, zone: str, now: datetime) -> list[str]:
    known = acts.readiness(session, slug, row)
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    head = f"Release {row.number}, {KIND[row.kind]}" + (f" of release {concerned.number}" if concerned else "")
    approved = [one.by for one in releases.approvals(session, row.id)]
    people = [f"prepared by {row.prepared_by}"]
    people += [f"approved by {named(approved)}"] if row.kind not in CARRIES and approved else []
    people += [f"sent by {row.sent_by}"] if row.sent_by else []
    if row.early_by:
        second = f", agreed by {row.early_agreed_by}" if row.early_agreed_by else ", nobody has agreed yet"
        people.append(f"early release asked for by {row.early_by}{second}")
    lines = [f"{head}: {row.status.replace('_', ' ')}; {', '.join(people)}."]
    until = embargo_until(known)
    if row.started_at is None or not releases.public(session, row):
        lines += [f"  Not yet: {reason}." for reason in reasons_not_to(known, now)]
        if until is not None:
            by_hand = ", and somebody says go then" if row.go == "by_hand" else ""
            lines.append(f"  The embargo ends {local(until, zone)}{by_hand}.")
    else:
        states = acts.ledger(session, row)
        counts = ", ".join(f"{n} {s.replace('_', ' ')}" for s, n in states.items())
        lines.append(f"  Since {local(row.started_at, zone)}: {counts or 'nobody to write to'}.")
        left = acts.unwritten(session, row)
        if left:
            lines.append(f"  {left} whom it concerns asked for no more letters, or their address is dead.")
    if row.held_why:
        lines.append(f"  {row.held_why}")
    lines += [f"  {KIND[one.kind].capitalize()}: release {one.number}." for one in releases.about(session, row.id)]
    return lines


def _ledger(session: Session, row: Release, zone: str) -> None:
    table = Table(box=box.SIMPLE_HEAD, expand=True, title=f"Letters of release {row.number}", title_justify="left")
    for head in ("No.", "Outlet", "State", "When", "Server said"):
        table.add_column(head)
    rows = sorted(ledger.rows(session, row.id), key=lambda one: one.state)
    outlets = Counter(one.outlet for one in rows)
    for one in rows:
        outlet = one.outlet if outlets[one.outlet] == 1 else f"{one.outlet}, {one.address}"
        when = local(one.settled_at, zone, short=True) if one.settled_at else ""
        said = f"{one.code or ''} {one.answer}".strip()
        came_back = f"{one.reported}: {one.diagnostic or one.status}" if one.reported else ""
        table.add_row(str(one.letter), outlet, one.state.replace("_", " "), when, came_back or said)
    console.print(table)
