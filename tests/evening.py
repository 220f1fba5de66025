"""The example mission lived to the afternoon of 12 August 2020: asked for approval, then approved; and acts done in it,
each in a transaction of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from living import KeptPages, opened, surround, walk
from sqlalchemy import Engine, select

from desk.catcher import Catcher
from desk.rehearsal import live, next_moment
from ieom.acts import approval, distribution
from ieom.papers import typeset
from ieom.records import missions
from ieom.records.base import begin, connect, reading
from ieom.records.letters import Letter
from ieom.settings import settings
from tasks import stage

MOMENTS = {
    "called": "2020-07-08T00:00:00+00:00",  # the states have been asked for nominations
    "asked": "2020-08-12T11:05:00+00:00",  # the statement waits for its approvals
    "approved": "2020-08-12T12:40:00+00:00",  # and has them; nothing is prepared
    "gone": "2020-08-12T13:15:00+00:00",  # prepared, said go; the embargo ends at 14:00
}
"""Moments of the example mission (UTC) up to which it is lived."""


def lived(folder: Path) -> None:
    """The example mission, lived up to each of the `MOMENTS` and kept there, in `folder / name`."""
    with Catcher(folder / "mail") as catcher, pytest.MonkeyPatch.context() as patch:
        (folder / "pages").mkdir()
        patch.setattr(typeset, "_compiler", lambda path, _: KeptPages(folder / "pages", path))
        surround(f"sqlite:///{folder / 'mission.db'}", catcher.port, folder / "var")
        slug, acts = opened(stage.records())
        walk(slug)
        for name, until in MOMENTS.items():
            while (moment := next_moment(stage.records(), slug, acts)) is not None:
                if moment > datetime.fromisoformat(until):
                    break
                live(stage.records(), slug, acts, walk, moment)
            shutil.copytree(folder / "var", folder / name / "var", ignore=shutil.ignore_patterns("locks"))
            with sqlite3.connect(folder / "mission.db") as old, sqlite3.connect(folder / name / "mission.db") as new:
                old.backup(new)
        stage.records().dispose()
        stage._engine.cache_clear()


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The example mission's records and state folder at each of the `MOMENTS`: lived once in a run, by the first
    worker that asks for them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "evening"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            folder.mkdir()
            with pytest.MonkeyPatch.context() as patch:
                for key in ("STATE_DIR", "DATABASE_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_CONNECTIONS"):
                    patch.setenv(f"IEOM_{key}", "")  # given back at the end: `surround` sets them
                lived(folder)
            (folder / "whole").touch()
    settings.cache_clear()
    return {name: folder / name for name in MOMENTS}


def at(name: str, stages: dict[str, Path], tmp_path: Path, patch: pytest.MonkeyPatch) -> Engine:
    """A copy of the mission at one of those moments."""
    shutil.copytree(stages[name] / "var", tmp_path / "state")
    with sqlite3.connect(stages[name] / "mission.db") as old, sqlite3.connect(tmp_path / "copy.db") as new:
        old.backup(new)
    patch.setenv("IEOM_STATE_DIR", str(tmp_path / "state"))
    kept = stages[name].parent / "pages"
    patch.setattr(typeset, "_compiler", lambda path, _: KeptPages(kept, path))
    settings.cache_clear()
    return connect(f"sqlite:///{tmp_path / 'copy.db'}")


SLUG = "kazakhstan-senate-2020"


@pytest.fixture
def asked(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    return at("asked", stages, tmp_path, monkeypatch)


@pytest.fixture
def approved(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    return at("approved", stages, tmp_path, monkeypatch)


class Doing:
    """Acts at the mission's now, each in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with reading(engine) as session:
            self.now = missions.now(session, SLUG)

    def __call__(self, act, by: str, **words):
        with begin(self.engine) as session:
            self.now += timedelta(minutes=1)
            return act(session, SLUG, by=by, at=self.now, **words)

    def advance(self, part, at: datetime | None = None):
        with begin(self.engine) as session:
            return part.advance(session, SLUG, at=at or self.now)

    def round(self) -> str:
        with reading(self.engine) as session:
            row = approval.newest_round(session, SLUG)
            assert row is not None
            return row.status


def ready(do: Doing) -> None:
    do(distribution.prepare, "press-officer")
    do(distribution.go, "coordinator")


EVENING = datetime.fromisoformat("2020-08-12T14:00:00+00:00")


def letters(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.scalars(select(Letter.id).where(Letter.kind == "release")).all())


def release_letters(engine: Engine) -> set[str]:
    with reading(engine) as session:
        return set(session.scalars(select(Letter.state).where(Letter.kind == "release")))
