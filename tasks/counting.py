"""Stage 4: closing and counting forms."""

from __future__ import annotations

from prefect import task

from ieom.acts import counting
from ieom.rules.timeline import Standing
from tasks.stage import RETRY, walk


@task(name="Counting", task_run_name="Counting", **RETRY)
def observe_count(mission: str) -> Standing:
    """Do what the stage owes now and say where it stands."""
    return walk(mission, counting.advance)
