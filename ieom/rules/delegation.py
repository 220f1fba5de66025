"""Who may be appointed: the seven items of a nominee's file, waivers, and conflicts of interest.

Source: Declaration of Principles for International Election Observation (2005), paragraphs 6, 21 and 22, and its Code
of Conduct: observers are free of conflicts of interest, pledge to the code, and are accredited.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ITEMS = {
    "nomination": "nomination by the member state",
    "personal_form": "personal form",
    "conflict_declaration": "conflict-of-interest declaration",
    "code_of_conduct": "signed code of conduct",
    "accreditation_form": "accreditation form",
    "passport_page": "passport page",
    "photo": "photograph",
}
NEVER_WAIVED = frozenset({"conflict_declaration", "code_of_conduct", "accreditation_form"})
ROLES = ("head", "deputy_head", "observer", "interpreter", "driver", "secretariat")
OBSERVING = frozenset({"head", "deputy_head", "observer"})
QUESTIONS = {
    "national_of_host": "is a national of the host state",
    "employed_by_host": "is employed or paid by an authority of the host state",
    "member_of_contestant": "belongs to, or works for, a contestant",
    "family_of_contestant": "is a close relative of a contestant or of an election official",
    "interest_in_outcome": "has a financial or other interest in the outcome",
}
"""What the declaration asks; each is answered true or false, with 'detail' as free text."""


@dataclass(frozen=True)
class FileState:
    """One nominee's file: what was received, what was waived."""

    received: frozenset[str]
    waived: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """Items still owed, in the order of the list."""
        return tuple(item for item in ITEMS if item not in self.received | self.waived)

    @property
    def complete(self) -> bool:
        """Whether nothing is owed."""
        return not self.missing


def may_waive(item: str) -> str | None:
    """Why an item can't be waived; None when it can."""
    if item not in ITEMS:
        return f"'{item}' is no item of a nominee's file; they are {', '.join(ITEMS)}"
    if item in NEVER_WAIVED:
        return f"the {ITEMS[item]} is never waived"
    return None


def conflict(answers: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """(the conflict found, or None; questions left unanswered)."""
    unanswered = tuple(question for question in QUESTIONS if not isinstance(answers.get(question), bool))
    found = [words for question, words in QUESTIONS.items() if answers.get(question) is True]
    return ("; ".join(found) or None), unanswered


def may_appoint(file: FileState, *, status: str, conflict_found: str | None, declared: bool) -> str | None:
    """Why a nominee can't be appointed now; None when nothing speaks against it."""
    if status not in {"nominated", "appointed"}:
        return f"is {status}"
    if file.missing:
        return "still owes: " + ", ".join(ITEMS[item] for item in file.missing)
    if not declared:
        return "has not answered the conflict-of-interest questions"
    if conflict_found:
        return f"has a conflict of interest: {conflict_found}"
    return None


def over_quota(quota: int, nominated: int) -> bool:
    """Whether one more nomination would pass the state's quota."""
    return nominated >= quota


def nationality_mix(states: Sequence[str], host: str) -> Collection[str]:
    """Sending states in a delegation; the host is never one."""
    return sorted({state for state in states if state and state != host})
