"""A mission is woken by the clock or by a decision; both are runs of the same deployment."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.deployments import run_deployment

from tasks.wake import Opening

DEPLOYMENT = "mission/default"


def ask_to_be_woken(mission: str, wake: datetime | None, opening: Opening) -> None:
    """Schedule the next run for the earliest moment any stage waits for; asked twice, it is scheduled once."""
    if wake is None:
        return
    run_deployment(
        DEPLOYMENT,
        parameters={"mission": mission},
        scheduled_time=wake,
        flow_run_name=f"{mission}, next",
        timeout=0,
        as_subflow=False,
        idempotency_key=f"{mission}:{opening.revision}:{wake.isoformat()}",
        tags=[f"mission:{mission}"],
    )


def wake_now(mission: str, revision: int, *, at: datetime | None = None) -> None:
    """Run the mission now because something happened. The key is new for each happening and for each minute, so that
    one call too many starts no second run, and a run that crashed is made up for a minute later."""
    minute = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M")
    run_deployment(
        DEPLOYMENT,
        parameters={"mission": mission},
        flow_run_name=f"{mission}, woken",
        timeout=0,
        as_subflow=False,
        idempotency_key=f"{mission}:{revision}:{minute}",
        tags=[f"mission:{mission}"],
    )
