"""What can be an answer to a question, and how it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieom.rules.forms import Question

ONE = Question("full_access", "one", "Full access?", ("yes", "no", "not_observed"))
MANY = Question("unauthorised_persons", "many", "Who?", ("none", "police", "other"))
NUMBER = Question("unused", "integer", "Unused")
TEXT = Question("comment", "text", "Comment")


@pytest.mark.parametrize("value", ["maybe", "Yes", "yes no", ["yes"], {"yes": 1}])
def test_an_answer_that_is_not_offered_is_a_fault(value: object) -> None:
    assert ONE.fault(value)


@pytest.mark.parametrize("value", ["yes", " no "])
def test_an_offered_answer_is_taken_without_blanks(value: str) -> None:
    assert ONE.fault(value) is None
    assert ONE.values(value) == [value.strip()]


def test_several_answers_come_as_a_list_or_with_blanks_between_and_are_kept_once_each() -> None:
    assert MANY.fault("police other") is None
    assert MANY.values("police other police") == MANY.values(["other", "police"]) == ["other", "police"]
    assert MANY.fault(["police", "army"]) == "'army' is none of none, police, other"


@pytest.mark.parametrize("value", ["", "twelve", "1.5", "--5", "²", "1e3", "9" * 5000, "٣"])
def test_what_is_no_whole_number_is_a_fault(value: str) -> None:
    assert NUMBER.fault(value)


@pytest.mark.parametrize(
    ("value", "kept"), [(21, "21"), (" 021 ", "21"), ("-3", "-3"), ("999999999999", "999999999999")]
)
def test_an_odd_number_is_kept_and_no_fault(value: object, kept: str) -> None:
    assert NUMBER.fault(value) is None
    assert NUMBER.values(value) == [kept]


@given(st.one_of(st.text(), st.integers(), st.lists(st.text()), st.none(), st.booleans(), st.floats()))
def test_whatever_comes_either_has_a_fault_or_can_be_kept(value: object) -> None:
    for question in (ONE, MANY, NUMBER, TEXT):
        if question.fault(value) is None:
            assert all(isinstance(one, str) for one in question.values(value))
            if question.choices:
                assert set(question.values(value)) <= set(question.choices)
