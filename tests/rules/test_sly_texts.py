"""Findings that are written so as to pass, and plain texts that are to pass."""

from __future__ import annotations

import pytest

from ieom.rules import own_text
from ieom.rules.assessing import assessments
from ieom.rules.lettering import hidden, unfit

SLY = {
    "en": (
        "The Mission’s view: every voter could cast a ballot and keep it for himself.", "Observers in Nur-Sultan saw how it was.",
        "The vote is beyond doubt.", "Kazakhstan can be proud of this day.", "The Mission tells that nobody was sent home.",
        "Queues, torn seals and pressure: that is what the day brought.", "The win belongs to the people.",
        "The elections are valid.", "The elections are null and void.", "The Mission congratulates Kazakhstan.",
        "Forty-eight of forty-nine electors came to the Mission.", "The press was told of a ninety-eight per cent participation.",
        "Everything went well, the Mission says.", "The law was respected, the press release says.",
        "The electoral code has been kept, the head of the Mission says.", "The Mission has no remarks.",
        "The Mission received no complaints.", "The Mission takes note of nothing out of the ordinary.",
        "Die Mission war mit den Wahlen zufrieden, sie waren fair.", "The ballot was stolen, the Mission says.",
        "The Mission speaks of an election day with no one turned away.", "The Mission stands before a f.a.i.r election.",
        "The Mission stands before a fáir election.", "The press saw the secrecy of the vote.", "All is as it should be.",
        "The Mission leaves with a clear conscience.", "The Mission speaks of a model election.", "The Mission endorses the elections.",
        "After the elections the Mission rejects the outcome.", "The Mission backs the count.", "The Mission has doubts about the ballots.",
        "The press met a festive mood at the polls.", "The statement of the Mission is a vote for the elections.",
        "Observers report long lines.", "The Mission sees the polls in a rosy light.", "The Mission adores these elections.",
        "The Mission thanks the voters who voted peacefully.", "The Mission: the polls closed.",
        "The Mission will call for a rerun.", "The Mission will condemn it on 12 August.",
    ),
    "ru": (
        "Миссия считает, что выборы прошли.", "Закон соблюдён, заявила Миссия.", "У Миссии замечаний нет.",
        "Выборы состоялись, сообщает пресс-служба.", "Миссия сообщает: голосование честно.", "Миссия: голосование организованно.",
        "Миссия: фальсификации и вбросы.", "Миссия: сорок восемь из сорока девяти проголосовали.",
        "Все как надо.", "Миссия: elections Were Free And Fair.",
        "Миссия поздравит народ Казахстана.",
    ),
    "tr": (
        "Heyet, seçimlerin düzgün olduğunu açıkladı.", "Heyete göre seçimler yasalara göre yapıldı.", "Heyet: ŞEFFAF SEÇİM",
        "Heyetin şikâyeti yok.", "Heyet: secimler ozgur ve adil.", "The elections of the heyet were free and fair.", "Ne güzel gün.",
    ),
    "az": ("Missiya razı qayıdır.", "Missiya: seçkilər keçirildi.", "Missiya: azad, ədalətli.", "Missiyanın sözü: qanuna əməl olundu.", "Missiya: sakit gün."),
    "kk": ("Миссия дауыс беруге разы.", "Миссия: сайлау өтті.", "Миссия: еркін және әділ.", "Миссия: заң бұзылмады.", "Миссия: тыныш күн."),
    "ky": ("Миссия ыраазы кайтууда.", "Миссия: шайлоо өттү.", "Миссия: эркин жана адилет.", "Миссия: мыйзам бузулган жок.", "Миссия: тынч күн."),
    "uz": ("Missiya: saylov boʻlib oʻtdi.", "Missiya: erkin, adolatli.", "Миссия: сайлов шаффоф.", "Missiya: tinch kun."),
    "tk": ("Missiýa: saýlawlar geçirildi.", "Missiýa: erkin we adalatly.", "Missiýa: kanun bozulmady.", "Missiýa: asuda gün."),
    "hu": ("A misszió: a választás lezajlott.", "A misszió szerint szabad és tisztességes.", "A missziónak nincs panasza.",
           "A misszió: nyugodt nap."),
}  # fmt: skip
PLAIN = {
    "en": (
        "The Organization of Turkic States sends an observation mission of 13 members to Kazakhstan.",
        "Media advisory: press conference of the Mission on 12 August 2020",
        "Place: Hilton Hotel, Saryarka Avenue 1, Nur-Sultan",
        "Interpretation is provided in Kazakh, Russian and English.",
        "Journalists need a valid press card and are asked to arrive by 19:30.",
        "The Mission thanks the Ministry of Foreign Affairs for its invitation.",
        "The head of the Mission answers questions after the presentation.",
        "Contact: press office of the Mission, press@turkic-council.example, +90 212 555 01 44",
        "The Mission was deployed on 10 August 2020 and remains in the country until 14 August 2020.",
        "The Mission will observe the opening, the voting and the count on 12 August 2020.",
        "Admission to the press conference is free of charge; accreditation closes on 11 August 2020 at 18:00.",
        "A text that circulates in the media is not a statement of the Mission.",
        "The statement can be found on the website of the Turkic Council.",
        "The Mission was invited by the Central Election Commission of Kazakhstan.",
        "The Mission is impartial and independent and does not comment before its statement.",
        "The Mission arrived in Nur-Sultan at the invitation of the Central Election Commission to observe the Elections of Deputies "
        "of the Senate, to be held on 12 August 2020.",
        "On election day the press office can be reached at +90 212 555 01 44.", "The day after the elections the Mission leaves.",
        "The Mission releases its statement after the last polling station has closed.",
        "The Mission does not interfere in the electoral process.", "The Mission was established by the Secretary General.",
        "The delegation met representatives of the Ministry of Foreign Affairs.",
        "Photographs may be taken during the first five minutes of the press conference.",
        "The press conference is postponed from 20:00 to 21:00; the place remains the same.",
        "Ambassador Erkin Tokayev heads the delegation.",
    ),
    "ru": (
        "Миссия наблюдателей прибыла в Нур-Султан по приглашению Министерства иностранных дел.",
        "Миссия будет наблюдать за выборами, которые состоятся 12 августа 2020 года.",
        "Пресс-конференция Миссии начнётся 12 августа 2020 года в 20:00 в гостинице Hilton.",
        "Просим журналистов зарегистрироваться в пресс-службе Миссии до 11 августа 2020 года.",
        "Миссия представит своё заявление после закрытия избирательных участков.",
        "Миссия была приглашена для наблюдения за выборами депутатов Сената.", "Контакт: press@turkic-council.example",
    ),
    "tr": (
        "Türk Konseyi Gözlem Heyeti, Dışişleri Bakanlığının daveti üzerine Nur-Sultan’a geldi.",
        "Heyet 12 Ağustos 2020 tarihinde yapılacak seçimleri gözlemleyecek.",
        "Basın toplantısı 12 Ağustos 2020 günü saat 20.00’de Hilton Otelinde düzenlenecek.",
        "Gazetecilerin heyetin basın ofisine kayıt yaptırmaları rica olunur.",
        "Heyet, açıklamasını oy verme işlemi tamamlandıktan sonra kamuoyuna sunacak.", "Yer: Hilton Oteli, Nur-Sultan",
        "Heyet seçimleri gözlemlemek üzere davet edildi.",
    ),
    "az": ("Missiya 12 avqust 2020-ci il tarixində keçiriləcək seçkiləri müşahidə edəcək.",),
    "kk": ("Миссия 2020 жылғы 12 тамызда өтетін сайлауды бақылайды.", "Баспасөз конференциясы сағат 20:00-де басталады."),
    "ky": ("Миссия 2020-жылдын 12-августунда өтө турган шайлоого байкоо жүргүзөт.",),
    "uz": ("Missiya 2020-yil 12-avgust kuni oʻtkaziladigan saylovni kuzatadi.",
           "Миссия 2020 йил 12 август куни ўтказиладиган сайловни кузатади."),
    "tk": ("Missiýa 2020-nji ýylyň 12-nji awgustynda geçiriljek saýlawlara synçylyk eder.",),
    "hu": ("A misszió 2020. augusztus 12-én figyeli meg a választást.", "A sajtótájékoztató 20:00-kor kezdődik."),
}  # fmt: skip


@pytest.mark.parametrize(("language", "sentence"), [(code, one) for code, all_ in SLY.items() for one in all_])
def test_a_finding_in_other_words_is_found(language: str, sentence: str) -> None:
    assert assessments([sentence], language=language)


@pytest.mark.parametrize(("language", "sentence"), [(code, one) for code, all_ in PLAIN.items() for one in all_])
def test_a_plain_text_of_a_mission_passes(language: str, sentence: str) -> None:
    assert own_text.read(f"{sentence}\n\n{sentence}") == (sentence, [sentence])
    assert unfit(sentence, language) is None
    assert assessments([sentence], language=language) == []


def test_why_a_sentence_is_refused_is_said_with_its_own_letters() -> None:
    assert assessments(["Heyet: şeffaf."], language="tr") == [("Heyet: şeffaf.", "'şeffaf': it assesses")]
    (_, why), = assessments(["What a day."], language="en")  # fmt: skip
    assert why.startswith("it speaks neither of the Mission")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("f\u0430ir", "'f\u0430ir', whose letters are of two alphabets ('\u0430' is Cyrillic)"),
        ("св\u006fбодны", "('o' is Latin)"), ("f\u200bair", "U+200b zero width space"), ("trans\u00adparent", "U+00ad soft hyphen"),
        ("\u202eriaf", "U+202e right-to-left override"), ("\u2066x", "U+2066"), ("\ud800", "U+d800"), ("\ue000", "U+e000"),
        ("ｆａｉｒ", "only looks like a letter"), ("ƒair", "only looks like a letter"), ("𝐟air", "only looks like a letter"),
        ("ﬁne", "only looks like a letter"), ("Ⓕair", "only looks like a letter"), ("fɑir", "only looks like a letter"),
        ("f\u0336air", "a mark apart from its letter"), ("fa1r", "a word with a figure in it"), ("f a i r", "letters apart"),
        ("φair", "only looks like a letter"),
    ],
)  # fmt: skip
def test_what_is_not_seen_or_only_looks_like_a_letter_is_named_and_refused(written: str, says: str) -> None:
    for text in (f"The {written} election\n\nOne.", f"Title\n\nThe {written} election."):
        with pytest.raises(ValueError, match=r"^line \d holds ") as refused:
            own_text.read(text)
        assert says in str(refused.value)


def test_a_text_is_in_the_letters_of_its_language() -> None:
    assert unfit("Elections", "ru") == "it is in Latin letters; this language is written in Cyrillic ones"
    assert unfit("Миссия и fair выборы", "ru") == "'fair' is in Latin letters, and no name; write it in Cyrillic ones"
    assert unfit("Миссия в Hilton, press@turkic-council.example", "ru") is None
    for language in ("en", "tr", "az", "tk", "hu"):
        assert (
            unfit("The Mission and the выборы", language) == "'выборы' is in Cyrillic letters; write it in Latin ones"
        )
    for language in ("kk", "ky", "uz"):
        assert unfit("Миссия", language) is None
        assert unfit("Missiya", language) is None
        assert unfit("Missiya va выборы", language)


def test_joiners_stay_in_names_that_are_written_with_them_alone() -> None:
    for name in ("علی\u200cرضا", "क्\u200dष"):
        assert hidden(name) == []
    for text in ("f\u200cair", "\u200cعلی", "علی\u200e", "а\u200dб"):
        assert len(hidden(text)) == 1


@pytest.mark.parametrize(
    ("translated", "says"),
    [
        ("12 Ağustos 2020, saat 20:00", None),
        ("2020 ж. 12 тамыз, 20.00", None),
        ("20 Ağustos 2020, saat 12:00", "has the figure 12:00"),
        ("12 Ağustos 2020", "lacks the figure 20:00"),
        ("12 Ağustos 2020, saat 20:00, 20:00", "not so often"),
        ("１２ Ağustos 2020, saat 20:00", None),
        ("१३ Ağustos 2020, saat 20:00", "has the figure 13"),
    ],
)
def test_a_translation_has_the_figures_of_the_original_each_as_often(translated: str, says: str | None) -> None:
    found = own_text.unlike(["On 12 August 2020 at 20:00"], [translated])
    assert found == [] if says is None else says in found[0]
