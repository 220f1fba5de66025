"""A state nominates on a telephone by the link of a letter that a mail server received; the page at two widths, light and
dark, and the coordinator's side of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsers import pictured, served, sound
from conftest import open_example
from links import SLUG, link_in
from playwright.sync_api import Browser

from desk.catcher import Catcher
from desk.public.app import public
from desk.public.site import records
from ieom.acts import delegation as acts
from ieom.acts import nomination_links
from ieom.mail import sender
from ieom.mail.smtp import Account
from ieom.records import members, missions, schema
from ieom.records.base import begin, connect, reading
from ieom.rules.delegation import ITEMS, QUESTIONS
from ieom.settings import settings

pytestmark = pytest.mark.chromium
JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The public pages, and the letters to the states as they were received."""
    folder = tmp_path_factory.mktemp("nominating")
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IEOM_STATE_DIR", str(folder))
        patch.setenv("IEOM_DECIDE_URL", base)
        patch.setenv("IEOM_VAULT_KEY", "cGFzc3BvcnRzLWFuZC1waG90b3MtMzItYnl0ZXMtbG8=")
        settings.cache_clear()
        engine = connect(f"sqlite:///{folder / 'mission.db'}")
        schema.metadata.create_all(engine)
        open_example(engine)
        with begin(engine) as session:
            missions.get(session, SLUG).simulated_now = JULY
            acts.record_invitation(session, SLUG, by="coordinator", at=JULY)
            acts.advance(session, SLUG, at=JULY)
        with Catcher(folder / "mail") as catcher:
            sender.send_due(engine, Account("127.0.0.1", catcher.port, security="none"), mission=SLUG, now=lambda: JULY)
        mine = records(str(engine.url))

        def received(who: str, kind: str = "call_for_nominations"):
            path = max((folder / "mail").glob(f"*-{kind}-{who}.eml"))
            return message_from_bytes(path.read_bytes(), policy=default)

        with served(public(mine), taken, server_header=False):
            yield SimpleNamespace(base=base, engine=engine, received=received, folder=folder)
        mine.dispose()
        engine.dispose()
    settings.cache_clear()


def test_a_state_nominates_on_a_telephone(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = link_in(desk.received("embassy@kyrgyz-republic.example"), desk.base, "nominate")
    page = browser.new_page(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page.goto(desk.base.rstrip("/") + path)
    sound(page, 390)
    pictured(page, "nominating-empty-390", request)
    page.get_by_label("Title").fill("Counsellor of the Embassy")
    page.get_by_label("Office").fill("Embassy of the Kyrgyz Republic, observer 1")
    page.get_by_label("E-mail address").fill("observer.one@embassy.example")
    page.get_by_role("button", name="Nominate", exact=True).click()
    assert "The nomination is recorded" in page.get_by_role("status").inner_text()
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.7 a scan")
    picture = tmp_path / "me.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100)
    for item in ("personal_form", "code_of_conduct", "accreditation_form", "passport_page", "photo"):
        page.locator("summary", has_text=f"Hand it over: {ITEMS[item]},").click()
        page.get_by_label(f"File of the {ITEMS[item]}").set_input_files(picture if item == "photo" else scan)
        page.locator("details[open]").get_by_role("button", name="Hand it over").click()
        assert "kept, encrypted" in page.get_by_role("status").inner_text()
    page.locator("summary", has_text="Answer its questions").click()
    pictured(page, "nominating-questions-390", request)
    sound(page, 390)
    for one in range(len(QUESTIONS)):
        page.get_by_label("No", exact=True).nth(one).check()
    page.get_by_role("button", name="These are the answers").click()
    assert "The answers are recorded" in page.get_by_role("status").inner_text()
    sound(page, 390)
    pictured(page, "nominating-390", request)
    page.set_viewport_size({"width": 1280, "height": 900})
    sound(page, 1280)
    pictured(page, "nominating-1280", request)
    with reading(desk.engine) as session:
        assert members.files(session, SLUG)["kg-1"].complete
    page.close()


def test_a_dead_link_says_so(desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest) -> None:
    path = link_in(desk.received("embassy@turkey.example"), desk.base, "nominate")
    with begin(desk.engine) as session:
        nomination_links.end(session, SLUG, by="coordinator", at=JULY, state="TR")
    page = browser.new_page(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page.goto(desk.base.rstrip("/") + path)
    assert page.get_by_role("heading", level=1).inner_text() == "This link works no more"
    sound(page, 390)
    pictured(page, "nominating-ended-390", request)
    page.close()
