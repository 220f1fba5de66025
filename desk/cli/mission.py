"""`ieom new, check, open`, and what is recorded about a mission afterwards: its days, its head, its states, a hold."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from desk.cli.context import ByOption, MissionOption, act, acting, engine, say
from desk.typed import moment
from ieom import folder as folders
from ieom.acts import mission as acts
from ieom.errors import Faults
from ieom.folder.rows import StationRow
from ieom.records import missions
from ieom.records.base import begin
from ieom.records.suppressions import suppressed
from ieom.rules.addresses import fold
from ieom.rules.mission import MissionFacts
from ieom.rules.timeline import Stage

Why = Annotated[str, typer.Option("--why", help="The reason, with the decision that it rests on.")]
Folder = Annotated[Path, typer.Argument(help="The mission's folder.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("new")(new)
    app.command("check")(check)
    app.command("open")(open_)
    for command in (
        postpone, extend, press_conference, second_round, suspend, evacuate, resume, hold, go_on, replace_head, replace_approver,
        state_joins, state_withdraws, stations,
    ):  # fmt: skip
        name = {"second_round": "round"}.get(command.__name__, command.__name__.replace("_", "-"))
        app.command(name)(command)


def new(
    folder: Folder,
    slug: Annotated[str, typer.Option(help="The mission's short name, such as kazakhstan-senate-2020.")],
    host: Annotated[str, typer.Option(help="The host state's two letters, such as KZ.")],
    zone: Annotated[str, typer.Option(help="The host country's time zone, such as Asia/Almaty.")],
    title: Annotated[str, typer.Option(help="The election's full official title.")],
    election_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Election day, such as 2020-08-12.")],
    state: Annotated[list[str] | None, typer.Option(help="A state to be asked for observers; may be repeated.")] = None,
    city: Annotated[str, typer.Option(help="Where the mission sits: a code of config/names.toml.")] = "",
    organisation: Annotated[str, typer.Option(help="Who sends it: a code of config/names.toml.")] = "turkic-council",
) -> None:
    """Make the folder of a new mission, with each field explained in its files."""
    made = folders.new(
        folder,
        slug=slug,
        host=host,
        zone=zone,
        title=title,
        election_day=election_day.date(),
        states=state or [],
        city=city,
        organisation=organisation,
    )
    for path in made:
        say(str(path))
    open_places = len(folders.check(folder))
    say(f"{open_places} places are marked FILL IN. Fill them in, then: ieom check {folder}")


def check(folder: Folder) -> None:
    """Say everything that is wrong with a mission's folder: file, row, column, and what to do."""
    faults = folders.check(folder)
    if faults:
        raise Faults(faults)
    say(f"Nothing wrong: {_counts(folders.read(folder))}.")


def open_(
    folder: Folder,
    by: ByOption = "",
    stage: Annotated[
        Stage,
        typer.Option(
            metavar="stage",
            help=f"Where the mission enters; earlier stages owe nothing. One of: {', '.join(Stage)}.",
        ),
    ] = Stage.DELEGATION,
) -> None:
    """Take a mission's folder into the records. The same folder again changes nothing."""
    read = folders.read(folder)
    with begin(engine()) as session:
        row = folders.open_mission(session, read, by=acting(by), at=missions.real_now(), stage=stage)
        gone = len({fold(one.email) for one in read.media} & suppressed(session))
    say(f"{row.slug} is open since {_local(row.opened_at, read.facts)}: {_counts(read)}.")
    if gone:
        say(
            f"{gone} of the media contacts get{'s' if gone == 1 else ''} no release, as before: "
            f"ieom media list --suppressed"
        )


def postpone(
    days: Annotated[int, typer.Argument(help="By how many days; negative when the voting is brought forward.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that the voting was postponed; everything that hangs on its day moves. Meetings stay where they are."""
    facts: MissionFacts = _do(acts.postpone, mission, by, days=days, reason=why)
    say(f"Election day is {facts.election_day}; the press conference {facts.release.press_conference:%Y-%m-%d %H:%M}.")


def extend(
    minutes: Annotated[int, typer.Argument(help="By how many minutes.")],
    why: Why,
    station: Annotated[str, typer.Option(help="At this polling station alone; left out: at all.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that the voting was extended; the close, and what is expected from it on, move."""
    _do(acts.extend, mission, by, minutes=minutes, station=station, reason=why)
    say(f"The voting at {station or 'all stations'} is {minutes} minutes longer.")


def press_conference(
    to: Annotated[str, typer.Argument(help="The local time in the host country, such as '2020-08-12 20:30'.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that the press conference has another time; the embargo moves with it."""
    facts: MissionFacts = _do(acts.move_press_conference, mission, by, local={"to": to}, reason=why)
    say(f"The press conference begins {facts.release.press_conference:%Y-%m-%d %H:%M} ({facts.zone}).")


def second_round(
    number: Annotated[int, typer.Argument(help="The round's number, such as 2.")],
    day: Annotated[list[datetime], typer.Option(formats=["%Y-%m-%d"], help="A voting day; may be repeated.")],
    press: Annotated[str, typer.Option(help="Its press conference, local time, such as '2020-08-26 21:00'.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that another round of the election is observed."""
    days = [moment.date() for moment in day]
    facts: MissionFacts = _do(
        acts.set_round, mission, by, number=number, voting_days=days, local={"press_conference": press}, reason=why
    )
    say(f"Round {number} is observed; election day is {facts.election_day}.")


def suspend(why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that the observation is suspended."""
    _do(acts.suspend, mission, by, reason=why)
    say("The observation is suspended; 'ieom resume' ends that.")


def evacuate(why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that the mission was evacuated."""
    _do(acts.evacuate, mission, by, reason=why)
    say("The mission is evacuated; nothing goes on by itself until 'ieom resume'.")


def resume(why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Record that a suspended or evacuated mission goes on."""
    _do(acts.resume, mission, by, reason=why)
    say("The mission goes on.")


def hold(why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Hold a mission: no letter leaves and no stage moves until 'ieom go-on'."""
    _do(acts.hold, mission, by, reason=why)
    say("The mission is held.")


def go_on(why: Why, mission: MissionOption = "", by: ByOption = "") -> None:
    """Let a held mission go on."""
    row = _do(acts.go_on, mission, by, reason=why)
    say(f"The mission is {row.state}.")


def replace_approver(
    old: Annotated[str, typer.Argument(help="The code of who has the seat.")],
    new: Annotated[str, typer.Argument(help="The code of the member or office who decides instead.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that somebody else decides on the statement in an approver's place; an approval that goes on ends."""
    _do(acts.approver_replaced, mission, by, old=old, new=new, reason=why)
    say(f"{new} decides in the place of {old}.")


def replace_head(
    member: Annotated[str, typer.Argument(help="The code of the member who becomes head of mission.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that another member is head of mission; an approval that goes on ends."""
    _do(acts.replace_head, mission, by, member=member, reason=why)
    say(f"{member} is head of mission.")


def state_joins(
    state: Annotated[str, typer.Argument(help="The state's two letters.")],
    quota: Annotated[int, typer.Option(help="How many observers it may send.")],
    office: Annotated[str, typer.Option(help="Who at the state is written to, by office.")],
    email: Annotated[str, typer.Option(help="That office's address.")],
    why: Why,
    decides: Annotated[str, typer.Option(help="Who has its seat in the approval (a code).")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that one more state sends observers; it is called on for nominations."""
    _do(
        acts.state_joins, mission, by, state=state, quota=quota, contact_office=office, contact_email=email,
        decides=decides, reason=why,
    )  # fmt: skip
    say(f"{state} takes part with up to {quota}.")


def state_withdraws(
    state: Annotated[str, typer.Argument(help="The state's two letters.")],
    why: Why,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Record that a state withdraws from the mission, and its members with it."""
    _do(acts.state_withdraws, mission, by, state=state, reason=why)
    say(f"{state} takes no part any more; see to its teams' stations.")


def stations(
    file: Annotated[Path, typer.Argument(help="A file such as stations.csv: new stations, or corrected ones.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Add polling stations to an open mission, or correct them. None is ever removed."""
    rows = [row.model_dump() for row in folders.read_rows(file, StationRow)]
    added, changed = _do(acts.renew_stations, mission, by, rows=rows)
    say(f"{len(added)} stations new, {len(changed)} changed.")


def _do(function: Any, mission: str, by: str, *, local: dict[str, str] | None = None, **arguments: Any) -> Any:
    """Do an act in a transaction of its own; `local` holds times of the host country that it wants in UTC."""
    with act(mission) as (session, slug, at):
        facts = missions.facts(session, slug)
        moments = {name: moment(text, facts) for name, text in (local or {}).items()}
        return function(session, slug, by=acting(by), at=at, **arguments, **moments)


def _local(moment: datetime, facts: MissionFacts) -> str:
    return f"{moment.astimezone(ZoneInfo(facts.zone)):%Y-%m-%d %H:%M} ({facts.zone})"


def _counts(read: folders.MissionFolder) -> str:
    parts = (
        (len(read.delegation), "member"),
        (len(read.meetings), "meeting"),
        (len(read.stations), "polling station"),
        (len(read.teams), "team"),
        (len(read.media), "media contact"),
    )
    return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in parts)
