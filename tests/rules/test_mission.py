import tomllib
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from ieom.rules.mission import MissionFacts, Seat, SendingState
from ieom.rules.revisions import (
    extended,
    postponed,
    shifted,
    with_head,
    with_press_conference,
    with_round,
    with_state,
    without_state,
)
from ieom.settings import ROOT

JULY = datetime(2020, 7, 6, 4, tzinfo=UTC)


local = datetime.fromisoformat


def example(**changed: Any) -> MissionFacts:
    path = ROOT / "config" / "missions" / "kazakhstan-senate-2020" / "mission.toml"
    return MissionFacts.model_validate({**tomllib.loads(path.read_text("utf-8")), **changed})


def test_local_times_become_utc_by_the_zone_of_their_day() -> None:
    facts = example()
    assert facts.opens(time(10)) == datetime(2020, 8, 12, 4, tzinfo=UTC)
    assert facts.closes(time(14)) == datetime(2020, 8, 12, 8, tzinfo=UTC)
    assert facts.closes(time(14), "Asia/Aqtobe") == datetime(2020, 8, 12, 9, tzinfo=UTC)


def test_a_local_time_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        example().moment(JULY)
    with pytest.raises(ValidationError, match="timezone"):
        example(nominations_due=JULY)


def test_a_silence_procedure_is_never_for_the_head_of_mission() -> None:
    with pytest.raises(ValidationError, match="decides expressly"):
        Seat(who="az-1", capacity="head_of_mission", silence_hours=4)


def test_the_round_observed_must_be_one_of_the_rounds() -> None:
    election = example().election.model_dump()
    with pytest.raises(ValidationError, match="no round has that number"):
        example(election={**election, "round": 2})


def test_facts_survive_being_written_as_json() -> None:
    facts = example()
    assert MissionFacts.model_validate(facts.model_dump(mode="json")) == facts


def test_a_postponement_moves_the_voting_the_close_the_press_conference_and_the_open_term() -> None:
    before = example()
    after = postponed(before, 7, at=JULY)
    assert after.election_day == date(2020, 8, 19)
    assert after.closes() - before.closes() == shifted(before.closes(), 7, before.zone) - before.closes()
    assert after.release.press_conference == local("2020-08-19 20:00")
    assert after.nominations_due == local("2020-07-31 18:00")
    assert after.invitation == before.invitation


def test_a_postponement_leaves_a_term_that_has_passed() -> None:
    assert postponed(example(), 7, at=datetime(2020, 8, 1, tzinfo=UTC)).nominations_due == local("2020-07-24 18:00")


@pytest.mark.parametrize(("days", "says"), [(0, "no postponement"), (-60, "has passed")])
def test_a_postponement_that_can_not_be_is_refused(days: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        postponed(example(), days, at=JULY)


def test_a_moment_shifted_by_days_keeps_its_local_time_over_a_change_of_the_clocks() -> None:
    before = datetime(2020, 10, 24, 5, tzinfo=UTC)  # 07:00 in Budapest, on summer time
    assert shifted(before, 1, "Europe/Budapest") == datetime(2020, 10, 25, 6, tzinfo=UTC)


def test_extensions_add_up_and_move_every_close() -> None:
    facts = extended(extended(example(), 30), 15)
    assert facts.closes(time(14)) == datetime(2020, 8, 12, 8, 45, tzinfo=UTC)
    assert facts.closes(time(23, 50)) == datetime(2020, 8, 12, 18, 35, tzinfo=UTC), "past midnight in the host country"
    with pytest.raises(ValueError, match="no extension"):
        extended(facts, 0)


def test_a_second_round_re_dates_everything_and_forgets_the_first_rounds_extension() -> None:
    press = datetime(2020, 8, 26, 14, tzinfo=UTC)
    facts = with_round(extended(example(), 30), 2, [date(2020, 8, 26)], press, at=JULY)
    assert facts.election_day == date(2020, 8, 26)
    assert facts.closes(time(14)) == datetime(2020, 8, 26, 8, tzinfo=UTC)
    assert facts.release.press_conference == local("2020-08-26 20:00")
    with pytest.raises(ValueError, match="postpone"):
        with_round(facts, 2, [date(2020, 9, 1)], press, at=JULY)


def test_the_press_conference_is_kept_in_local_time() -> None:
    facts = with_press_conference(example(), datetime(2020, 8, 12, 16, 30, tzinfo=UTC))
    assert facts.release.press_conference == local("2020-08-12 22:30")


def test_a_new_head_takes_the_heads_seat_and_gives_up_the_own() -> None:
    seats = [(seat.who, seat.capacity) for seat in with_head(example(), "az-1", "kg-1", "KG").approval.seats]
    assert seats == [
        ("kg-1", "head_of_mission"),
        ("tr-1", "member_state"),
        ("uz-1", "member_state"),
        ("secretary-general", "secretary_general"),
    ]


def test_a_state_joins_with_its_seat() -> None:
    hungary = SendingState(code="HU", quota=2, contact_office="Embassy", contact_email="e@hungary.example")
    with pytest.raises(ValueError, match="who decides for HU"):
        with_state(example(), hungary, None)
    facts = with_state(example(), hungary, Seat(who="hu-1", capacity="member_state", state="HU"))
    assert [state.code for state in facts.states] == ["AZ", "KG", "TR", "UZ", "HU"]
    assert facts.approval.seats[-1].who == "hu-1"
    with pytest.raises(ValueError, match="already"):
        with_state(facts, hungary, None)


def test_a_state_that_withdraws_loses_its_seat_and_can_come_back() -> None:
    facts = without_state(example(), "TR", on=date(2020, 8, 1))
    assert "tr-1" not in {seat.who for seat in facts.approval.seats}
    assert [state.withdrew_on for state in facts.states] == [None, None, date(2020, 8, 1), None]
    back = SendingState(code="TR", quota=1, contact_office="Embassy", contact_email="e@turkey.example")
    again = with_state(facts, back, Seat(who="tr-1", capacity="member_state", state="TR"))
    assert [state.code for state in again.states if state.withdrew_on is None] == ["AZ", "KG", "UZ", "TR"]


def test_the_heads_own_state_can_not_withdraw_before_the_head_is_replaced() -> None:
    with pytest.raises(ValueError, match="replace the head first"):
        without_state(example(), "AZ", on=date(2020, 8, 1))


def test_a_quorum_that_the_seats_left_can_not_reach_becomes_all() -> None:
    rule = {**example().approval.model_dump(), "quorum": 5}
    assert without_state(example(approval=rule), "UZ", on=date(2020, 8, 1)).approval.quorum == "all"
