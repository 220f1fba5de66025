"""The public pages in a real browser, from a real server: accessible, nothing fetched from elsewhere, no script, printable."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from browsers import served, violations
from conftest import open_example
from playwright.sync_api import Browser, Page
from released import EVENING, SLUG, content, own, statement
from sqlalchemy import select

from desk.public.app import public
from desk.public.site import records
from ieom.records import schema
from ieom.records.base import begin, connect, reading
from ieom.records.media import MediaContact
from ieom.settings import settings

pytestmark = pytest.mark.chromium

STATEMENT = f"/missions/{SLUG}/2020-08-12-statement/"
CORRECTION = f"/missions/{SLUG}/2020-08-13-correction/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The public pages of a mission whose statement, in two languages, was corrected and clarified."""
    folder = tmp_path_factory.mktemp("public")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IEOM_STATE_DIR", str(folder))
        settings.cache_clear()
        engine = connect(f"sqlite:///{folder / 'mission.db'}")
        schema.metadata.create_all(engine)
        open_example(engine)
        with begin(engine) as session:
            first = statement(session, content(), content("tr", title="BİLDİRİ"), translations=(content("ru"),))
            second = statement(
                session, content(conduct="The Mission worked."), kind="correction", concerns=first, at=EVENING + timedelta(hours=15)
            )  # fmt: skip
            more = {"en": {"title": "On the opening", "paragraphs": ["It was attended."]}}
            own(session, "clarification", more, concerns=second, at=EVENING + timedelta(hours=16))
            token = session.scalars(select(MediaContact.token).limit(1)).one()
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        mine = records(str(engine.url))
        with served(public(mine), taken, proxy_headers=True, server_header=False) as base:
            httpx.get(base, timeout=20).raise_for_status()  # what is public is read while the settings are these
            yield SimpleNamespace(base=base, token=token, engine=engine)
        mine.dispose()
        engine.dispose()
    settings.cache_clear()


class Watched:
    """A page, with what it asked for and complained of."""

    def __init__(self, browser: Browser, base: str, **surroundings: object) -> None:
        self.base, self.asked, self.said = base, list[str](), list[str]()
        self.page: Page = browser.new_page(**surroundings)
        self.page.on("request", lambda one: self.asked.append(one.url))
        self.page.on("console", lambda one: self.said.append(one.text) if one.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda one: self.said.append(str(one)))

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)


PAGES = (
    "/", f"/missions/{SLUG}/", STATEMENT, STATEMENT + "tr.html", CORRECTION, "/check/", "/verify", "/unsubscribe?t=test",
    "/nonsense",
)  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_and_asks_nobody_else(server: SimpleNamespace, browser: Browser, width: int) -> None:
    # axe is a script, and the pages' policy forbids any: it is let past here alone
    watched = Watched(browser, server.base, viewport={"width": width, "height": 850}, bypass_csp=True)
    found = {}
    for path in PAGES:
        watched.page.emulate_media(color_scheme="light")
        watched.go(path)
        wrong = violations(watched.page)
        watched.page.emulate_media(color_scheme="dark")
        if wrong := wrong + violations(watched.page, "color-contrast"):
            found[path] = wrong
        wide = watched.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is wider than the screen: {wide}"
    assert found == {}
    assert all(one.startswith(server.base) for one in watched.asked)
    assert [one for one in watched.said if "404" not in one] == []
    watched.page.close()


def test_it_is_used_by_keyboard_and_at_twice_the_size(server: SimpleNamespace, browser: Browser) -> None:
    watched = Watched(
        browser, server.base, viewport={"width": 640, "height": 512}, device_scale_factor=2
    )  # 1280 at 200 %
    page = watched.page
    watched.go(STATEMENT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/#main")  # the browser tells of a jump within a page a moment after the key
    watched.go(f"/unsubscribe?t={server.token}")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You are unsubscribed")
    assert watched.said == []
    page.close()


def test_a_paper_is_checked_in_the_browser(server: SimpleNamespace, browser: Browser, tmp_path: Path) -> None:
    watched = Watched(browser, server.base)
    data = httpx.get(server.base + CORRECTION + "statement-en.pdf").content
    (tmp_path / "given.pdf").write_bytes(data)
    watched.go("/verify")
    watched.page.set_input_files("#paper", tmp_path / "given.pdf")
    watched.page.click("button")
    assert watched.page.inner_text("h1") == "Ours and unchanged"
    assert watched.said == []
    watched.page.close()


@pytest.mark.poppler
def test_it_prints_as_a_statement_without_what_is_for_the_screen(
    server: SimpleNamespace, browser: Browser, tmp_path: Path
) -> None:
    import subprocess

    watched = Watched(browser, server.base)
    watched.go(STATEMENT)
    watched.page.pdf(path=tmp_path / "page.pdf", format="A4", prefer_css_page_size=True)
    said = " ".join(
        subprocess.run(
            ["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert "Corrected on 13 August 2020." in said
    assert "How to check a paper" not in said
    assert "All papers" not in said
    watched.page.close()


def test_the_server_refuses_what_is_no_request_and_says_nothing_of_itself(server: SimpleNamespace) -> None:
    host, port = server.base.removeprefix("http://").split(":")
    for raw in (
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"\x00\xff\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as peer:
            try:
                peer.sendall(raw)
                answer = peer.recv(4000)
            except OSError:
                answer = b""
        assert answer == b"" or answer.startswith(
            (b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 200", b"HTTP/1.1 431")
        ), answer[:80]
        assert b"Traceback" not in answer
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1"}
    answer = httpx.get(server.base, headers=forwarded)
    assert answer.headers["strict-transport-security"], "the proxy on this machine is believed"
    assert "server" not in answer.headers
    assert httpx.head(server.base + STATEMENT).content == b""


def test_one_click_is_one_round_trip(server: SimpleNamespace) -> None:
    with reading(server.engine) as session:
        token = session.scalars(select(MediaContact.token).order_by(MediaContact.id.desc()).limit(1)).one()
    begun = time.monotonic()
    answer = httpx.post(f"{server.base}/unsubscribe?t={token}", data={"List-Unsubscribe": "One-Click"}, timeout=10)
    assert (answer.status_code, answer.history) == (200, [])
    assert time.monotonic() - begun < 3
