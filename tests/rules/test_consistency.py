"""The defects that real statements were published with, each caught; and the seed's own text, whole."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from ieom.folder.names import load_names
from ieom.rules import consistency
from ieom.rules.consistency import Record, Slip
from ieom.settings import ROOT

PUBLISHED = (ROOT / "tests" / "published" / "2020-08-12.txt").read_text("utf-8")
RELEASE, _, STATEMENT = PUBLISHED.partition("presented here below.")
STATES = ["Republic of Azerbaijan", "Kyrgyz Republic", "Republic of Turkey", "Republic of Uzbekistan"]
SEED = Record(
    persons={"Rashad Mammadov": "H.E.", "Konstantin Petrov": "Mr.", "Malika Bekturova": "Ms."},
    dates=frozenset({date(2020, 8, 11), date(2020, 8, 12)}),
    places={"Nur-Sultan": 1},
    numbers=frozenset({5}),
    states=frozenset(STATES),
    observed=True,
    names=load_names(),
    on=date(2020, 8, 12),
    titles={
        "Rashad Mammadov": "Ambassador Extraordinary and Plenipotentiary of the Republic of Azerbaijan in the Republic of Kazakhstan"
    },
)


def record(**more: Any) -> Record:
    return dataclasses.replace(SEED, **more)


def found(text: str, known: Record = SEED) -> list[tuple[str, str]]:
    return [(slip.code, slip.found) for slip in consistency.check(text, known)]


def test_the_published_press_release_has_exactly_these_defects() -> None:
    assert found(RELEASE) == [
        ("name", "Observation Mission"),
        ("address", "Mr. Rashad Mammadov"),
        (
            "title",
            "Ambassador Extraordinary and Plenipotentiary of the Republic of Azerbaijan to the Republic of Kazakhstan",
        ),
        ("stations", "several polling stations"),
        ("base", "polling station"),
        ("grammar", "Elections ... was"),
    ]


def test_the_published_statement_has_exactly_these_defects() -> None:
    assert found(STATEMENT) == [
        ("name", "International Observation Mission"),
        ("name", "International Election Observer Mission"),
        ("address", "Miss Malika Bekturova"),
        ("base", "polling station"),
        ("name", "Turkic Council delegation"),
        ("name", "We"),
        ("grammar", "Elections ... was"),
        (
            "twice",
            "Counting of ballots and announcement of results were conducted in time according to the national election legislation.",
        ),
    ]


def test_the_published_release_does_not_say_what_the_published_statement_says() -> None:
    slips = consistency.against_statement(RELEASE, STATEMENT, states=STATES)
    assert [(slip.code, slip.found) for slip in slips] == [
        ("delegation", "representatives"),
        ("delegation", "officials"),
        ("address", "Mr. Rashad Mammadov"),
        ("address", "Ms. Malika Bekturova"),
        ("conclusion", "open"),
        ("hope", "results of the elections would further contribute to increasing welfare in the country"),
        ("stations", "several polling stations"),
        ("period", "11 August 2020"),
    ]


def test_a_wrong_year_is_found_and_the_right_one_offered() -> None:
    """Kazakhstan 2021: '10 January 2020'."""
    known = record(dates=frozenset({date(2021, 1, 10)}), on=date(2021, 1, 10))
    slips = consistency.check("The Mission met the authorities on 10 January 2020.", known)
    assert slips == [Slip("date", "10 January 2020", "no record has this date; 10 January 2021 is meant?")]
    assert consistency.check("The Mission met the authorities on 10 January 2021.", known) == []


def test_a_day_that_is_not_in_the_calendar_is_found() -> None:
    assert found("It met on 31 June 2020.") == [("date", "31 June 2020")]


def test_a_turnout_and_cities_carried_over_from_the_mission_before_are_found() -> None:
    """Türkiye, November 2015."""
    known = record(places={"Istanbul": 34}, on=date(2015, 11, 1))
    text = "In the above-mentioned cities 34 polling stations were visited. The turnout was 86.62 %."
    assert found(text, known) == [
        ("percentage", "86.62 %"), ("carried_over", "above-mentioned cities"), ("carried_over", "turnout was 86.62 %"),
    ]  # fmt: skip


def test_sums_by_city_that_are_not_the_stated_total_are_found() -> None:
    """Türkiye, June 2015: 57, 35, 12 and 18 make 122."""
    known = record(places={"Istanbul": 57, "Izmir": 35, "Trabzon": 12, "Van": 18}, on=date(2015, 6, 7))
    text = "The Mission visited {} polling stations: 57 in Istanbul, 35 in Izmir, 12 in Trabzon and 18 in Van."
    assert found(text.format(122), known) == []
    assert found(text.format(120), known) == [("stations", "120 polling stations"), ("sum", "57 + 35 + 12 + 18")]


def test_a_midday_count_and_a_choice_called_random_are_found() -> None:
    """Kazakhstan 2024: 17 stations was the figure of midday, and no record says how they were chosen."""
    known = record(places={"Astana": 24}, on=date(2024, 10, 6))
    assert found("The Mission visited 17 randomly selected polling stations.", known) == [
        ("stations", "17 randomly selected polling stations"), ("sample", "randomly selected"),
    ]  # fmt: skip
    assert found("The Mission visited 17 polling stations.", known) == [("stations", "17 polling stations")]
    assert found("The Mission visited 24 polling stations.", known) == []


def test_a_delegation_described_differently_is_found() -> None:
    """Kyrgyzstan, April 2021: the Secretariat was in the statement only."""
    release = "The delegation was composed of representatives of the Republic of Azerbaijan."
    statement = "The Mission was composed of representatives of the Republic of Azerbaijan, the Republic of Turkey and the Secretariat."
    slips = consistency.against_statement(release, statement, states=["Republic of Azerbaijan", "Republic of Turkey"])
    assert [(slip.code, slip.found) for slip in slips] == [
        ("delegation", "Republic of Turkey"),
        ("delegation", "Secretariat"),
    ]


def test_a_conclusion_without_any_recorded_observation_is_found() -> None:
    """Kazakhstan, Senate 2017."""
    text = "The elections were open, transparent and fully in line with national law."
    assert found(text, record(observed=False)) == [("no_observation", text)]
    assert found(text) == []


def test_a_percentage_without_its_base_is_found() -> None:
    assert found("Voting was calm in 98 per cent of visits.") == [("percentage", "98 per cent")]
    assert found("Voting was calm in 98 per cent of visits (49 of 50).") == []


def test_people_and_places_that_no_record_has_are_found() -> None:
    assert found("The Mission met Mr. Someone Unknown in Nur-Sultan.") == [("person", "Someone Unknown")]
    assert found("The Mission observed in Almaty.") == [("place", "Almaty")]
    assert found("The Mission had seven observers.") == [("number", "seven observers")]


def test_one_name_for_a_body_and_the_name_of_the_day() -> None:
    assert found("It met the Central Electoral Commission in Astana.") == [
        ("name", "Central Electoral Commission"), ("name", "Astana"),
    ]  # fmt: skip


def test_a_number_that_the_statement_does_not_have_and_a_day_that_it_does_not_have_are_found() -> None:
    statement = "The Mission observed the elections on 12 August 2020 at 14 polling stations."
    slips = consistency.against_statement(
        "The Mission visited 16 polling stations and spoke on 13 August 2020.", statement, states=[]
    )
    assert [slip.code for slip in slips] == ["stations", "date"]


def test_the_day_of_the_press_conference_is_the_releases_own() -> None:
    statement = "The Mission observed the elections on 12 August 2020."
    release = "It presents its statement on 13 August 2020. It spoke on 14 August 2020."
    slips = consistency.against_statement(release, statement, states=[], presented=date(2020, 8, 13))
    assert [(slip.code, slip.found) for slip in slips] == [("date", "14 August 2020")]


def test_numbers_of_stations_by_phase_may_be_said_and_no_others() -> None:
    known = record(places={"Nur-Sultan": 40}, by_phase=frozenset({8, 10, 40}))
    text = "The Mission observed at 40 polling stations. It observed the count at {} polling stations."
    assert found(text.format("eight"), known) == []
    assert found(text.format("nine"), known) == [("stations", "nine polling stations")]


def test_two_findings_in_like_words_are_no_repetition_and_two_loose_sentences_are() -> None:
    one = "The Mission observed group or family voting at one of the places."
    other = "The Mission observed violence or threats at one of the places."
    assert [slip.code for slip in consistency.check(f"{one} {other}", SEED)] == ["twice"]
    assert consistency.check(f"{one} {other}", SEED, apart={one, other}) == []
    assert [slip.code for slip in consistency.check(f"{one} {other}", SEED, apart={one})] == ["twice"]


@pytest.mark.parametrize("text", ["", "The full text of the statement is presented below."])
def test_nothing_wrong_is_found_where_nothing_is_said(text: str) -> None:
    assert found(text) == []
    assert consistency.against_statement(text, text, states=STATES) == []
