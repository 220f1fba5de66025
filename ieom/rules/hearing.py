"""What the chain of acts says of a release, to be compared with its row: whoever opens the database may write the row,
and would have to forge the chain as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WORDS = {
    "kind": "its kind",
    "hashes": "its text",
    "translations": "its translations",
    "papers": "its papers",
    "concerns": "what it concerns",
    "not_before": "its embargo",
    "press_conference": "its press conference",
    "go": "whether it goes by hand",
    "prepared_by": "who prepared it",
    "sent_by": "who said go",
    "early_by": "who asked for an early release",
    "early_agreed_by": "who agreed to an early release",
    "approvals": "who approved it",
}


@dataclass
class Heard:
    """A release as its acts tell it."""

    facts: dict[str, Any] = field(default_factory=dict)
    approvals: dict[str, str] = field(default_factory=dict)
    stopped: bool = False
    dropped: bool = False
    """Put aside for a newer one; no act takes that back."""
    ready_at: datetime | None = None
    """When the last person's word came without which it would not go."""


def heard(acts: Iterable[tuple[str, datetime, str, Mapping[str, Any]]], number: int) -> Heard | None:
    """What acts (who, when, the act's name, what it holds; oldest first) say of a release; None when none prepared it."""
    found: Heard | None = None
    for by, at, name, what in acts:
        if what.get("number", what.get("release")) != number:
            continue
        if name == "ReleasePrepared":
            found = Heard({key: value for key, value in what.items() if key != "number"})
            found.facts |= {"prepared_by": by, "sent_by": None, "early_by": None, "early_agreed_by": None}
            found.ready_at = at
        if found is None:
            continue
        if name == "ReleaseGo":
            found.facts["sent_by"], found.ready_at = by, at
        elif name == "ReleaseGoLapsed":
            found.facts["sent_by"] = None
        elif name == "ReleaseApproved":
            found.approvals[by], found.ready_at = what["digest"], at
        elif name == "ReleaseEarlyAsked":
            found.facts["early_by"] = by
        elif name == "ReleaseEarlyAgreed":
            found.facts["early_agreed_by"], found.ready_at = by, at
        elif name == "ReleaseRedated":
            found.facts["press_conference"] = what["press_conference"]
        elif name == "ReleaseStopped":
            found.stopped = what["status"] == "stopped"
            found.dropped = found.dropped or what["status"] == "dropped"
            found.ready_at = at
        elif name in {"SendingFaulted", "LettersUnlike"}:
            found.stopped = True
    return found


def unheard_of(
    told: Heard | None, row: Mapping[str, Any], approvals: Mapping[str, str], *, status: str, sooner: bool = False
) -> list[str]:
    """What a release's row says otherwise than its acts; empty when both agree. Facts that an act of an earlier edition
    does not hold are passed over; but where none holds the press conference, the row's is not to be `sooner` than the
    mission's."""
    if told is None:
        return ["no act prepared it"]
    wrong = [
        f"{WORDS[key]} is another than its acts say"
        for key, value in row.items()
        if key in told.facts and told.facts[key] != value
    ]
    if sooner and "press_conference" not in told.facts:
        wrong.append(f"{WORDS['press_conference']} is before the mission's")
    if dict(approvals) != told.approvals:
        wrong.append(f"{WORDS['approvals']} is another than its acts say")
    if told.dropped and status != "dropped":
        wrong.append("it was dropped for a newer one")
    elif told.stopped and status not in {"stopped", "held", "dropped"}:
        wrong.append("it was stopped, and no act lets it go on")
    return wrong
