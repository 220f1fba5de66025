"""Nothing passes the embargo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ieom.rules.release import Readiness, embargo_until, reasons_not_to, too_early_to_say_go

CLOSE = datetime(2020, 8, 12, 8, 0, tzinfo=UTC)
PRESS = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
READY = Readiness(True, True, CLOSE, PRESS, "by_time", "coordinator", "press-officer", 0, "prepared")


def test_a_ready_release_goes_when_the_press_conference_begins_and_not_before() -> None:
    assert reasons_not_to(READY, PRESS) == []
    assert reasons_not_to(READY, PRESS - timedelta(seconds=1)) == ["the press conference has not begun"]


def test_a_press_conference_moved_forward_does_not_pass_the_last_close() -> None:
    early = replace(READY, press_conference=CLOSE - timedelta(hours=1))
    assert embargo_until(early) == CLOSE
    assert reasons_not_to(early, CLOSE - timedelta(seconds=1)) == ["the last polling station has not closed"]


def test_where_a_release_goes_by_hand_nobody_says_go_beforehand() -> None:
    by_hand = replace(READY, go="by_hand")
    assert too_early_to_say_go(by_hand, PRESS - timedelta(seconds=1))
    assert not too_early_to_say_go(by_hand, PRESS)
    assert not too_early_to_say_go(READY, CLOSE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"approved": False}, "no text is approved"),
        ({"prepared": False}, "not prepared"),
        ({"edited": True}, "edited since it was approved"),
        ({"of_approved": False}, "prepared from another text"),
        ({"unsettled": 1}, "has not settled"),
        ({"sent_by": None}, "nobody has said go"),
        ({"sent_by": "press-officer"}, "is not the one who sends"),
        ({"status": "stopped"}, "stopped"),
        ({"status": "held"}, "held"),
    ],
)
def test_each_thing_that_is_missing_holds_it(change: dict[str, object], says: str) -> None:
    found = reasons_not_to(replace(READY, **change), PRESS)
    assert len(found) == 1
    assert says in found[0]
