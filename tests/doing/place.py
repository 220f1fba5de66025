"""Where a mission is run by people: the desk, the public pages and a mail server, and everybody's browser."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsers import served
from doing.person import Person
from evening import SLUG
from living import KeptPages, surround
from playwright.sync_api import Browser
from sqlalchemy import Engine, select

from desk.catcher import Catcher
from desk.public.app import public
from desk.web.app import web
from ieom.acts import accounts
from ieom.papers import typeset
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.base import begin, reading
from ieom.rules.roles import Role
from ieom.settings import settings
from tasks import stage

ROLES = {
    "coordinator": Role.COORDINATOR, "deputy-coordinator": Role.COORDINATOR, "drafter": Role.DRAFTER,
    "press-officer": Role.PRESS_OFFICER, "az-1": Role.HEAD_OF_MISSION,
}  # fmt: skip
"""Who has an account. Who only approves needs none."""


class People:
    """Everybody who works at the desk, each in a browser context of their own, entered by the one-time link that the
    administrator gave them."""

    def __init__(self, browser: Browser, base: str, engine: Engine) -> None:
        self.browser, self.base, self.known = browser, base, dict[str, Person]()
        self.links = dict[str, str]()
        with begin(engine) as session:
            now = missions.real_now()
            for code, role in ROLES.items():
                row = accounts.make(session, by="clock", at=now, name=code, email=f"{code}@desk.example")
                accounts.give_role(session, by="clock", at=now, account=row.id, role=role, mission=SLUG, code=code)
                self.links[code] = accounts.entry_link(session, by="clock", account=row.id, at=now)

    def __getitem__(self, code: str) -> Person:
        if code not in self.known:
            context = self.browser.new_context(viewport={"width": 1280, "height": 900})
            self.known[code] = Person(context, self.base)
            self.known[code].enter(self.links[code])
        return self.known[code]


@dataclass(frozen=True)
class Place:
    """Where the desk and the public pages answer, and where letters arrive."""

    desk: str
    public: str
    mail: Path


@contextmanager
def place(url: str, folder: Path, state: Path, pages_kept: Path) -> Iterator[Place]:
    """The desk and the public pages, served over records, with a mail server that keeps what arrives. A page that was
    typeset in the same words before is not typeset again."""
    names = "STATE_DIR DATABASE_URL SMTP_HOST SMTP_PORT SMTP_SECURITY SMTP_CONNECTIONS DECIDE_URL".split()
    with Catcher(folder / "mail") as catcher, pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setenv(f"IEOM_{name}", "")
        desk, pages = socket.socket(), socket.socket()
        for one in (desk, pages):
            one.bind(("127.0.0.1", 0))
        os.environ["IEOM_DECIDE_URL"] = f"http://127.0.0.1:{pages.getsockname()[1]}/"
        surround(url, catcher.port, state)
        patch.setattr(typeset, "_compiler", lambda path, _: KeptPages(pages_kept, path))
        engine = stage.records()
        with served(web(engine), desk) as at_desk, served(public(engine), pages) as outside:
            yield Place(at_desk, outside, folder / "mail")
        engine.dispose()
        stage._engine.cache_clear()
    settings.cache_clear()


def decided(engine: Engine) -> dict[str, str]:
    """Who decided, and how they were heard."""
    with reading(engine) as session:
        return dict(session.execute(select(Decision.by, Decision.channel)).tuples().all())
