"""Deciding on a telephone: the link taken from the letter that arrived, opened in a browser that has never entered anywhere."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from evening import SLUG
from links import code_in, link_in
from playwright.sync_api import Browser, Page

from desk.rehearsal import ScriptedAct
from ieom.acts.answering import tell
from ieom.records import missions
from ieom.records.base import reading
from tasks import stage

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
ASKING = ("approval_request", "reminder_approval_waits")
"""Letters that ask for a decision."""
CALLING = ("call_for_nominations", "reminder_nominations")
"""Letters that ask a state for its observers."""


def arrived(mail: Path, who: str, *kinds: str) -> EmailMessage:
    """The newest letter of these kinds that the mail server took for somebody: a person or an office, or a state."""
    with reading(stage.records()) as session:
        states = {one.code: one.contact_email for one in missions.facts(session, SLUG).states}
        address = states.get(who) or tell(session, SLUG, who).email
    # 012-approval_request-somebody@example.eml
    found = sorted(path for kind in kinds for path in mail.glob(f"*-{kind}-{address}.eml"))
    assert found, f"no letter asked {who}"
    letter = message_from_bytes(found[-1].read_bytes(), policy=default)
    assert isinstance(letter, EmailMessage)
    return letter


class Telephones:
    """Everybody's own telephone, and the mail server where their letters arrived."""

    def __init__(self, browser: Browser, mail: Path, base: str) -> None:
        self.browser, self.mail, self.base = browser, mail, base
        self.used = dict[str, Page]()
        self.coded = set[str]()

    def opened(self, who: str) -> Page:
        """The page behind the link in somebody's letter, on their telephone; with their code where it asks for one."""
        page = self.browser.new_context(**PHONE).new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda one: pytest.fail(str(one)))
        self.used[who] = page
        path = link_in(arrived(self.mail, who, *ASKING), f"{self.base}/")
        page.goto(self.base + path)
        if page.locator("#code").count():
            self.coded.add(who)
            page.locator("#code").fill(code_in(arrived(self.mail, who, "decision_code")))
            page.get_by_role("button", name="Open").tap()
        return page

    def nominate(self, act: ScriptedAct) -> None:
        """Nominate for a state as the script has it, on the page behind the link in the state's own letter."""
        told = act.arguments
        page = self.browser.new_context(**PHONE).new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda one: pytest.fail(str(one)))
        page.goto(self.base + link_in(arrived(self.mail, told["state"], *CALLING), f"{self.base}/", "nominate"))
        for name in ("name", "honorific", "title", "office", "email", "salutation"):
            page.locator(f"#new-{name}").fill(told[name])
        page.locator("#new-language").select_option(told["language"])
        page.get_by_role("button", name="Nominate", exact=True).tap()
        page.get_by_text("The nomination is recorded").wait_for()
        page.context.close()

    def decide(self, act: ScriptedAct) -> None:
        """Decide as the script has it, and see the receipt."""
        decision, page = act.arguments["decision"], self.opened(act.by)
        page.get_by_role("heading", name="Do you approve this statement?").wait_for()
        page.locator("#comment").fill(act.arguments.get("comment", ""))
        page.locator(f'button[name="decision"][value="{decision}"]').tap()
        page.get_by_text("Your decision is recorded").first.wait_for()
