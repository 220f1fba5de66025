"""What the tests of faults share: the example mission at the moments of its life that are kept, and the commands as a
person types them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from evening import stages  # noqa: F401 - a fixture

from desk.cli.main import main
from ieom.settings import Settings


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


@pytest.fixture
def at(stages: dict[str, Path], own_state: Settings) -> Callable[[str], Path]:  # noqa: F811 - pytest's way
    """Put the mission at one of the moments into this test's state folder; returns the folder."""

    def put(name: str) -> Path:
        shutil.copytree(stages[name] / "var", own_state.state_dir, dirs_exist_ok=True)
        shutil.copy(stages[name] / "mission.db", own_state.state_dir)
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
