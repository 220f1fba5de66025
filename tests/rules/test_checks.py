"""The checks flag what is odd, each by itself, and let a form in order alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieom.rules.checks import Hours, Seen, between, flags, left_out

OPENS, CLOSES = datetime(2020, 8, 12, 4, tzinfo=UTC), datetime(2020, 8, 12, 8, tzinfo=UTC)
HOURS = Hours(OPENS, CLOSES)
COUNT = {
    "registered": "21", "registered_voters": "21", "received": "25", "unused": "4", "spoiled": "0", "issued": "21",
    "in_box": "21", "valid": "20", "invalid": "1", "contestants_total": "20", "contestant_votes": "12 8",
    "votes_a_ballot": "1", "commission_present": "5", "commission_women": "3",
}  # fmt: skip


def form(
    answers: dict[str, str], kind: str = "counting", *, name: str = "a", team: str = "team-1", station: str = "ns-1",
    came: float | None = None, left: float | None = None,
) -> Seen:  # fmt: skip
    """A form; `came` and `left` are hours after the opening."""
    moment = [None if hours is None else OPENS + timedelta(hours=hours) for hours in (came, left)]
    return Seen(name, kind, team, station, moment[0], moment[1], answers)


def test_a_count_that_adds_up_has_no_flag() -> None:
    assert flags(form(COUNT, came=3.5, left=6), HOURS) == []


def test_half_a_form_is_no_empty_one_and_a_team_without_a_plan_may_be_anywhere() -> None:
    assert left_out(form({"a": "1"}, came=1), "ab", ()) == []
    assert left_out(form({"a": "1"}, came=1), "abc", {"ns-1"}) == [("mostly_empty", "2 of 3 questions have no answer")]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"received": "26"}, "ballots_balance"),
        ({"spoiled": "1"}, "ballots_balance"),
        ({"in_box": "22", "valid": "21", "contestants_total": "21", "contestant_votes": "21"}, "box_against_issued"),
        ({"invalid": "0"}, "valid_and_invalid"),
        ({"contestants_total": "19", "contestant_votes": ""}, "contestants_sum"),
        ({"contestant_votes": "12 7"}, "contestants_total"),
        ({"registered": "20", "registered_voters": "20"}, "turnout"),
        ({"registered_voters": "22"}, "registered_twice"),
        ({"commission_women": "6"}, "women_in_commission"),
        ({"spoiled": "-1"}, "negative"),
    ],
)
def test_each_equation_of_the_protocol_is_checked(changes: dict[str, str], check: str) -> None:
    assert check in {name for name, _ in flags(form({**COUNT, **changes}))}


def test_a_blank_figure_makes_no_flag() -> None:
    for missing in COUNT:
        answers = {question: value for question, value in COUNT.items() if question != missing}
        assert flags(form(answers)) == []


@given(st.dictionaries(st.sampled_from(sorted(COUNT)), st.text(max_size=4) | st.integers().map(str)))
def test_no_answer_makes_the_checks_fail(answers: dict[str, str]) -> None:
    flags(form(answers))


def test_ballots_with_several_votes_may_leave_some_unused_but_not_have_too_many() -> None:
    answers = {"valid": "10", "votes_a_ballot": "3", "contestants_total": "25"}
    assert flags(form(answers)) == []
    assert flags(form({**answers, "contestants_total": "31"})) != []


@pytest.mark.parametrize(
    ("kind", "came", "left", "check"),
    [
        ("voting", 2, 1, "departure_before_arrival"),
        ("opening", 0.5, 1, "opening_not_attended"),
        ("voting", 4.5, 5, "outside_hours"),
        ("voting", -2, -1, "outside_hours"),
        ("closing", 2, 3, "outside_hours"),
        ("counting", 2, 3.9, "outside_hours"),
    ],
)
def test_times_that_cannot_be_are_flagged(kind: str, came: float, left: float, check: str) -> None:
    assert [name for name, _ in flags(form({}, kind, came=came, left=left), HOURS)] == [check]


@pytest.mark.parametrize(("kind", "came", "left"), [("opening", -0.5, 0.5), ("voting", 1, 2), ("closing", 3.8, 4.2)])
def test_times_in_order_are_not_flagged(kind: str, came: float, left: float) -> None:
    assert flags(form({}, kind, came=came, left=left), HOURS) == []


@pytest.mark.parametrize(
    ("kind", "answers", "check"),
    [
        ("voting", {"violence": "none", "violence_count": "2"}, "count_without_case"),
        ("voting", {"unauthorised_persons": "none police"}, "none_and_more"),
        ("voting", {"unauthorised_persons": "none", "unauthorised_interfered": "yes"}, "interference_by_nobody"),
        ("incident", {"severity": "high"}, "incident_of_no_kind"),
    ],
)
def test_answers_that_do_not_go_together_are_flagged(kind: str, answers: dict[str, str], check: str) -> None:
    assert [name for name, _ in flags(form(answers, kind))] == [check]


def test_a_team_in_two_places_at_once_is_flagged_on_the_later_form() -> None:
    one = form({}, "voting", name="a", station="ns-1", came=1, left=2)
    other = form({}, "voting", name="b", station="ns-2", came=1.5, left=2.5)
    assert [(later, first, check) for later, first, check, _ in between([one, other])] == [
        ("b", "a", "two_places_at_once")
    ]
    assert [(later, first) for later, first, _, _ in between([other, one])] == [("a", "b")]


def test_a_team_that_goes_from_one_place_to_the_next_is_not_flagged() -> None:
    one = form({}, "voting", name="a", station="ns-1", came=1, left=2)
    other = form({}, "voting", name="b", station="ns-2", came=2, left=3)
    third = form({}, "voting", name="c", station="ns-2", team="team-2", came=1, left=3)
    assert between([one, other, third]) == []


def test_two_teams_answers_about_one_station_that_differ_are_flagged_and_what_was_not_observed_is_not() -> None:
    one = form({"opened": "on_time", "box_sealed": "yes"}, "opening", name="a")
    other = form({"opened": "15_30", "box_sealed": "not_observed"}, "opening", name="b", team="team-2")
    assert [(check, detail) for _, _, check, detail in between([one, other])] == [
        ("teams_disagree", "opened: 15_30, team-1 says on_time")
    ]
    assert between([one, form({"opened": "15_30"}, "opening", name="b", team="team-2", station="ns-2")]) == []


def test_a_visit_reported_twice_and_a_close_that_differs_from_the_count_are_flagged() -> None:
    one, again = form({}, "voting", name="a", came=1), form({}, "voting", name="b", came=1)
    assert [check for _, _, check, _ in between([one, again])] == ["same_visit_twice"]
    later = form({}, "voting", name="c", came=2)
    assert between([one, later]) == [], "a team may come a second time while people vote"
    counts = [form(COUNT, name="a", came=4), form(COUNT, name="b", came=4.5)]
    assert [check for _, _, check, _ in between(counts)] == ["same_visit_twice"], "a station is counted once"
    closing = form({"voters_by_signature": "20"}, "closing", name="c", team="team-2")
    assert [check for _, _, check, _ in between([form(COUNT, name="d"), closing])] == ["closing_against_counting"]


def test_only_pairs_with_a_new_form_are_compared() -> None:
    old = [form({"opened": answer}, "opening", name=answer, team=answer) for answer in ("on_time", "15_30")]
    assert between(old, new=frozenset()) == []
    assert len(between(old, new=frozenset({"15_30"}))) == 1


stays = st.lists(
    st.tuples(st.sampled_from(["ns-1", "ns-2", "ns-3"]), st.integers(0, 20), st.integers(0, 6)), max_size=8
)


@given(stays)
def test_two_places_at_once_are_found_as_by_comparing_every_pair(rows: list[tuple[str, int, int]]) -> None:
    forms = [
        form({}, "incident", name=str(number), station=place, came=came, left=came + length)
        for number, (place, came, length) in enumerate(rows)
    ]
    found = {(later, first) for later, first, check, _ in between(forms) if check == "two_places_at_once"}
    pairs = {
        (other.instance_id, one.instance_id)
        for at, other in enumerate(forms)
        for one in forms[:at]
        if one.station != other.station
        and max(one.arrived_at, other.arrived_at) < min(one.departed_at, other.departed_at)  # type: ignore[type-var]
    }
    assert pairs <= found
    for later, first in found - pairs:  # a stay of no length inside another is somewhere else at that moment
        ours = [one for one in forms if one.instance_id in {later, first}]
        assert any(one.arrived_at == one.departed_at for one in ours)
