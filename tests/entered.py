"""The desk served to a real browser, in which people have entered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from browsers import served
from desks import people
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from desk.web.app import web
from ieom.acts import accounts, intake
from ieom.records import missions
from ieom.records.base import begin


@contextmanager
def open_desk(engine: Engine, *, demonstration: bool = False) -> Iterator[SimpleNamespace]:
    """The desk, served; a cookie for each role; what has been made for somebody to come back to, by a key."""
    known, taken, real = people(engine), socket.socket(), missions.real_now()
    with begin(engine) as session:
        cookies = {role: accounts.begin_session(session, account=one, at=real)[0] for role, one in known.items()}
        link = accounts.entry_link(session, by="desk-1", account=known["auditor"], at=real)
        file = intake.set_aside(
            session, account=known["coordinator"], at=real, intake=intake.Intake("contacts.csv"),
            raw=b"email,outlet\nnews@television.example,Second channel\nwire@agency.example,News agency\n",
        )  # fmt: skip
    taken.bind(("127.0.0.1", 0))
    with served(web(engine, demonstration=demonstration), taken) as base:
        yield SimpleNamespace(base=base, cookies=cookies, known=known, engine=engine, keys={"link": link, "file": file})


def opened(browser: Browser, desk: SimpleNamespace, role: str, width: int) -> Page:
    """A page in which this person has entered. axe is a script, and the pages' policy lets in our own alone."""
    context = browser.new_context(viewport={"width": width, "height": 850}, bypass_csp=True)
    if role != "stranger":
        context.add_cookies([{"name": "desk", "value": desk.cookies[role], "url": desk.base}])
    return context.new_page()
