"""Sentences of what happened read well whatever the facts of an act are."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import ieom.acts
from desk.chronicle import detail, kind_of, recorded, sentence, words
from ieom.records.audit import AuditRow


@pytest.mark.parametrize(
    ("act", "what", "said"),
    [
        ("MemberNominated", {"member": "m1", "state": ""}, "Observer 1 is nominated"),
        ("MemberNominated", {"member": "m1", "state": "KG"}, "Observer 1 is nominated by KG"),
        ("FormsReceived", {"count": 1}, "1 form received"),
        ("FormsReceived", {"count": 12}, "12 forms received"),
        ("MeetingMoved", {"meeting": "parliament"}, "The meeting with parliament is moved; the members are told"),
        ("MeetingRequested", {"meeting": "parliament"}, "A meeting with parliament is asked for"),
        ("AnswerCorrected", {"instance": "i"}, "The coordinator records the correction of an answer; both are kept"),
        ("ReleaseStopped", {"number": 1, "status": "prepared"}, "The release may go on"),
        ("ReleaseStopped", {"number": 1, "status": "going"}, "The release goes on"),
        ("ReleaseStopped", {"number": 1, "status": "stopped"}, "The release is stopped"),
    ],
)
def test_a_sentence_of_what_happened_reads_well(act: str, what: dict[str, Any], said: str) -> None:
    row = AuditRow(act=act, what=what, by="c1")
    assert sentence(row, {"m1": "Observer 1", "c1": "the coordinator"}) == said


def every_act() -> dict[str, type[Any]]:
    """Every dataclass of an act that leaves a row in a chain."""
    source = "".join(path.read_text("utf-8") for room in ("ieom", "desk", "tasks") for path in Path(room).rglob("*.py"))
    parts = [importlib.import_module(one.name) for one in pkgutil.walk_packages(ieom.acts.__path__, "ieom.acts.")]
    return {
        name: one
        for part in parts
        for name, one in vars(part).items()
        if dataclasses.is_dataclass(one) and isinstance(one, type) and re.search(rf"\bact\b.*= *{name}\(", source)
    }


def test_every_act_is_recorded_in_a_sentence_that_names_no_code_of_ours() -> None:
    acts = every_act()
    assert len(acts) > 60
    for name, act in acts.items():
        what = {one.name: "some_code" for one in dataclasses.fields(act)}
        said = recorded(AuditRow(act=name, what=what, by="c1"), {"c1": "the coordinator"})
        assert said != words("words")["unnamed"], f"templates/acts/en.toml has no sentence for {name}"
        for text in (said, kind_of(name), *(fact for fact, _value in detail(what, {}))):
            assert name not in text
            assert "_" not in text, f"{name}: {text}"
            assert text.strip()
    assert recorded(AuditRow(act="AnActToCome", what={}, by="c1"), {}) == words("words")["unnamed"]


def test_the_facts_of_a_row_are_read_in_words_and_stay_exact() -> None:
    what = {
        "claim": "no_violence",
        "was": "upheld",
        "number": 4,
        "signed": True,
        "forms": ["uuid:1"],
        "hashes": {"en": "3f9a"},
    }
    assert detail(what, {"no_violence": "no violence or threats"}) == [
        ("finding", "no violence or threats (no_violence)"), ("forms", "uuid:1"),
        ("fingerprints of the texts", "en: 3f9a"), ("number", "4"), ("signed", "yes"), ("before", "borne out (upheld)"),
    ]  # fmt: skip
