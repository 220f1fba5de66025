"""What a page is told while it stays open: that something happened, for as long as the one who looks still may."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from browsers import served
from desks import Desk
from entered import open_desk, opened
from evening import EVENING, SLUG, Doing, at, ready
from playwright.sync_api import Browser
from sqlalchemy import Engine

from desk.web import missions as pages
from desk.web.app import web
from ieom.acts import accounts, distribution
from ieom.acts import mission as acts
from ieom.records import missions
from ieom.records.base import begin


@pytest.fixture
def stream(desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Iterator[str]]:
    """What the drafter's open page is told, line by line."""
    monkeypatch.setattr(pages, "TURN", 0.02)
    monkeypatch.setattr(pages, "TURNS", 300)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    cookies = dict(desk_opened.drafter.client.cookies)
    with (
        served(web(engine), taken) as address,
        httpx.stream("GET", f"{address}/missions/{SLUG}/changes", cookies=cookies, timeout=20) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert ": still here" in lines, "it is listening"
        with begin(engine) as session:
            missions.look_again(session, SLUG)
        assert "event: changed" in lines, "it is told that something happened"
        yield lines


def leaves(desk: Desk) -> None:
    desk.drafter.post("/leave")


def loses_the_role(desk: Desk) -> None:
    with begin(desk.engine) as session:
        for row in accounts.accounts.grants(session, desk.accounts["drafter"]):
            accounts.take_role(session, by="desk-1", at=missions.real_now(), grant=row.id)


def is_closed(desk: Desk) -> None:
    with begin(desk.engine) as session:
        accounts.close(session, by="desk-1", at=missions.real_now(), account=desk.accounts["drafter"])


@pytest.mark.parametrize("ends", [leaves, loses_the_role, is_closed])
def test_who_may_look_no_more_is_told_no_more(
    stream: Iterator[str], desk_opened: Desk, ends: Callable[[Desk], None]
) -> None:
    assert next(line for line in stream if line) == "data: look"
    ends(desk_opened)
    begun = time.monotonic()
    assert "event: changed" not in list(stream)
    assert time.monotonic() - begun < 5, "it ends long before its last turn"


@pytest.fixture
def desk(
    stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[SimpleNamespace]:
    """The desk at a moment of the example mission, served; it tells of changes at once."""
    monkeypatch.setattr(pages, "TURN", 0.1)
    engine = at(request.param, stages, tmp_path, monkeypatch)
    with open_desk(engine) as desk:
        yield desk
    engine.dispose()


@pytest.mark.chromium
@pytest.mark.parametrize("desk", ["asked"], indirect=True)
def test_what_happens_while_one_filters_is_shown_once_one_has(desk: SimpleNamespace, browser: Browser) -> None:
    page = opened(browser, desk, "coordinator", 1280)
    with page.expect_response(lambda one: one.url.endswith("/changes")):
        page.goto(f"{desk.base}/missions/{SLUG}")
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.locator("#find").focus()
    page.keyboard.type("stat")
    with begin(desk.engine) as session:
        acts.hold(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="A look at the road.")
    page.wait_for_timeout(2000)
    assert asked == [], "nothing is taken from under the hands"
    assert page.locator("#find").input_value() == "stat"
    page.keyboard.press("Tab")  # to the filter's button
    page.wait_for_timeout(600)
    assert asked == []
    page.keyboard.press("Tab")
    page.get_by_text("A look at the road.").first.wait_for(timeout=5_000)
    page.context.close()


@pytest.mark.chromium
@pytest.mark.parametrize("desk", ["approved"], indirect=True)
def test_who_listens_to_the_release_hears_what_became_of_it_and_not_its_clock(
    desk: SimpleNamespace, browser: Browser
) -> None:
    page = opened(browser, desk, "coordinator", 1280)
    with page.expect_response(lambda one: one.url.endswith("/changes")):
        page.goto(f"{desk.base}/missions/{SLUG}/release")
    heard = page.locator("[aria-live=polite]#heard")
    assert heard.count() == 1
    assert page.locator("#now[aria-live], #now [aria-live=polite]").count() == 0, "it is asked for every few seconds"
    with page.expect_response("**/release/now*"):
        page.evaluate("window.htmx.trigger('#now', 'every')")
        with begin(desk.engine) as session:
            missions.look_again(session, SLUG)
    page.wait_for_timeout(500)
    assert heard.inner_text() == "", "nothing new"
    do = Doing(desk.engine)
    ready(do)
    heard.get_by_text("has said go").wait_for(timeout=20_000, state="attached")
    with begin(desk.engine) as session:
        missions.get(session, SLUG).simulated_now = EVENING
    do.advance(distribution, EVENING)
    heard.get_by_text("is going out").wait_for(timeout=20_000, state="attached")
    page.context.close()
