"""The desk's own fixtures."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from browsers import browser  # noqa: F401 - a fixture
from desks import Desk, desk_approved, desk_asked  # noqa: F401 - fixtures
from evening import SLUG, approved, asked, stages  # noqa: F401 - fixtures
from sqlalchemy import Engine

from ieom.records import drafts
from ieom.records.base import reading
from ieom.records.statements import StatementVersion
from ieom.settings import settings

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nLanguage: tr\\n"

msgid "Owed today"
msgstr "Bugün beklenenler <1>"

msgid "To the text"
msgstr "Metne"

msgid "photograph"
msgstr "fotoğraf"

msgid "choose the file first"
msgstr "önce dosyayı seçin"
"""


@pytest.fixture
def turkish(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The templates with a Turkish catalogue of few words."""
    folder = tmp_path / "templates"
    shutil.copytree(settings().templates_dir, folder, ignore=shutil.ignore_patterns("locale"))
    (folder / "locale" / "tr").mkdir(parents=True)
    (folder / "locale" / "tr" / "ieom.po").write_text(PO, "utf-8")
    monkeypatch.setenv("IEOM_TEMPLATES_DIR", str(folder))
    settings.cache_clear()


@pytest.fixture
def desk_opened(engine: Engine, mission: str) -> Desk:
    """The desk over the example mission, just opened."""
    return Desk(engine)


@pytest.fixture
def version(asked: Engine) -> Callable[[], StatementVersion]:  # noqa: F811 - pytest's way
    """The statement's newest version, whenever it is called."""

    def newest() -> StatementVersion:
        with reading(asked) as session:
            row = drafts.newest(session, SLUG)
            assert row is not None
            return row

    return newest
