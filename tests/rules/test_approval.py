"""What a round comes to, from its rule, its seats and what was decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieom.rules.approval import (
    DECISIONS,
    YES,
    Cast,
    SeatState,
    carries,
    may_decide,
    outcome,
    silent,
    to_ask,
    unheard_of,
)  # fmt: skip

NOW = datetime(2020, 8, 12, 12, 0, tzinfo=UTC)


def seats(*decisions: str | None, **more: object) -> list[SeatState]:
    """The head of mission first, member states after."""
    return [
        SeatState(n, f"p{n}", "head_of_mission" if n == 1 else "member_state", decision, asked=True, **more)
        for n, decision in enumerate(decisions, start=1)
    ]


@pytest.mark.parametrize(
    ("decisions", "quorum", "comes_to"),
    [
        (("approve", "approve"), "all", "approved"),
        (("approve", None), "all", "open"),
        (("approve", "changes"), "all", "changes_asked"),
        (("approve", "approve_with_comment", "no_objection"), "all", "approved"),
        (("approve", "abstain"), "all", "approved"),
        (("approve", "withdraw", None), "all", "open"),
        (("approve", "dissociate", "approve"), "all", "changes_asked"),
        (("approve", "approve", None), 2, "approved"),
        ((None, "approve", "approve"), 2, "open"),
        (("approve", None, None), 2, "open"),
        (("approve", "abstain", "abstain"), 3, "approved"),
    ],
)
def test_a_round_comes_to_what_the_rule_says(
    decisions: tuple[str | None, ...], quorum: int | str, comes_to: str
) -> None:
    assert outcome(seats(*decisions), quorum=quorum, authors={"drafter"}) == comes_to


def test_a_state_that_dissociates_itself_is_set_aside_once_the_text_says_so() -> None:
    found = seats("approve", "approve")
    apart = SeatState(3, "p3", "member_state", "dissociate", asked=True)
    assert outcome([*found, apart], quorum="all", authors=set()) == "changes_asked"
    assert outcome([*found, replace(apart, agreed=True)], quorum="all", authors=set()) == "approved"
    assert outcome([*found, replace(apart, counts=False)], quorum="all", authors=set()) == "open"


def test_a_text_carries_a_dissociation_by_a_footnote_or_by_leaving_the_paragraph_out() -> None:
    noted = {
        "paragraphs": [{"key": "a", "footnotes": ["The Republic of Uzbekistan dissociates itself."]}, {"key": "b"}]
    }
    state = "the Republic of Uzbekistan"
    assert carries(noted, "a", state)
    assert not carries(noted, "a", "the Kyrgyz Republic")
    assert not carries(noted, "b", state)
    assert carries({**noted, "removed": ["c"]}, "c", state)
    assert not carries(noted, "c", state)


def test_a_deputy_who_wrote_the_text_does_not_approve_it_alone() -> None:
    [seat] = seats("approve", by="drafter")
    assert outcome([seat], quorum="all", authors={"drafter"}) == "open"


def test_the_author_alone_never_suffices() -> None:
    assert outcome(seats("approve"), quorum="all", authors={"p1"}) == "open"
    assert outcome(seats("approve", "approve"), quorum="all", authors={"p1"}) == "approved"


def test_a_decision_that_does_not_count_is_none() -> None:
    assert outcome(seats("approve", "approve", counts=False), quorum="all", authors={"x"}) == "open"


@given(st.lists(st.sampled_from([None, *sorted(DECISIONS)]), min_size=1, max_size=8), st.sampled_from(["all", 1, 2, 3]))
def test_nothing_is_approved_without_the_head_or_against_an_objection(
    decisions: list[str | None], quorum: int | str
) -> None:
    came_to = outcome(seats(*decisions), quorum=quorum, authors={"drafter"})
    if came_to == "approved":
        assert decisions[0] in YES
        assert "changes" not in decisions
    if {"changes", "dissociate"} & set(decisions):
        assert came_to == "changes_asked"


def test_in_order_one_is_asked_after_another() -> None:
    fresh = [SeatState(n, f"p{n}", "member_state") for n in (1, 2, 3)]
    assert [seat.who for seat in to_ask(fresh, order="in_order")] == ["p1"]
    assert [seat.who for seat in to_ask(fresh, order="side_by_side")] == ["p1", "p2", "p3"]
    asked = [SeatState(1, "p1", "member_state", "approve", asked=True), *fresh[1:]]
    assert [seat.who for seat in to_ask(asked, order="in_order")] == ["p2"]


def test_silence_speaks_only_for_a_member_state_whose_term_has_passed() -> None:
    term = {"silence_until": NOW, "asked": True}
    state = SeatState(2, "kg-1", "member_state", **term)
    told = {"kg-1", "az-1"}
    assert silent([state], NOW, announced=told) == [state]
    assert silent([state], NOW - timedelta(seconds=1), announced=told) == []
    assert silent([SeatState(1, "az-1", "head_of_mission", **term)], NOW, announced=told) == []
    assert silent([SeatState(2, "kg-1", "member_state", "changes", **term)], NOW, announced=told) == []
    assert silent([SeatState(2, "kg-1", "member_state", "approve", False, **term)], NOW, announced=told) == []


def test_silence_that_was_not_announced_or_that_another_state_broke_says_nothing() -> None:
    term = {"silence_until": NOW, "asked": True}
    state = SeatState(2, "kg-1", "member_state", **term)
    assert silent([state], NOW, announced=set()) == []
    assert silent([state, SeatState(3, "tr-1", "member_state", "changes", **term)], NOW, announced={"kg-1"}) == []


@pytest.mark.parametrize(
    ("by", "decision", "comment", "says"),
    [
        ("stranger", "approve", "", "this seat is kg-1's"),
        ("kg-1", "no_objection", "", "is no decision"),
        ("kg-1", "changes", "", "needs words"),
        ("kg-1", "approve", "", None),
        ("deputy", "approve", "", None),
        ("kg-1", "abstain", "", None),
        ("kg-1", "dissociate", "", "from which paragraph"),
    ],
)
def test_who_may_decide_what(by: str, decision: str, comment: str, says: str | None) -> None:
    seat = SeatState(1, "kg-1", "member_state", asked=True, deputies=("deputy",))
    found = may_decide(seat, by, decision, comment=comment, paragraphs=("place",))
    assert (found is None) if says is None else (says in (found or ""))


def test_the_head_neither_abstains_nor_withdraws() -> None:
    head = SeatState(1, "az-1", "head_of_mission", asked=True)
    for decision in ("abstain", "withdraw"):
        assert "only a member state" in (may_decide(head, "az-1", decision, comment="x") or "")


TEXT, CORRECTED = {"en": "a" * 64}, {"en": "b" * 64}
ROUND = [
    ("RoundOpened", {"number": 2, "hashes": TEXT}),
    ("StatementDecided", {"round": 2, "who": "p1", "decision": "approve", "hashes": TEXT}),
    ("StatementDecided", {"round": 2, "who": "p2", "decision": "approve", "hashes": TEXT}),
    ("DecisionConfirmed", {"round": 2, "who": "p2"}),
    ("RoundEnded", {"number": 2, "status": "approved"}),
]
CAST = [Cast("p1", "approve", TEXT), Cast("p2", "approve", TEXT, recorded=True)]


def test_a_round_is_approved_as_far_as_the_chain_of_acts_says_so() -> None:
    assert unheard_of(ROUND, 2, TEXT, CAST) == []
    assert "no act ended round 2" in unheard_of(ROUND[:-1], 2, TEXT, CAST)[0]
    assert (
        "no act ended round 2" in unheard_of([*ROUND, ("RoundEnded", {"number": 2, "status": "void"})], 2, TEXT, [])[0]
    )
    assert "on another text" in unheard_of(ROUND, 2, CORRECTED, CAST)[0]
    assert "no act confirms the decision recorded for p2" in unheard_of([*ROUND[:3], ROUND[4]], 2, TEXT, CAST)[0]
    assert "the decision of p1, 'no objection'" in unheard_of(ROUND, 2, TEXT, [Cast("p1", "no_objection", TEXT)])[0]
    assert "the decision of p1" in unheard_of(ROUND, 2, TEXT, [Cast("p1", "approve", CORRECTED)])[0]
    assert len(unheard_of(ROUND, 3, TEXT, CAST)) == 4


def test_what_was_recorded_for_somebody_does_not_pass_for_their_own_word() -> None:
    told = [(name, {**what, "channel": "telephone"} if what.get("who") == "p2" else what) for name, what in ROUND]
    del told[3]  # nobody confirmed it
    hand = [CAST[0], Cast("p2", "approve", TEXT, channel="link")]
    assert "the decision of p2 was given in another way" in unheard_of(told, 2, TEXT, hand)[0]


def test_what_was_recorded_counts_as_far_as_the_chain_confirms_it_and_was_not_taken_back_or_disowned() -> None:
    record = ("DecisionRecorded", {"round": 2, "who": "p2", "decision": "approve", "hashes": TEXT, "channel": "paper"})
    told, hand = [*ROUND[:2], record, *ROUND[3:]], [CAST[0], Cast("p2", "approve", TEXT, True, "paper")]
    assert unheard_of(told, 2, TEXT, hand) == []
    assert "no act confirms the decision recorded for p2" in unheard_of([*told, record], 2, TEXT, hand)[0]
    for gone in ("RecordTakenBack", "DecisionContradicted"):
        assert (
            "no act is the decision of p2" in unheard_of([*told, (gone, {"round": 2, "who": "p2"})], 2, TEXT, hand)[0]
        )


def test_an_editorial_correction_in_the_chain_leads_from_the_text_decided_on_to_the_one_released() -> None:
    made = {"round": 2, "old_hash": TEXT["en"], "new_hash": CORRECTED["en"], "second": "p2"}
    assert unheard_of([*ROUND, ("EditorialCorrectionMade", made)], 2, CORRECTED, CAST) == []


def test_whose_recorded_decision_was_not_theirs_says_nothing_more_by_silence() -> None:
    term = {"asked": True, "silence_until": NOW}
    asked = SeatState(2, "kg-1", "member_state", **term)
    assert silent([asked], NOW, announced={"kg-1"}) == [asked]
    assert silent([replace(asked, disowned=True)], NOW, announced={"kg-1"}) == []
