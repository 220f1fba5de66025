"""A form in its normal form: refused for what can't be understood, with everything at once, never for what it says."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieom.rules.forms import Form, Question
from ieom.rules.submissions import moment, normal, storable

YES_NO = ("yes", "no", "not_observed")
HEAD = {name: Question(name, "text", name) for name in ("team", "station", "arrival", "departure")}
FORM = Form(
    "voting", "Voting", "1",
    HEAD | {
        "full_access": Question("full_access", "one", "", YES_NO),
        "who": Question("who", "many", "", ("none", "police", "other")),
        "queue": Question("queue", "integer", ""),
        "comment": Question("comment", "text", ""),
    },
)  # fmt: skip
GOOD = {
    "instance_id": "uuid:1", "form": "voting", "team": "team-1", "station": "ns-1",
    "arrived_at": "2020-08-12T11:40+06:00", "departed_at": "2020-08-12T12:50+06:00",
    "answers": {"full_access": "yes", "who": ["police", "other"], "queue": 3},
}  # fmt: skip


def take(**changes: object):
    document = {**GOOD, **changes}
    return normal(document, {"voting": FORM}, stations={"ns-1"}, teams={"team-1"})


def test_a_good_form_is_taken_with_its_times_in_utc_and_each_choice_an_answer() -> None:
    form, wrong = take()
    assert wrong == ()
    assert form is not None
    assert form.arrived_at == datetime(2020, 8, 12, 5, 40, tzinfo=UTC)
    assert form.answers == (("full_access", "yes"), ("queue", "3"), ("who", "other"), ("who", "police"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"station": "ns-9"}, "there is no station 'ns-9' in this mission"),
        ({"team": "team-9"}, "there is no team 'team-9' in this mission"),
        ({"form": "lunch"}, "there is no form 'lunch'; there are voting"),
        ({"instance_id": ""}, "'instance_id' is missing"),
        ({"instance_id": 7}, "'instance_id' is missing"),
        ({"answers": None}, "'answers' is missing"),
        ({"answers": {"colour": "red"}}, "the form 'voting' has no question 'colour'"),
        ({"answers": {"team": "team-2"}}, "the form 'voting' has no question 'team'"),
        ({"answers": {"full_access": "maybe"}}, "full_access: 'maybe' is none of yes, no, not_observed"),
        ({"answers": {"queue": "long"}}, "queue: 'long' is no whole number"),
        ({"arrived_at": "2020-08-12T11:40"}, "arrived_at: the time '2020-08-12T11:40' has no zone"),
        ({"departed_at": "noon"}, "departed_at: 'noon' is no moment"),
        ({"arrived_at": "0001-01-01T00:00+06:00"}, "is no moment of this election"),
        ({"mood": "good"}, "'mood' is not a part of a form"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_said_with_its_place(changes: dict[str, object], says: str) -> None:
    form, wrong = take(**changes)
    assert form is None
    assert any(says in one for one in wrong), wrong


def test_everything_that_is_wrong_is_said_at_once() -> None:
    _, wrong = take(station="ns-9", arrived_at="2020-08-12T11:40", answers={"full_access": "maybe", "colour": "red"})
    assert len(wrong) == 4


@pytest.mark.parametrize("answers", [{"queue": -4}, {"queue": 999999999}, {"full_access": ""}, {"who": []}, {}])
def test_odd_and_missing_answers_are_no_reason_to_refuse(answers: dict[str, object]) -> None:
    form, wrong = take(answers=answers)
    assert wrong == ()
    assert form is not None


def test_the_same_form_has_the_same_hash_whatever_way_it_came() -> None:
    first, _ = take(source="team-1.json")
    second, _ = take(
        arrived_at="2020-08-12T05:40:00.000Z",
        answers={"queue": "3", "who": "other police", "full_access": "yes", "comment": ""},
    )
    assert first is not None
    assert second is not None
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"station": "ns-1 ", "answers": {"full_access": "no"}}, {"answers": {}}, {"arrived_at": None},
        {"departed_at": "2020-08-12T12:51+06:00"},
    ],
)  # fmt: skip
def test_another_content_has_another_hash(changes: dict[str, object]) -> None:
    first, _ = take()
    other, wrong = take(**changes)
    assert wrong == ()
    assert first is not None
    assert other is not None
    assert first.content_hash != other.content_hash


def test_a_time_without_a_zone_is_refused_and_one_with_a_zone_is_utc() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        moment("2020-08-12T10:05")
    assert moment("2020-08-12T10:05+06:00") == datetime(2020, 8, 12, 4, 5, tzinfo=UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
)


@given(JSON)
def test_any_document_can_be_kept_by_every_database(value: object) -> None:
    kept = json.dumps(storable(value), ensure_ascii=False, allow_nan=False).encode("utf-8")
    assert b"\\u0000" not in kept
    assert b"\x00" not in kept


@given(st.dictionaries(st.sampled_from([*GOOD, "mood"]), JSON))
def test_no_document_makes_the_reading_fail(changes: dict[str, object]) -> None:
    form, wrong = take(**{key: storable(value) for key, value in changes.items()})
    assert (form is None) == bool(wrong)


def test_a_document_nested_a_thousand_levels_deep_is_kept_as_far_as_a_form_goes() -> None:
    deep: object = "answer"
    for _ in range(1000):
        deep = {"a": deep}
    kept, levels = storable(deep), 0
    while isinstance(kept, dict):
        kept, levels = kept["a"], levels + 1
    assert (kept, levels < 60) == ("(nested deeper than a form is)", True)
    assert storable({"answers": {"q": ["a", "b"]}}) == {"answers": {"q": ["a", "b"]}}
