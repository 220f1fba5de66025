"""Whom the chain of acts on contacts keeps from being written to."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ieom.rules.suppressed import let_back

ENDED = ("ContactSuppressed", {"contact": 7, "why": "unsubscribed"})
LIFTED = ("SuppressionLifted", {"address": sha256(b"desk@outlet.example").hexdigest(), "was": "unsubscribed"})
FORGOTTEN = ("ContactForgotten", {"contact": 7})


@pytest.mark.parametrize(
    ("acts", "kept", "found"),
    [
        ([ENDED], {"desk@outlet.example"}, []),
        ([ENDED], set(), [7]),
        ([ENDED], {"another@outlet.example"}, [7]),
        ([ENDED, LIFTED], set(), []),
        ([ENDED, LIFTED, ENDED], set(), [7]),
        ([LIFTED, ENDED], set(), [7]),
        ([ENDED, FORGOTTEN], set(), []),
        ([("ContactSuppressed", {"contact": 0, "why": "by_hand"})], set(), []),
    ],
)
def test_only_an_act_lets_a_reader_be_written_to_again(acts, kept, found) -> None:
    assert let_back(acts, {7: "desk@outlet.example"}, kept) == found
