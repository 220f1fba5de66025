"""Every page of the desk in a real browser, at desktop and phone widths: accessible, no wider than the screen, asking nobody
else. With `--screens FOLDER` a picture of each is left there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from browsers import pale, violations
from desks import LATER, PAGES, SENT, UNSEEN, every
from entered import open_desk, opened
from evening import EVENING, SLUG, Doing, at, ready
from forms import OBSERVATION, document
from pictured import jpeg
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from starlette.routing import Match

from desk.web.app import application
from ieom.acts import distribution
from ieom.records import missions
from ieom.records.base import begin
from ieom.records.letters import Letter
from ieom.rules.pictures import bare

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(400)]

SEEN_BY = {
    "new-mission": "administrator", "accounts": "administrator", "settings": "administrator", "account": "administrator", "accounts-log": "administrator",
    "enter": "stranger", "enter-link": "stranger", "approval-chief": "head_of_mission", "approval-seat": "approver",
    "statement-chief": "head_of_mission", "statement-member": "delegation_member", "statement-drafter": "drafter",
    "mission-member": "delegation_member", "mission-auditor": "auditor", "missions-administrator": "administrator",
    "release-press": "press_officer",
}  # fmt: skip
"""Pages that somebody else than the coordinator looks at."""


@pytest.fixture(scope="module")
def desk(stages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The desk in the evening of election day, served; a cookie for each role."""
    with pytest.MonkeyPatch.context() as patch:
        engine = at("asked", stages, tmp_path_factory.mktemp("desk"), patch)
        with open_desk(engine) as desk:
            yield desk
        engine.dispose()


def wrong(page: Page) -> list[str]:
    return violations(page, but=frozenset({"minor", "moderate"}))


def looked_at(browser: Browser, desk: SimpleNamespace, pages: dict[str, str], folder: str) -> dict[str, list[str]]:
    """What is wrong with these pages, by name; a picture of each at a desk's and a telephone's width where a folder is named.
    Each is loaded once: axe's second and more, for each width and for dark colours, is what the time goes by on. It looks at
    light colours at the desk's width and at dark ones at the telephone's; the contrast of the two others is reckoned."""
    found: dict[str, list[str]] = {}
    asked: list[str] = []
    said: list[str] = []
    people = {role: opened(browser, desk, role, 1280) for role in {SEEN_BY.get(name, "coordinator") for name in pages}}
    for page in people.values():
        page.on("request", lambda one: asked.append(one.url))
        page.on("pageerror", lambda one: said.append(str(one)))
    for name, path in pages.items():
        page, pictures = people[SEEN_BY.get(name, "coordinator")], Path(folder or "/nowhere")

        def seen(width: int, colours: str, page: Page = page) -> None:
            page.set_viewport_size({"width": width, "height": 850})
            page.emulate_media(color_scheme=colours)

        seen(1280, "light")
        answer = page.goto(desk.base + path, wait_until="load")
        problems = [] if answer is not None and answer.status == 200 else [f"answered with {answer and answer.status}"]
        for width in (1280, 390) if folder else ():  # as it is met, folded
            seen(width, "light")
            page.screenshot(path=str(pictures / f"{name}-{width}.png"), full_page=True)
        seen(1280, "light")
        page.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )  # most forms are in one
        problems += wrong(page)
        seen(390, "light")
        problems += pale(page)
        seen(390, "dark")
        problems += wrong(page)
        for width in (1280, 640, 390, 320):  # 640: a desk's at 200 %; 320: WCAG 1.4.10, at 400 %
            seen(width, "dark")
            wide = page.evaluate("document.documentElement.scrollWidth")
            problems += [f"wider than a screen of {width}: {wide}"] if wide > width else []
            problems += pale(page) if width in {1280, 320} else []
        page.emulate_media(media="print", color_scheme="light")
        left = page.evaluate(
            "[...document.querySelectorAll(MENUS)].filter((one) => one.checkVisibility()).length".replace(
                "MENUS", MENUS
            )
        )
        problems += [f"printed with {left} menus or buttons"] if left else []
        page.emulate_media(media="screen")
        if problems:
            found[name] = problems
    for page in people.values():
        page.context.close()
    assert said == []
    assert all(one.startswith(desk.base) for one in asked if not one.startswith("data:"))
    return found


SEEN_OTHERWISE = {
    "approval-chief": PAGES["approval"],
    "approval-seat": PAGES["approval"],
    "statement-chief": PAGES["statement"],
    "statement-member": PAGES["statement"],
    "statement-drafter": PAGES["statement_edit"],
    "mission-member": PAGES["mission"],
    "mission-auditor": PAGES["mission"],
    "missions-administrator": PAGES["missions"],
    "release-press": PAGES["release"],
}
"""Pages that hold something else for some: their own decision, their comments, what they prepare."""
MENUS = "'.top, .areas, .skip, .acts, .filter, main button'"


def test_every_page_is_accessible_fits_and_asks_nobody_else(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    folder = request.config.getoption("--screens")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    later = {name: path.format_map(desk.keys) for name, path in LATER.items()}
    assert looked_at(browser, desk, PAGES | SEEN_OTHERWISE | later, folder) == {}


def test_every_address_that_is_a_page_is_looked_at_or_named_with_why_not(desk: SimpleNamespace) -> None:
    routes = [one for one in every(application(desk.engine)) if "GET" in (getattr(one, "methods", None) or ())]
    known = {urlsplit(path).path for path in (*PAGES.values(), *LATER.values(), *SENT.values())}
    reached = set()
    for path in known:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        reached |= {next(one.path for one in routes if one.matches(scope)[0] is Match.FULL)}
    assert reached & set(UNSEEN) == set()
    assert {one.path for one in routes} == reached | set(UNSEEN)


def test_what_happens_shows_by_itself_while_one_looks(desk: SimpleNamespace, browser: Browser) -> None:
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
    from ieom.acts import mission as acts

    page = opened(browser, desk, "coordinator", 390)
    page.goto(f"{desk.base}/missions/{SLUG}")
    with begin(desk.engine) as session:
        acts.hold(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="First.")
    page.get_by_text("Hold the mission").first.click()
    page.get_by_label("The reason").fill("What I typed with care.")
    with begin(desk.engine) as session:  # the records are another's for a while
        missions.lock(session, SLUG)
        page.get_by_role("button", name="Hold the mission").click()
        page.get_by_text("You can leave this page: what was begun is finished all the same.").wait_for(timeout=5_000)
        assert page.get_by_role("button", name="Hold the mission").is_disabled(), "it is not sent twice"
    page.locator("#said [role=alert]").wait_for(timeout=20_000)
    assert page.get_by_text("You can leave this page").count() == 0
    assert page.get_by_role("button", name="Hold the mission").is_enabled()
    assert page.get_by_label("The reason").input_value() == "What I typed with care."
    with begin(desk.engine) as session:
        acts.go_on(session, SLUG, by="coordinator", at=missions.now(session, SLUG), reason="Done.")
    short_fields_are_kept(page, f"{desk.base}/missions/{SLUG}/meetings")
    page.context.close()


def short_fields_are_kept(page: Page, address: str) -> None:
    """What was typed into a form of many short fields stands there again after the page was left, until it is sent
    or emptied."""
    asks, again = page.get_by_text("Ask for a meeting").first, page.get_by_text("What you typed before is kept here")
    page.goto(address)
    asks.click()
    assert not again.is_visible()
    with page.expect_response("**/kept"):
        page.get_by_label("The counterpart's office").fill('Chair "of" <the> Senate & House')
        page.get_by_label("Begins").fill("2020-08-11T09:30")
    for _ in range(2):  # and once more, without having been touched
        page.goto(address)
        assert again.is_visible(), "the form is unfolded, and says so"
        assert page.get_by_label("The counterpart's office").input_value() == 'Chair "of" <the> Senate & House'
        assert page.get_by_label("Begins").input_value() == "2020-08-11T09:30"
    assert page.locator('form input[name="kept"][value$="/meetings#ask"]').count() == 1, "sent, it is kept no longer"
    with page.expect_response("**/kept"):
        for label in ("The counterpart's office", "Begins"):
            page.get_by_label(label).fill("")
    page.goto(address)
    assert not again.is_visible(), "what was emptied is forgotten"


def test_on_a_phone_the_decision_that_is_awaited_stands_above_the_fold(desk: SimpleNamespace, browser: Browser) -> None:
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
    page.wait_for_timeout(600)  # what says that it takes longer comes after 300 ms, and not when it is done
    assert page.get_by_text("Forms: 1 taken, 0 in already, 1 kept aside.").is_visible()
    assert page.locator("#said .busy").count() == 0
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


def test_a_release_under_way_and_the_letters_of_a_desk_to_try(
    stages: dict[str, Path],
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    engine = at("approved", stages, tmp_path, monkeypatch)
    do = Doing(engine)
    ready(do)
    do.advance(distribution, EVENING)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = EVENING
        rows = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.id)).all()
        for number, row in enumerate(rows[:12]):
            row.state, row.code, row.answer = SAID_BACK.get(number, ("sent", 250, "2.0.0 Ok: queued"))
            row.settled_at = EVENING
    shutil.copytree(stages["approved"].parent / "mail", tmp_path / "state" / "mail")
    with open_desk(engine, demonstration=True) as desk:
        assert looked_at(browser, desk, SENT, request.config.getoption("--screens")) == {}
    engine.dispose()


SAID_BACK = {
    3: ("refused", 550, "5.1.1 The address that you tried to reach does not exist"),
    5: ("deferred", 451, "4.7.1 Try again later"),
    8: ("in_doubt", None, "connection lost after DATA"),
}
"""Of the first letters of a release: those that an outlet's server did not take at once."""
