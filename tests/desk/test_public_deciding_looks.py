"""An approver decides on a telephone, by the link of a letter that a mail server received: the page is seen in a browser,
at a telephone's width and a desk's, light and dark."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import pytest
from browsers import pictured, served, sound
from conftest import open_example
from links import EVENING, SLUG, ask, code_in, link_in, resting, round_asked
from playwright.sync_api import Browser
from sqlalchemy import select

from desk.catcher import Catcher
from desk.public.app import public
from desk.public.site import records
from ieom.acts import approval, reminders
from ieom.mail import sender
from ieom.mail.smtp import Account
from ieom.records import missions, schema
from ieom.records.approvals import Decision
from ieom.records.base import begin, connect, reading
from ieom.settings import settings

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The public pages, and letters as they were received: round 2, on a text that was edited after round 1; reminders, once
    the mission asks for codes."""
    folder = tmp_path_factory.mktemp("deciding")
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IEOM_STATE_DIR", str(folder))
        patch.setenv("IEOM_DECIDE_URL", base)
        settings.cache_clear()
        engine = connect(f"sqlite:///{folder / 'mission.db'}")
        schema.metadata.create_all(engine)
        open_example(engine)
        round_asked(engine)
        with begin(engine) as session:
            ask(session, resting(conduct="The Mission worked in good order."), at=EVENING + timedelta(minutes=5))
            facts = missions.facts(session, SLUG)
            rule = facts.approval.model_copy(update={"link_asks": "code"})
            new = facts.model_copy(update={"approval": rule})
            missions.revise(session, SLUG, new, by="coordinator", at=EVENING, kind="x", reason="")
        with begin(engine) as session:
            approval.record_decision(
                session, SLUG, by="coordinator", at=EVENING, who="tr-1", decision="approve_with_comment", channel="telephone",
                evidence="The coordinator called the embassy at 18:10.", comment="With thanks to the observers.",
            )  # fmt: skip
            reminders.advance(session, SLUG, at=EVENING + timedelta(hours=3))
        with Catcher(folder / "mail") as catcher:
            sender.send_due(
                engine, Account("127.0.0.1", catcher.port, security="none"), mission=SLUG,
                now=lambda: EVENING + timedelta(hours=3),
            )  # fmt: skip
        mine = records(str(engine.url))

        def received(who: str, kind: str = "approval_request"):
            path = max((folder / "mail").glob(f"*-{kind}-{who}@*.eml"))
            return message_from_bytes(path.read_bytes(), policy=default)

        with served(public(mine), taken, server_header=False):
            yield SimpleNamespace(base=base, engine=engine, received=received)
        mine.dispose()
        engine.dispose()
    settings.cache_clear()


def test_a_head_of_mission_approves_on_a_telephone(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    path = link_in(desk.received("az-1"), desk.base)
    # axe is a script, and the page's policy forbids any: it is let past, the browser runs none of the page's own
    page = browser.new_page(viewport={"width": 390, "height": 844}, bypass_csp=True)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(desk.base.rstrip("/") + path)
    sound(page, 390)
    pictured(page, "deciding-390", request)
    assert page.get_by_role("heading", level=1).inner_text() == "Do you approve this statement?"
    assert "Georgia" in page.locator(".statement p").last.evaluate("one => getComputedStyle(one).fontFamily")
    for name in ("Approve", "Approve with a comment", "Ask for changes"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.get_by_role("button", name="Approve with a comment").click()
    assert "write your comment first" in page.get_by_role("alert").inner_text().lower()
    page.get_by_label("Comment, or what should change").fill("Read in the car.")
    page.get_by_role("button", name="Approve with a comment").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your decision is recorded"
    sound(page, 390)
    pictured(page, "deciding-receipt-390", request)
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == "Your decision is recorded"
    assert all(one.startswith(desk.base) for one in asked)
    page.close()
    with reading(desk.engine) as session:
        row = session.scalars(select(Decision).where(Decision.by == "az-1")).one()
    assert (row.decision, row.channel, row.comment) == ("approve_with_comment", "link", "Read in the car.")


def test_at_a_desk_without_script_and_with_a_code(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    letter, code = desk.received("kg-1", "reminder_approval_waits"), code_in(desk.received("kg-1", "decision_code"))
    page = browser.new_page(viewport={"width": 1280, "height": 850}, java_script_enabled=False)
    page.goto(desk.base.rstrip("/") + link_in(letter, desk.base))
    pictured(page, "deciding-code-1280", request)
    page.get_by_label("Code").fill("123")
    page.get_by_role("button", name="Open").click()
    assert "4 more attempts" in page.get_by_role("alert").inner_text()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Open").click()
    pictured(page, "deciding-1280", request)
    page.get_by_label("Comment, or what should change").fill("The second paragraph.")
    page.get_by_role("button", name="Ask for changes").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your decision is recorded"
    page.close()
    with browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(desk.base.rstrip("/") + link_in(letter, desk.base))
        sound(page, 390)


def test_an_approver_says_on_a_telephone_that_what_was_recorded_is_not_theirs(
    desk: SimpleNamespace, browser: Browser, request: pytest.FixtureRequest
) -> None:
    path, code = (
        link_in(desk.received("tr-1", "approval_recorded"), desk.base),
        code_in(desk.received("tr-1", "decision_code")),
    )
    with browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(desk.base.rstrip("/") + path)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Open").click()
        sound(page, 360)
        pictured(page, "deciding-disown-360", request)
        page.get_by_label("What was wrong").fill("Nobody called the embassy.")
        page.get_by_role("button", name="This is not my decision").click()
        assert page.get_by_role("heading", level=1).inner_text() == "This decision counts for nothing"
        sound(page, 360)
        pictured(page, "deciding-disowned-360", request)
