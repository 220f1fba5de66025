"""The mission, as its timeline reads. Re-entrant: run it at any time, from anywhere, twice at once; what is done is
passed over, what is owed is done, and what waits holds back only what depends on it."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import deployment

from flows.timeline import run_name, show_timeline
from flows.waking import ask_to_be_woken
from ieom.rules.timeline import Standing
from ieom.settings import settings
from tasks.approval import ask_approval
from tasks.counting import observe_count
from tasks.delegation import assemble_delegation
from tasks.distribution import distribute_release
from tasks.drafting import draft_statement
from tasks.letters import send_letters
from tasks.meetings import hold_meetings
from tasks.newsroom import keep_newsroom
from tasks.observation import observe_election_day
from tasks.wake import Opening, begin_run, end_run

MOST_WALKS = 8
"""A run walks again while its own walk brought something on; more than this would be a defect."""


@flow(name="mission", flow_run_name=run_name, log_prints=False, persist_result=False)
def mission(mission: str) -> list[Standing]:
    """Walk the mission's timeline until nothing more is owed now, then ask to be woken when something will be."""
    for _ in range(MOST_WALKS):
        opening = begin_run(mission)
        if opening.held:
            return []
        stood = timeline(mission)
        wake, again = end_run(mission, stood, opening)
        if not again:
            break
    show_timeline(mission, stood)
    if deployment.id is not None:
        ask_to_be_woken(mission, wake, opening)
    return stood


def timeline(mission: str) -> list[Standing]:
    """The seven stages, in order. None waits for the one before: each asks the records what it may do."""
    delegation = assemble_delegation(mission)
    meetings = hold_meetings(mission)
    observation = observe_election_day(mission)
    counting = observe_count(mission)
    drafting = draft_statement(mission)
    approval = ask_approval(mission)
    send_letters(mission)
    distribution = distribute_release(mission)
    if settings().newsroom_dir is not None:
        keep_newsroom(return_state=True)  # its failure is shown with the run, and fails nothing else
    return [delegation, meetings, observation, counting, drafting, approval, distribution]


__all__ = ["Opening", "mission", "timeline"]
