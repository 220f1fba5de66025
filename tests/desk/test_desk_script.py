"""Script, markup and formulas typed into every text of the desk and of the public pages: they stand as they were typed in
pages, letters, PDF, Word files and tables, and do nothing there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin
from urllib.parse import quote, urlsplit

import pytest
from conftest import open_example
from desks import PEOPLE, Desk, every
from evening import SLUG, at
from fastapi.datastructures import UploadFile
from fastapi.dependencies.models import Dependant
from hostile import (
    HANDED,
    SUM,
    TURNS,
    in_letter,
    in_page,
    in_sheet,
    in_word,
    payload,
    pdf_words,
    seen,
    shown_in,
    words_of,
)
from hostile_crawl import gathered
from hostile_evening import evening, night
from hostile_summer import summer
from hostile_walk import PDF, Found
from lxml import html
from sqlalchemy import create_engine

from desk.web.access import MAY, Open
from desk.web.app import application
from ieom.records import schema
from ieom.records.base import connect
from ieom.settings import settings

pytestmark = pytest.mark.timeout(480)

SET = {
    "DECIDE_URL": "https://press.example/", "OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "desk",
    "OIDC_CLIENT_SECRET": "of the tests", "VAULT_KEY": "cGFzc3BvcnRzLWFuZC1waG90b3MtMzItYnl0ZXMtbG8=",
}  # fmt: skip
NO_TEXT = {
    "chosen from what the page offers": "after approver body channel charset claim consent consent_on country counterpart decision "
    "decides fall finding form go how kind language member of on onto paper paragraph question received release role "
    "second stage state station status team to topic who zone add remove attended attendee answers concerns countries "
    "kinds languages nominate",
    "a day or an hour": "asked_on dated earlier ends not_before starts",
    "an address of a form's own kind": "email code nationalities",
    "what the page itself was given, sent back": "begun digest expected folder place read rows seen sentence sha256 t",
    "a password": "again new old password",
}
"""Fields by name that take no free text; whatever else is sent is refused or comes back as it is."""
NO_TEXT_AT = {
    ("/settings/letterhead", "file"): "a Word document, on which papers are written",
    ("/enter/link", "name"): "that of the first account of all, made as any other is",
    ("/enter/passkey", "answer"): "what a device says",
    ("/me/passkeys", "answer"): "what a device says",
    ("/me/passkeys/options", "password"): "a password",
    ("/missions/{mission}/approval/correct", "text"): "an approved text, of which slips alone are corrected",
    **dict.fromkeys(
        (
            ("/missions/{mission}/deployment/plan/take", name)
            for name in ("teams_", "routes", "check_ins", "station_choice")
        ),
        "what the page itself was given, sent back",
    ),
    ("/missions/{mission}/statement/settle", "why"): "kept and shown as what is attested",
}
UNSHOWN = {
    ("/media/contacts/{number}/lift", "why"),
    ("/media/suppress", "why"),
    ("/missions/{mission}/delegation/{code}/accreditation", "why"),
    ("/missions/{mission}/letters/seen", "why"),
    ("/missions/{mission}/observation/aside/{content}/put-away", "why"),
    ("/missions/{mission}/observation/enter", "why"),
    ("/missions/{mission}/statement/attest", "why"),
    ("/missions/{mission}/statement/set-aside", "why"),
}
"""Reasons that are kept in the records and stand on no page."""


@pytest.fixture(scope="module")
def found(stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Three desks at three moments of a mission, with everything that they show after it was all typed."""
    made = Found()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SET.items():
            patch.setenv(f"IEOM_{name}", value)
        folder = tmp_path_factory.mktemp("summer")
        patch.setenv("IEOM_STATE_DIR", str(folder / "var"))
        settings.cache_clear()
        opened = connect(f"sqlite:///{folder / 'mission.db'}")
        schema.metadata.create_all(opened)
        open_example(opened)
        for walk, moment in ((summer, ""), (evening, "asked"), (night, "approved")):
            engine = at(moment, stages, tmp_path_factory.mktemp(moment), patch) if moment else opened
            desk = Desk(engine)
            walk(desk, engine, made)
            gathered(desk, engine, made, roles=walk is evening)
            if walk is evening:
                _asked_anything(desk, made)
            engine.dispose()
        yield made
    settings.cache_clear()


def test_every_form_was_taken_as_it_was_sent(found: Found) -> None:
    assert found.refused == []


def test_every_text_field_was_typed_into_or_takes_no_text_for_a_reason_that_stands_here(found: Found) -> None:
    typed = {(route.removesuffix("/checks"), _bare(name)) for route, name in found.typed.values()} | found.handed
    excepted = {name for names in NO_TEXT.values() for name in names.split()}
    new = {one for one in _fields(found) - typed if one[1] not in excepted and one not in NO_TEXT_AT}
    assert new == set(), "type into these in tests/hostile_walk.py, or say why they take no text"
    assert set(NO_TEXT_AT) <= _fields(found) - typed


def test_nothing_of_it_does_anything_in_a_page(found: Found) -> None:
    wrong = {where: odd for where, page in found.pages if (odd := in_page(page))}
    assert wrong == {}
    assert len({where for where, _ in found.pages}) > 300


def test_nothing_of_it_does_anything_in_a_letter_or_makes_a_header(found: Found) -> None:
    assert [odd for letter in found.letters for odd in in_letter(letter)] == []
    assert sum("alert(1)" in words_of(letter) for letter in found.letters) > 5


def test_what_was_typed_stands_as_it_was_typed(found: Found) -> None:
    said = [shown_in(page) for _, page in found.pages if not _given_back(page)] + [
        words_of(letter) for letter in found.letters
    ]
    said += [in_word(data)[0] for name, data in found.files if name.endswith(".docx")]
    everything = seen("\n".join(said))
    typed = {where for number, where in found.typed.items() if not _stands(everything, number)}
    assert typed == UNSHOWN


def _given_back(page: str) -> bool:
    """Whether a page refused a form and brings back what it held, which therefore stands nowhere yet."""
    return 'id="again-' in page


def _stands(everything: str, number: int) -> bool:
    return seen(payload(number)) in everything or payload(number, short=True) in everything


def test_no_markup_works_in_a_pdf_or_a_word_file(found: Found) -> None:
    pdfs = [pdf_words(data) for _name, data in found.files if data.startswith(b"%PDF") and len(data) > len(PDF)]
    words = [in_word(data) for name, data in found.files if name.endswith(".docx")]
    assert [odd for _said, odd in words if odd] == []
    said = [*pdfs, *(text for text, _odd in words)]
    for kind, texts in (("PDF", pdfs), ("Word", [text for text, _odd in words])):
        held = [text for text in texts if "alert(1)" in text]
        assert len(held) >= 3, kind
        for text in held:
            bare = re.sub(r"\s", "", seen(text))
            for part in ("#settext(red)", "*bold*", "</w:t></w:r>", "{{7*7919}}"):
                assert part in bare, (kind, part)
    assert [text[max(0, text.index(TURNS) - 300) :][:400] for text in said if TURNS in text] == []
    assert not any(SUM in text for text in said)


def test_no_cell_of_a_table_is_a_formula(found: Found) -> None:
    tables = [in_sheet(data, name) for name, data in found.files if name.endswith((".csv", ".xlsx"))]
    assert [odd for _said, odd in tables if odd] == []
    assert sum("HYPERLINK" in said for said, _odd in tables) > 8


def _dependants(one: Dependant) -> Iterator[Dependant]:
    yield one
    for other in one.dependencies:
        yield from _dependants(other)


def _kinds(told: Any) -> set[Any]:
    if get_origin(told) is Literal:
        return set()
    inner = get_args(told)
    return {told} if not inner else set().union(*map(_kinds, inner))


def _taken(route: Any) -> dict[str, set[Any]]:
    """A route's fields and files, each with the kinds of what it may hold."""
    return {
        one.alias: _kinds(one.field_info.annotation)
        for each in _dependants(route.dependant)
        for one in each.body_params
    }


def _desk_routes() -> list[Any]:
    return list(every(application(create_engine("sqlite://"))))


def _fields(found: Found) -> set[tuple[str, str]]:
    """Every field that takes a text or a file: by what routes take, and by what stands in forms of pages."""
    posts = [one for one in _desk_routes() if "POST" in one.methods]
    made = {(one.path, name) for one in posts for name, kinds in _taken(one).items() if kinds & {str, UploadFile}}
    for page in [page for _where, page in found.pages if not _given_back(page)]:
        for form in html.document_fromstring(page).xpath('//form[@method="post"]'):
            path = urlsplit(form.get("action") or "").path
            route = next(
                (one.path for one in posts if one.path_regex.fullmatch(path)), "/decide" if "/" not in path else ""
            )
            if form.xpath('.//input[@name="act"]'):
                route = "/nominate"
            for one in form.xpath('.//textarea | .//input[not(@type) or @type="text" or @type="search"]'):
                made.add((route, _bare(one.get("name"))))
    return made


def _bare(name: str) -> str:
    return re.sub(r"\[\d+\]", "[]", re.sub(r"^text-\w+", "text-", name))


def _asked_anything(desk: Desk, found: Found) -> None:
    """Every route with all that it takes hostile, in its address too: refused or taken, never broken."""
    values = {"mission": SLUG, "number": "1", "account": "2", "position": "1", "team": "team-1", "code": "kg-1"}
    for route in _desk_routes():
        method = min(route.methods - {"HEAD"})
        who = MAY[f"{method} {route.path}"]
        role = next(one for one, (_n, kind, _c) in PEOPLE.items() if isinstance(who, Open) or kind in who)
        browser, taken = getattr(desk, role), _taken(route)
        path = re.sub(r"{(\w+)(:path)?}", lambda part: values.get(part[1], quote(HANDED, safe="")), route.path)
        asked = {one.alias: payload(999) for each in _dependants(route.dependant) for one in each.query_params}
        if method == "GET":
            answer = browser.client.get(path, params=asked) if not path.endswith("/changes") else None
        elif taken:
            files = {name: (HANDED, b"<script>") for name, kinds in taken.items() if UploadFile in kinds}
            sent = {name: payload(999) for name in taken if name not in files}
            answer = browser.post(path, sent, files=files or None)
        if answer is not None and answer.headers["content-type"].startswith("text/html"):
            found.pages.append((f"{role} {method} {route.path}, all hostile", answer.text))
            assert answer.status_code < 500, route.path
