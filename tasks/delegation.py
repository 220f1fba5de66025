"""Stage 1: calls for nominations, accreditation."""

from __future__ import annotations

from prefect import task

from ieom.acts import delegation
from ieom.rules.timeline import Standing
from tasks.stage import RETRY, walk


@task(name="Delegation assembly", task_run_name="Delegation assembly", **RETRY)
def assemble_delegation(mission: str) -> Standing:
    """Do what the stage owes now and say where it stands."""
    return walk(mission, delegation.advance)
