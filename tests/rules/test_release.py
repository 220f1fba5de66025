"""Nothing passes the embargo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ieom.rules import own_text
from ieom.rules.assessing import assessments
from ieom.rules.hearing import heard, unheard_of
from ieom.rules.release import KINDS, OWN, Readiness, embargo_until, reasons_not_to, too_early_to_say_go

CLOSE = datetime(2020, 8, 12, 8, 0, tzinfo=UTC)
PRESS = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
READY = Readiness(True, True, CLOSE, PRESS, "by_time", "coordinator", "press-officer", 0, "prepared")


def test_a_ready_release_goes_when_the_press_conference_begins_and_not_before() -> None:
    assert reasons_not_to(READY, PRESS) == []
    assert reasons_not_to(READY, PRESS - timedelta(seconds=1)) == ["the press conference has not begun"]


def test_a_press_conference_moved_forward_does_not_pass_the_last_close() -> None:
    early = replace(READY, press_conference=CLOSE - timedelta(hours=1))
    assert embargo_until(early) == CLOSE
    assert reasons_not_to(early, CLOSE - timedelta(seconds=1)) == ["the last polling station has not closed"]


def test_where_a_release_goes_by_hand_nobody_says_go_beforehand() -> None:
    by_hand = replace(READY, go="by_hand")
    assert too_early_to_say_go(by_hand, PRESS - timedelta(seconds=1))
    assert not too_early_to_say_go(by_hand, PRESS)
    assert not too_early_to_say_go(READY, CLOSE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"approved": False}, "no text is approved"),
        ({"prepared": False}, "not prepared"),
        ({"edited": True}, "edited since it was approved"),
        ({"of_approved": False}, "prepared from another text"),
        ({"unsettled": 1}, "has not settled"),
        ({"sent_by": None}, "nobody has said go"),
        ({"sent_by": "press-officer"}, "is not the one who sends"),
        ({"status": "stopped"}, "stopped"),
        ({"status": "held"}, "held"),
    ],
)
def test_each_thing_that_is_missing_holds_it(change: dict[str, object], says: str) -> None:
    found = reasons_not_to(replace(READY, **change), PRESS)
    assert len(found) == 1
    assert says in found[0]


# ------------------------------------------------------------------ kinds


def test_a_text_of_its_own_waits_for_its_embargo_and_for_whose_approval_it_lacks() -> None:
    for kind in OWN:
        own = replace(READY, kind=kind, approved=False, not_before=None)
        assert embargo_until(own) is None
        assert reasons_not_to(own, CLOSE - timedelta(days=3)) == []
        later = replace(own, not_before=CLOSE, lacks=("the head of mission has not approved it",))
        assert reasons_not_to(later, CLOSE - timedelta(seconds=1)) == [
            "the head of mission has not approved it", "its embargo has not ended"
        ]  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_goes_without_a_go_by_another_or_when_it_is_stopped(kind: str) -> None:
    for change in ({"sent_by": None}, {"sent_by": "press-officer"}, {"status": "stopped"}, {"status": "held"}):
        assert reasons_not_to(replace(READY, kind=kind, **change), PRESS)


def test_an_early_release_passes_the_press_conference_and_never_the_last_close() -> None:
    early = replace(READY, early=True)
    assert reasons_not_to(early, CLOSE) == []
    assert reasons_not_to(early, CLOSE - timedelta(seconds=1)) == ["the last polling station has not closed"]
    assert reasons_not_to(replace(early, approved=False), CLOSE) == ["no text is approved"]


def test_a_correction_waits_for_no_press_conference_and_for_what_it_corrects() -> None:
    correction = replace(READY, kind="correction")
    assert reasons_not_to(correction, CLOSE) == []
    assert reasons_not_to(replace(correction, concerned_out=False), CLOSE) == ["what it concerns is not public"]


# ------------------------------------------------------------------ texts of their own


def test_a_text_file_is_a_title_and_paragraphs() -> None:
    assert own_text.read("\ufeffA title\r\n\r\nOne\r\nline.\r\n\r\n \r\nTwo.\r\n") == ("A title", ["One line.", "Two."])
    for text, says in (
        ("", "it is empty"), ("Title", "no paragraph"), ("Title\nOne.", "second line is to be blank"),
        ("T" * 201 + "\n\nOne.", "the title has 201"), ("Title\n\nA\x07bell.", "line 3 holds a control character"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=says):
            own_text.read(text)


def test_what_is_approved_is_the_kind_what_it_concerns_and_every_language() -> None:
    one = own_text.digest("withdrawal", 1, {"en": "a", "ru": "b"})
    assert one == own_text.digest("withdrawal", 1, {"ru": "b", "en": "a"})
    others = [
        ("clarification", 1, {"en": "a", "ru": "b"}),
        ("withdrawal", 2, {"en": "a", "ru": "b"}),
        ("withdrawal", 1, {"en": "a"}),
    ]
    assert all(own_text.digest(*other) != one for other in others)


def test_a_withdrawal_needs_the_head_and_another_seat_and_never_who_prepared_it() -> None:
    def lacking(*given: tuple[str, str], kind: str = "withdrawal", by: str = "press") -> int:
        return len(
            own_text.lacking(kind, "d", given, heads=["head", "vice"], seats=[("kg", "kg-2"), ("sg",)], prepared_by=by)
        )

    assert lacking() == 2
    assert lacking(("head", "d")) == lacking(("head", "d"), ("vice", "d")) == 1
    assert lacking(("vice", "d"), ("kg-2", "d")) == 0
    assert lacking(("head", "another"), ("sg", "d")) == 1
    assert lacking(("head", "d"), ("sg", "d"), by="head") == 1
    assert lacking(("head", "d"), kind="advisory") == 0


FINDINGS = (
    "The elections were free and fair.",
    "Voting proceeded in a calm and orderly manner.",
    "Observers noted a high turnout.",
    "The Mission found no evidence of intervention.",
    "The polls opened on time.",
    "The count took place in the presence of observers.",
    "The legal framework complies with international standards.",
    "No irregularities were reported.",
    "At 95% of stations the opening was positive.",
    "All polling stations visited were well organised.",
    "The commissions worked professionally.",
    "The campaign was competitive.",
    "Candidate A won.",
    "The Mission regrets the shortcomings.",
    "Ballot boxes had been sealed.",
    "The process remains transparent.",
)
PLAIN = (
    "The Mission arrived in Nur-Sultan at the invitation of the Ministry of Foreign Affairs.",
    "In accordance with its mandate, the Mission will observe the elections on 12 August 2020.",
    "The Mission is headed by Ambassador Rashad Mammadov.",
    "The Mission meets the Central Election Commission on 11 August 2020.",
    "The press conference begins at 20:00; journalists register with the press office.",
    "The Mission presents its statement after the closing of the polls.",
    "The elections are scheduled for 12 August 2020.",
    "The Mission comments on no draft and asks the media to await its statement.",
    "The Mission withdraws the statement that it released on 12 August 2020.",
    "The statement of 12 August 2020 names the polling station by its code; the code is a reference of the Mission.",
)


@pytest.mark.parametrize("sentence", FINDINGS)
def test_a_sentence_that_assesses_or_reports_is_found(sentence: str) -> None:
    assert [found for found, _why in assessments([f"The Mission is here. {sentence}"], language="en")] == [sentence]


@pytest.mark.parametrize("sentence", PLAIN)
def test_a_sentence_on_what_the_mission_does_is_left_alone(sentence: str) -> None:
    assert assessments([sentence], language="en") == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ru", "Выборы прошли свободно и прозрачно."), ("tr", "Seçimler şeffaf geçti."), ("az", "Seçkilər şəffaf keçdi."),
        ("kk", "Сайлау әділ өтті."), ("ky", "Шайлоо эркин өттү."), ("uz", "Saylov shaffof oʻtdi."),
        ("tk", "Saýlawlar adalatly geçdi."), ("hu", "A választás szabad volt."),
    ],
)  # fmt: skip
def test_the_net_below_a_translation_finds_words_that_assess(language: str, sentence: str) -> None:
    assert assessments([sentence], language=language)


# ------------------------------------------------------------------ the chain of acts


def test_a_release_is_as_its_acts_tell_it_or_the_difference_is_named() -> None:
    prepared = {"number": 1, "kind": "statement", "hashes": {"en": "a"}, "go": "by_time", "not_before": None}
    acts = [("press-officer", CLOSE, "ReleasePrepared", prepared), ("coordinator", PRESS, "ReleaseGo", {"number": 1})]
    told = heard(acts, 1)
    assert told is not None
    assert told.ready_at == PRESS
    row = {"kind": "statement", "hashes": {"en": "a"}, "go": "by_time", "not_before": None, "prepared_by": "press-officer",
           "sent_by": "coordinator", "early_by": None, "early_agreed_by": None}  # fmt: skip
    assert unheard_of(told, row, {}, status="prepared") == []
    for key, other in (("sent_by", "kg-1"), ("kind", "arrival"), ("not_before", "2020"), ("early_by", "kg-1")):
        assert len(unheard_of(told, {**row, key: other}, {}, status="prepared")) == 1
    assert unheard_of(told, row, {"az-1": "d"}, status="prepared") == ["who approved it is another than its acts say"]
    stopped = heard([*acts, ("kg-1", PRESS, "ReleaseStopped", {"number": 1, "status": "stopped"})], 1)
    assert unheard_of(stopped, row, {}, status="prepared") == ["it was stopped, and no act lets it go on"]
    assert unheard_of(stopped, row, {}, status="stopped") == []
    dropped = heard([*acts, ("press-officer", PRESS, "ReleaseStopped", {"number": 1, "status": "dropped"})], 1)
    assert unheard_of(dropped, row, {}, status="dropped") == []
    for status in ("prepared", "stopped"):
        assert unheard_of(dropped, row, {}, status=status) == ["it was dropped for a newer one"]
    lapsed = heard([*acts, ("coordinator", PRESS, "ReleaseGoLapsed", {"number": 1})], 1)
    assert unheard_of(lapsed, {**row, "sent_by": None}, {}, status="prepared") == []
    assert heard(acts, 2) is None
    assert unheard_of(None, row, {}, status="prepared") == ["no act prepared it"]
