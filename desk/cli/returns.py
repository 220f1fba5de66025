"""What came back: `ieom bounces`, the ledger of a release as a table, and letters in doubt settled all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.timeline_view import local
from ieom.acts import doubt, releasing
from ieom.acts import ledger as ledger_acts
from ieom.errors import BadInput
from ieom.mail import maillog
from ieom.records import missions, releases
from ieom.records.letters import reported, said_to_be_back
from ieom.settings import settings

Number = Annotated[
    int | None, typer.Option("--number", "-n", "--release", help="The release's number; the newest when left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands; two of them to the group `release`."""
    group = typer.Typer(no_args_is_help=True, help="What came back: bounces, delays, complaints.")
    group.command("list")(list_)
    group.command("read")(read)
    app.add_typer(group, name="bounces")
    release = next(one.typer_instance for one in app.registered_groups if one.name == "release")
    if release is not None:
        release.command("doubt")(in_doubt)
        release.command("ledger")(ledger)


def list_(mission: MissionOption = "") -> None:
    """List what came back about this mission's letters, newest first."""
    with look(mission) as (session, slug, _now):
        zone = missions.facts(session, slug).zone
        found = reported(session, slug)
        table = Table(box=box.SIMPLE_HEAD, expand=True)
        for head in ("Letter", "To", "What", "When", "Reason"):
            table.add_column(head)
        for letter, office, report in found:
            reason = report.diagnostic or report.action
            if report.status not in reason:
                reason = f"{report.status} {reason}"
            when = local(report.at, zone, short=True)
            table.add_row(str(letter), Text(office), report.kind, when, Text(reason))
    if not found:
        say("Nothing came back.")
        return
    console.print(table)


def read() -> None:
    """Read the mailbox of bounces now, and name the messages that are for people: they stay there, unread."""
    from tasks.returns import read_mailbox

    found = read_mailbox(all_of_them=True)
    new = ", ".join(f"{count} {kind}" for kind, count in sorted(found.taken_in.items()))
    say(f"Read: {new}." if new else "Nothing new came back about our letters.")
    if not found.left:
        return
    say(f"For people ({found.left}), unread in the mailbox:")
    for sender, subject in found.people:
        say(Text.assemble("  ", (sender or "nobody", "bold"), ": ", subject or "without a subject"))
    if found.left > len(found.people):
        say(f"  and {found.left - len(found.people)} more")


def in_doubt(
    policy: Annotated[
        Literal["ask", "reconcile", "resend"],
        typer.Option(
            help="ask: only show them. reconcile: look them up in the mail server's log. resend: send each once more, "
            "so that a reader may get it twice.",
        ),
    ] = "ask",
    log: Annotated[
        str,
        typer.Option(
            help="Logs of the Postfix or Exim that letters are handed to, compressed ones too; "
            "IEOM_MAIL_LOG when left out.",
        ),
    ] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Show letters that may or may not have arrived, or settle all of them that can be settled."""
    with look(mission) as (session, slug, _now):
        asked = doubt.case(session, slug)
        if not asked.attempts:
            say("No letter is in doubt.")
            return
        zone = missions.facts(session, slug).zone
        told = {row.id: f"{row.to_office}, {local(row.settled_at or row.due_at, zone, short=True)}"
                for row in doubt.in_doubt(session, slug)}  # fmt: skip
        back = {number: report for number in told if (report := said_to_be_back(session, number)) is not None}
    if policy == "ask":
        for number, said in told.items():
            say(f"Letter {number}: {said}")
            if number in back:
                why = back[number].diagnostic or back[number].status or back[number].action
                when = local(back[number].at, zone, short=True)
                say(Text(f"  A report of {when} says that it came back: {why}. It may be forged; the log tells."))
        say("Settle one with 'ieom release settle', or all with --policy reconcile and the mail server's log.")
        return
    if policy == "reconcile":
        if not (log or settings().mail_log):
            raise BadInput("say with --log (or IEOM_MAIL_LOG) where the mail server's log is")
        found = doubt.found_in(maillog.read(log or settings().mail_log, asked.wanted), asked)
        with act(mission) as (session, slug, at):
            settled = doubt.reconcile(session, slug, by=acting(by), at=at, asked=asked, found=found)
    else:
        with act(mission) as (session, slug, at):
            settled = doubt.resend(session, slug, by=acting(by), at=at)
    for numbers, words in (
        (settled.sent, "was sent"), (settled.bounced, "was sent and came back"),
        (settled.again, "was not taken and goes again" if policy == "reconcile" else "goes again"),
        (settled.late, "has not gone and its time has passed; 'ieom letters release-late' lets it go"),
        (settled.cancelled, "does not go: its reader is not written to any more"),
    ):  # fmt: skip
        for number in numbers:
            say(f"Letter {number}, {told.get(number, '')}: {words}.")
    for number, why in settled.left.items():
        say(f"Letter {number}, {told.get(number, '')}: still in doubt; {why}.")


def ledger(
    into: Annotated[Path, typer.Option("--csv", help="The file to write; any spreadsheet program opens it.")],
    release: Number = None,
    mission: MissionOption = "",
) -> None:
    """Write the ledger of a release as a table: one row a recipient, with what its server said and what came back."""
    with look(mission) as (session, slug, _now):
        row = (
            releases.one(session, slug, release) if release else releasing.newest(session, slug) or releasing.missing()
        )
        count = ledger_acts.write_csv(session, row, into, zone=missions.facts(session, slug).zone)
        number = row.number
    say(f"The ledger of release {number} is in {into}: {count} row{'' if count == 1 else 's'}.")
