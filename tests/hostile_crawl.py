"""Everything that the desk shows after `hostile_walk`: pages by their links, files, letters."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from urllib.parse import urldefrag, urljoin, urlsplit

from desks import PAGES, PEOPLE, Browser, Desk
from evening import SLUG
from hostile_walk import Found
from lxml import html
from sqlalchemy import Engine, select

from ieom.mail.letters import message_bytes
from ieom.records.base import reading
from ieom.records.letters import Letter


def gathered(desk: Desk, engine: Engine, found: Found, *, roles: bool) -> None:
    """Everything that is shown: to the coordinator whatever links lead to, with `roles` each page to each role."""
    here = f"/missions/{SLUG}"
    crawl(
        desk.coordinator,
        found,
        [f"{here}/{one}" for one in ("lists", "delegation", "correspondence", "release", "statement/docx")],
    )
    if roles:
        each_role(desk, found)
    letters(engine, found)


def crawl(browser: Browser, found: Found, begins: list[str]) -> None:
    """Every page and file that links lead to from there; once, however a list is filtered."""
    left, known = list(begins), set(begins)
    while left:
        address = left.pop(0)
        answer = browser.client.get(address)
        if answer.status_code != 200:
            assert answer.status_code in {403, 404}, address
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            name = answer.headers.get("content-disposition", "").rpartition('filename="')[2].rstrip('"')
            found.files.append((name or address, answer.content))
            continue
        found.pages.append((f"{browser.role} {address}", answer.text))
        for one in html.document_fromstring(answer.text).xpath("//a/@href | //iframe/@src"):
            to = urldefrag(urljoin(str(answer.url), str(one)))[0]
            told = urlsplit(to)
            if told.netloc == "testserver" and told.path not in known and not told.path.endswith("/changes"):
                known.add(told.path)
                left.append(told.path)


def each_role(desk: Desk, found: Found) -> None:
    """Every page that is looked at, by each role that may see it."""
    for role in PEOPLE:
        for address in PAGES.values():
            answer = getattr(desk, role).get(address)
            if answer.status_code == 200:
                found.pages.append((f"{role} {address}", answer.text))


def letters(engine: Engine, found: Found) -> None:
    """Every letter that waits or went, as it goes over the wire."""
    with reading(engine) as session:
        for one in session.scalars(select(Letter)):
            found.letters.append(message_from_bytes(message_bytes(session, one), policy=default))
