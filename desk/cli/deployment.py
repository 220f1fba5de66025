"""`ieom deployment` and `ieom check-in`: teams, routes, and that they are well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from desk.timeline_view import local
from ieom.acts import deployment as acts
from ieom.errors import BadInput, NotFound
from ieom.folder import read
from ieom.folder.names import load_names
from ieom.records import members, missions, stations, teams
from ieom.records.members import styled

Team = Annotated[str, typer.Argument(help="The team's code, such as team-1.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The deployment plan: teams, routes, reserves.")
    for name, command in (("plan", plan), ("show", show), ("reassign", reassign), ("strike", strike)):
        group.command(name)(command)
    app.add_typer(group, name="deployment")
    app.command("check-in")(check_in)


def plan(
    folder: Annotated[Path, typer.Argument(help="The mission folder with teams.csv, routes.csv, checkins.csv.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Lay down the plan of a mission folder, in the place of an earlier one."""
    found = read(folder)
    if not found.teams:
        raise BadInput(f"{folder}/teams.csv has no team yet; write one row a team")
    with act(mission or found.facts.slug) as (session, slug, at):
        plan_: dict[str, Any] = {**found.plan(), "station_choice": found.facts.station_choice}
        odd = acts.plan(session, slug, by=acting(by), at=at, **plan_)
    planned = ((found.teams, "team"), (found.routes, "stop"), (found.check_ins, "check-in"))
    say("Planned: " + ", ".join(f"{len(rows)} {one}{'' if len(rows) == 1 else 's'}" for rows, one in planned) + ".")
    for one in odd:
        say(f"Look at this: {one}.")


def show(
    team: Annotated[str, typer.Argument(help="One team; left out: all.")] = "", mission: MissionOption = ""
) -> None:
    """Print a sheet for each team: who, where, when, and when to check in."""
    with look(mission) as (session, slug, _now):
        facts = missions.facts(session, slug)
        people = {row.code: row for row in members.of(session, slug)}
        places = {row.code: row for row in stations.of(session, slug)}
        names = load_names()
        crews, stops = teams.crew(session, slug), teams.visits(session, slug)
        every = teams.of(session, slug)
        rows = [row for row in every if not team or row.code == team]
        if not every:
            say("No deployment is planned yet: 'ieom deployment plan FOLDER'.")
        elif not rows:
            raise NotFound(f"there is no team '{team}'; they are {', '.join(row.code for row in every)}")
        elif facts.station_choice:
            say(f"How the stations were chosen: {facts.station_choice}")
        for row in rows:
            about = " - ".join(part for part in (row.briefing_note, row.phone) if part)
            say(f"{row.code}{' (reserve)' if row.reserve else ''}{': ' + about if about else ''}", style="bold")
            for code in crews.get(row.code, []):
                person = people[code]
                left = "" if person.status in {"appointed", "nominated"} else f" - has {person.status}"
                state = f", {names.short(person.state, on=facts.election_day)}" if person.state in names else ""
                say(f"  {styled(person)} ({code}{state}){left}")
            for stop in (stop for stop in stops if stop.team == row.code):
                struck = f" - struck: {stop.struck_why}" if stop.struck_at else ""
                place = places[stop.station]
                zone = place.zone or facts.zone
                due = local(stop.due_at, zone, short=True) + (f" ({zone})" if zone != facts.zone else "")
                say(f"  {stop.position}. {stop.form} at {place.name}, form by {due}{struck}")
            for owed in teams.check_ins(session, slug, row.code):
                done = f", made {local(owed.made_at, facts.zone, short=True)}" if owed.made_at else ""
                say(f"  check in by {local(owed.due_at, facts.zone, short=True)}{done}")
        for one in acts.check(session, slug):
            say(f"Look at this: {one}.")


def check_in(
    team: Team,
    note: Annotated[str, typer.Option(help="Anything to remember.")] = "",
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """A team says that it is well."""
    with act(mission) as (session, slug, at):
        acts.check_in(session, slug, by=acting(by), at=at, team=team, note=note)
    say(f"{team} has checked in.")


def reassign(
    member: Annotated[str, typer.Argument(help="The member's code.")],
    team: Team,
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Send a member to another team, or call up a reserve."""
    with act(mission) as (session, slug, at):
        acts.reassign(session, slug, by=acting(by), at=at, member=member, team=team)
    say(f"{member} is in {team} now.")


def strike(
    team: Team,
    position: Annotated[int, typer.Argument(help="The stop's number.")],
    why: Annotated[str, typer.Option(help="The reason.")],
    mission: MissionOption = "",
    by: ByOption = "",
) -> None:
    """Strike a stop from a route; its form is not waited for any more."""
    with act(mission) as (session, slug, at):
        acts.strike_visit(session, slug, by=acting(by), at=at, team=team, position=position, why=why)
    say(f"Stop {position} of {team} is struck.")
