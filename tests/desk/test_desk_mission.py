"""The mission of 12 August 2020 at the desk: from the invitation to the release, each act by a person of their own, in a
browser of their own, by the pages' own forms; who approves does so on a telephone, by the link in the letter that arrived.
The papers are those of the command line."""

from __future__ import annotations

import os
import re
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from browsers import served
from doing import observing, preparing, releasing
from doing.person import Doing, Person
from doing.telephone import Telephones
from evening import SLUG, at
from living import KeptPages, surround
from playwright.sync_api import Browser
from sqlalchemy import Engine, select

from desk import practice
from desk.catcher import Catcher
from desk.public.app import public
from desk.rehearsal import ScriptedAct, live, next_moment, script, set_clock
from desk.web.app import web
from ieom.acts import accounts, approval
from ieom.folder import open_mission, read
from ieom.papers import typeset
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.base import begin, reading
from ieom.rules.roles import Role
from ieom.settings import settings
from tasks import stage

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]

DOING: dict[str, Doing] = preparing.DOING | observing.DOING | releasing.DOING
ROLES = {
    "coordinator": Role.COORDINATOR, "deputy-coordinator": Role.COORDINATOR, "drafter": Role.DRAFTER,
    "press-officer": Role.PRESS_OFFICER, "az-1": Role.HEAD_OF_MISSION,
}  # fmt: skip
"""Who has an account. Who only approves needs none."""
BY_LINK = {"az-1", "kg-1", "tr-1", "deputy-secretary-general"}
"""Who decides on a telephone; the observer of Uzbekistan calls, and two of the secretariat write it down."""


class People:
    """Everybody who works at the desk, each in a browser context of their own, entered."""

    def __init__(self, browser: Browser, base: str, engine: Engine) -> None:
        self.browser, self.base, self.known = browser, base, dict[str, Person]()
        self.cookies = {}
        with begin(engine) as session:
            now = missions.real_now()
            for code, role in ROLES.items():
                row = accounts.make(session, by="clock", at=now, name=code, email=f"{code}@desk.example")
                accounts.give_role(session, by="clock", at=now, account=row.id, role=role, mission=SLUG, code=code)
                self.cookies[code] = accounts.begin_session(session, account=row.id, at=now)[0]

    def __getitem__(self, code: str) -> Person:
        if code not in self.known:
            context = self.browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "desk", "value": self.cookies[code], "url": self.base}])
            self.known[code] = Person(context, self.base)
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


@pytest.fixture
def there(stages: dict[str, Path], tmp_path: Path) -> Iterator[Place]:
    kept = stages["asked"].parent / "pages"
    with place(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path, tmp_path / "var", kept) as found:
        yield found


@pytest.fixture
def evening(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The same when approval was asked for."""
    copy = at("asked", stages, tmp_path, monkeypatch)
    copy.dispose()
    with place(str(copy.url), tmp_path, settings().state_dir, stages["asked"].parent / "pages") as found:
        yield found


def _papers(state: Path) -> dict[str, bytes]:
    """The words of what was released: text files as they are, Word files but for the chain's head."""
    found = {}
    for path in sorted(state.glob(f"papers/{SLUG}/release-*/*")):
        if path.suffix == ".txt":
            found[path.name] = path.read_bytes()
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as box:
                # It names the chain's head and the moment of its version; at the desk other acts stand before it.
                found[path.name] = re.sub(rb"[0-9a-f]{64}", b"#", box.read("word/document.xml"))
    return found


def _by_command(stages: dict[str, Path], folder: Path, patch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The papers of the same mission when the acts are done by the functions that the command line calls."""
    engine = at("approved", stages, folder, patch)
    patch.setenv("IEOM_DATABASE_URL", str(engine.url))
    settings.cache_clear()
    acts = script(read(preparing.EXAMPLE))
    while (moment := next_moment(engine, SLUG, acts)) is not None:
        live(engine, SLUG, acts, practice.walk, moment)
    engine.dispose()
    return _papers(settings().state_dir)


def test_the_mission_is_run_at_the_desk_and_its_papers_are_those_of_the_command_line(
    there: Place, browser: Browser, stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, folder = stage.records(), read(preparing.EXAMPLE)
    acts = script(folder)
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=acts[0].at)
    set_clock(engine, SLUG, acts[0].at)
    done = list[str]()
    people, telephones = People(browser, there.desk, engine), Telephones(browser, there.mail, there.public)
    left = list(acts)
    moment: datetime | None = acts[0].at
    while moment is not None:
        set_clock(engine, SLUG, moment)
        while left and left[0].at <= moment:
            act = left.pop(0)
            if act.do == "approval.decide":
                telephones.decide(act)
            else:
                DOING[act.do](people[observing.FOR_OTHERS.get(act.do, act.by)], act)
            done.append(act.do)
        practice.walk(SLUG)
        moment = _next(engine, left)
    assert set(telephones.used) == BY_LINK
    assert len({*people.known, *telephones.used}) >= 6
    assert len(done) == len(acts)
    assert _decided(engine) == {**dict.fromkeys(BY_LINK, "link"), "uz-1": "telephone"}
    assert not telephones.coded, "this mission asks for no code"
    papers = _papers(settings().state_dir)
    assert {"statement-en.txt", "statement-en.docx", "press-release-en.txt"} <= set(papers)
    assert papers == _by_command(stages, tmp_path / "by-command", monkeypatch)


def test_where_the_mission_asks_for_a_code_all_five_approve_with_the_one_in_their_letter(
    evening: Place, browser: Browser
) -> None:
    engine = stage.records()
    _asks_for_a_code(engine)
    secretary = People(browser, evening.desk, engine)["coordinator"]
    secretary.send("/approval", "/approval/stop", {"why": "It is asked anew, with a code.", "sure": True})
    with reading(engine) as session:
        now = missions.now(session, SLUG) + timedelta(minutes=1)
    set_clock(engine, SLUG, now)
    secretary.send("/approval", "/approval/ask")
    practice.walk(SLUG)
    telephones = Telephones(browser, evening.mail, evening.public)
    asked = ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general")
    for number, who in enumerate(asked):
        telephones.decide(ScriptedAct(number, now, who, "approval.decide", {"decision": "approve"}))
    practice.walk(SLUG)
    assert telephones.coded == set(asked)
    assert _decided(engine) == dict.fromkeys(asked, "link")
    with reading(engine) as session:
        assert approval.newest_round(session, SLUG).status == "approved"


def _asks_for_a_code(engine: Engine) -> None:
    with begin(engine) as session:
        facts, now = missions.facts(session, SLUG), missions.now(session, SLUG)
        rule = facts.approval.model_copy(update={"link_asks": "code"})
        changed = facts.model_copy(update={"approval": rule})
        missions.revise(session, SLUG, changed, by="coordinator", at=now, kind="x", reason="")


def _decided(engine: Engine) -> dict[str, str]:
    """Who decided, and how they were heard."""
    with reading(engine) as session:
        return dict(session.execute(select(Decision.by, Decision.channel)).tuples().all())


def _next(engine: Any, left: list[ScriptedAct]) -> datetime | None:
    """The next moment at which a person or the software does something."""
    waiting = next_moment(engine, SLUG, [])
    moments = [act.at for act in left[:1]] + ([waiting] if waiting is not None else [])
    with reading(engine) as session:
        now = missions.now(session, SLUG)
    return max(min(moments), now) if moments else None
