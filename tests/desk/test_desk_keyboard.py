"""The desk by keyboard alone, and its pages as they answer what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsers import pictured, sound
from desks import PAGES
from entered import open_desk, opened
from evening import at
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from ieom.acts import accounts
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.base import begin, reading

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240)]

FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  // what is shown of a PDF marks its own place
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  return { number: window.tabbed.indexOf(at), name: at.outerHTML.slice(0, 140), words: at.innerText || at.value || at.name || "",
    marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || at.matches("main, iframe"),
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""
TABBED = """() => {
  const able = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  window.tabbed = [...document.querySelectorAll(able)].filter((one) => !one.disabled && one.checkVisibility());
  const groups = new Map();
  return window.tabbed.map((one, at) => [at, one]).filter(([, one]) => {
    if (one.type !== "radio") return true;  // one stop for each group, that of the chosen one
    const chosen = document.querySelector(`input[type=radio][name="${CSS.escape(one.name)}"]:checked`);
    if (chosen && one.form === chosen.form) return one === chosen;
    const key = one.name + [...document.forms].indexOf(one.form);
    return !groups.has(key) && groups.set(key, one);
  }).map(([at]) => at);
}"""


@pytest.fixture(scope="module")
def desk(stages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The desk in the evening of election day, served; the head of mission has a password."""
    with pytest.MonkeyPatch.context() as patch:
        engine = at("asked", stages, tmp_path_factory.mktemp("keys"), patch)
        with open_desk(engine) as desk:
            yield desk
        engine.dispose()


def by_keys(page: Page, words: str, *, most: int = 200) -> None:
    """Press Tab until what has these words is reached."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate("() => (document.activeElement.innerText || document.activeElement.value || '').trim()")
        if at.startswith(words):
            return
    raise AssertionError(f"{words!r} is not reached by keyboard")


BY = {
    "approval": "head_of_mission", "enter": "stranger",
    **dict.fromkeys(("new-mission", "accounts", "account", "accounts-log", "settings", "settings-letterhead", "settings-names"), "administrator"),
}  # fmt: skip
"""Who goes through a page, where it is not the coordinator."""


@pytest.mark.parametrize("name", PAGES)
def test_tab_comes_to_everything_once_in_order_marked_and_out_again(
    name: str, desk: SimpleNamespace, browser: Browser
) -> None:
    page = opened(browser, desk, BY.get(name, "coordinator"), 1280)
    answer = page.goto(desk.base + PAGES[name])
    assert answer is not None
    assert answer.status == 200
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    wanted, met, wrong = page.evaluate(TABBED), [], []
    assert len(wanted) > (5 if name != "enter" else 3)
    for _ in range(len(wanted) * 2 + 10):  # a date has a stop for each of its parts
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        if met and met[-1] == focused["number"]:
            continue
        met.append(focused["number"])
        if not focused["marked"] or not focused["seen"]:
            wrong.append(focused)
    else:
        raise AssertionError("Tab never came out of the page")
    page.context.close()
    assert wrong == []
    assert [one for one in met if one >= 0] == wanted


def test_the_skip_link_leads_past_the_menus(desk: SimpleNamespace, browser: Browser) -> None:
    page = opened(browser, desk, "coordinator", 1280)
    page.goto(desk.base + PAGES["statement"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
    page.context.close()


def test_a_head_of_mission_enters_reads_and_approves_by_keyboard(desk: SimpleNamespace, browser: Browser) -> None:
    real = missions.real_now()
    with begin(desk.engine) as session:
        token = accounts.entry_link(session, by="desk-1", account=desk.known["head_of_mission"], at=real)
        accounts.use_link(session, token=token, password="a long word for the road", at=real)
    page = opened(browser, desk, "stranger", 1280)
    page.goto(f"{desk.base}/enter")
    page.locator("#email").focus()
    page.keyboard.type("head.of.mission@desk.example")
    page.keyboard.press("Tab")
    page.keyboard.type("a long word for the road")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.base}/")
    by_keys(page, "Your decision is awaited: the statement")
    page.keyboard.press("Enter")
    page.wait_for_url("**/approval")
    by_keys(page, "Approve")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the first field or button of what was opened
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText").startswith("I approve version")
    page.keyboard.press("Enter")
    page.locator("#said").get_by_text("recorded").first.wait_for(timeout=20_000)
    assert page.evaluate("document.activeElement.id") in {"said", "main"}, "a reader by ear hears what became of it"
    page.context.close()
    with reading(desk.engine) as session:
        decisions = list(session.scalars(select(Decision)))
    assert [(one.decision, one.by) for one in decisions] == [("approve", "az-1")]


def test_after_an_act_on_a_paragraph_one_is_back_at_it_and_told_there(desk: SimpleNamespace, browser: Browser) -> None:
    page = opened(browser, desk, "coordinator", 1280)
    page.goto(desk.base + PAGES["statement"])
    there = page.locator("#p-voting")
    there.locator("details", has=page.locator("#comment-voting")).locator("summary").click()
    there.locator("#comment-voting").fill("Which stations were these?")
    there.get_by_role("button", name="Comment on this paragraph").click()
    there.locator(".said").wait_for(timeout=20_000)
    assert "stands beside the paragraph" in there.locator(".said").inner_text()
    assert page.evaluate("document.activeElement.id") == "p-voting"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") < 300
    page.context.close()


REFUSED: dict[str, tuple[str, str, dict[str, str]]] = {
    "mission": ("coordinator", "/hold", {"why": " "}),
    "new-mission": ("administrator", "/missions/new", {"title": "An election", "do": "open"}),
    "statement_edit": ("drafter", "/statement/edit", {"text": " "}),
    "media": ("coordinator", "/media", {"email": "no address"}),
    "nominee": ("coordinator", "/interests", {}),
    "approval": ("approver", "/decide", {"decision": "changes", "comment": " "}),
    "meetings": ("coordinator", "/meetings", {"counterpart": " "}),
    "accounts": ("administrator", "/accounts", {"email": "no address"}),
}
"""Of a page: who sends which of its forms, and what is wrong in it."""


def test_a_page_that_answers_what_was_wrong_is_as_accessible_as_it_was(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    led_back = set()
    for name, (role, action, typed) in REFUSED.items():
        page = opened(browser, desk, role, 390)
        page.goto(desk.base + PAGES[name])
        with page.expect_navigation() as answered:
            sent = page.evaluate(SEND, [action, typed])
            assert sent, page.evaluate("[...document.forms].map((one) => one.getAttribute('action'))")
        pictured(page, f"refused-{name}-390", request)
        assert 400 <= answered.value.status < 500 or page.get_by_role("alert").count(), name
        assert page.locator("main").get_by_role("heading").count(), name
        sound(page, 390)
        if (back := page.get_by_role("link", name="Back to the page")).count():
            led_back.add(name)
            back.click()
            assert page.url == desk.base + PAGES[name]
        page.context.close()
    assert led_back >= {"mission", "approval", "statement_edit"}


SEND = """([action, typed]) => {
  const all = [...document.querySelectorAll("main form[method=post]")].filter((one) => one.getAttribute("action").endsWith(action));
  const form = all.find((one) => Object.keys(typed).every((name) => one.elements[name])) || all[0];
  if (!form) return false;
  for (const [name, value] of Object.entries(typed)) {
    let field = form.elements[name];
    if (!field?.matches?.("input, textarea, select")) {  // a button's value
      field = form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    }
    field.value = value;
  }
  form.submit();  // as without script, and without the browser's own look at what was typed
  return true;
}"""
