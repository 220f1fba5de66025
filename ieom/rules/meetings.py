"""What may be done with a meeting, and what a meeting's record must have."""

from __future__ import annotations

from datetime import datetime

KINDS = ("meeting", "briefing")
TOPICS = (
    "cec_activities", "electoral_process", "preparations", "pandemic_measures", "voter_lists", "observer_accreditation",
    "campaign", "complaints", "security", "media", "results",
)  # fmt: skip
"""What a meeting can have been about; worded in templates/statement/<language>/topics.toml."""


def refusal(status: str, act: str, *, now: datetime, starts: datetime, ends: datetime) -> str | None:
    """Why an act can't be done with a meeting of this status now; None when it can. `act` is confirm, change (who
    attends), move, hold or cancel; moments are UTC."""
    if status in {"held", "cancelled"}:
        return f"it is {status} already"
    if ends <= starts:
        return "it would end before it begins"
    if act == "hold":
        if status != "confirmed":
            return "it was not confirmed; only a meeting that took place has a record"
        if now < starts:
            return "it has not begun; its record can be made afterwards"
    return None


def unknown_topics(topics: list[str]) -> list[str]:
    """Topics that no template has words for."""
    return [topic for topic in topics if topic not in TOPICS]
