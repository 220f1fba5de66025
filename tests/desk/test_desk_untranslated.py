"""A walk through every page in a made-up language: whatever a page says in words of ours that no translator sees fails here."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tongue
from desks import PAGES, PEOPLE, Desk
from evening import SLUG
from links import BASE, approve, letter, link_in, round_asked
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from desk.public.app import public
from desk.public.site import records
from ieom.acts import delegation
from ieom.folder.claims import load_claims
from ieom.folder.forms import load_forms
from ieom.folder.names import load_names
from ieom.folder.rows import CheckInRow, RouteRow, TeamRow, columns
from ieom.records import meetings, members, missions, teams
from ieom.records.accounts import Account
from ieom.records.base import begin, reading
from ieom.settings import settings

SEEN_BY = {"administrator": ("/", "/missions/new", "/accounts", "/accounts/2", "/accounts/log", "/settings"), "head_of_mission": ("/", f"/missions/{SLUG}", f"/missions/{SLUG}/approval"), "press_officer": (f"/missions/{SLUG}/release", "/media")}  # fmt: skip
"""Pages that say something else to these, beside those that a coordinator sees."""
THINGS = (
    "PDF", "Word", "Excel", "CSV",  # what kinds of files are called everywhere
    "Unicode (UTF-8, UTF-16)", "cp1251", "cp1252",  # so are the ways in which a file's letters are written
    "http://localhost:8000",  # an address
    "SHA-256",  # a way to reckon a fingerprint
    "clock",  # the software's code in the chain, beside the words for it
)  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The templates with a catalogue of the made-up language."""
    return tongue.made_up(settings().templates_dir, tmp_path_factory.mktemp("tongue"))


@pytest.fixture
def made_up(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_TEMPLATES_DIR", str(words))
    settings.cache_clear()


def test_the_words_for_translators_can_be_gathered(words: Path) -> None:
    gathered = (words.parent / "ieom.pot").read_text("utf-8")
    assert 'msgid "Owed today"' in gathered
    assert 'msgid "press officer"' in gathered, "a label of a constant in ieom/rules"
    assert 'msgid "choose the file first"' in gathered, "an error into which nothing is put"
    assert 'msgid "; "' not in gathered, "a piece of a sentence of an error is gathered"


def data(engine: Engine) -> Iterator[str]:
    """Names and codes of people, offices, teams, places, files' columns, forms' questions: not ours to translate, even where
    one happens to be a word of ours."""
    yield from THINGS
    yield from zoneinfo.available_timezones()
    yield from (one for row in (TeamRow, RouteRow, CheckInRow) for one in [", ".join(columns(row)), *columns(row)])
    yield from (one.label for one in load_claims())
    dated = [one for entry in load_names().entries.values() for some in entry.names.values() for one in some]
    yield from (text for one in dated for text in (one.official, one.short))
    for form in load_forms().values():
        yield from (
            form.code,
            form.title,
            *(text for one in form.questions.values() for text in (one.label, *one.words)),
        )
    with reading(engine) as session:
        facts = missions.facts(session, SLUG)
        yield from (SLUG, facts.title)
        yield from (text for one in facts.offices for text in (one.office, one.code))
        yield from (text for one in members.of(session, SLUG) for text in (one.code, one.office, one.email))
        yield from (text for one in facts.states for text in (one.code, one.contact_office))
        yield from (one.code for one in [*teams.of(session, SLUG), *meetings.of(session, SLUG)])
        yield from session.scalars(select(Account.name))
    yield from (code for _name, _role, code in PEOPLE.values())


def test_no_page_of_the_desk_says_a_word_of_ours_that_no_translator_sees(desk_asked: Desk, made_up: None) -> None:
    with begin(desk_asked.engine) as session:
        for row in session.scalars(select(Account)):
            row.language = tongue.CODE
    known, found = tongue.compared(data(desk_asked.engine)), {}
    walk = [("coordinator", path) for path in PAGES.values()] + [(r, p) for r, paths in SEEN_BY.items() for p in paths]
    for role, path in walk:
        page = getattr(desk_asked, role).get(path)
        assert page.status_code in {200, 403}, path
        for words, text in tongue.untranslated(page.text, known).items():
            found.setdefault(words, f"{role} {path}: {text}")
    assert found == {}


def test_no_page_behind_a_link_and_no_form_of_the_newsroom_does(
    engine: Engine, mission: str, made_up: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", BASE)
    settings.cache_clear()
    july = datetime(2020, 7, 6, 5, tzinfo=UTC)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = july
        delegation.record_invitation(session, SLUG, by="coordinator", at=july)
        delegation.advance(session, SLUG, at=july)
    with reading(engine) as session:
        state = next(one.contact_email for one in missions.facts(session, SLUG).states if one.code == "KG")
    nominate, known, found = link_in(letter(engine, state, "call_for_nominations"), what="nominate"), set(), {}
    own = records(engine.url.render_as_string(hide_password=False))
    with TestClient(
        public(own), base_url=BASE, headers={"accept-language": tongue.CODE}, follow_redirects=False
    ) as web:

        def read(page: object) -> None:
            assert f'<html lang="{tongue.CODE}"' in page.text, page.url
            for words, text in tongue.untranslated(page.text, known).items():
                found.setdefault(words, f"{page.url}: {text}")

        known |= tongue.compared(data(engine))
        read(web.get(nominate))
        round_asked(engine)
        known |= tongue.compared(data(engine))
        decide = link_in(letter(engine))
        for path in (nominate, decide, "/verify", "/unsubscribe?t=test", "/unsubscribe", "/nonsense"):
            read(web.get(path))
        read(web.post("/verify", files={"paper": ("a.pdf", b"no paper of ours")}))
        read(approve(web, decide, "changes", follow_redirects=True))
        read(web.get(decide))
    own.dispose()
    assert found == {}
