"""Forms of the desk and of the public pages, sent with every text hostile and every file under a hostile name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from desks import Desk
from evening import SLUG
from hostile import HANDED, SPY, TURNS, payload
from lxml import html
from sqlalchemy import Engine
from starlette.testclient import TestClient

from desk.public.app import public
from desk.public.site import records

M = "/missions/{mission}"
WORST = (f"{TURNS}\r\n{SPY}: yes", f"\r\n{SPY}: yes", TURNS, "")
"""What stands behind a payload, where the field takes it: a mark that turns the line round, a line of a header."""
PDF, PNG = b"%PDF-1.7 a scan", b"\x89PNG\r\n\x1a\n" + b"\0" * 100
SHORT = {"honorific", "title", "salutation"}
"""Fields of the public page that take a few words alone."""


@dataclass
class Found:
    """What was typed where, and every answer."""

    typed: dict[int, tuple[str, str]] = field(default_factory=dict)
    """number -> (route, field)"""
    handed: set[tuple[str, str]] = field(default_factory=set)
    """Routes and fields that were handed a file of a hostile name."""
    pages: list[tuple[str, str]] = field(default_factory=list)
    """(who and where, HTML)"""
    files: list[tuple[str, bytes]] = field(default_factory=list)
    """(name, what it holds)"""
    refused: list[str] = field(default_factory=list)
    """Forms that were not taken, with why."""
    letters: list[Any] = field(default_factory=list)

    def number(self, route: str, name: str) -> int:
        """By which what is typed into this field of a form is found again."""
        self.typed[len(self.typed) + 1] = (route, name)
        return len(self.typed)


class Outside:
    """A stranger's browser on the public pages."""

    def __init__(self, engine: Engine, found: Found) -> None:
        own = records(engine.url.render_as_string(hide_password=False))
        self.client = TestClient(public(own), base_url="https://press.example")
        self.found = found

    def __call__(self, path: str, route: str, texts: Iterable[str], data: dict[str, str], paper: bytes = b"") -> None:
        """Send a form of one of these pages."""
        numbers = {name: self.found.number(route, name) for name in texts}
        files = {"paper": (HANDED, paper)} if paper else None
        for worst in WORST:
            told = data | {name: payload(n, short=name in SHORT) + worst for name, n in numbers.items()}
            answer = self.client.post(path, data=told, files=files, headers={"origin": "https://press.example"})
            self.found.pages.append((f"POST {route}", answer.text))
            if answer.status_code != 422:
                break
        if answer.status_code != 200:
            self.found.refused.append(f"{route}: {answer.status_code} {said(answer.text)}")


class Walk:
    """Forms sent at one desk, each with its texts hostile."""

    def __init__(self, desk: Desk, found: Found) -> None:
        self.desk, self.found = desk, found

    def __call__(
        self, who: str, route: str, texts: Iterable[str] = (), *, files: dict[str, bytes] | None = None,
        data: dict[str, Any] | None = None, shape: str = "{}", **path: object,
    ) -> str:  # fmt: skip
        """Send one form, which must be taken; returns the page that follows. `shape`: what stands around each text."""
        numbers = {name: self.found.number(route, name) for name in texts}
        for worst in WORST:
            told = {**(data or {}), **{name: shape.format(payload(number)) + worst for name, number in numbers.items()}}
            handed = {name: (HANDED, one) for name, one in (files or {}).items()}
            self.found.handed |= {(route, name) for name in handed}
            answer = getattr(self.desk, who).post(route.format(mission=SLUG, **path), told, files=handed or None)
            if answer.status_code != 422 or not numbers:
                break
            self.found.pages.append((f"{who} POST {route}, refused", answer.text))
        if answer.status_code not in {200, 204}:
            self.found.refused.append(f"{who} {route} {path}: {answer.status_code} {said(answer.text)}")
        if answer.text and answer.headers["content-type"].startswith("text/html"):
            self.found.pages.append((f"{who} POST {route}", answer.text))
        return answer.text


def said(page: str) -> str:
    """What a page says went wrong."""
    found = html.document_fromstring(page or "<p>").xpath(
        '//*[@role="alert"] | //*[contains(@class, "wrong")] | //main'
    )
    return " ".join(" ".join(one.text_content().split()) for one in found)[:800]
