"""Whether a release may go now. Nothing passes the embargo: the last relevant close and the press conference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CARRIES = frozenset({"statement", "correction"})
"""Kinds that carry an approved statement; the others have a text of their own."""
OWN = frozenset({"arrival", "advisory", "mid_mission", "clarification", "withdrawal", "holding"})
ABOUT = frozenset({"correction", "clarification", "withdrawal"})
"""Kinds that concern an earlier release, and go to whom that one reached."""
KINDS = CARRIES | OWN


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


def embargo_until(readiness: Readiness) -> datetime:
    """The moment before which nothing goes."""
    return max(readiness.last_close, readiness.press_conference)


def too_early_to_say_go(readiness: Readiness, now: datetime) -> bool:
    """Whether a mission whose release goes by hand must wait: somebody who sees that the press conference has begun
    says go, nobody beforehand."""
    return readiness.go == "by_hand" and now < embargo_until(readiness)


def reasons_not_to(readiness: Readiness, now: datetime) -> list[str]:
    """Why the release does not go now; empty when it may."""
    why = []
    if not readiness.approved:
        why.append("no text is approved")
    elif readiness.edited:
        why.append("the text was edited since it was approved, and the edited one is not approved")
    if not readiness.prepared:
        why.append("the release is not prepared")
    elif readiness.approved and not readiness.edited and not readiness.of_approved:
        why.append("the release was prepared from another text than the one approved; it must be prepared again")
    if now < readiness.last_close:
        why.append("the last polling station has not closed")
    if now < readiness.press_conference:
        why.append("the press conference has not begun")
    if readiness.unsettled:
        why.append(
            f"{readiness.unsettled} finding turned after the approval and the head of mission has not settled it"
        )
    if readiness.sent_by is None:
        why.append("nobody has said go")
    elif readiness.sent_by == readiness.prepared_by:
        why.append("the one who prepared a release is not the one who sends it")
    if readiness.status in {"stopped", "held"}:
        why.append(f"the release is {readiness.status}")
    return why
