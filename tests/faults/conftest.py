"""What the tests of faults share: the example mission at three moments of its life, and the commands as a person types
them."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from living import opened, surround, walk

from desk.catcher import Catcher
from desk.cli.main import main
from desk.rehearsal import live, next_moment
from ieom.settings import Settings, settings
from tasks import stage

MOMENTS = {
    "called": "2020-07-08T00:00:00+00:00",  # the states have been asked for nominations
    "asked": "2020-08-12T11:05:00+00:00",  # the statement waits for its approvals
    "gone": "2020-08-12T13:15:00+00:00",  # approved, prepared, said go; the embargo ends at 14:00
}
"""Moments of the example mission (UTC) up to which it is lived."""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


Ieom = Callable[..., Said]


@pytest.fixture
def ieom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ieom:
    """Run a command in this process, as `ieom ...` at a prompt; no fault may ever show a stack trace."""

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["ieom", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Said(code, captured.out, captured.err)

    return run


def copy(database: Path, state: Path, into: Path) -> None:
    """A mission's records and state folder, as they are now, whole and in one file."""
    into.mkdir(parents=True, exist_ok=True)
    if state.exists():
        shutil.copytree(state, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns("mission.db*", "locks"))
    with sqlite3.connect(database) as old, sqlite3.connect(into / "mission.db") as new:
        old.backup(new)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The example mission's state folder at each of the `MOMENTS`; lived once."""
    main_folder, found = tmp_path_factory.mktemp("lived"), {}
    before = dict(os.environ)
    with Catcher(main_folder / "mail") as catcher:
        surround(f"sqlite:///{main_folder / 'mission.db'}", catcher.port, main_folder / "var")
        slug, acts = opened(stage.records())
        walk(slug)
        for name, until in MOMENTS.items():
            while (moment := next_moment(stage.records(), slug, acts)) is not None:
                if moment > datetime.fromisoformat(until):
                    break
                live(stage.records(), slug, acts, walk, moment)
            found[name] = main_folder / name
            copy(main_folder / "mission.db", main_folder / "var", found[name])
        stage.records().dispose()
    os.environ.clear()
    os.environ.update(before)
    stage._engine.cache_clear()
    settings.cache_clear()
    return found


@pytest.fixture
def at(lived: dict[str, Path], own_state: Settings) -> Callable[[str], Path]:
    """Put the mission at one of the moments into this test's state folder; returns the folder."""

    def put(name: str) -> Path:
        shutil.copytree(lived[name], own_state.state_dir, dirs_exist_ok=True)
        return own_state.state_dir

    return put


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB: a real disk that can be filled."""
    where = tmp_path / "disk"
    where.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", where], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"only root can mount a small disk here: {done.stderr.strip()}")
    yield where
    subprocess.run(["umount", "--lazy", where], check=True)


@contextmanager
def filled(folder: Path, *, but: int = 0) -> Iterator[None]:
    """The disk of `folder` has no room left, but for `but` bytes, until the block ends."""
    room = os.statvfs(folder)
    filler = folder / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(room.f_bavail * room.f_frsize - but, 1))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture
def full() -> Callable[..., AbstractContextManager[None]]:
    """`with full(folder, but=bytes):` the folder's disk has no room left."""
    return filled
