"""The catalogue of claims: every row of the seed's table is in it, and it fits the forms."""

import re
from pathlib import Path

import pytest

from ieom.errors import Faults
from ieom.folder.claims import load_claims
from ieom.folder.forms import load_forms
from ieom.settings import ROOT

SEED_ROWS = {
    1: ("observed_election", "observed_place"), 2: ("composition", "headed_by"), 3: ("conduct",), 4: ("meetings",),
    5: ("informed_topics",), 6: ("attended_opening",), 7: ("count_in_time", "tabulation_in_time"),
    8: ("no_intervention",), 9: ("measures_free_will",), 10: ("observer_conditions",), 11: ("citizen_observers",),
    12: ("reinforces_legitimacy",),
    13: ("observed_count",), 14: ("count_in_time", "announcement_in_time"), 15: ("no_serious_technical_problem",),
    16: ("no_campaign_material",), 17: ("no_campaign_activity",), 18: ("no_attempt_to_influence",),
    19: ("full_access", "information_received"), 20: ("polls_prepared",), 21: ("media_coverage",), 22: ("conclusion",),
    23: ("congratulations", "hope"),
}  # fmt: skip
ATOMS = {
    1: "observed_election", 2: "composition", 3: "headed_by", 4: "observed_place", 5: "conduct", 6: "conduct", 7: "conduct",
    8: "meetings", 9: "meetings", 10: "different stakeholders", 11: "informed_topics", 12: "attended_opening",
    13: "tabulation_in_time", 14: "The legal clause stands only", 15: "no_intervention", 16: "measures_free_will",
    17: "observer_conditions", 18: "A legal clause names its article", 19: "citizen_observers", 20: "reinforces_legitimacy",
    21: "observed_count", 22: "count_in_time", 23: "announcement_in_time", 24: "The legal clause stands only",
    25: "no_serious_technical_problem", 26: "What would affect the results", 27: "no_campaign_material",
    28: "no_campaign_material", 29: "no_campaign_activity", 30: "no_attempt_to_influence", 31: "full_access",
    32: "information_received", 33: "polls_prepared", 34: "media_coverage", 35: "media_contributes", 36: "conclusion",
    37: "conclusion", 38: "conclusion", 39: "conclusion", 40: "held_in_pandemic", 41: "congratulations", 42: "hope",
}  # fmt: skip
"""Each atomic claim of the published statement: our claim, or the words of the departure that says why there is none."""
PEOPLE_ONLY = ("conduct", "measures_free_will", "reinforces_legitimacy", "polls_prepared", "conclusion")
BY_ID = {claim.id: claim for claim in load_claims()}


@pytest.mark.parametrize("row", SEED_ROWS)
def test_each_row_of_the_seeds_table_is_a_claim(row: int) -> None:
    assert [claim for claim in SEED_ROWS[row] if claim not in BY_ID] == []


def test_each_atom_of_the_published_statement_is_a_claim_or_a_departure_with_its_reason() -> None:
    departures = (ROOT / "config" / "missions" / "kazakhstan-senate-2020" / "departures.md").read_text("utf-8")
    assert sorted(ATOMS) == list(range(1, 43))
    assert [atom for atom, held in ATOMS.items() if held not in BY_ID and held not in departures.replace("'", "")] == []


def test_what_only_people_can_say_is_never_counted_and_what_is_courtesy_is_no_finding() -> None:
    assert {BY_ID[name].kind for name in PEOPLE_ONLY} == {"assessment"}
    assert {BY_ID[name].kind for name in ("congratulations", "hope")} == {"courtesy"}
    assert BY_ID["media_coverage"].kind == "outside"


def test_both_inside_and_outside_are_needed_for_no_campaign_material() -> None:
    found = BY_ID["no_campaign_material"]
    assert set(found.upheld_by) == {"campaign_material_inside", "campaign_material_outside"}
    assert found.irregularity


def test_every_irregularity_that_can_be_observed_contradicts_a_claim_that_must_be_answered_for() -> None:
    seen = {
        (question.name, answer)
        for form in load_forms().values()
        for question in form.questions.values()
        for answer in question.choices
        if answer == "observed" or question.name == "incident_seen"
    }
    held = {
        (question, answer)
        for claim in BY_ID.values()
        if claim.irregularity
        for question, answers in claim.contradicted_by.items()
        for answer in answers
    }
    assert len(seen) > 30
    # a late opening and the like are named by the claim of that phase; none may be missing altogether
    assert sorted(seen - held) == []


def test_what_was_told_of_an_incident_is_counted_apart_from_what_was_seen() -> None:
    for claim in BY_ID.values():
        seen = claim.contradicted_by.get("incident_seen", ())
        assert claim.heard_by.get("incident_heard", ()) == seen, claim.id


def test_the_catalogue_holds_no_expression() -> None:
    text = (Path(__file__).parents[2] / "config" / "claims.toml").read_text("utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert [row for row in rows if re.search(r"==|>=|<=|\blambda\b|\band\b.*\bor\b", row)] == []


def test_every_fault_of_a_catalogue_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(
        """
[[claim]]
id = "a"
paragraph = "voting"
kind = "observation"
label = "a"
upheld_by = { no_such_question = ["yes"], full_access = ["often"] }
[[claim]]
id = "b"
paragraph = "voting"
kind = "feeling"
label = "b"
[[claim]]
id = "c"
paragraph = "conclusion"
kind = "assessment"
label = "c"
supported_by = ["d"]
""",
        "utf-8",
    )
    with pytest.raises(Faults) as caught:
        load_claims(path)
    said = "\n".join(fault.says for fault in caught.value.faults)
    assert "no form asks 'no_such_question'" in said
    assert "'often' is no answer to 'full_access'" in said
    assert "claim b: kind" in said
    assert "'d', which is no claim" in said
    path.write_text("claim = 1", "utf-8")
    with pytest.raises(Faults):
        load_claims(path)
