"""Stage 3: forms from the opening to the close of the polls."""

from __future__ import annotations

from prefect import task

from ieom.acts import observation
from ieom.rules.timeline import Standing
from tasks.stage import RETRY, walk


@task(name="Election-day observation", task_run_name="Election-day observation", **RETRY)
def observe_election_day(mission: str) -> Standing:
    """Do what the stage owes now and say where it stands."""
    return walk(mission, observation.advance)
