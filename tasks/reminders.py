"""Reminders and escalation: what is due goes to the right person once per occasion, then to a deputy."""

from __future__ import annotations

from prefect import task

from ieom.acts import reminders
from ieom.records import missions
from ieom.records.base import begin
from tasks.stage import RETRY, records


@task(name="Remind", task_run_name="Remind: {mission}", **RETRY)
def remind(mission: str) -> int:
    """Queue the reminders owed now; returns how many."""
    with begin(records()) as session:
        missions.lock(session, mission)
        return len(reminders.advance(session, mission, at=missions.now(session, mission)))
