"""The desk over the example mission: six people with their roles, each a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from evening import EVENING, SLUG, Doing
from sqlalchemy import Engine
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from desk.web.app import web
from ieom.acts import accounts as acts
from ieom.acts import distribution
from ieom.records import missions
from ieom.records.base import begin
from ieom.rules.roles import Role

PEOPLE = {
    "administrator": ("Administrator of the desk", Role.ADMINISTRATOR, ""),
    "coordinator": ("Mission coordinator", Role.COORDINATOR, "coordinator"),
    "drafter": ("Drafter of the statement", Role.DRAFTER, "drafter"),
    "head_of_mission": ("Head of mission", Role.HEAD_OF_MISSION, "az-1"),
    "approver": ("Secretary General", Role.APPROVER, "secretary-general"),
    "press_officer": ("Press officer", Role.PRESS_OFFICER, "press-officer"),
    "delegation_member": ("Observer", Role.DELEGATION_MEMBER, "kg-1"),
    "auditor": ("Auditor", Role.AUDITOR, ""),
}
"""role -> (name, role, code): one person each; in the example mission, the administrator in all."""
PASSWORD = "a few words to remember"
PAGES = {
    "missions": "/",
    "new-mission": "/missions/new",
    "enter": "/enter",
    "mission": f"/missions/{SLUG}",
    "statement": f"/missions/{SLUG}/statement",
    "statement_edit": f"/missions/{SLUG}/statement?edit=voting&add=voting",
    "statement_grounds": f"/missions/{SLUG}/statement/grounds/conclusion",
    "statement_versions": f"/missions/{SLUG}/statement/versions",
    "statement_compare": f"/missions/{SLUG}/statement/compare?old=1",
    "statement_two": f"/missions/{SLUG}/statement/compare?old=2&new=4",
    "statement_translate": f"/missions/{SLUG}/statement/translate?language=tr",
    "statement_comments": f"/missions/{SLUG}/statement/comments",
    "statement_word": f"/missions/{SLUG}/statement/word",
    "accounts": "/accounts",
    "account": "/accounts/2",
    "accounts-log": "/accounts/log",
    "me": "/me",
    "lists": f"/missions/{SLUG}/lists",
    "settings": "/settings",
    "settings-letterhead": "/settings/letterhead",
    "settings-names": "/settings/names",
    "facts": f"/missions/{SLUG}/facts",
    "media": "/media",
    "media-contact": "/media/contacts/1",
    "media-lists": "/media/lists",
    "media-import": "/media/import",
    "media-log": "/media/log",
    "media-selection": f"/missions/{SLUG}/media?every=true&look=true",
    "audit": f"/missions/{SLUG}/audit",
    "audit-part": f"/missions/{SLUG}/audit?by=drafter",
    "observation": f"/missions/{SLUG}/observation?form=opening",
    "observation-enter": f"/missions/{SLUG}/observation/enter?form=counting",
    "observation-files": f"/missions/{SLUG}/observation/files",
    "observation-form": f"/missions/{SLUG}/observation/forms/uuid:6f1f0a52-0812-4e01-9a01-000000000004",
    "observation-correct": f"/missions/{SLUG}/observation/forms/uuid:6f1f0a52-0812-4e01-9a01-000000000004?correct=seals_intact",
    "audit-verified": f"/missions/{SLUG}/audit/verified",
    "delegation": f"/missions/{SLUG}/delegation",
    "nominee": f"/missions/{SLUG}/delegation/kg-1",
    "meetings": f"/missions/{SLUG}/meetings",
    "meeting": f"/missions/{SLUG}/meetings/cec",
    "approval": f"/missions/{SLUG}/approval",
    "correspondence": f"/missions/{SLUG}/correspondence",
    "paper": f"/missions/{SLUG}/correspondence/KS20-007",
    "release": f"/missions/{SLUG}/release",
    "letters": f"/missions/{SLUG}/letters",
    "release-new": f"/missions/{SLUG}/release/new",
    "deployment": f"/missions/{SLUG}/deployment",
    "sheets": f"/missions/{SLUG}/deployment/sheets",
}
"""name -> address of every page that is looked at: by axe, and by `make screens`."""
LATER = {
    "enter-link": "/enter/link?t={link}",
    "media-preview": "/media/import/{file}",
}
"""Pages that something made first leads to."""
SENT = {
    "mission-sent": f"/missions/{SLUG}",
    "release-going": f"/missions/{SLUG}/release",
    "release-ledger": f"/missions/{SLUG}/release/1",
    "release-letter": f"/missions/{SLUG}/release/1/letters/en",
    "release-official": f"/missions/{SLUG}/release/1/letters/official",
    "release-letter-words": f"/missions/{SLUG}/release/1/letters/en/words",
    "mail": "/mail",
    "mail-letter": "/mail/063",
    "mail-letter-words": "/mail/063/words",
}
"""Pages of the desk to try, and of a release whose letters leave."""
UNSEEN = {
    "/static/{name}": "style and script",
    "/enter/openid/back": "leads on at once",
    "/mail/{number}/part/{part_}": "a file",
    "/missions/{mission}/now": "a part of the page above it",
    "/missions/{mission}/changes": "a stream",
    "/missions/{mission}/owed.xlsx": "a file",
    "/missions/{mission}/approval/now": "a part of the page above it",
    "/missions/{mission}/release/now": "a part of the page above it",
    "/missions/{mission}/lists/{name}": "a file",
    "/missions/{mission}/observation/export.xlsx": "a file",
    "/missions/{mission}/observation/scans/{digest}": "a file",
    "/missions/{mission}/observation/files/{key}": "seen where a telephone's file is brought",
    "/missions/{mission}/audit.jsonl": "a file",
    "/missions/{mission}/audit.xlsx": "a file",
    "/missions/{mission}/letters.xlsx": "a file",
    "/missions/{mission}/releases.xlsx": "a file",
    "/missions/{mission}/statement/comments.xlsx": "a file",
    "/missions/{mission}/statement/versions.xlsx": "a file",
    "/accounts.xlsx": "a file",
    "/media/contacts.xlsx": "a file",
    "/settings/letterhead.docx": "a file",
    "/settings/letterhead/sample.docx": "a file",
    "/settings/names/{name}": "a file",
    "/media/contacts.csv": "a file",
    "/missions/{mission}/delegation/{code}/card": "a file",
    "/missions/{mission}/statement/pdf": "a file",
    "/missions/{mission}/statement/docx": "a file",
    "/missions/{mission}/correspondence/{number}/paper": "a file",
    "/missions/{mission}/correspondence/{number}/scan": "a file",
    "/missions/{mission}/release/{number}/ledger.csv": "a file",
    "/missions/{mission}/release/{number}/ledger.xlsx": "a file",
    "/missions/{mission}/release/{number}/papers/{name}": "a file",
}
"""Addresses at which no page is, or one that is looked at in a test of its own: why."""


@dataclass
class Browser:
    """Somebody's browser at the desk."""

    client: TestClient
    role: str

    def get(self, path: str, **more):
        return self.client.get(path, **more)

    def post(self, path: str, data: dict | None = None, *, page: str = "", follow: bool = True, **more):
        """Send a form of ours, with the token that a page (the first by default) has given."""
        data = {"csrf": self.token(page), **(data or {})}
        return self.client.post(
            path, data=data, headers={"origin": str(self.client.base_url)}, follow_redirects=follow, **more
        )

    def token(self, page: str = "") -> str:
        found = re.search(r'data-token="([^"]+)"', self.client.get(page or "/").text)
        assert found, "the page has no token"
        return found[1]


def people(engine: Engine, *, mission: str = SLUG, roles: tuple[str, ...] = tuple(PEOPLE)) -> dict[str, int]:
    """Make the accounts; returns role -> account."""
    made = {}
    with begin(engine) as session:
        at = missions.real_now()
        for role in roles:
            name, kind, code = PEOPLE[role]
            email = f"{role.replace('_', '.')}@desk.example"
            row = acts.make(session, by="desk-1", at=at, name=name, email=email)
            where = "" if kind is Role.ADMINISTRATOR else mission
            acts.give_role(session, by="desk-1", at=at, account=row.id, role=kind, mission=where, code=code)
            made[role] = row.id
    return made


def browser(engine: Engine, role: str, account: int) -> Browser:
    """A browser in which this person has entered."""
    client = TestClient(web(engine), raise_server_exceptions=False)
    with begin(engine) as session:
        token, _ = acts.begin_session(session, account=account, at=missions.real_now())
    client.cookies.set("desk", token)
    return Browser(client, role)


class Desk:
    """The desk's browsers, made as they are asked for: `desk.coordinator.get("/")`, `desk.stranger`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.accounts = people(engine)
        self._open: dict[str, Browser] = {}

    def __getattr__(self, role: str) -> Browser:
        if role.startswith("_") or role not in {*PEOPLE, "stranger"}:
            raise AttributeError(role)
        if role not in self._open:
            if role == "stranger":
                self._open[role] = Browser(TestClient(web(self.engine), raise_server_exceptions=False), role)
            else:
                self._open[role] = browser(self.engine, role, self.accounts[role])
        return self._open[role]


@pytest.fixture
def desk_asked(asked: Engine) -> Desk:
    """The desk in the evening: approval was asked for, nobody has decided. (`from evening import asked, stages`)"""
    return Desk(asked)


@pytest.fixture
def desk_approved(approved: Engine) -> Desk:
    """The desk later: approved, not released."""
    return Desk(approved)


def every(router: Any) -> Iterator[BaseRoute]:
    """Every route, those of the included parts too."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        yield from every(inner) if inner is not None else (route,)


def rows(text: str) -> dict[str, str]:
    """What is owed -> the page that its row leads to; '' for none."""
    table = text.partition("Owed today")[2].partition("What happened")[0]
    cells = re.findall(r"<tr><td>(.*?)</td>", table, re.DOTALL)
    return {unescape(re.sub(r"<[^>]*>", "", one).strip()): "".join(re.findall(r'href="([^"]*)"', one)) for one in cells}


def released(desk: Desk) -> Doing:
    """Prepared by the press officer, let go by the coordinator at the desk; the evening has come and letters are queued."""
    assert (
        "Release 1 is prepared" in desk.press_officer.post(f"/missions/{SLUG}/release/prepare", {"go": "by_time"}).text
    )
    assert "Go is said for release 1" in desk.coordinator.post(f"/missions/{SLUG}/release/1/go").text
    do = Doing(desk.engine)
    with begin(desk.engine) as session:
        missions.get(session, SLUG).simulated_now = EVENING
    do.advance(distribution, EVENING)
    return do
