"""What taking in contacts changes, and that the plan keeps its promises whatever is in a file."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ieom.rules.addresses import fold, masked
from ieom.rules.contacts import COLUMNS, CONSENTS, EMPTY, KINDS, Entry, Given, Known, Plan, Wanted, chosen, plan

LISTS = {"wires": "News agencies", "kz": "Kazakhstan"}


def known(**values: object) -> Known:
    return Known("desk@wire.example", {**EMPTY, "outlet": "A wire", **values})


def planned(*rows: Given, there: Known | None = None, gone: str = "", onto: tuple[str, ...] = ()) -> Plan:
    key = "desk@wire.example"
    return plan(rows, {key: there} if there else {}, {key: gone} if gone else {}, LISTS, onto=onto)


def row(number: int = 2, email: str = "desk@wire.example", **values: object) -> Given:
    return Given(number, email, values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Desk@Wire.example ", "desk@wire.example"),
        ("desk@bücher.example", "DESK@xn--bcher-kva.example"),
        ("desk@BÜCHER.example", "desk@bücher.example."),
        ("почта@хабар.example", "ПОЧТА@xn--80aac5dva.example"),
    ],
)
def test_one_mailbox_is_known_however_its_address_is_written(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fold(fold(one)) == fold(one)


def test_what_is_no_address_is_folded_too_and_not_taken_for_another() -> None:
    assert fold("a@..ü") != fold("a@ü.example")
    assert fold("") == ""


def test_a_masked_address_shows_neither_name_nor_domain() -> None:
    assert masked("newsdesk@world-wire.example") == "n•••@w•••.example"


def test_a_new_contact_needs_an_outlet_and_one_that_we_have_does_not() -> None:
    refused = planned(row(7, name="Editor")).refused
    assert [(one.row, one.column) for one in refused] == [(7, "outlet")]
    assert planned(row(name="Editor"), there=known()).refused == ()


def test_a_filled_field_is_never_emptied_and_what_changes_is_said() -> None:
    (entry,) = planned(row(outlet="A wire", country="KZ"), there=known(name="Editor", country="AZ")).entries
    assert entry.state == "changed"
    assert [(one.column, one.old, one.new) for one in entry.changes] == [("country", "AZ", "KZ")]
    assert entry.values["name"] == "Editor"


def test_rows_of_one_address_are_merged_and_it_is_said_which_value_won() -> None:
    found = planned(row(2, outlet="A wire"), row(5, "DESK@wire.example", outlet="Another", country="KZ"))
    (entry,) = found.entries
    assert (entry.rows, entry.values["outlet"], entry.values["country"]) == ((2, 5), "A wire", "KZ")
    assert [(one.column, one.kept, one.dropped, one.row) for one in found.kept] == [("outlet", "A wire", "Another", 5)]


def test_a_consent_without_a_day_takes_the_place_of_none_that_has_one() -> None:
    day = date(2019, 10, 15)
    found = planned(row(consent="public"), there=known(consent="asked", consent_on=day))
    (entry,) = found.entries
    assert (entry.state, entry.values["consent"], entry.values["consent_on"]) == ("unchanged", "asked", day)
    assert [(one.column, one.kept, one.dropped) for one in found.kept] == [("consent", "asked", "public")]
    newer = planned(row(consent="contract", consent_on=date(2026, 1, 1)), there=known(consent="asked", consent_on=day))
    assert newer.entries[0].values["consent"] == "contract"


def test_a_suppressed_address_stays_so_and_a_forgotten_one_is_not_taken_in() -> None:
    (entry,) = planned(row(outlet="A wire"), there=known(), gone="unsubscribed").entries
    assert entry.suppressed == "unsubscribed"
    (entry,) = planned(row(outlet="A wire", name="Somebody"), gone="forgotten", onto=("wires",)).entries
    assert (entry.state, entry.values, entry.lists) == ("forgotten", {}, ())


def test_lists_are_found_by_code_or_title_and_an_unknown_one_is_refused() -> None:
    one = Given(2, "desk@wire.example", {"outlet": "A wire"}, lists=("news agencies",), labels=("KZ", "friends"))
    found = planned(one)
    assert found.entries[0].lists == ("wires", "kz")
    assert found.ignored == ("friends",)
    refused = planned(Given(3, "desk@wire.example", {"outlet": "A wire"}, lists=("friends",))).refused
    assert [(one.row, one.column) for one in refused] == [(3, "lists")]


def test_a_contact_that_left_comes_back_when_it_is_taken_in_again() -> None:
    left = Known("desk@wire.example", {**EMPTY, "outlet": "A wire"}, left=True)
    assert [one.column for one in planned(row(outlet="A wire"), there=left).entries[0].changes] == ["left"]


def test_a_selection_takes_who_meets_every_filter_and_is_on_any_of_the_lists() -> None:
    def one(*lists: str, left: bool = False, **values: object) -> Known:
        return Known("x", {**EMPTY, **values}, left, frozenset(lists))

    people = {
        "a": one("wires", country="KZ", consent="public"), "b": one("kz", country="KZ"), "c": one(country="KZ"),
        "d": one("wires", country="TR"), "e": one("wires", country="KZ", left=True),
    }  # fmt: skip
    assert list(chosen(people, Wanted(lists=("wires", "kz"), countries=("KZ",)))) == ["a", "b"]
    assert list(chosen(people, Wanted(with_consent=True))) == ["a"]
    assert list(chosen(people, Wanted())) == ["a", "b", "c", "d"]


ROWS = st.builds(
    lambda row, email, values, day: Given(
        row, email, {k: v for k, v in values.items() if v} | ({"consent_on": day} if values["consent"] and day else {})
    ),
    st.integers(2, 9),
    st.sampled_from(["a@x.example", "A@x.example", "b@bücher.example", "b@xn--bcher-kva.example", "c@x.example"]),
    st.fixed_dictionaries(
        {
            "outlet": st.sampled_from(["One", "Two"]),
            "name": st.sampled_from(["", "Editor", "Desk"]),
            "country": st.sampled_from(["", "KZ", "TR"]),
            "kind": st.sampled_from(["", *KINDS]),
            "consent": st.sampled_from(["", *CONSENTS]),
        }
    ),
    st.sampled_from([None, date(2019, 10, 15), date(2020, 2, 3)]),
)
FILES = st.lists(ROWS, min_size=1, max_size=8)


def after(found: Plan, before: dict[str, Known]) -> dict[str, Known]:
    return before | {
        one.key: Known(one.email, dict(one.values), lists=frozenset(one.lists) | before.get(one.key, known()).lists)
        for one in found.entries
    }


def export(known_: dict[str, Known]) -> list[Given]:
    return [
        Given(n, one.email, {k: v for k, v in one.values.items() if v}, lists=tuple(one.lists))
        for n, one in enumerate(known_.values(), start=2)
    ]


@settings(max_examples=80, deadline=None)
@given(FILES, FILES, st.randoms(use_true_random=False))
def test_taking_in_loses_no_field_and_is_done_when_it_is_done(first: list[Given], second: list[Given], random) -> None:
    """Whatever two files hold: an export taken in again changes nothing, a file taken in twice changes nothing the
    second time, no filled field is emptied, and the order of rows loses none."""
    records = after(plan(first, {}, {}, LISTS, onto=("kz",)), {})
    assert {one.state for one in plan(export(records), records, {}, LISTS).entries} == {"unchanged"}
    found = plan(second, records, {}, LISTS)
    later = after(found, records)
    assert {one.state for one in plan(second, later, {}, LISTS).entries} == {"unchanged"}
    for key, before in records.items():
        assert all(later[key].values[column] for column in COLUMNS if before.values[column])
    shuffled = random.sample(second, len(second))
    other = after(plan(shuffled, {}, {}, LISTS), {})
    ours = after(plan(second, {}, {}, LISTS), {})
    filled = {key: {name for name in COLUMNS if one.values[name]} for key, one in ours.items()}
    assert {key: {name for name in COLUMNS if one.values[name]} for key, one in other.items()} == filled


def test_the_digest_of_a_plan_follows_what_it_does() -> None:
    one, other = planned(row(outlet="A wire")), planned(row(outlet="A wire"), there=known())
    assert one.digest == planned(row(outlet="A wire")).digest != other.digest
    assert isinstance(one.entries[0], Entry)
