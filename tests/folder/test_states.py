"""Nationalities as people write them."""

from __future__ import annotations

import pytest

from ieom.errors import BadInput
from ieom.folder.states import states


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("", []), ("KG", ["KG"]), ("kg, tr", ["KG", "TR"]), ("KG TR KG", ["KG", "TR"]), ("KAZ", ["KZ"]), ("Kazakhstan", ["KZ"]),
        ("Kyrgyz Republic; Türkiye", ["KG", "TR"]), ("Turkey", ["TR"]), ("the Republic of Azerbaijan", ["AZ"]),
        ("Қазақстан", ["KZ"]), ("United Kingdom/US", ["GB", "US"]),
    ],
)  # fmt: skip
def test_a_state_is_known_by_letters_and_by_name(said: str, found: list[str]) -> None:
    assert states(said) == found


@pytest.mark.parametrize("said", ["Kazakh", "K", "ZZ", "XX", "KG, Atlantis", "Kyrgyz Republic Türkiye"])
def test_what_is_no_state_is_refused_and_not_cut_to_two_letters(said: str) -> None:
    with pytest.raises(BadInput, match="is no state that is known"):
        states(said)
