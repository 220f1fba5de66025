"""What an edited document proposes, as a pure decision; and changes taken one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ieom.rules.difference import stretches, taking
from ieom.rules.proposing import Returned, ReturnedParagraph, places, proposals

BASE = {
    "paragraphs": [
        {"key": "one", "text": "The first.", "footnotes": ["As agreed"]},
        {"key": "two", "text": "The second."},
        {"key": "three", "text": "The third."},
    ]
}
TEXTS = st.lists(
    st.sampled_from("the Mission observed no serious problem in 3 stations , . at all".split()), max_size=12
)


def came(*pairs: tuple[str, str]) -> Returned:
    return Returned(tuple(ReturnedParagraph(key, text, text) for key, text in pairs))


def kinds(*pairs: tuple[str, str], frame: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    return [(one.kind, one.key, one.after) for one in proposals(BASE, came(*pairs), frame=frame)[0]]


@given(TEXTS, TEXTS)
def test_all_changes_taken_give_the_new_text_and_none_the_old(old: list[str], new: list[str]) -> None:
    before, after = " ".join(old), " ".join(new)
    numbers = [one.number for one in stretches(before, after) if one.number is not None]
    assert numbers == list(range(len(numbers)))
    assert taking(before, after, numbers) == after
    assert taking(before, after, ()) == before


def test_the_same_text_proposes_nothing_whatever_stands_around_it() -> None:
    around = [
        ("", "Letterhead"),
        ("one", "The  first."),
        ("", "[As agreed]"),
        ("two", "The second."),
        ("three", "The third."),
    ]
    assert kinds(*around, ("", "Annex"), ("", "A line of the annex"), frame=("Annex",)) == []


def test_changed_new_and_removed_are_told_apart() -> None:
    found = kinds(("one", "The very first."), ("", "Between."), ("three", ""))
    assert found == [("changed", "one", ""), ("new", "added", "one"), ("removed", "three", ""), ("removed", "two", "")]


def test_another_order_and_a_changed_footnote_are_said_and_not_taken() -> None:
    found, says = proposals(
        BASE, came(("two", "The second."), ("one", "The first."), ("", "[Not as agreed]"), ("three", "The third."))
    )
    assert found == []
    assert [word in " ".join(says) for word in ("footnote", "another order")] == [True, True]


def test_a_document_without_a_mark_takes_nothing_out() -> None:
    assert kinds(("", "The first."), ("", "Another text.")) == []


def test_a_new_paragraph_finds_its_place_when_its_neighbour_is_gone() -> None:
    assert places(["one", "two", "three"], ["one", "three"], "two") == "one"
    assert places(["one", "two"], ["three"], "two") == "three"


OPEN, EXEMPLARY = "The polls were open and transparent there.", "The polls were open, transparent and exemplary there."


def test_what_was_changed_as_a_whole_is_taken_or_left_as_a_whole() -> None:
    start = OPEN.index("open")
    together = [(start, start + len("open and transparent"))]
    assert len([one for one in stretches(OPEN, EXEMPLARY) if one.number is not None]) > 1, (
        "words alone cut it in pieces"
    )
    changed = [one for one in stretches(OPEN, EXEMPLARY, together) if one.number is not None]
    assert len(changed) == 1
    assert changed[0].number == 0
    assert taking(OPEN, EXEMPLARY, {0}, together) == EXEMPLARY
    assert taking(OPEN, EXEMPLARY, set(), together) == OPEN


@given(
    TEXTS,
    TEXTS,
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda one: tuple(sorted(one))), max_size=3),
)
def test_whatever_goes_together_all_gives_the_new_text_and_none_the_old(
    old: list[str], new: list[str], together: list[tuple[int, int]]
) -> None:
    before, after = " ".join(old), " ".join(new)
    numbers = [one.number for one in stretches(before, after, together) if one.number is not None]
    assert numbers == list(range(len(numbers)))
    assert taking(before, after, numbers, together) == after
    assert taking(before, after, (), together) == before
