"""Who may be appointed: the seven items of a nominee's file, waivers, conflicts of interest, quotas and badges.

Source: Declaration of Principles for International Election Observation (2005), paragraphs 6, 19 and 21, and its Code
of Conduct: observers are free of conflicts of interest, pledge to the code, and are accredited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from ieom.rules.words import N_, Put

ITEMS = {
    "nomination": N_("nomination by the member state"),
    "personal_form": N_("personal form"),
    "conflict_declaration": N_("conflict-of-interest declaration"),
    "code_of_conduct": N_("signed code of conduct"),
    "accreditation_form": N_("accreditation form"),
    "passport_page": N_("passport page"),
    "photo": N_("photograph"),
}
OF_THE_STATE = frozenset({"nomination"})
"""Items that the sending state gives, and a nominee can't."""
NEVER_WAIVED = frozenset({"conflict_declaration", "code_of_conduct", "accreditation_form"})
ROLES = {
    "head": N_("head of mission"),
    "deputy_head": N_("deputy head of mission"),
    "observer": N_("observer"),
    "interpreter": N_("interpreter"),
    "driver": N_("driver"),
    "secretariat": N_("secretariat"),
}
OBSERVING = frozenset({"head", "deputy_head", "observer"})
LOCAL_STAFF = frozenset({"interpreter", "driver"})
"""Roles for which people of the host state may be engaged; their nationality alone is no conflict."""
QUESTIONS = {
    "national_of_host": N_("is a national of the host state"),
    "employed_by_host": N_("is employed or paid by an authority of the host state"),
    "member_of_contestant": N_("belongs to, or works for, a contestant"),
    "family_of_contestant": N_("is a close relative of a contestant or of an election official"),
    "interest_in_outcome": N_("has property, a business or another interest in the outcome"),
}
"""What the declaration asks, and the words for a question answered with yes."""
BADGES = {
    "issued": frozenset({"requested"}),
    "collected": frozenset({"issued"}),
    "returned": frozenset({"issued", "collected"}),
    "refused": frozenset({"requested"}),
}
"""Each state of an accreditation, and the states from which it is reached."""
BADGE_SAID = {
    "requested": N_("requested"),
    "issued": N_("issued"),
    "collected": N_("collected"),
    "returned": N_("returned"),
    "refused": N_("refused"),
}
STATUS_SAID = {
    "nominated": N_("nominated"),
    "appointed": N_("appointed"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
    "replaced": N_("replaced"),
}
"""States of an accreditation and of a nominee in words."""
LEAVING = frozenset({"declined", "withdrawn", "replaced"})
LATE_CALL = timedelta(days=3)
"""Term for a state that is asked when the usual deadline has passed."""


@dataclass(frozen=True)
class FileState:
    """One nominee's file: what was received, what was waived, and of which items."""

    received: frozenset[str]
    waived: frozenset[str]
    owed: tuple[str, ...] = tuple(ITEMS)

    @property
    def missing(self) -> tuple[str, ...]:
        """Items still owed, in the order of the list."""
        return tuple(item for item in self.owed if item not in self.received | self.waived)

    @property
    def asked_of_nominee(self) -> tuple[str, ...]:
        """Those of them that the nominee is written to about."""
        return tuple(item for item in self.missing if item not in OF_THE_STATE)

    @property
    def complete(self) -> bool:
        """Whether nothing is owed."""
        return not self.missing


def owed_items(state: str) -> tuple[str, ...]:
    """The items of a file: all seven, without the state's nomination for those whom no state sends."""
    return tuple(item for item in ITEMS if state or item != "nomination")


def may_waive(item: str) -> str | None:
    """Why an item can't be waived; None when it can."""
    if item not in ITEMS:
        return f"'{item}' is no item of a nominee's file; they are {', '.join(ITEMS)}"
    if item in NEVER_WAIVED:
        return f"the {ITEMS[item]} is never waived"
    return None


class Declaration(BaseModel):
    """A nominee's answers: each question yes or no, and what can be compared with the mission file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    national_of_host: StrictBool
    employed_by_host: StrictBool
    member_of_contestant: StrictBool
    family_of_contestant: StrictBool
    interest_in_outcome: StrictBool
    nationalities: tuple[str, ...] = Field(default=())
    """States' two-letter codes."""
    memberships: tuple[str, ...] = Field(default=())
    """Parties, organisations and employers."""
    detail: str = ""


def declaration(answers: Mapping[str, Any]) -> Declaration:
    """The answers, checked. Raises ValueError naming every question left open or answered with anything but true or
    false, and every answer that was not asked for."""
    try:
        return Declaration.model_validate(dict(answers))
    except ValidationError as problem:
        wrong = []
        for error in problem.errors():
            key = ".".join(str(part) for part in error["loc"])
            says = {"missing": "is not answered", "extra_forbidden": "is not asked", "bool_type": "wants true or false"}
            wrong.append(f"{key} {says.get(error['type'], error['msg'])}")
        raise ValueError("; ".join(wrong)) from None


def conflicts(given: Declaration, *, role: str, host: str, contestants: Iterable[str]) -> tuple[str, ...]:
    """The conflicts of interest that a declaration shows, in words; none when it shows none. `host` is the host
    state's code. What was answered with no is still compared with the nationalities and memberships stated."""
    told = {question for question in QUESTIONS if getattr(given, question)}
    if host in {state.strip().upper() for state in given.nationalities}:
        told.add("national_of_host")
    if role in LOCAL_STAFF:
        told.discard("national_of_host")
    found = [words for question, words in QUESTIONS.items() if question in told]
    belongs = {name.strip().casefold() for name in given.memberships}
    found += [f"belongs to {name}" for name in contestants if name.strip().casefold() in belongs]
    return tuple(found)


def may_appoint(
    file: FileState, *, status: str, conflict_found: str | None, declared: bool, checked: bool = True
) -> str | None:
    """Why a nominee can't be appointed now; None when nothing speaks against it. `checked` is False for a mission that
    entered the system after the assembly of its delegation: the files were checked elsewhere then, but a conflict of
    interest that is known still stands in the way."""
    if status not in {"nominated", "appointed"}:
        return Put(N_("is {status}"), status=Put(STATUS_SAID.get(status, status)))
    if conflict_found:
        return Put(N_("has a conflict of interest: {conflict}"), conflict=conflict_found)
    if not checked:
        return None
    if file.missing:
        return Put(N_("still owes: {papers}"), papers=tuple(ITEMS[item] for item in file.missing))
    if not declared:
        return N_("has not answered the conflict-of-interest questions")
    return None


def over_quota(quota: int, nominated: int) -> bool:
    """Whether one more nomination would pass the state's quota."""
    return nominated >= quota


def deadline(usual: datetime, *, at: datetime, opens: datetime) -> datetime:
    """By when a state that is asked at `at` is to nominate (all UTC): the usual deadline, or three days when that has
    passed (a state that joined late), never past the opening of the polls."""
    return usual if usual > at else min(at + LATE_CALL, max(opens, at))


LEAST = timedelta(hours=3)
"""What even a nominee of election day has for the papers."""


def papers_due(usual: datetime, *, nominated: datetime, within: timedelta, opens: datetime) -> datetime:
    """By when a nominee's papers are due (all UTC): the usual day, or so long after the nomination where that is later,
    then never past the opening of the polls. A few hours are always left: nobody owes from the moment of being nominated."""
    return max(usual, nominated + LEAST, min(nominated + within, opens))


def is_late(nominated: datetime, due: datetime | None) -> bool:
    """Whether a nomination came after its state's deadline; it is noted, never refused for that."""
    return due is not None and nominated > due


def may_move_badge(status: str, to: str) -> str | None:
    """Why a badge can't come into a state; None when it can, or is in it already."""
    if to not in BADGES:
        return f"'{to}' is not {', '.join(BADGES)}"
    if status != to and status not in BADGES[to]:
        return f"it is {status} and can't be {to} now"
    return None


def nationality_mix(states: Sequence[str]) -> dict[str, int]:
    """How many observers each sending state has, by its code."""
    return dict(sorted(Counter(state for state in states if state).items()))


def one_sided(mix: Mapping[str, int]) -> str | None:
    """The state that has more than half of the observers of several states, if there is one: worth a remark."""
    total = sum(mix.values())
    if len(mix) < 2 or total < 4:
        return None
    return next((state for state, count in mix.items() if 2 * count > total), None)
