"""What a statement must not say, and what it must."""

from __future__ import annotations

from typing import Any

import pytest

from ieom.rules import linter, statement
from ieom.rules.evidence import Claim, Verdict, VerdictKind

CLAIMS = [
    Claim(id="material", paragraph="voting", kind="observation", label="no campaign material", upheld_by={"m": ("no",)},
          contradicted_by={"m": ("yes",)}, irregularity=True),
    Claim(id="members", paragraph="composition", kind="record", label="composition"),
    Claim(id="recount", paragraph="count", kind="observation", label="seals intact", upheld_by={"r": ("yes",)},
          contradicted_by={"r": ("no",)}, irregularity=True, count=True),
]  # fmt: skip
BY_ID = {claim.id: claim for claim in CLAIMS}
UPHELD = {
    "material": Verdict("material", VerdictKind.UPHELD, 3, 0, "visits"),
    "members": Verdict("members", VerdictKind.UPHELD, 5),
}


def content(*lines: str, key: str = "voting", kind: str = "final", annex: tuple[Any, ...] = ()) -> dict[str, Any]:
    one = statement.paragraph(key, lines, BY_ID, UPHELD)
    return {"kind": kind, "paragraphs": [one] if one else [], "annex": list(annex)}


def edited(text: str, key: str = "voting") -> dict[str, Any]:
    empty = {"key": key, "kind": "finding", "text": "", "sentences": [], "footnotes": []}
    return {"kind": "final", "paragraphs": [statement.rebind(empty, text)], "annex": []}


def codes(made: dict[str, Any], verdicts: dict[str, Verdict] | None = None, **more: Any) -> list[str]:
    return [one.code for one in linter.findings(made, CLAIMS, UPHELD if verdicts is None else verdicts, **more)]


GOOD = content("material | The Mission observed no campaign materials.", "members | It had five observers.")


def test_a_draft_that_the_record_bears_out_has_no_finding() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("There were isolated cases.", "isolated"),
        ("Polling stations were randomly selected.", "sample"),
        ("Voting was calm nationwide.", "nationwide"),
        ("Voting was calm throughout the country.", "nationwide"),
        ("The Mission was informed on every aspect of the election process.", "every_aspect"),
        ("All necessary administrative measures were taken to ensure the free will of the people.", "all_measures"),
        ("Mr. Smith won.", "results"),
        ("The turnout was high.", "results"),
        ("The elections were free and fair.", "free_and_fair"),
        ("There were no serious technical problems, which would affect the results of the election.", "affect_results"),
        ("This did not influence the outcome.", "affect_results"),
        ("The Mission also participated in the vote-counting process.", "took_part_in_count"),
        ("During the meetings held with different stakeholders it was informed.", "vague_number"),
        ("The Mission was thoroughly informed.", "thoroughly"),
        ("In the above-mentioned cities voting was calm.", "above_mentioned"),
        ("The results of the elections would further contribute to welfare.", "certainty"),
        ("Voting was calm in 86.62 % of polling stations.", "percentage"),
    ],
)
def test_a_forbidden_claim_is_found_beside_being_unsupported(text: str, code: str) -> None:
    found = [one for one in codes(edited(text)) if one != "unsupported"]
    assert found == [code]


@pytest.mark.parametrize(
    "text",
    [
        "The Mission expresses its hope that the results will further contribute to welfare.",
        "Queues were long in 6.7 per cent of visits (2 of 30).",
        "The free will of the people was respected.",
        "The will of the electors was free; the hall was fairly small.",
    ],
)
def test_what_is_said_rightly_is_not_forbidden(text: str) -> None:
    assert codes(edited(text)) == ["unsupported"]


def test_random_choice_may_be_said_where_the_mission_file_says_how_stations_were_chosen() -> None:
    assert codes(edited("Polling stations were randomly selected."), station_choice="drawn by lot") == ["unsupported"]


def test_findings_name_no_official_but_the_paragraph_on_meetings_does() -> None:
    assert "person" in codes(edited("Mr. Petrov interfered."), people=["Konstantin Petrov"])
    assert "person" not in codes(edited("The Mission met Mr. Petrov.", key="meetings"), people=["Konstantin Petrov"])


def test_an_override_by_name_lets_one_finding_stand_and_no_other() -> None:
    made = edited("There were isolated cases.")
    digest = statement.sentence_hash("There were isolated cases.")
    assert codes(made, overridden={(digest, "isolated")}) == ["unsupported"]
    assert codes(made, overridden={(digest, "isolated"), (digest, "unsupported")}) == []
    assert codes(edited("There were some isolated cases."), overridden={(digest, "isolated")}) == [
        "unsupported",
        "isolated",
    ]


def test_a_verdict_that_changed_or_lost_its_ground_is_found() -> None:
    mixed = {**UPHELD, "material": Verdict("material", VerdictKind.MIXED, 3, 1, "visits")}
    assert codes(GOOD, mixed) == ["turned"]
    assert "3 of 4 visits" in linter.findings(GOOD, CLAIMS, mixed)[0].says
    assert codes(GOOD, {**UPHELD, "material": Verdict("material", VerdictKind.UNOBSERVED)}) == ["unobserved"]


def test_figures_that_grew_matter_where_the_sentence_says_them() -> None:
    assert codes(GOOD, {**UPHELD, "material": Verdict("material", VerdictKind.UPHELD, 9, 0, "visits")}) == []
    assert codes(GOOD, {**UPHELD, "members": Verdict("members", VerdictKind.UPHELD, 6)}) == ["figures"]


def test_an_irregularity_observed_is_said_or_in_the_annex_or_set_aside() -> None:
    seen = {**UPHELD, "recount": Verdict("recount", VerdictKind.MIXED, 1, 2, "stations", forms_against=("f1", "f2"))}
    assert codes(GOOD, seen) == ["unmentioned"]
    row = {"claim": "recount", "label": "seals intact", "figure": "1 of 3", "base": "stations", "verdict": "mixed"}
    assert codes({**GOOD, "annex": [row]}, seen) == []
    assert codes(GOOD, seen, set_aside={("recount", "f1")}) == ["unmentioned"]
    assert codes(GOOD, seen, set_aside={("recount", "f1"), ("recount", "f2")}) == []
    assert codes({**GOOD, "kind": "preliminary"}, seen) == [], "the count is for the supplement to speak of"
    assert codes({**GOOD, "annex": [{**row, "verdict": "upheld"}]}, seen) == ["annex"]


def test_a_conclusion_on_next_to_nothing_names_what_it_rests_on() -> None:
    claim = Claim(
        id="conclusion", paragraph="conclusion", kind="assessment", label="conclusion", supported_by=("material",)
    )
    for kind, base, found in (
        (VerdictKind.UPHELD, (1, 1), ["narrow"]), (VerdictKind.UPHELD, (3, 1), []), (VerdictKind.MIXED, (2, 1), []),
    ):  # fmt: skip
        verdicts = {"conclusion": Verdict("conclusion", kind, 1, int(kind is VerdictKind.MIXED), "claims")}
        one = statement.paragraph(
            "conclusion", ["conclusion | The Mission concludes."], {"conclusion": claim}, verdicts
        )
        made = {"kind": "final", "paragraphs": [one], "annex": []}
        told = linter.findings(made, [claim], verdicts, base=base)
        assert [f.code for f in told] == found
        assert not told or "rests on 1 visit to 1 polling station" in told[0].says


def test_conduct_needs_the_attestation_of_the_head_of_mission() -> None:
    conduct = Claim(id="conduct", paragraph="conduct", kind="assessment", label="conduct")
    one = statement.paragraph("conduct", ["conduct | The Mission did not interfere."], {"conduct": conduct}, {})
    made = {"kind": "final", "paragraphs": [one], "annex": []}
    assert [f.code for f in linter.findings(made, [conduct], {}, conduct_attested=False)] == ["not_attested"]
    assert linter.findings(made, [conduct], {}) == []
