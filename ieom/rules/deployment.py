"""What is wrong with a deployment plan. Pairs are of different nationality where there are several states; nobody is in
two places at once (Handbook practice of international missions)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ieom.rules.words import N_, Put


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
    wrong: list[str] = []
    states = {state for team in teams for _, state in team.members if state}
    deployed = [(team.code, code) for team in teams for code in (*(code for code, _ in team.members), *team.staff)]
    for member, count in Counter(member for _, member in deployed).items():
        if count > 1:
            wrong.append(Put(N_("{member} is in {count} teams"), member=member, count=count))
    left = N_("{team}: {member} has {gone}; send another in their place")
    for code, member in deployed:
        if gone and member in gone:
            wrong.append(Put(left, team=code, member=member, gone=Put(gone[member])))
    nobody, alone = (
        N_("{team} has no observer; observers go in pairs"),
        N_("{team} has one observer; observers go in pairs"),
    )
    alike = N_("{team}: all of one state ({state}); mix the nationalities")
    hurried = N_("{team}: {before} and {after} within {minutes} minutes")
    for team in teams:
        if not team.reserve and len(team.members) < 2:
            wrong.append(Put(alone if team.members else nobody, team=team.code))
        own = {state for _, state in team.members}
        if not team.reserve and len(team.members) > 1 and len(own) == 1 and len(states) > 1:
            wrong.append(Put(alike, team=team.code, state=next(iter(own))))
        for station, _form, _due in team.stops:
            if station not in stations:
                wrong.append(Put(N_("{team}: there is no station '{station}'"), team=team.code, station=station))
        ordered = sorted(team.stops, key=lambda stop: stop[2])
        for one, two in pairwise(ordered):
            if one[0] != two[0] and two[2] - one[2] < travel:
                minutes = travel.seconds // 60
                wrong.append(Put(hurried, team=team.code, before=one[0], after=two[0], minutes=minutes))
    return wrong
