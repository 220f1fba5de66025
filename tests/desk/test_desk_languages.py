"""The desk's words come from catalogues: a translator's file is used as it is; where a word is missing it is English."""

from __future__ import annotations

import shutil

import pytest
from babel.messages.frontend import CommandLineInterface
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from desk.web.pages import LANGUAGES, words
from ieom.records.accounts import Account
from ieom.records.base import begin
from ieom.settings import ROOT, settings

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nLanguage: tr\\n"

msgid "Owed today"
msgstr "Bugün beklenenler <1>"
"""


@pytest.fixture
def turkish(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(settings().templates_dir, folder, ignore=shutil.ignore_patterns("locale"))
    (folder / "locale" / "tr").mkdir(parents=True)
    (folder / "locale" / "tr" / "ieom.po").write_text(PO, "utf-8")
    monkeypatch.setenv("IEOM_TEMPLATES_DIR", str(folder))
    settings.cache_clear()


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_be_chosen_before_it_is_translated(language: str) -> None:
    made = words(settings().templates_dir, language, "Asia/Almaty", "")
    assert made.from_string('{{ _("Timeline") }}').render() == "Timeline"


def test_the_words_for_translators_can_be_gathered(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / "ieom.pot"
    CommandLineInterface().run(["pybabel", "-q", "extract", "-F", "pyproject.toml", "-o", str(out), "."])
    gathered = out.read_text("utf-8")
    assert 'msgid "Owed today"' in gathered
    assert 'msgid "press officer"' in gathered, "a label of a constant in ieom/rules"
    assert 'msgid "choose the file first"' in gathered, "an error into which nothing is put"
    assert 'msgid "; "' not in gathered, "a piece of a sentence of an error is gathered"
