"""Every page of the desk in a real browser, at desktop and phone widths: accessible, no wider than the screen, asking nobody
else. With `--screens FOLDER` a picture of each is left there."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsers import served, violations
from desks import PAGES, people
from evening import at
from forms import OBSERVATION, document
from pictured import jpeg
from playwright.sync_api import Browser, Page

from desk.web.app import web
from ieom.acts import accounts
from ieom.records import missions
from ieom.records.base import begin
from ieom.rules.pictures import bare

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(400)]

SEEN_BY = {
    "new-mission": "administrator", "accounts": "administrator", "settings": "administrator", "account": "administrator", "accounts-log": "administrator",
}  # fmt: skip
"""Pages that somebody else than the coordinator looks at."""


@pytest.fixture(scope="module")
def desk(stages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The desk in the evening of election day, served; a cookie for each role."""
    with pytest.MonkeyPatch.context() as patch:
        engine = at("asked", stages, tmp_path_factory.mktemp("desk"), patch)
        cookies = {}
        for role, account in people(engine).items():
            with begin(engine) as session:
                cookies[role] = accounts.begin_session(session, account=account, at=missions.real_now())[0]
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        with served(web(engine), taken) as base:
            yield SimpleNamespace(base=base, cookies=cookies, engine=engine)
        engine.dispose()


def opened(browser: Browser, desk: SimpleNamespace, role: str, width: int) -> Page:
    """A page in which this person has entered. axe is a script, and the pages' policy lets in our own alone."""
    context = browser.new_context(viewport={"width": width, "height": 850}, bypass_csp=True)
    if role != "stranger":
        context.add_cookies([{"name": "desk", "value": desk.cookies[role], "url": desk.base}])
    return context.new_page()


def wrong(page: Page, *rules: str) -> list[str]:
    return violations(page, *rules, but=frozenset({"minor", "moderate"}))


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_fits_and_asks_nobody_else(
    desk: SimpleNamespace, browser: Browser, width: int, request: pytest.FixtureRequest
) -> None:
    folder = request.config.getoption("--screens")
    found: dict[str, list[str]] = {}
    asked: list[str] = []
    said: list[str] = []
    pages = {
        role: opened(browser, desk, role, width)
        for role in {"coordinator", "stranger", *(SEEN_BY[n] for n in PAGES if n in SEEN_BY)}
    }
    for page in pages.values():
        page.on("request", lambda one: asked.append(one.url))
        page.on("pageerror", lambda one: said.append(str(one)))
    for name, path in PAGES.items():
        page = pages["stranger" if name == "enter" else SEEN_BY.get(name, "coordinator")]
        page.emulate_media(color_scheme="light")
        answer = page.goto(desk.base + path, wait_until="load")
        problems = [] if answer is not None and answer.status == 200 else [f"answered with {answer and answer.status}"]
        problems += wrong(page)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        page.emulate_media(color_scheme="dark")
        problems += wrong(page, "color-contrast")
        wide = page.evaluate("document.documentElement.scrollWidth")
        problems += [f"wider than the screen: {wide}"] if wide > width else []
        if problems:
            found[name] = problems
    for page in pages.values():
        page.context.close()
    assert found == {}
    assert said == []
    assert all(one.startswith(desk.base) for one in asked)


def test_what_happens_shows_by_itself_while_one_looks(desk: SimpleNamespace, browser: Browser) -> None:
    from desks import SLUG

    from ieom.acts import mission as acts

    page = opened(browser, desk, "coordinator", 1280)
    with page.expect_response(lambda one: one.url.endswith("/changes")):
        page.goto(f"{desk.base}/missions/{SLUG}")
    with begin(desk.engine) as session:
        acts.hold(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="A look at the road.")
    page.get_by_text("The mission is held").first.wait_for(timeout=20_000)
    with begin(desk.engine) as session:
        acts.go_on(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="It is clear.")
    page.context.close()


def test_what_was_refused_is_said_and_what_was_typed_stays(desk: SimpleNamespace, browser: Browser) -> None:
    from desks import SLUG

    from ieom.acts import mission as acts

    page = opened(browser, desk, "coordinator", 390)
    page.goto(f"{desk.base}/missions/{SLUG}")
    with begin(desk.engine) as session:
        acts.hold(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="First.")
    page.get_by_text("Hold the mission").first.click()
    page.get_by_label("The reason").fill("What I typed with care.")
    page.get_by_role("button", name="Hold the mission").click()
    page.locator("#said [role=alert]").wait_for(timeout=20_000)
    assert page.get_by_label("The reason").input_value() == "What I typed with care."
    with begin(desk.engine) as session:
        acts.go_on(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="Done.")
    page.context.close()


def test_on_a_phone_the_decision_that_is_awaited_stands_above_the_fold(desk: SimpleNamespace, browser: Browser) -> None:
    from desks import SLUG

    page = opened(browser, desk, "head_of_mission", 390)
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", f"/missions/{SLUG}"):
        page.goto(desk.base + path)
        box = page.get_by_text("Your decision is awaited").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 844, path
    page.get_by_role("link", name="Your decision is awaited").first.click()
    for name in ("Approve", "Approve with a comment", "Ask for changes"):
        box = page.locator(".yours .acts").get_by_text(name, exact=True).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 844, name
    page.context.close()


def test_forms_come_from_a_telephone_s_file_and_from_paper_with_its_photograph(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    width = 390
    page = opened(browser, desk, "coordinator", width)
    page.on("pageerror", lambda one: pytest.fail(str(one)))
    problems: list[str] = []

    def seen(name: str) -> None:
        problems.extend(wrong(page))
        wide = page.evaluate("document.documentElement.scrollWidth")
        problems.extend([f"{name} is wider than the screen: {wide}"] if wide > width else [])
        if folder := request.config.getoption("--screens"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)

    page.goto(f"{desk.base}{OBSERVATION}/files")
    day = json.dumps([document(901), document(902, team="team-9")]).encode()
    page.get_by_label("Files of forms").set_input_files({"name": "d.json", "mimeType": "x/y", "buffer": day})
    page.get_by_role("button", name="See what they bring").click()
    page.get_by_role("button", name="Take in 1 form, keep 1 aside").wait_for()
    seen("observation-look")
    page.get_by_role("button", name="Take in 1 form, keep 1 aside").click()
    page.get_by_text("Forms: 1 taken, 0 in already, 1 kept aside.").wait_for()
    page.goto(f"{desk.base}{OBSERVATION}/enter?form=counting")
    page.locator("#team").select_option("team-2")
    page.locator("#station").select_option("ns-1")
    for question, answer in (("received", "25"), ("issued", "21"), ("unused", "3")):
        page.locator(f'[name="q.{question}"]').fill(answer)
    page.locator("#checks").get_by_text("not 25").wait_for()
    page.locator("#scan").set_input_files({"name": "IMG.JPG", "mimeType": "image/jpeg", "buffer": jpeg(turned=6)})
    seen("observation-typed")
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("link", name="Photograph 1").wait_for()
    seen("observation-scan")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Photograph 1").click()
    assert downloaded.value.path().read_bytes() == bare(jpeg(turned=6))
    page.context.close()
    assert problems == []
