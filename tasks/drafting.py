"""Stage 5: the statement answers to the record."""

from __future__ import annotations

from prefect import task

from ieom.acts import drafting
from ieom.rules.timeline import Standing
from tasks.stage import RETRY, walk


@task(name="Statement drafting", task_run_name="Statement drafting", **RETRY)
def draft_statement(mission: str) -> Standing:
    """Do what the stage owes now and say where it stands."""
    return walk(mission, drafting.advance)
