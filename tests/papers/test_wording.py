"""Every claim, every verdict, one station or several: the words are there, in English that agrees with itself."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ieom.errors import BadInput
from ieom.folder.claims import load_claims
from ieom.papers import wording
from ieom.rules.evidence import Claim, Verdict, VerdictKind, verdict_of
from ieom.settings import settings

CLAIMS = load_claims()
OBSERVED = [claim for claim in CLAIMS if claim.kind in {"observation", "assessment"} or claim.irregularity]
U, C, M, N = VerdictKind.UPHELD, VerdictKind.CONTRADICTED, VerdictKind.MIXED, VerdictKind.UNOBSERVED


def facts(stations: int = 1, **more: Any) -> dict[str, Any]:
    several = stations > 1
    return {
        "organisation": "Cooperation Council of Turkic Speaking States", "organisation_short": "Turkic Council",
        "organisation_running": "the Cooperation Council of Turkic Speaking States",
        "election": "Elections of Deputies of the Senate", "vote": "the elections", "voters": "electors",
        "host": "the Republic of Kazakhstan", "people": "people of Kazakhstan", "days": "12 August 2020",
        "legal": {}, "sources": {}, "members": [SimpleNamespace()] * 5, "states": ["the Kyrgyz Republic", "the Republic of Turkey"],
        "embassies": True, "secretariat": False, "head": {"styled": "H.E. Rashad Mammadov", "title": "Ambassador"},
        "stations": stations, "cities": ["Nur-Sultan", "Almaty"] if several else ["Nur-Sultan"], "forms_total": 4 * stations,
        "forms_by_kind": [{"on": "the opening", "count": stations}], "few_forms": stations < 13,
        "one_of_each": not several, "phases_missing": [], "parts": ["the opening", "the voting", "the count"], "whole": True, "several": True, "cut_off": "16:00 on 12 August 2020", "visited_phrase": "",
        "preliminary": False, "scope_overridden": False, "press_after_close": True, "meeting_count": 2, "meetings_told": 2,
        "meeting_days": [{"day": "11 August 2020", "people": ["Mr. Konstantin Petrov, Deputy Chairman", "Ms. Malika Bekturova"]}],
        "bodies": ["the Central Election Commission"], "topics": ["the campaign"], **more,
    }  # fmt: skip


def verdict(claim: Claim, kind: VerdictKind, answered: int) -> Verdict:
    n = {U: answered, C: 0, M: answered - 1, N: 0}[kind]
    against = {U: 0, C: answered, M: 1, N: 0}[kind]
    base = claim.base if claim.kind == "observation" else "forms"
    return Verdict(claim.id, kind, n, against, base)


def all_upheld(stations: int) -> dict[str, Verdict]:
    return {
        claim.id: verdict(claim, U, 1 if stations == 1 else 3 * stations)
        for claim in CLAIMS
        if not claim.irregularity or claim.upheld_by
    }


def said(found: list[dict[str, Any]]) -> dict[str, str]:
    return {claim: s["text"] for one in found for s in one["sentences"] for claim in s["claims"]}


@pytest.mark.parametrize(
    ("claim", "kind", "stations"),
    [
        pytest.param(claim, kind, stations, id=f"{claim.id}-{kind}-{stations}")
        for claim, kind, stations in itertools.product(OBSERVED, VerdictKind, (1, 12))
        if not (kind is M and stations == 1)
    ],
)
def test_each_verdict_of_each_claim_has_its_words(claim: Claim, kind: VerdictKind, stations: int) -> None:
    answered = 1 if stations == 1 else 14
    found = wording.paragraphs(
        facts(stations, sources={"media_coverage": "a review"}),
        CLAIMS,
        {**all_upheld(stations), claim.id: verdict(claim, kind, answered)},
    )
    text = said(found).get(claim.id, "")
    silent = kind is N or (claim.paragraph == "irregularities" and kind is U)
    silent = silent or (claim.id == "station_opened" and kind is U)
    proposed_only_when_upheld = {
        "reinforces_legitimacy",
        "media_contributes",
        "observed_count",
        "attended_opening",
        "observed_tabulation",
    }
    if silent or (claim.id in proposed_only_when_upheld and kind is not U):
        assert text == "" or claim.kind == "courtesy" or claim.id == "scope"
        return
    if claim.kind == "courtesy":
        return
    assert text.endswith(".")
    assert "  " not in text
    if (
        kind in {C, M}
        and claim.kind != "assessment"
        and claim.upheld_by
        and claim.id not in {"citizen_observers", "station_opened"}
    ):
        alone = stations == 1 and verdict(claim, kind, 1).base in {"stations", "forms"}
        one = "at the polling station" if alone else "the one"
        said_figures = one if answered == 1 else f"{1 if kind is M else 14} of 14"
        assert said_figures in text, text
    if stations == 1 and kind is U:
        assert "stations" not in text, "one station is never several"
    if kind in {C, M} and claim.kind != "assessment":
        assert not re.search(r"\bno (serious|campaign|attempt|evidence)\b|did not find any", text)


def test_many_stations_are_never_the_one_station() -> None:
    text = " ".join(said(wording.paragraphs(facts(12), CLAIMS, all_upheld(12))).values())
    assert not re.search(r"\bthe polling station\b(?! officials)|\bone polling station\b", text)
    assert "at twelve polling stations in Nur-Sultan and Almaty" in text


def test_figures_are_counts_below_thirty_and_percentages_with_their_base_from_thirty_on() -> None:
    claim = next(one for one in CLAIMS if one.id == "no_campaign_activity")

    def mixed(answered: int) -> str:
        return said(wording.paragraphs(facts(12), CLAIMS, {claim.id: verdict(claim, M, answered)}))[claim.id]

    assert mixed(29) == "The Mission observed campaign activities nearby in 1 of 29 visits."
    assert mixed(30) == "The Mission observed campaign activities nearby in 3.3 per cent of visits (1 of 30)."
    assert mixed(25_000).endswith("in less than 0.1 per cent of visits (1 of 25,000).")


@pytest.mark.parametrize(
    ("opened", "on_time", "words"),
    [
        ((1, 0), (1, 0), "the Mission attended the opening of the polling station in Nur-Sultan. It opened on time."),
        ((1, 0), (0, 1), "attended the opening of the polling station in Nur-Sultan. The opening was late at the polling station."),
        ((0, 1), (0, 0), "was present for the opening of the polling station in Nur-Sultan. It had not opened when the Mission's observers left."),
        ((3, 0), (3, 0), "attended the opening of three polling stations. They opened on time."),
        ((2, 1), (2, 0), "three polling stations. One of 3 polling stations had not opened when the Mission's observers left. The others opened on time."),
        ((1, 1), (1, 0), "two polling stations. One of 2 polling stations had not opened when the Mission's observers left. The other opened on time."),
        ((2, 0), (1, 1), "two polling stations. The opening was late at 1 of 2 polling stations."),
    ],
)  # fmt: skip
def test_a_late_opening_and_none_at_all_are_told_apart(
    opened: tuple[int, int], on_time: tuple[int, int], words: str
) -> None:
    def counted(claim: str, n: int, against: int) -> Verdict:
        return Verdict(claim, verdict_of(n, against), n, against, "stations")

    told = {
        "attended_opening": counted("attended_opening", sum(opened), 0),
        "station_opened": counted("station_opened", *opened),
        "opening_on_time": counted("opening_on_time", *on_time),
    }
    made = wording.paragraphs(facts(1 if sum(opened) == 1 else 12), CLAIMS, told)
    assert words in next(one["text"] for one in made if one["key"] == "opening")


@pytest.mark.parametrize(
    ("forms", "words"),
    [
        ({"the voting": 1}, "rest on one form of its observers, on the voting, received"),
        ({"the voting": 2}, "rest on two forms of its observers, both on the voting, received"),
        ({"the voting": 1, "the count": 1}, "rest on two forms of its observers (one each on the voting and the count), received"),
        ({"the voting": 3, "the count": 1}, "rest on four forms of its observers (three on the voting and one on the count), received"),
        ({"the voting": 1400, "the count": 8}, "rest on 1,408 forms of its observers (1,400 on the voting and 8 on the count), received"),
    ],
)  # fmt: skip
def test_what_the_findings_rest_on_is_said_in_one_breath(forms: dict[str, int], words: str) -> None:
    told = facts(
        12, forms_total=sum(forms.values()), forms_by_kind=[{"on": on, "count": n} for on, n in forms.items()],
        few_forms=max(forms.values()) < 13, one_of_each=set(forms.values()) == {1},
    )  # fmt: skip
    scope = Verdict("scope", U, sum(forms.values()))
    assert words in said(wording.paragraphs(told, CLAIMS, {"scope": scope}))["scope"]


@pytest.mark.parametrize(
    ("members", "states", "words"),
    [
        (1, ["the Kyrgyz Republic"], "one observer, a representative of the embassy of the Kyrgyz Republic, a member state of the Turkic Council, accredited to"),
        (2, ["the Kyrgyz Republic"], "two observers, representatives of the embassy of the Kyrgyz Republic, a member state of the Turkic Council"),
        (2, ["the Kyrgyz Republic", "the Republic of Turkey"], "two observers, representatives of the embassies of the Turkic Council member states (the"),
    ],
)  # fmt: skip
def test_a_delegation_of_one_is_a_representative(members: int, states: list[str], words: str) -> None:
    told = facts(members=[SimpleNamespace()] * members, states=states)
    made = said(wording.paragraphs(told, CLAIMS, {"composition": Verdict("composition", U, members)}))
    assert words in made["composition"]


def test_one_station_is_spoken_of_as_the_polling_station_also_when_something_was_wrong_there() -> None:
    bad = {claim.id: verdict(claim, C, 1) for claim in CLAIMS if claim.upheld_by}
    text = " ".join(said(wording.paragraphs(facts(1), CLAIMS, bad)).values())
    assert "polling stations" not in text
    assert "The results were not announced and posted at the polling station." in text


def test_the_conclusion_points_to_irregularities_wherever_they_stand() -> None:
    late = {**all_upheld(12), "opening_on_time": Verdict("opening_on_time", M, 2, 1, "stations")}
    assert (
        "apart from the irregularities noted above" in said(wording.paragraphs(facts(12), CLAIMS, late))["conclusion"]
    )
    clean = said(wording.paragraphs(facts(12), CLAIMS, all_upheld(12)))["conclusion"]
    assert "apart from" not in clean


@pytest.mark.parametrize(
    ("parts", "several", "words"),
    [
        (["the voting"], True, "observation of the voting at one polling station in Nur-Sultan, the Mission affirms that this part of the elections, as far as it observed it, was open"),
        (["the opening", "the voting"], True, "that these parts of the elections, as far as it observed them, were open"),
        (None, False, "affirms that the Early Presidential Election, as far as it observed it, was open"),
        (None, True, "affirms that the Elections of Deputies of the Senate, as far as it observed them, were open"),
    ],
)  # fmt: skip
def test_the_conclusion_speaks_of_what_was_observed_and_agrees_with_the_title(
    parts: list[str] | None, several: bool, words: str
) -> None:
    told = facts(several=several) if several else facts(several=False, election="Early Presidential Election")
    told |= {"parts": parts, "whole": False} if parts else {}
    text = said(wording.paragraphs(told, CLAIMS, all_upheld(1)))["conclusion"]
    assert words in text
    lifted = said(wording.paragraphs({**told, "scope_overridden": True}, CLAIMS, all_upheld(1)))["conclusion"]
    assert f"affirms that the {told['election']} {'were' if several else 'was'} open" in lifted


def test_a_preliminary_statement_says_nothing_of_the_count() -> None:
    found = wording.paragraphs(facts(1, preliminary=True), CLAIMS, all_upheld(1))
    assert "count" not in {one["key"] for one in found}
    assert not {claim.id for claim in CLAIMS if claim.count} & set(said(found))
    assert said(found)["scope"].startswith("This statement is preliminary")


def test_a_supplement_speaks_of_the_count_alone() -> None:
    verdicts = {
        **all_upheld(1),
        "no_vote_buying": Verdict("no_vote_buying", C, 0, 1, "visits"),
        "seals_intact": Verdict("seals_intact", C, 0, 1, "stations"),
    }
    found = wording.paragraphs(facts(1), CLAIMS, verdicts, kind="supplement")
    assert [one["key"] for one in found] == ["supplements", "scope", "count", "irregularities"]
    assert "no_vote_buying" not in said(found)


def test_a_legal_clause_stands_only_with_a_named_article() -> None:
    without = said(wording.paragraphs(facts(), CLAIMS, all_upheld(1)))
    named = said(wording.paragraphs(facts(legal={"observer_conditions": "Article 20-2"}), CLAIMS, all_upheld(1)))
    assert without["observer_conditions"].startswith("The conditions")
    assert "law" not in without["count_in_time"]
    assert named["observer_conditions"].startswith("In line with Article 20-2, the conditions")


def test_what_observers_can_not_have_seen_stands_only_with_a_named_source() -> None:
    without = said(wording.paragraphs(facts(), CLAIMS, all_upheld(1)))
    assert "media_coverage" not in without
    assert "pandemic" not in without["conclusion"]
    sources = {"media_coverage": "press review", "held_in_pandemic": "WHO"}
    named = said(wording.paragraphs(facts(sources=sources), CLAIMS, all_upheld(1)))
    assert "(source: press review)" in named["media_coverage"]
    assert "COVID-19" in named["conclusion"]


def test_every_irregularity_of_the_catalogue_has_words() -> None:
    words = wording.tables()["irregularities"]
    assert {claim.id for claim in CLAIMS if claim.paragraph == "irregularities"} == set(words)


def test_a_template_that_uses_a_missing_fact_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = facts()
    del told["host"]
    with pytest.raises(
        BadInput, match=r"templates/statement/en/composition\.j2 uses a fact that there is not: 'host' is undefined"
    ):
        wording.paragraphs(told, CLAIMS, all_upheld(1))
    assert settings().templates_dir.is_dir()


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C"),
        (["A, of X", "B"], "A, of X, and B"), (["A, of X", "B, of Y", "C"], "A, of X; B, of Y; and C"),
    ],
)  # fmt: skip
def test_things_are_listed_so_that_a_reader_can_tell_them_apart(items: list[str], words: str) -> None:
    assert wording.listed(items) == words
