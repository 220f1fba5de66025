"""Somebody at the desk: a browser of their own, and the pages' own forms filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desks import PASSWORD
from evening import SLUG
from playwright.sync_api import BrowserContext, Page

from desk.rehearsal import ScriptedAct

ALMATY = ZoneInfo("Asia/Almaty")
AREA = f"/missions/{SLUG}"


class Person:
    """Somebody at the desk, in a browser of their own."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.base = base
        self.page.on("pageerror", lambda one: pytest.fail(str(one)))

    def enter(self, link: str) -> None:
        """Choose a password by a one-time link."""
        self.page.goto(f"{self.base}/enter/link?t={link}")
        for field in ("password", "again"):
            self.page.locator(f"#{field}").fill(PASSWORD)
        self.page.get_by_role("button", name="Choose it and enter").click()
        self.page.wait_for_url(f"{self.base}/")

    def send(
        self, where: str, form: str, fields: dict[str, Any] | None = None, *, button: str = "", **hidden: str
    ) -> str:
        """Fill in a form of a page and send it; returns what the desk says."""
        if self.page.url != self.base + AREA + where:
            self.page.goto(self.base + AREA + where)
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = self.page.locator(f'form[method="post"][action="{AREA}{form}"]')
        if button:
            found = found.filter(has=self.page.get_by_role("button", name=button))
        for name, value in hidden.items():
            found = found.filter(has=self.page.locator(f'input[type="hidden"][name="{name}"][value="{value}"]'))
        found = found.first
        for name, value in (fields or {}).items():
            self._fill(found, name, value)
        press = found.get_by_role("button", name=button) if button else found.locator("button")
        self.page.evaluate("document.getElementById('main').dataset.before = ''")
        press.first.click()
        self.page.locator("#main:not([data-before]), #said .wrong").first.wait_for()
        said = self.page.locator("#said")
        assert not said.locator(".wrong").count(), f"{form}: {said.inner_text()}"
        return said.inner_text()

    def _fill(self, form: Any, name: str, value: Any) -> None:
        if isinstance(value, list):
            for one in form.locator(f'[name="{name}"]').all():
                one.set_checked(one.get_attribute("value") in value)
            return
        field = form.locator(f'[name="{name}"]').first
        kind = field.evaluate("(it) => it.tagName === 'INPUT' ? it.type : it.tagName.toLowerCase()")
        if kind == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select":
            field.select_option(value)
        elif kind == "file":
            field.set_input_files({"name": value[0], "mimeType": value[1], "buffer": value[2]})
        else:
            field.fill(value)


def local(moment: datetime) -> str:
    return moment.astimezone(ALMATY).strftime("%Y-%m-%dT%H:%M")


Doing = Callable[[Person, ScriptedAct], None]
"""What a person does at the desk where the script has an act."""
