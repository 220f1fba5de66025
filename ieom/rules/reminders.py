"""When things are due, who is reminded and when a deputy is told. A deadline never decides anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ieom.rules.mission import MissionFacts

About = Literal[
    "nominations", "nominee_items", "accreditation", "meetings_tomorrow", "minutes_missing", "check_in_missed",
    "form_missing", "approval_waits", "letters_in_doubt",
]  # fmt: skip


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Moment(_Table):
    """A moment that hangs on another; see config/timeline.toml."""

    from_: Literal["election_day", "polls_open", "polls_close", "press_conference"] = Field(alias="from")
    days: int = 0
    hours: float = 0
    at: time | None = None


class ReminderRule(_Table):
    """One kind of reminder."""

    about: About
    before_hours: float | None = Field(default=None, ge=0)
    after_hours: float | None = Field(default=None, ge=0)
    to: str
    escalate_after_hours: float | None = Field(default=None, gt=0)
    escalate_to: str = ""

    @model_validator(mode="after")
    def _one_side(self) -> ReminderRule:
        if (self.before_hours is None) == (self.after_hours is None):
            raise ValueError("give either before_hours or after_hours")
        if (self.escalate_after_hours is None) != (not self.escalate_to):
            raise ValueError("escalate_after_hours and escalate_to go together")
        return self

    def first(self, due: datetime) -> datetime:
        """When the reminder goes, for something due at `due`."""
        return (
            due - timedelta(hours=self.before_hours)
            if self.before_hours is not None
            else due + timedelta(hours=self.after_hours or 0)
        )


class Letters(_Table):
    """When a letter is too late to go by itself."""

    late_after_hours: float = Field(default=6, gt=0)


class Nominees(_Table):
    """What holds for nominees who come late."""

    papers_within_days: float = Field(default=3, ge=0)


class Timeline(_Table):
    """config/timeline.toml, checked."""

    moments: dict[str, Moment]
    letters: Letters = Letters()
    nominees: Nominees = Nominees()
    reminder: tuple[ReminderRule, ...] = ()

    @property
    def grace(self) -> timedelta:
        """How long after its moment a letter may still go by itself."""
        return timedelta(hours=self.letters.late_after_hours)

    def moment(self, name: str, facts: MissionFacts, *, last_close: datetime | None = None) -> datetime:
        """A named moment of a mission, UTC; `last_close` is the last relevant station's close where it is known."""
        rule = self.moments[name]
        base = {
            "election_day": facts.at(facts.election_day, time(0)),
            "polls_open": facts.opens(),
            "polls_close": last_close or facts.closes(),
            "press_conference": facts.moment(facts.release.press_conference),
        }[rule.from_]
        there = ZoneInfo(facts.zone)
        moment = (base.astimezone(there).replace(tzinfo=None) + timedelta(days=rule.days)).replace(tzinfo=there)
        if rule.at is not None:
            moment = moment.replace(hour=rule.at.hour, minute=rule.at.minute, second=0, microsecond=0)
        return moment.astimezone(UTC) + timedelta(hours=rule.hours)


@dataclass(frozen=True)
class Owed:
    """Something that somebody owes at a moment (UTC). `key` and `due` tell this occasion from every other: what is due
    on another day (a postponement, a second round) is another occasion."""

    about: str
    key: str
    due: datetime
    person: str
    """Code of the member, office, state or team that owes it."""
    facts: dict[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    """From when on a reminder makes sense (UTC): who was asked yesterday is not reminded of last week."""


@dataclass(frozen=True)
class Reminder:
    """A letter owed now: about what, to whom, and whether it tells the deputy."""

    owed: Owed
    to: str
    goes: datetime
    escalated: bool

    @property
    def occasion(self) -> str:
        """What makes it go once."""
        owed, step = self.owed, "deputy" if self.escalated else "first"
        return f"reminder:{owed.about}:{owed.key}:{owed.due.astimezone(UTC):%Y%m%dT%H%M}:{step}"


def reminders(owed: Sequence[Owed], rules: Sequence[ReminderRule]) -> list[Reminder]:
    """Every reminder that what is owed brings on, in the order of their moments; at the same moment in the order of
    the file, so that a missed check-in goes before a missing form."""
    order: dict[str, int] = {rule.about: place for place, rule in enumerate(rules)}
    found = []
    for rule in rules:
        for item in owed:
            if item.about != rule.about:
                continue
            first = max(rule.first(item.due), item.since or rule.first(item.due))
            found.append(Reminder(item, rule.to, first, escalated=False))
            if rule.escalate_after_hours is not None:
                later = first + timedelta(hours=rule.escalate_after_hours)
                found.append(Reminder(item, rule.escalate_to, later, escalated=True))
    return sorted(found, key=lambda r: (r.goes, order[r.owed.about], r.escalated, r.owed.key))
