"""Reminders and escalation, on a schedule of their own; and the safety net for a wake-up that was lost."""

from __future__ import annotations

from prefect import flow

from flows.waking import wake_now
from tasks.letters import send_letters
from tasks.reminders import remind
from tasks.wake import all_missions, due


@flow(name="reminders", flow_run_name="reminders", persist_result=False)
def reminders(mission: str = "") -> int:
    """Remind whoever owes something, of one mission or of all; returns how many letters were queued."""
    queued = 0
    for slug in [mission] if mission else all_missions():
        count = remind(slug)
        if count:
            send_letters(slug)
        queued += count
    return queued


@flow(name="watch", flow_run_name="watch", persist_result=False)
def watch() -> list[str]:
    """Wake every mission whose moment has come or to which something happened since its last run."""
    woken = []
    for slug, revision in due():
        wake_now(slug, revision)
        woken.append(slug)
    return woken
