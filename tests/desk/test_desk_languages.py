"""The desk's words come from catalogues: a translator's file is used as it is; where a word is missing it is English."""

from __future__ import annotations

import ast
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from desk import chronicle
from desk.web.pages import LANGUAGES, clock_at, words
from ieom.errors import BadInput
from ieom.folder.catalogues import catalogue, negotiated, speak
from ieom.records.accounts import Account
from ieom.records.base import begin
from ieom.settings import ROOT, settings


def test_a_translators_file_is_used_as_it_is_and_what_is_missing_is_english(
    desk_opened: Desk, engine: Engine, turkish: None
) -> None:
    with begin(engine) as session:
        session.get_one(Account, desk_opened.accounts["coordinator"]).language = "tr"
    page = desk_opened.coordinator.get(f"/missions/{SLUG}").text
    assert '<html lang="tr">' in page
    assert "Bugün beklenenler" in page
    assert "Owed today" not in page
    assert "What happened" in page
    assert "Bugün" not in desk_opened.drafter.get(f"/missions/{SLUG}").text


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"), ("de,tr;q=0.4", "tr"), ("en,tr;q=0.5", "en"), ("en;q=0.5, tr", "tr"), ("kk", "en"),
        ("tr; q=0.5, en; q=0.4", "tr"), ("tr;q=0", "en"), ("tr;q=much", "en"), ("", "en"), ("*", "en"), ("../tr", "en"), ("tr" + "," * 9000, "tr"),
    ],
)  # fmt: skip
def test_a_reader_without_an_account_is_spoken_to_as_the_browser_asks(
    accepted: str, spoken: str, turkish: None
) -> None:
    assert negotiated(accepted) == spoken


def test_a_catalogue_that_cannot_be_read_keeps_nobody_from_the_desk(
    desk_opened: Desk, engine: Engine, turkish: None, caplog: pytest.LogCaptureFixture
) -> None:
    (settings().templates_dir / "locale" / "tr" / "ieom.po").write_text("no catalogue", "utf-8")
    with begin(engine) as session:
        session.get_one(Account, desk_opened.accounts["coordinator"]).language = "tr"
    for page in (
        desk_opened.coordinator.get(f"/missions/{SLUG}"),
        desk_opened.stranger.get("/enter", headers={"accept-language": "tr"}),
    ):
        assert page.status_code == 200
        assert '<html lang="en">' in page.text
    assert "can't be read" in caplog.text


HEAD = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "To the text"
msgstr "Metne"

"""


@pytest.mark.parametrize(
    ("meant", "said", "stands"),
    [
        ("{name} is appointed.", "{name} atandı.", True), ("{name} is appointed.", "Atandı.", True),
        ("{name} is appointed.", "{ad} atandı.", False), ("{name} is appointed.", "{name atandı.", False),
        ("%(count)s forms", "%(count)s form", True), ("%(count)s forms", "%(sayi)s form", False),
        ("%(count)s forms", "%(count)s form, 100 %", False), ("Send it", "Gönder %", False),
    ],
)  # fmt: skip
def test_a_translation_that_would_break_its_sentence_stays_english(
    meant: str, said: str, stands: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tr").mkdir()
    (tmp_path / "tr" / "ieom.po").write_text(f'{HEAD}msgid "{meant}"\nmsgstr "{said}"\n', "utf-8")
    words = catalogue(tmp_path, "tr")
    assert words.gettext(meant) == (said if stands else meant)
    assert words.gettext("To the text") == "Metne"
    assert ("stays English" in caplog.text) != stands


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_be_chosen_before_it_is_translated(language: str) -> None:
    made = words(settings().templates_dir, language, "Asia/Almaty", "")
    assert made.from_string('{{ _("Timeline") }}').render() == "Timeline"


def test_what_happened_is_told_in_a_language_that_has_its_file_of_acts(turkish: None) -> None:
    file = settings().templates_dir / "acts" / "tr.toml"
    file.write_text('[acts]\nMemberAppointed = "{member} atandı"\nTeamCheckedIn = ""\n', "utf-8")

    def told() -> tuple[str, str, str]:
        speak("tr")
        said = chronicle.words()
        return said["MemberAppointed"], said["TeamCheckedIn"], chronicle.words("words")["clock"]

    english = chronicle.words()
    assert copy_context().run(told) == ("{member} atandı", "{team} checks in", chronicle.words("words")["clock"])
    assert english["MemberAppointed"] == chronicle.words()["MemberAppointed"] == "{member} is appointed"
    file.write_text('[acts]\nMemberAppointed = "{member atandı"\n', "utf-8")
    chronicle._words.cache_clear()
    with pytest.raises(BadInput, match=r"tr\.toml can't be read"):
        copy_context().run(told)


def unmarked(source: str) -> list[int]:
    """Lines on which `desk.done` or a module's own shorthand for it says a text that no translator sees."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in {"done", "_done", "_back"}:
            continue
        said = call.args[1:] + [one.value for one in call.keywords if one.arg == "said"]
        marked = {
            id(inner)
            for one in said
            for inner in ast.walk(one)
            if isinstance(inner, ast.Call)
            for inner in ast.walk(inner)
        }
        texts = [
            one.value
            for part in said
            for one in ast.walk(part)
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in marked
        ]
        found += [call.lineno for text in texts if any(sign.isalpha() for sign in text)]
    return found


def test_what_is_said_after_an_act_is_marked_for_translators() -> None:
    assert unmarked('desk.done("/me", f"{count} ended.")') == unmarked('_done(desk, "It ended.")') == [1]
    assert unmarked('desk.done("/me", _("It ended.") + f" {told}")') == []
    files = sorted((ROOT / "desk" / "web").glob("*.py"))
    assert {one.name: lines for one in files if (lines := unmarked(Path(one).read_text("utf-8")))} == {}


def test_a_moment_is_written_as_each_language_writes_it() -> None:
    moment = datetime(2020, 8, 12, 15, 0, tzinfo=UTC)
    assert clock_at(moment, "Asia/Almaty", "Nur-Sultan", "en") == "12 Aug 2020, 21:00 Nur-Sultan (UTC+6)"
    assert clock_at(moment, "Asia/Almaty", "Nur-Sultan", "tr") == "12 Ağu 2020, 21:00 Nur-Sultan (UTC+6)"
    assert "12 тамыз" in clock_at(moment, "Asia/Almaty", "Нұр-Сұлтан", "kk").replace("там.", "тамыз")
