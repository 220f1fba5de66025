from datetime import UTC, datetime, timedelta

import pytest

from ieom.folder.timeline import load_timeline
from ieom.rules.reminders import Owed, ReminderRule, reminders

DUE = datetime(2020, 8, 12, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rule(about: str, **more: object) -> ReminderRule:
    return ReminderRule.model_validate({"about": about, "to": "coordinator", **more})


def test_a_reminder_goes_before_what_is_due_or_after_it_and_the_deputy_hears_later() -> None:
    owed = [Owed("nominations", "AZ", DUE, "state-AZ"), Owed("form_missing", "t1.1", DUE, "t1")]
    found = reminders(
        owed,
        [
            rule("nominations", before_hours=48, escalate_after_hours=40, escalate_to="deputy"),
            rule("form_missing", after_hours=0.5),
        ],
    )
    assert [(one.owed.about, one.goes - DUE, one.to, one.escalated) for one in found] == [
        ("nominations", -48 * HOUR, "coordinator", False),
        ("nominations", -8 * HOUR, "deputy", True),
        ("form_missing", HOUR / 2, "coordinator", False),
    ]


def test_a_missed_check_in_comes_to_the_deputy_before_a_missing_form_does_to_anybody() -> None:
    owed = [Owed("form_missing", "t1.1", DUE, "t1"), Owed("check_in_missed", "t1", DUE, "t1")]
    found = reminders(owed, load_timeline().reminder)
    assert [(one.owed.about, one.escalated) for one in found] == [
        ("check_in_missed", False), ("check_in_missed", True), ("form_missing", False), ("form_missing", True),
    ]  # fmt: skip


def test_what_is_due_on_another_day_is_another_occasion() -> None:
    rules = [rule("form_missing", after_hours=1)]
    [first] = reminders([Owed("form_missing", "t1.1", DUE, "t1")], rules)
    [later] = reminders([Owed("form_missing", "t1.1", DUE + timedelta(days=14), "t1")], rules)
    assert first.occasion == "reminder:form_missing:t1.1:20200812T0600:first"
    assert later.occasion != first.occasion


def test_who_was_asked_late_is_not_reminded_of_the_past() -> None:
    rules = [rule("nominee_items", before_hours=48, escalate_after_hours=24, escalate_to="coordinator")]
    since = DUE - 10 * HOUR
    found = reminders([Owed("nominee_items", "kg-1", DUE, "kg-1", since=since)], rules)
    assert [one.goes for one in found] == [since, since + 24 * HOUR]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "give either before_hours or after_hours"),
        ({"before_hours": 1, "after_hours": 1}, "give either before_hours or after_hours"),
        ({"after_hours": 1, "escalate_to": "deputy"}, "go together"),
        ({"after_hours": 1, "escalate_after_hours": 2}, "go together"),
    ],
)
def test_a_rule_that_says_too_little_is_refused(more: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rule("nominations", **more)
