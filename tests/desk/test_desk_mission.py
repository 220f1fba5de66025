"""The mission of 12 August 2020 at the desk: from the invitation to the release, each act by a person of their own, in a
browser of their own, by the pages' own forms; who approves does so on a telephone, by the link in the letter that arrived.
The papers are those of the command line."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from doing import observing, preparing, releasing
from doing.person import Doing
from doing.place import People, Place, decided, place
from doing.telephone import Telephones
from evening import SLUG, at
from playwright.sync_api import Browser

from desk import practice
from desk.rehearsal import ScriptedAct, live, next_moment, script, set_clock
from ieom.folder import open_mission, read
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.settings import settings
from tasks import stage

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]

DOING: dict[str, Doing] = preparing.DOING | observing.DOING | releasing.DOING
BY_LINK = {"az-1", "kg-1", "tr-1", "deputy-secretary-general"}
"""Who decides on a telephone; the observer of Uzbekistan calls, and two of the secretariat write it down."""


@pytest.fixture
def there(stages: dict[str, Path], tmp_path: Path) -> Iterator[Place]:
    kept = stages["asked"].parent / "pages"
    with place(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path, tmp_path / "var", kept) as found:
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
    assert decided(engine) == {**dict.fromkeys(BY_LINK, "link"), "uz-1": "telephone"}
    assert not telephones.coded, "this mission asks for no code"
    papers = _papers(settings().state_dir)
    assert {"statement-en.txt", "statement-en.docx", "press-release-en.txt"} <= set(papers)
    assert papers == _by_command(stages, tmp_path / "by-command", monkeypatch)


def _next(engine: Any, left: list[ScriptedAct]) -> datetime | None:
    """The next moment at which a person or the software does something."""
    waiting = next_moment(engine, SLUG, [])
    moments = [act.at for act in left[:1]] + ([waiting] if waiting is not None else [])
    with reading(engine) as session:
        now = missions.now(session, SLUG)
    return max(min(moments), now) if moments else None
