"""`ieom meeting`: pre-election meetings, from the request to the record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from desk.cli.context import ByOption, MissionOption, act, acting, console, look, say
from desk.timeline_view import local
from desk.typed import moment
from ieom.acts import meetings as acts
from ieom.errors import BadInput
from ieom.folder import read_rows
from ieom.folder.rows import MeetingRow
from ieom.records import missions
from ieom.rules.meetings import TOPICS

Code = Annotated[str, typer.Argument(help="The meeting's code, such as cec.")]
Starts = Annotated[str, typer.Option(help="Local time in the host country, such as '2020-08-11 10:00'.")]
Ends = Annotated[str, typer.Option(help="Local time in the host country.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Pre-election meetings: requested, confirmed, held or cancelled.")
    for name, command in (
        ("list", list_), ("request", request), ("confirm", confirm), ("attend", attend), ("move", move), ("hold", hold),
        ("cancel", cancel),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="meeting")


def list_(mission: MissionOption = "") -> None:
    """List the meetings by their times."""
    with look(mission) as (session, slug, _now):
        zone = missions.facts(session, slug).zone
        rows = acts.of(session, slug)
        table = Table(box=box.SIMPLE_HEAD, expand=True)
        for head in ("Code", "When", "With", "Status", "Topics"):
            table.add_column(head, no_wrap=head in {"Code", "When", "Status"})
        for row in rows:
            when = local(row.starts_at, zone, short=True)
            table.add_row(row.code, when, acts.counterpart(row), row.status, ", ".join(row.topics).replace("_", " "))
    if not rows:
        say("No meeting has been asked for yet: 'ieom meeting request'.")
        return
    console.print(table)


def request(
    meeting: Annotated[str, typer.Argument(help="The meeting's code, such as cec; left out: each of --from.")] = "",
    source: Annotated[
        Path | None, typer.Option("--from", help="Take the meeting, or all, from a file such as meetings.csv.")
    ] = None,
    body: Annotated[str, typer.Option(help="The counterpart's body: a code of config/names.toml, as kz-cec.")] = "",
    office: Annotated[str, typer.Option(help="The counterpart's office.")] = "",
    starts: Starts = "",
    ends: Ends = "",
    briefing: Annotated[
        bool, typer.Option("--briefing", help="Our own briefing: no letter, confirmed at once.")
    ] = False,
    honorific: Annotated[str, typer.Option(help="Such as Mr. or H.E.")] = "",
    name: Annotated[str, typer.Option(help="The counterpart's name.")] = "",
    place: Annotated[str, typer.Option(help="Where.")] = "",
    attendee: Annotated[list[str] | None, typer.Option(help="A member who is to attend; may be repeated.")] = None,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Ask for a meeting; a letter to the counterpart's office is drafted for signature."""
    if source is not None:
        rows = [row.model_dump() for row in read_rows(source, MeetingRow)]
        chosen: list[dict[str, Any]] = [row for row in rows if meeting in {"", row["code"]}]
        if not chosen:
            raise BadInput(f"{source.name} has no meeting" + (f" '{meeting}'" if meeting else " yet"))
    elif meeting and body and office and starts and ends:
        chosen = [
            {
                "code": meeting, "kind": "briefing" if briefing else "meeting", "body": body, "place": place,
                "counterpart_office": office, "counterpart_honorific": honorific, "counterpart_name": name,
                "starts": starts, "ends": ends, "attendees": attendee or (),
            }
        ]  # fmt: skip
    else:
        raise BadInput("give a code, --body, --office, --starts and --ends, or take meetings from a file with --from")
    with act(mission) as (session, slug, at):
        facts = missions.facts(session, slug)
        for row in chosen:
            row |= {key: moment(str(row[key]), facts) for key in ("starts", "ends")}
            acts.request(session, slug, by=acting(by), at=at, meeting=row.pop("code"), **row)
    say(f"Asked for: {len(chosen)}. A letter for signature is in the register for each that has a counterpart.")


def attend(
    meeting: Code,
    member: Annotated[list[str], typer.Argument(help="The members' codes.", show_default=False)],
    not_: Annotated[bool, typer.Option("--not", help="They are no longer expected.")] = False,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Add members who are to attend, or take them off; each is told, the others are not."""
    with act(mission) as (session, slug, at):
        acts.attend(
            session, slug, by=acting(by), at=at, meeting=meeting, add=() if not_ else member,
            remove=member if not_ else (),
        )  # fmt: skip
    say(f"{', '.join(member)}: {'no longer expected' if not_ else 'expected'} at '{meeting}'; told with the next run.")


def confirm(meeting: Code, mission: MissionOption = "", by: ByOption = "") -> None:
    """The counterpart agreed; members get a calendar invitation."""
    with act(mission) as (session, slug, at):
        acts.confirm(session, slug, by=acting(by), at=at, meeting=meeting)
    say(f"Meeting '{meeting}' is confirmed.")


def move(
    meeting: Code,
    starts: Starts,
    ends: Ends,
    place: Annotated[str, typer.Option(help="Another place.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Another time or place; members get an update, the counterpart's office a letter for signature."""
    with act(mission) as (session, slug, at):
        facts = missions.facts(session, slug)
        acts.move(
            session, slug, by=acting(by), at=at, meeting=meeting, starts=moment(starts, facts),
            ends=moment(ends, facts), place=place,
        )  # fmt: skip
    say(f"Meeting '{meeting}' is moved; members are told with the next run.")


def hold(
    meeting: Code,
    attended: Annotated[list[str], typer.Option(help="A member who attended; may be repeated.")],
    topic: Annotated[list[str], typer.Option(help=f"What it was about; may be repeated. One of: {', '.join(TOPICS)}.")],
    minutes: Annotated[str, typer.Option(help="The minutes.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Make the record of a meeting that took place."""
    with act(mission) as (session, slug, at):
        acts.hold(
            session, slug, by=acting(by), at=at, meeting=meeting, attended=attended, topics=topic, minutes=minutes
        )
    say(f"The record of '{meeting}' is in.")


def cancel(
    meeting: Code, why: Annotated[str, typer.Option(help="The reason.")], mission: MissionOption = "", by: ByOption = ""
) -> None:
    """The meeting will not take place; members who were invited are told, and a letter is drafted."""
    with act(mission) as (session, slug, at):
        acts.cancel(session, slug, by=acting(by), at=at, meeting=meeting, why=why)
    say(f"Meeting '{meeting}' is cancelled.")
