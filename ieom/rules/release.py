"""Whether a release may go now. Nothing passes the embargo: the last relevant close and the press conference, save that
after a leak two people release the approved text before the press conference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ieom.rules.words import N_, Put

CARRIES = frozenset({"statement", "correction"})
"""Kinds that carry an approved statement; the others have a text of their own."""
OWN = frozenset({"arrival", "advisory", "mid_mission", "clarification", "withdrawal", "holding"})
ABOUT = frozenset({"correction", "clarification", "withdrawal"})
"""Kinds that concern an earlier release, and go to whom that one reached."""
TAKES_BACK = frozenset({"correction", "withdrawal"})
"""Kinds after which no letter of the release concerned leaves any more."""
OFFICIAL = frozenset({"statement", "correction", "clarification", "withdrawal"})
"""Kinds of which the authorities and the states get a copy; the others are for the media alone."""
KINDS = CARRIES | OWN
ENDED = frozenset({"done", "dropped"})


@dataclass(frozen=True)
class Readiness:
    """What is known of a release at a moment; times UTC."""

    approved: bool
    prepared: bool
    last_close: datetime
    press_conference: datetime
    go: str
    """by_time or by_hand."""
    sent_by: str | None
    prepared_by: str | None
    unsettled: int
    status: str
    edited: bool = False
    """The text was edited after its approval."""
    of_approved: bool = True
    """The release was prepared from the text that is approved now."""
    kind: str = "statement"
    not_before: datetime | None = None
    early: bool = False
    """After a leak: one asked for it and another agreed, so that it does not wait for the press conference."""
    lacks: tuple[str, ...] = ()
    """Whose approval a text of its own still needs, in words."""
    concerned_out: bool = True
    """What it corrects, clarifies or withdraws is public."""
    outdated: tuple[str, ...] = ()
    """Why it comes too late: what it concerns was corrected or withdrawn meanwhile, in words."""


def embargo_until(readiness: Readiness) -> datetime | None:
    """The moment before which nothing goes; None where there is none. A text of its own carries no finding and waits
    for the moment set for it alone; a correction follows what the press conference has presented."""
    moments = [readiness.not_before] if readiness.not_before is not None else []
    if readiness.kind in CARRIES:
        moments.append(readiness.last_close)
    if readiness.kind == "statement" and not readiness.early:
        moments.append(readiness.press_conference)
    return max(moments, default=None)


def too_early_to_say_go(readiness: Readiness, now: datetime) -> bool:
    """Whether a release that goes by hand must wait: somebody who sees that the press conference has begun says go,
    nobody beforehand."""
    until = embargo_until(readiness)
    return readiness.go == "by_hand" and until is not None and now < until


def reasons_not_to(readiness: Readiness, now: datetime) -> list[str]:
    """Why the release does not go now; empty when it may."""
    why = _unapproved(readiness) if readiness.kind in CARRIES else [*readiness.lacks]
    if not readiness.concerned_out:
        why.append(N_("what it concerns is not public"))
    why += readiness.outdated
    if readiness.kind in CARRIES and now < readiness.last_close:
        why.append(N_("the last polling station has not closed"))
    if readiness.kind == "statement" and not readiness.early and now < readiness.press_conference:
        why.append(N_("the press conference has not begun"))
    if readiness.not_before is not None and now < readiness.not_before:
        why.append(N_("its embargo has not ended"))
    if readiness.unsettled:
        why.append(
            N_("a finding turned after the approval and the head of mission has not settled it")
            if readiness.unsettled == 1
            else Put(
                N_("{count} findings turned after the approval and the head of mission has not settled them"),
                count=readiness.unsettled,
            )
        )
    if readiness.sent_by is None:
        why.append(N_("nobody has said go"))
    elif readiness.sent_by == readiness.prepared_by:
        why.append(N_("the one who prepared a release is not the one who sends it"))
    if readiness.status == "stopped":
        why.append(N_("the release is stopped"))
    elif readiness.status == "held":
        why.append(N_("the release is held"))
    return why


def _unapproved(readiness: Readiness) -> list[str]:
    why = []
    if not readiness.approved:
        why.append(N_("no text is approved"))
    elif readiness.edited:
        why.append(N_("the text was edited since it was approved, and the edited one is not approved"))
    if not readiness.prepared:
        why.append(N_("the release is not prepared"))
    elif readiness.approved and not readiness.edited and not readiness.of_approved:
        why.append(N_("the release was prepared from another text than the one approved; it must be prepared again"))
    return why
