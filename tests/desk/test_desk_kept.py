"""What somebody typed is not lost when their session ends under them: with script it stays in the page, which says so; without,
it comes back with the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsers import pictured, sound
from desks import PASSWORD, Desk
from entered import open_desk, opened
from evening import SLUG, at
from lxml import html
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine, update

from ieom.acts import accounts
from ieom.records import drafts, missions
from ieom.records.accounts import DeskSession, kept_text
from ieom.records.base import begin, reading
from ieom.rules.roles import Role

pytestmark = pytest.mark.timeout(240)
HOLD = f"/missions/{SLUG}/hold"
HERE = {"origin": "http://testserver"}
CAREFUL = 'Wait for the "second" </textarea><b>paper</b>, please.'
EDIT = f"/missions/{SLUG}/statement?edit=voting"
FIELD = '#p-voting form[action$="/statement/edit"] textarea[name=text]'


def end_sessions(engine: Engine) -> None:
    """On the server, as after many hours or when an administrator ends them."""
    with begin(engine) as session:
        session.execute(update(DeskSession).where(DeskSession.ended_at.is_(None)).values(ended_at=missions.real_now()))


def enters_again(engine: Engine, account: int) -> str:
    with begin(engine) as session:
        return accounts.begin_session(session, account=account, at=missions.real_now())[0]


def returned(answer, action: str = HOLD) -> tuple[dict[str, str], str]:
    """The form that an answer gives back: its fields, and its button; nothing where it has none."""
    page = html.document_fromstring(answer.text)
    for form in page.forms:
        if form.action == action:
            return dict(form.fields), "".join(form.xpath(".//button/text()"))
    return {}, ""


def held(engine: Engine) -> str | None:
    with reading(engine) as session:
        return missions.get(session, SLUG).held_why


def test_what_was_typed_comes_back_to_who_must_enter_again_and_is_sent_by_one_more_press(
    desk_opened: Desk, engine: Engine
) -> None:
    client, typed = desk_opened.coordinator.client, {"why": CAREFUL, "csrf": desk_opened.coordinator.token()}
    end_sessions(engine)
    out = client.post(HOLD, data=typed, headers=HERE)
    assert out.status_code == 401
    assert "</textarea><b>" not in out.text
    assert html.document_fromstring(out.text).xpath('//a[@href="/enter"][@target="_blank"]')
    fields, _button = returned(out)
    assert fields == typed
    client.cookies.set("desk", enters_again(engine, desk_opened.accounts["coordinator"]))
    stale = client.post(HOLD, data=fields, headers=HERE)
    assert stale.status_code == 403
    assert "You entered again, as Mission coordinator" in stale.text
    assert held(engine) is None, "nothing is done until it is sent once more"
    fields, button = returned(stale)
    assert button == "Send it"
    assert fields["why"] == CAREFUL
    assert "The mission is held" in client.post(HOLD, data=fields, headers=HERE).text
    assert held(engine) == CAREFUL


def test_another_sites_form_gets_nothing_back_and_no_token(desk_opened: Desk, engine: Engine) -> None:
    client, typed = desk_opened.coordinator.client, {"why": CAREFUL, "csrf": desk_opened.coordinator.token()}
    evil = {"origin": "https://evil.example"}
    end_sessions(engine)
    assert "second" not in client.post(HOLD, data=typed, headers=evil).text
    client.cookies.set("desk", enters_again(engine, desk_opened.accounts["coordinator"]))
    for data in (typed, {"why": CAREFUL}, {"why": CAREFUL, "csrf": "invented"}):
        answer = client.post(HOLD, data=data, headers=evil)
        assert answer.status_code == 403
        assert "x-desk-token" not in answer.headers
        assert "second" not in answer.text
    for data in (
        {"why": CAREFUL},
        {"why": CAREFUL, "csrf": "invented"},
    ):  # of ours, but of no page that this person had
        answer = client.post(HOLD, data=data, headers=HERE)
        assert answer.status_code == 403
        assert "x-desk-token" not in answer.headers
        assert returned(answer)[0].get("csrf") in {None, "invented"}
    assert held(engine) is None


def test_who_finds_another_entered_in_the_browser_loses_nothing_and_acts_in_no_other_name(
    desk_opened: Desk, engine: Engine
) -> None:
    client, typed = desk_opened.coordinator.client, {"why": CAREFUL, "csrf": desk_opened.coordinator.token()}
    end_sessions(engine)
    with begin(engine) as session:
        real = missions.real_now()
        deputy = accounts.make(session, by="desk-1", at=real, name="The deputy", email="deputy@desk.example")
        accounts.give_role(
            session, by="desk-1", at=real, account=deputy.id, role=Role.COORDINATOR, mission=SLUG,
            code="deputy-coordinator",
        )  # fmt: skip
        number = deputy.id
    client.cookies.set("desk", enters_again(engine, number))
    answer = client.post(HOLD, data=typed, headers=HERE)
    assert answer.status_code == 403
    assert "In this browser The deputy is entered now" in answer.text
    assert "x-desk-token" not in answer.headers
    assert returned(answer)[0] == typed, "with the token that it came with: it goes on in its writer's name alone"
    assert held(engine) is None


def test_no_password_comes_back_and_nothing_large_is_read_for_a_stranger(desk_opened: Desk, engine: Engine) -> None:
    client = desk_opened.stranger.client
    secret = {"old": "two words", "new": "three more words", "again": "three more words", "csrf": "x"}
    answer = client.post("/me/password", data=secret, headers=HERE)
    assert answer.status_code == 401
    assert "words" not in "".join(html.document_fromstring(answer.text).xpath("//form//text()|//input/@value"))
    client.cookies.set("desk", enters_again(engine, desk_opened.accounts["coordinator"]))
    old = desk_opened.coordinator.token()
    client.cookies.set("desk", enters_again(engine, desk_opened.accounts["coordinator"]))
    stale = client.post("/me/password", data={**secret, "csrf": old}, headers=HERE)
    assert "open the page again" in stale.text
    assert "more words" not in stale.text
    client.cookies.clear()
    large = client.post(HOLD, data={"why": "A word. " * 200_000, "csrf": "x"}, headers=HERE)
    assert large.status_code == 401
    assert "A word." not in large.text
    assert "then go back to the page before this one" in large.text


@pytest.fixture
def desk(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The desk in the evening of election day, served; the drafter has a password."""
    engine = at("asked", stages, tmp_path, monkeypatch)
    with open_desk(engine) as desk:
        real = missions.real_now()
        with begin(engine) as session:
            token = accounts.entry_link(session, by="desk-1", account=desk.known["drafter"], at=real)
            accounts.use_link(session, token=token, password=PASSWORD, at=real)
            session.execute(update(DeskSession).values(ended_at=None))  # choosing a password ended the others
        yield desk
    engine.dispose()


def enter(page: Page) -> None:
    """By address and password, on the page to enter by."""
    page.locator("#email").fill("drafter@desk.example")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Enter", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/enter"))


def newest(engine: Engine) -> str:
    with reading(engine) as session:
        version = drafts.newest(session, SLUG)
        assert version is not None
        return str(version.content)


def of_the_drafter(desk: SimpleNamespace) -> str:
    with reading(desk.engine) as session:
        return kept_text(session, desk.known["drafter"], f"/missions/{SLUG}/statement#en-voting")


@pytest.mark.chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_says_that_it_keeps_what_the_desk_will_not_and_it_is_sent_after_entering(
    desk: SimpleNamespace, browser: Browser, width: int, request: pytest.FixtureRequest
) -> None:
    page = opened(browser, desk, "drafter", width)
    page.on("pageerror", lambda one: pytest.fail(str(one)))
    page.goto(desk.base + EDIT)
    field = page.locator(FIELD).first
    field.focus()
    field.press("End")
    end_sessions(desk.engine)
    page.keyboard.type(" Typed after the session had ended.")
    said = page.locator("#said")
    said.get_by_text("You are no longer signed in").wait_for(timeout=10_000)
    box = said.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 850 - box["height"], "where one types, however far down"
    pictured(page, f"no-longer-signed-in-{width}", request)
    sound(page, width)
    assert "Typed after" not in of_the_drafter(desk)
    save = page.get_by_role("button", name=re.compile("Save")).first
    save.click()
    said.get_by_text("what you typed is still here").wait_for()
    with page.context.expect_page() as other:
        said.get_by_role("link", name="Enter in another tab").click()
    enter(other.value)
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # without a window both tabs are in front
    said.get_by_text("What you typed is kept again").wait_for()
    assert "Typed after the session had ended." in of_the_drafter(desk)
    save.click()
    page.locator("#p-voting .said").wait_for()
    assert "Typed after the session had ended." in newest(desk.engine)
    assert of_the_drafter(desk) == ""
    page.context.close()


@pytest.mark.chromium
def test_who_entered_in_another_tab_presses_once_more_where_nothing_was_kept_between(
    desk: SimpleNamespace, browser: Browser
) -> None:
    page = opened(browser, desk, "drafter", 1280)
    page.goto(desk.base + EDIT)
    field = page.locator(FIELD).first
    end_sessions(desk.engine)
    field.fill("The whole paragraph anew, with care.")
    save = page.get_by_role("button", name=re.compile("Save")).first
    said = page.locator("#said")
    page.route("**/kept", lambda route: route.abort())
    save.click()
    said.get_by_text("what you typed is still here").wait_for()
    cookie = enters_again(desk.engine, desk.known["drafter"])
    page.context.add_cookies([{"name": "desk", "value": cookie, "url": desk.base}])
    save.click()
    said.get_by_text("You entered again, as Drafter of the statement").wait_for()
    assert "with care" not in newest(desk.engine)
    assert field.input_value() == "The whole paragraph anew, with care."
    save.click()
    page.locator("#p-voting .said").wait_for()
    assert "The whole paragraph anew, with care." in newest(desk.engine)
    page.context.close()


@pytest.mark.chromium
def test_without_script_what_was_typed_comes_back_and_is_sent_after_entering_in_another_tab(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    context.add_cookies([{"name": "desk", "value": desk.cookies["drafter"], "url": desk.base}])
    page = context.new_page()
    page.goto(desk.base + EDIT)
    page.locator(FIELD).first.fill("The whole paragraph anew, by hand.")
    end_sessions(desk.engine)
    page.get_by_role("button", name=re.compile("Save")).first.click()
    page.get_by_role("heading", name="Your session has ended").wait_for()
    pictured(page, "session-ended-390", request)
    with context.expect_page() as other:
        page.get_by_role("link", name="Enter in another tab").click()
    enter(other.value)
    page.get_by_role("button", name="Send it again").click()
    page.get_by_role("heading", name="Send it once more").wait_for()
    pictured(page, "send-once-more-390", request)
    assert page.get_by_label("Text").input_value() == "The whole paragraph anew, by hand."
    assert "by hand" not in newest(desk.engine)
    page.get_by_role("button", name="Send it", exact=True).click()
    page.wait_for_url("**/statement*")
    assert "The whole paragraph anew, by hand." in newest(desk.engine)
    context.close()


@pytest.mark.chromium
def test_what_a_page_asks_by_itself_takes_the_place_from_nobody_who_types(
    desk: SimpleNamespace, browser: Browser
) -> None:
    page = opened(browser, desk, "coordinator", 1280)
    page.goto(f"{desk.base}/missions/{SLUG}/observation/enter?form=counting")
    field = page.locator('[name="q.received"]')
    field.focus()
    end_sessions(desk.engine)
    page.keyboard.type("25")
    page.locator("#said").get_by_text("Your session has ended").wait_for()
    page.keyboard.type("7")
    assert field.input_value() == "257"
    page.context.close()
