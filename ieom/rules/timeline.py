"""The seven stages, and how each one says where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ieom.rules.words import N_


class Stage(StrEnum):
    """The stages of a mission, in the timeline's order."""

    DELEGATION = "delegation"
    MEETINGS = "meetings"
    OBSERVATION = "observation"
    COUNTING = "counting"
    DRAFTING = "drafting"
    APPROVAL = "approval"
    DISTRIBUTION = "distribution"


TITLES = {
    Stage.DELEGATION: N_("Delegation assembly"),
    Stage.MEETINGS: N_("Pre-election meetings"),
    Stage.OBSERVATION: N_("Election-day observation"),
    Stage.COUNTING: N_("Counting"),
    Stage.DRAFTING: N_("Statement drafting"),
    Stage.APPROVAL: N_("Approval"),
    Stage.DISTRIBUTION: N_("Press release distribution"),
}


class State(StrEnum):
    """Where a stage stands."""

    NOT_DUE = "not due"
    WORKING = "at work"
    WAITING = "waiting"
    HELD = "held"
    DONE = "done"


@dataclass(frozen=True)
class Standing:
    """Where one stage stands after a run walked it: what it waits for, until when, said in a sentence for people."""

    stage: Stage
    state: State
    says: str
    until: datetime | None = None
    """When time alone will bring something to do (UTC); None when only people can."""
    waits_for: tuple[str, ...] = field(default=())
    """Codes of the persons or offices that are waited for."""

    @property
    def done(self) -> bool:
        """Whether nothing of this stage is owed any more."""
        return self.state is State.DONE


def owes(stage: Stage, entered: str) -> bool:
    """Whether a mission that entered the system at stage `entered` owes anything of `stage`."""
    order = list(Stage)
    return order.index(stage) >= order.index(Stage(entered))
