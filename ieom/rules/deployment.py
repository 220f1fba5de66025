"""What is wrong with a deployment plan. Pairs are of different nationality where there are several states; nobody is in
two places at once (Handbook practice of international missions)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True)
class PlannedTeam:
    """A team as planned: its observers as (member, state), and (station, form, due) stops, moments UTC."""

    code: str
    members: tuple[tuple[str, str], ...]
    stops: tuple[tuple[str, str, datetime], ...]
    reserve: bool = False
    staff: tuple[str, ...] = ()
    """Interpreters and drivers: with the pair, never one of it."""


def faults(
    teams: Sequence[PlannedTeam],
    stations: Mapping[str, str],
    *,
    gone: Mapping[str, str] | None = None,
    travel: timedelta = timedelta(minutes=15),
) -> list[str]:
    """Everything that is wrong with the plan, in sentences; `stations` gives each station's city, `gone` how those left
    who are no members any more (a state that withdrew, an observer replaced)."""
    wrong = []
    states = {state for team in teams for _, state in team.members if state}
    deployed = [(team.code, code) for team in teams for code in (*(code for code, _ in team.members), *team.staff)]
    for member, count in Counter(member for _, member in deployed).items():
        if count > 1:
            wrong.append(f"{member} is in {count} teams")
    for code, member in deployed:
        if gone and member in gone:
            wrong.append(f"{code}: {member} has {gone[member]}; send another in their place")
    for team in teams:
        if not team.reserve and len(team.members) < 2:
            there = "one observer" if team.members else "no observer"
            wrong.append(f"{team.code} has {there}; observers go in pairs")
        own = {state for _, state in team.members}
        if not team.reserve and len(team.members) > 1 and len(own) == 1 and len(states) > 1:
            wrong.append(f"{team.code}: all of one state ({next(iter(own))}); mix the nationalities")
        for station, _form, _due in team.stops:
            if station not in stations:
                wrong.append(f"{team.code}: there is no station '{station}'")
        ordered = sorted(team.stops, key=lambda stop: stop[2])
        for before, after in pairwise(ordered):
            if before[0] != after[0] and after[2] - before[2] < travel:
                wrong.append(f"{team.code}: {before[0]} and {after[0]} within {travel.seconds // 60} minutes")
    return wrong
