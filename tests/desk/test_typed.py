"""Times as people type them, where clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desk.typed import moment
from ieom.errors import BadInput
from ieom.folder import read
from ieom.settings import ROOT

FACTS = read(ROOT / "config" / "missions" / "kazakhstan-senate-2020").facts.model_copy(
    update={"zone": "Europe/Chisinau"}
)


def test_an_hour_that_clocks_leave_out_is_refused_and_not_taken_for_another() -> None:
    with pytest.raises(BadInput, match="there is no '2020-03-29 02:30' in Europe/Chisinau"):
        moment("2020-03-29 02:30", FACTS)
    assert moment("2020-03-29 03:30", FACTS) == datetime(2020, 3, 29, 0, 30, tzinfo=UTC)


def test_an_hour_that_comes_twice_and_any_other_are_taken() -> None:
    assert moment("2020-10-25 02:30", FACTS) == datetime(2020, 10, 24, 23, 30, tzinfo=UTC)
    assert moment("2020-08-12T20:30", FACTS) == datetime(2020, 8, 12, 17, 30, tzinfo=UTC)


def test_what_is_no_local_time_is_said() -> None:
    with pytest.raises(BadInput, match="is to be a local time without a zone"):
        moment("2020-08-12 20:30+02:00", FACTS)
