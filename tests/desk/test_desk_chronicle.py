"""Sentences of what happened read well whatever the facts of an act are."""

from __future__ import annotations

from typing import Any

import pytest

from desk.chronicle import sentence
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
