"""Stage 2: invitations to the mission's own members, letters to counterparts."""

from __future__ import annotations

from prefect import task

from ieom.acts import meetings
from ieom.rules.timeline import Standing
from tasks.stage import RETRY, walk


@task(name="Pre-election meetings", task_run_name="Pre-election meetings", **RETRY)
def hold_meetings(mission: str) -> Standing:
    """Do what the stage owes now and say where it stands."""
    return walk(mission, meetings.advance)
