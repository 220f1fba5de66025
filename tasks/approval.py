"""Stage 6: who must decide is asked; what they decided counts."""

from __future__ import annotations

from prefect import task

from ieom.acts import approval
from ieom.rules.timeline import Standing
from tasks.stage import RETRY, walk


@task(name="Approval", task_run_name="Approval", **RETRY)
def ask_approval(mission: str) -> Standing:
    """Do what the stage owes now and say where it stands."""
    return walk(mission, approval.advance)
