"""What of a translation is checked without reading its language."""

from __future__ import annotations

import pytest

from ieom.rules.translating import checked, findings

ORIGINAL = {
    "base": "The Mission had five observers at 1,200 polling stations on 12 August 2020.",
    "voting": "Campaign material was seen in 6.7 per cent of visits (2 of 30). It was calm.",
    "courtesy": "The Mission congratulates the people.",
}
TURKISH = {
    "base": "Heyet, 12.08.2020 tarihinde 1.200 sandıkta 5 gözlemci bulundurdu.",
    "voting": "Ziyaretlerin yüzde 6,7’sinde (30’da 2) propaganda malzemesi görüldü. Ortam sakindi.",
    "courtesy": "Heyet halkı kutlar.",
}


def content(texts: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"paragraphs": [{"key": key, "text": text} for key, text in texts.items()]}


def codes(**changed: str) -> list[tuple[str, str]]:
    return [(one.code, one.paragraph) for one in findings(content(ORIGINAL), content({**TURKISH, **changed}))]


def test_a_translation_with_the_figures_of_its_original_has_no_finding() -> None:
    assert codes() == []
    voting = checked(content(ORIGINAL), content(TURKISH))[1]
    assert (voting.figures, voting.sentences) == (("6", "7", "2", "30"), (2, 2))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"voting": "Ziyaretlerin yüzde 6,7’sinde görüldü."}, [("figures_missing", "voting")]),
        ({"courtesy": "Heyet 85 milyonu kutlar."}, [("figures_added", "courtesy")]),
        ({"courtesy": ORIGINAL["courtesy"]}, [("untranslated", "courtesy")]),
        (
            dict.fromkeys(ORIGINAL, "Bu cümle bir şey söylemez."),
            [("repeated", "base"), ("figures_missing", "base"), ("repeated", "voting"), ("figures_missing", "voting"),
             ("repeated", "courtesy")],
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_the_original_s_is_found(changed: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert codes(**changed) == found


def test_paragraphs_alike_in_the_original_may_be_alike() -> None:
    twice = content({"one": "It was calm.", "two": "It was calm."})
    assert findings(twice, content({"one": "Sakindi.", "two": "Sakindi."})) == []
