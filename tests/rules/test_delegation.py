from datetime import UTC, datetime, timedelta

import pytest

from ieom.rules import delegation as rules
from ieom.rules.delegation import ITEMS, FileState

NO = dict.fromkeys(rules.QUESTIONS, False)
AT = datetime(2020, 7, 20, 6, tzinfo=UTC)


def found(role: str = "observer", **answers: object) -> tuple[str, ...]:
    given = rules.declaration({**NO, **answers})
    return rules.conflicts(given, role=role, host="KZ", contestants=["Party of the Steppe"])


def test_a_file_has_seven_items_and_is_complete_when_each_is_received_or_waived() -> None:
    assert len(ITEMS) == 7
    file = FileState(frozenset(ITEMS) - {"photo", "passport_page"}, frozenset({"passport_page"}))
    assert file.missing == ("photo",)
    assert not file.complete
    assert FileState(frozenset(ITEMS), frozenset()).complete


def test_those_whom_no_state_sends_owe_no_nomination_by_one() -> None:
    assert "nomination" in rules.owed_items("KG")
    assert rules.owed_items("") == tuple(item for item in ITEMS if item != "nomination")


@pytest.mark.parametrize("item", sorted(rules.NEVER_WAIVED))
def test_the_declaration_the_code_of_conduct_and_accreditation_are_never_waived(item: str) -> None:
    assert "never waived" in (rules.may_waive(item) or "")


@pytest.mark.parametrize("item", sorted(set(ITEMS) - rules.NEVER_WAIVED))
def test_every_other_item_can_be_waived(item: str) -> None:
    assert rules.may_waive(item) is None


def test_an_unknown_item_is_not_waived() -> None:
    assert "no item of a nominee's file" in (rules.may_waive("visa") or "")


@pytest.mark.parametrize("question", rules.QUESTIONS)
def test_each_question_answered_with_yes_is_a_conflict(question: str) -> None:
    assert found(**{question: True}) == (rules.QUESTIONS[question],)


def test_no_to_every_question_is_none() -> None:
    assert found() == ()


def test_what_was_denied_is_compared_with_the_host_state_and_the_contestants() -> None:
    assert found(nationalities=["kg", "kz"]) == ("is a national of the host state",)
    assert found(memberships=[" party of the STEPPE"]) == ("belongs to Party of the Steppe",)


@pytest.mark.parametrize("role", sorted(rules.LOCAL_STAFF))
def test_an_interpreter_or_driver_may_be_of_the_host_state_but_not_of_a_contestant(role: str) -> None:
    assert found(role, national_of_host=True) == ()
    assert found(role, member_of_contestant=True) != ()


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({key: value for key, value in NO.items() if key != "employed_by_host"}, "employed_by_host is not answered"),
        ({**NO, "employed_by_host": "no"}, "employed_by_host wants true or false"),
        ({**NO, "shoe_size": 42}, "shoe_size is not asked"),
    ],
)
def test_a_declaration_with_open_unclear_or_strange_answers_is_not_taken(answers: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rules.declaration(answers)


def test_everything_wrong_with_a_declaration_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"national_of_host.*interest_in_outcome"):
        rules.declaration({})


FULL = FileState(frozenset(ITEMS), frozenset())


@pytest.mark.parametrize(
    ("file", "status", "conflict", "declared", "checked", "says"),
    [
        (FULL, "nominated", None, True, True, None),
        (FULL, "declined", None, True, True, "is declined"),
        (FULL, "nominated", "is a national of the host state", True, True, "conflict of interest"),
        (FULL, "nominated", None, False, True, "has not answered"),
        (FileState(frozenset(), frozenset()), "nominated", None, True, True, "still owes: nomination by the member"),
        (FileState(frozenset(), frozenset()), "nominated", None, False, False, None),
        (FULL, "nominated", "is a national of the host state", True, False, "conflict of interest"),
    ],
)
def test_who_may_be_appointed(
    file: FileState, status: str, conflict: str | None, declared: bool, checked: bool, says: str | None
) -> None:
    no = rules.may_appoint(file, status=status, conflict_found=conflict, declared=declared, checked=checked)
    assert no is None if says is None else says in (no or "")


def test_the_quota_is_full_when_it_is_reached() -> None:
    assert not rules.over_quota(2, 1)
    assert rules.over_quota(2, 2)
    assert rules.over_quota(0, 0)


def test_a_state_asked_after_the_deadline_has_three_days_but_not_past_the_opening() -> None:
    opens = AT + timedelta(days=20)
    assert rules.deadline(AT + timedelta(days=4), at=AT, opens=opens) == AT + timedelta(days=4)
    assert rules.deadline(AT - timedelta(days=1), at=AT, opens=opens) == AT + timedelta(days=3)
    assert rules.deadline(AT - timedelta(days=1), at=AT, opens=AT + timedelta(days=1)) == AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("usual", "opens", "due"),
    [(5, 20, 5), (3, 20, 3), (2, 20, 3), (-9, 20, 3), (-9, 1, 1), (-9, -1, 1 / 8), (-9, 0, 1 / 8)],
)
def test_papers_of_who_was_nominated_late_are_due_three_days_after_but_not_past_the_opening(
    usual: int, opens: int, due: int
) -> None:
    day = timedelta(days=1)
    found = rules.papers_due(AT + usual * day, nominated=AT, within=3 * day, opens=AT + opens * day)
    assert found == AT + due * day


def test_a_nomination_after_the_deadline_is_late_and_one_without_deadline_never() -> None:
    assert rules.is_late(AT + timedelta(minutes=1), AT)
    assert not rules.is_late(AT, AT)
    assert not rules.is_late(AT, None)


@pytest.mark.parametrize(
    ("status", "to", "may"),
    [
        ("requested", "issued", True), ("requested", "refused", True), ("requested", "collected", False),
        ("issued", "collected", True), ("issued", "returned", True), ("collected", "returned", True),
        ("returned", "issued", False), ("refused", "issued", False), ("collected", "collected", True),
        ("requested", "lost", False),
    ],
)  # fmt: skip
def test_a_badge_is_requested_issued_collected_returned_or_refused(status: str, to: str, may: bool) -> None:
    assert (rules.may_move_badge(status, to) is None) is may


def test_one_state_with_more_than_half_of_the_observers_is_remarked_on() -> None:
    assert rules.one_sided(rules.nationality_mix(["AZ", "AZ", "AZ", "KG"])) == "AZ"
    assert rules.one_sided(rules.nationality_mix(["AZ", "AZ", "KG", "TR", ""])) is None
    assert rules.one_sided({"AZ": 9}) is None
