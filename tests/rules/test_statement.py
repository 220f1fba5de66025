"""Paragraphs, the canonical form, the hash, edits and what turns."""

from __future__ import annotations

import copy
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ieom.rules import statement
from ieom.rules.evidence import Claim, Verdict, VerdictKind

CLAIMS = {
    one.id: one
    for one in (
        Claim(id="seen", paragraph="voting", kind="observation", label="seen", upheld_by={"q": ("yes",)}),
        Claim(id="thought", paragraph="voting", kind="assessment", label="thought"),
        Claim(id="stuffing", paragraph="irregularities", kind="observation", label="no stuffing", upheld_by={"s": ("none",)},
              contradicted_by={"s": ("observed",)}, irregularity=True),
    )
}  # fmt: skip
UPHELD = {
    "seen": Verdict("seen", VerdictKind.UPHELD, 3, 0, "visits"),
    "stuffing": Verdict("stuffing", VerdictKind.UPHELD, 3, 0, "visits"),
}
AT = datetime(2020, 8, 12, 10, tzinfo=UTC)


def content(**more: Any) -> dict[str, Any]:
    one = statement.paragraph("voting", ["seen | It was seen.", "", "thought | It is thought good."], CLAIMS, UPHELD)
    return {
        "language": "en", "kind": "final", "title": "STATEMENT", "mission_name": "Mission", "organisation": "Council",
        "election": "Elections", "place": "Nur-Sultan", "date": "2020-08-12", "marking": "", "paragraphs": [one],
        "annex": statement.annex(list(CLAIMS.values()), UPHELD, preliminary=False), "cut_off": "2020-08-12T10:00:00+00:00",
        "scope": "one station", **more,
    }  # fmt: skip


def test_a_paragraph_is_bound_to_its_claims_and_an_assessment_in_it_marks_it() -> None:
    one = content()["paragraphs"][0]
    assert (one["kind"], one["text"]) == ("assessment", "It was seen. It is thought good.")
    assert [(s["claim"], s["verdict"], s["n"], s["answered"], s["base"]) for s in one["sentences"]] == [
        ("seen", "upheld", 3, 3, "visits"), ("thought", "upheld", 0, 0, "records"),
    ]  # fmt: skip


def test_a_sentence_that_names_no_claim_is_refused() -> None:
    with pytest.raises(ValueError, match="names no claim"):
        statement.paragraph("voting", ["It was seen."], CLAIMS, UPHELD)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "VERDICT"}, {"date": "2020-08-13"}, {"place": "Almaty"}, {"language": "ru"}, {"kind": "preliminary"},
        {"marking": "PRELIMINARY"}, {"cut_off": "2020-08-12T11:00:00+00:00"}, {"annex": []}, {"scope": "two stations"},
    ],
)  # fmt: skip
def test_everything_that_is_approved_is_in_the_hash(change: dict[str, Any]) -> None:
    assert statement.content_hash(content(**change)) != statement.content_hash(content())


def test_texts_keys_and_footnotes_are_in_the_hash_and_what_a_sentence_rests_on_is_not() -> None:
    digest = statement.content_hash(content())
    for key, value in (("text", "Other."), ("key", "other"), ("footnotes", ["A state dissociates itself."])):
        changed = copy.deepcopy(content())
        changed["paragraphs"][0][key] = value
        assert statement.content_hash(changed) != digest
    rebound = copy.deepcopy(content())
    rebound["paragraphs"][0]["sentences"] = []
    assert statement.content_hash(rebound) == digest


def test_the_canonical_text_is_nfc_with_one_blank_line_between_paragraphs() -> None:
    text = statement.canonical(
        content(place=unicodedata.normalize("NFD", "Türkistan"), election="Elections  of\tDeputies")
    )
    assert text == unicodedata.normalize("NFC", text)
    assert "\n\n\n" not in text
    assert "\r" not in text
    assert (
        "Elections of Deputies\nTürkistan, 2020-08-12\n\nSTATEMENT\n\nIt was seen. It is thought good.\n\nAnnex\nSeen: 3 of 3 visits"
        in text
    )
    assert text.endswith("\n")


def test_the_frame_s_words_are_the_language_s_own_and_one_visit_is_no_visits() -> None:
    one = {"label": "seen", "figure": "1 of 1", "base": "visits", "heard": 2}
    made = content(
        annex=[one],
        day="12 August 2020",
        annex_title="Annex: figures",
        heard_words="reported",
        evidence="Evidence by noon.",
    )
    text = statement.canonical(made)
    assert "Nur-Sultan, 12 August 2020" in text
    assert text.endswith("Annex: figures\nseen: 1 of 1 visit; reported: 2\n\nEvidence by noon.\n")
    assert statement.content_hash(made) != statement.content_hash({**made, "evidence": "Evidence by one."})


def test_sentences_are_not_split_after_an_honorific_or_an_initial() -> None:
    text = "It was headed by H.E. Rashad Mammadov. On 11 August it met Mr. Konstantin Petrov and Ms. Malika Bekturova. Thanks."
    assert statement.split_sentences(text) == [
        "It was headed by H.E. Rashad Mammadov.", "On 11 August it met Mr. Konstantin Petrov and Ms. Malika Bekturova.", "Thanks.",
    ]  # fmt: skip


def test_an_edit_keeps_what_stands_and_loosens_what_is_new() -> None:
    one = statement.rebind(content()["paragraphs"][0], "It was seen.  It is thought very good.")
    assert [(s["text"], s["claims"]) for s in one["sentences"]] == [
        ("It was seen.", ["seen"]),
        ("It is thought very good.", []),
    ]
    assert one["kind"] == "assessment", "an assessment edited is one still, and is named by the approval"
    back = statement.rebind(one, "It was seen. It is thought good.", also=content()["paragraphs"][0]["sentences"])
    assert all(s["claims"] for s in back["sentences"]), "the record gives this sentence again"


def test_drafting_anew_keeps_edited_added_and_removed_paragraphs() -> None:
    old = copy.deepcopy(content())
    old["paragraphs"][0] = statement.rebind(old["paragraphs"][0], "It was seen.")
    old["paragraphs"].append(
        {"key": "thanks", "kind": "edited", "text": "Thanks.", "sentences": [], "footnotes": [], "edited": True}
    )
    old["removed"] = ["courtesy"]
    fresh = copy.deepcopy(content(cut_off="2020-08-12T11:00:00+00:00"))
    fresh["paragraphs"] += [{"key": "courtesy", "kind": "courtesy", "text": "Hope.", "sentences": [], "footnotes": []}]
    made = statement.merged(old, fresh)
    assert [(one["key"], one["text"]) for one in made["paragraphs"]] == [
        ("voting", "It was seen."),
        ("thanks", "Thanks."),
    ]
    assert made["cut_off"] == "2020-08-12T11:00:00+00:00"
    assert statement.edited(made)
    assert not statement.edited(content())


def test_a_draft_is_renewed_at_once_when_it_would_say_something_else_and_later_when_it_only_grew() -> None:
    told: dict[str, Any] = {"written": AT, "at": AT + timedelta(minutes=5)}
    assert statement.renewal(content(), content(), grown=False, **told) is None
    assert statement.renewal(content(), content(), grown=True, **told) == AT + statement.REST
    turned = copy.deepcopy(content())
    turned["paragraphs"][0]["sentences"][0]["verdict"] = "mixed"
    assert statement.renewal(content(), turned, grown=True, **told) == AT + timedelta(minutes=5)
    assert statement.renewal(content(), content(kind="preliminary"), grown=False, **told) == AT + timedelta(minutes=5)


def test_what_turns_is_found_in_sentences_and_in_the_annex_and_silence_is_no_turn() -> None:
    now = {
        "seen": Verdict("seen", VerdictKind.UNOBSERVED),
        "stuffing": Verdict("stuffing", VerdictKind.MIXED, 3, 1, "visits"),
    }
    assert statement.turned(content(), now) == [("stuffing", "upheld", "mixed")]
    assert statement.turned(content(), {"seen": Verdict("seen", VerdictKind.CONTRADICTED, 0, 3)}) == [
        ("seen", "upheld", "contradicted")
    ]
    assert statement.turned(content(), UPHELD) == []


def test_what_was_only_heard_stands_in_the_annex_apart() -> None:
    heard = {"stuffing": Verdict("stuffing", VerdictKind.UNOBSERVED, 0, 0, "visits", heard=2)}
    row = statement.annex(list(CLAIMS.values()), heard, preliminary=False)[0]
    assert (row["figure"], row["heard"]) == ("–", 2)
    assert "No stuffing: –; heard: 2\n" in statement.canonical(content(annex=[row]))
    assert statement.annex(list(CLAIMS.values()), UPHELD, preliminary=False, set_aside={"seen", "stuffing"}) == []
