from datetime import date

import pytest
from pydantic import ValidationError

from ieom.folder.names import load_names
from ieom.rules.names import LANGUAGES, Names
from ieom.settings import ROOT

DAY = date(2020, 8, 12)


@pytest.fixture(scope="module")
def names() -> Names:
    return load_names(ROOT / "config" / "names.toml")


@pytest.mark.parametrize(
    ("code", "on", "official"),
    [
        ("TR", date(2022, 5, 31), "Republic of Turkey"),
        ("TR", date(2022, 6, 1), "Republic of Türkiye"),
        ("KG", DAY, "Kyrgyz Republic"),
        ("nur-sultan", date(2019, 3, 22), "Astana"),
        ("nur-sultan", date(2019, 3, 23), "Nur-Sultan"),
        ("nur-sultan", date(2022, 9, 16), "Nur-Sultan"),
        ("nur-sultan", date(2022, 9, 17), "Astana"),
        ("turkic-council", DAY, "Cooperation Council of Turkic Speaking States"),
        ("turkic-council", date(2021, 11, 12), "Organization of Turkic States"),
        ("tr-embassy", DAY, "Embassy of the Republic of Turkey in the Republic of Kazakhstan"),
    ],
)
def test_a_name_is_that_of_its_day(names: Names, code: str, on: date, official: str) -> None:
    assert names.official(code, on=on) == official


def test_a_name_stands_in_a_sentence_with_its_article_and_its_phrases(names: Names) -> None:
    assert names.running("KG", on=DAY) == "the Kyrgyz Republic"
    assert names.phrase("AZ", "en", "of", on=DAY) == "of the Republic of Azerbaijan"
    assert names.phrase("KZ", "kk", "of", on=DAY) == "Қазақстан Республикасының"
    assert names.phrase("nur-sultan", "ru", "in", on=DAY) == "в Нур-Султане"


def test_a_language_without_a_name_falls_back_to_english_and_says_so(names: Names) -> None:
    name = names.name("az-embassy", "ky", on=DAY)
    assert (name.language, name.official) == ("en", names.official("az-embassy", on=DAY))
    assert not names.spoken("az-embassy", "ky", on=DAY)
    assert names.spoken("KG", "ky", on=DAY)


def test_a_phrase_that_a_language_does_not_write_down_is_english_rather_than_guessed(names: Names) -> None:
    assert names.phrase("AZ", "uz", "of", on=DAY) == "of the Republic of Azerbaijan"


def test_every_state_of_the_organisation_has_a_name_in_english_turkish_and_russian(names: Names) -> None:
    for code in ("AZ", "KZ", "KG", "TR", "UZ", "HU", "TM"):
        for language in ("en", "tr", "ru"):
            assert names.spoken(code, language, on=DAY), (code, language)


def test_precedence_is_the_organisations_whatever_order_codes_come_in(names: Names) -> None:
    assert names.precedence(["UZ", "TR", "KG", "AZ", "KZ"]) == ["AZ", "KZ", "KG", "TR", "UZ"]
    assert names.precedence(["TR", "UZ", "AZ", "KG"], "tr") == ["AZ", "KG", "UZ", "TR"]
    assert names.precedence(["UZ", "KG"], "ru") == ["KG", "UZ"]


def test_a_state_that_no_list_has_comes_after_those_listed(names: Names) -> None:
    assert names.precedence(["XX", "UZ", "AZ"]) == ["AZ", "UZ", "XX"]


def test_wrong_names_are_found_and_right_ones_that_hold_them_are_not(names: Names) -> None:
    text = (
        "The Turkic Council International Election Observation Mission met the Central Electoral Commission. "
        "The International Observation Mission and the Observer Mission visited Astana in the Republic of Türkiye."
    )
    found = [(slip.found, slip.right) for slip in names.slips(text, on=DAY)]
    assert found == [
        ("Central Electoral Commission", "Central Election Commission of the Republic of Kazakhstan"),
        ("International Observation Mission", "International Election Observation Mission"),
        ("Observer Mission", "International Election Observation Mission"),
        ("Astana", "Nur-Sultan"),
        ("Republic of Türkiye", "Republic of Turkey"),
    ]
    assert all(text[slip.start : slip.end] == slip.found for slip in names.slips(text, on=DAY))


def test_the_published_names_of_the_day_are_no_slips(names: Names) -> None:
    text = "the Republic of Turkey, the Kyrgyz Republic, the Cooperation Council of Turkic Speaking States, Nur-Sultan"
    assert names.slips(text, on=DAY) == []


def test_the_longest_name_is_the_one_meant_and_a_name_that_still_holds_is_none(names: Names) -> None:
    assert [slip.found for slip in names.slips("the Akimat of Astana city", on=DAY)] == ["Akimat of Astana city"]
    assert names.slips("Hungary and Turkey", on=DAY) == [], "the former Republic of Hungary had the same short name"


def test_an_unknown_code_says_where_to_add_it(names: Names) -> None:
    with pytest.raises(KeyError, match=r"names\.toml"):
        names.official("zz-cec", on=DAY)


def test_a_name_that_was_written_out_stands_as_it_is_written_on_every_day(names: Names) -> None:
    body = "the National Assembly of Atlantis"
    assert body in names
    assert "kz-parliment" not in names
    assert "QQ" not in names
    assert "" not in names
    for day in (DAY, date(1990, 1, 1)):
        assert names.running(body, "tr", on=day) == body
        assert names.official(body, on=day) == "National Assembly of Atlantis"
        assert names.phrase(body, "en", "of", on=day) == f"of {body}"
    assert not names.spoken(body, "tr", on=DAY)


def test_a_day_without_a_name_is_no_name(names: Names) -> None:
    with pytest.raises(KeyError, match="1990-01-01"):
        names.official("bishkek", on=date(1990, 1, 1))


def entry(**names: list[dict[str, object]]) -> dict[str, object]:
    return {"entries": {"X": {"kind": "city", "names": names}}}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (entry(en=[{"official": "A"}, {"official": "B", "from": date(2020, 1, 1)}]), "hold on the same day"),
        (entry(tr=[{"official": "A"}]), "no English name"),
        (entry(en=[{"official": "A"}], fr=[{"official": "A"}]), "'fr' is not one of"),
        (entry(en=[{"official": "A", "from": date(2020, 1, 1), "until": date(2019, 1, 1)}]), "turn them round"),
        (entry(en=[{"official": "A", "from": 5}]), "write a date"),
        ({"entries": {}, "precedence": {"en": ["QQ"]}}, "has no entry"),
        ({"entries": {}, "presedence": {}}, "Extra inputs"),
    ],
)
def test_a_names_file_that_contradicts_itself_is_refused(data: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Names.model_validate(data)


def test_nine_languages_are_known() -> None:
    assert set(LANGUAGES) == {"en", "tr", "az", "kk", "ky", "uz", "tk", "hu", "ru"}
