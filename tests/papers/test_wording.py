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
from ieom.rules.evidence import Claim, Verdict, VerdictKind
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
        "forms_by_kind": [{"on": "the opening", "count": stations}], "forms_said": [f"{stations} on the opening"],
        "one_of_each": not several, "phases_missing": [], "cut_off": "16:00 on 12 August 2020", "visited_phrase": "",
        "preliminary": False, "scope_overridden": False, "press_after_close": True, "meeting_count": 2,
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
        and claim.id not in {"citizen_observers", "tabulation_in_time"}
    ):
        said_figures = "the one" if answered == 1 else f"{1 if kind is M else 14} of 14"
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
    assert mixed(25_000).endswith("in less than 0.1 per cent of visits (1 of 25000).")


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
