"""`ieom deployment` and `ieom check-in`: teams, routes, and that they are well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desk.cli.context import ByOption, MissionOption, act, acting, look, say
from desk.timeline_view import local
from ieom.acts import deployment as acts
from ieom.folder import read
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
    routes = [{**row.model_dump(), "due": found.facts.moment(row.due)} for row in found.routes]
    check_ins = [{**row.model_dump(), "due": found.facts.moment(row.due)} for row in found.check_ins]
    with act(mission or found.facts.slug) as (session, slug, at):
        odd = acts.plan(
            session, slug, by=acting(by), at=at, teams=[row.model_dump() for row in found.teams], routes=routes,
            check_ins=check_ins,
        )  # fmt: skip
    say(f"Planned: {len(found.teams)} teams, {len(found.routes)} stops.")
    for one in odd:
        say(f"Look at this: {one}.")


def show(
    team: Annotated[str, typer.Argument(help="One team; left out: all.")] = "", mission: MissionOption = ""
) -> None:
    """Print a sheet for each team: who, where, when, and when to check in."""
    with look(mission) as (session, slug, _now):
        zone = missions.facts(session, slug).zone
        people = {row.code: row for row in members.of(session, slug)}
        places = {row.code: row for row in stations.of(session, slug)}
        crews, stops = teams.crew(session, slug), teams.visits(session, slug)
        rows = [row for row in teams.of(session, slug) if not team or row.code == team]
        if not rows:
            say("No deployment is planned yet: 'ieom deployment plan FOLDER'.")
        for row in rows:
            say(f"{row.code}{' (reserve)' if row.reserve else ''}: {row.briefing_note}")
            for code in crews.get(row.code, []):
                say(f"  {styled(people[code])} ({code})")
            for stop in (stop for stop in stops if stop.team == row.code):
                struck = f" - struck: {stop.struck_why}" if stop.struck_at else ""
                where = places[stop.station].name
                say(
                    f"  {stop.position}. {stop.form} at {where}, form by {local(stop.due_at, zone, short=True)}{struck}"
                )
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
