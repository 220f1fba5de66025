"""What changed between two texts, and whether that is editorial alone."""

from __future__ import annotations

import pytest

from ieom.rules.difference import Change, Replaced, editorial_only, paragraphs, replaced, words

NAMES = ["Rashad Mammadov", "Central Election Commission"]


def test_words_show_what_went_and_what_came() -> None:
    assert words("It opened on time.", "It opened late.") == [
        Change("same", "It opened "), Change("removed", "on time"), Change("added", "late"), Change("same", "."),
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [("a b", "b c"), ("", "new."), ("old.", ""), ("H.E. Mr.", "H.E. Ms.")])
def test_both_texts_can_be_read_back_from_the_difference(old: str, new: str) -> None:
    changes = words(old, new)
    assert "".join(one.text for one in changes if one.op != "added") == old
    assert "".join(one.text for one in changes if one.op != "removed") == new


def test_paragraphs_that_differ_are_listed_in_order_with_removed_ones_where_they_stood() -> None:
    old = [("a", "One."), ("b", "Two."), ("c", "Three.")]
    new = [("a", "One."), ("c", "Four."), ("d", "New.")]
    assert [key for key, _ in paragraphs(old, new)] == ["b", "c", "d"]
    assert paragraphs(old, old) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The organization and conduct.", "The organisation and conduct."),
        ("generally recognized rules of law", "the generally recognised rules of law"),
        ("The polling station , in the city.", "The polling station, in the city."),
        ("materials visible in the building", "material visible in the building"),
    ],
)  # fmt: skip
def test_spelling_punctuation_and_articles_are_editorial(old: str, new: str) -> None:
    assert editorial_only(old, new, names=NAMES) == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("headed by Rashad Mammadov", "headed by Rashad Mamedov", "a name"),
        ("with the Commission", "with the Central Election Commission", "a name"),
        ("It met them in the hall of Almaty.", "It met them in the hall of Astana.", "a name"),
        ("at 3 stations", "at 4 stations", "a number"),
        ("at three stations", "at four stations", "a number"),
        ("at most stations", "at all stations", "a number"),
        ("on 11 August", "on 11 July", "a date"),
        ("on Monday morning", "on Tuesday morning", "a date"),
        ("The queue was long.", "The queue was not long.", "a negation"),
        ("It was lawful there.", "It was unlawful there.", "a negation"),
        ("The booths were adequate.", "The booths were inadequate.", "a negation"),
        ("The box can be seen.", "The box can't be seen.", "a negation"),
        ("found no evidence of pressure", "found no serious evidence of pressure", "a finding"),
        ("open and transparent", "transparent", "a finding"),
        ("expresses its hope that it will", "expresses that it will", "a finding"),
        ("it may contribute", "it will contribute", "a finding"),
        ("The room was small.", "The room was comfortable.", "other words"),
        ("The day was long and warm everywhere.", "The day was warm.", "other words"),
    ],
)
def test_what_touches_a_name_a_number_a_date_a_negation_or_a_finding_is_no_editing(
    old: str, new: str, reason: str
) -> None:
    reasons = editorial_only(old, new, names=NAMES)
    assert any(reason in one for one in reasons), reasons


def test_the_same_text_is_editorial() -> None:
    assert editorial_only("Nothing changed here in 2020.", "Nothing changed here in 2020.", names=NAMES) == ()


def test_what_a_correction_replaced_is_numbered_as_people_quote_it() -> None:
    old = [("a", "One."), ("b", "Two."), ("c", "Three.")]
    new = [("a", "One."), ("c", "Another."), ("d", "Four.")]
    assert replaced(old, new) == [Replaced(2, "Two.", ""), Replaced(2, "Three.", "Another."), Replaced(3, "", "Four.")]
