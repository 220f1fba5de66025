"""A database restored from a backup sends nothing whose time has passed without asking a person first."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from living import surround, walk
from sqlalchemy import select

from desk.catcher import Catcher
from desk.rehearsal import set_clock
from ieom.records.base import reading
from ieom.records.letters import Letter
from tasks import stage

SLUG = "kazakhstan-senate-2020"
EVENING = datetime.fromisoformat("2020-08-12T14:00:00+00:00")


def backed_up(database: Path, into: Path) -> Path:
    with sqlite3.connect(database) as old, sqlite3.connect(into) as new:
        old.backup(new)
    return into


def restore(backup: Path, database: Path) -> None:
    stage.records().dispose()
    stage._engine.cache_clear()
    for name in database.parent.glob(f"{database.name}*"):
        name.unlink()
    shutil.copy(backup, database)


def letters() -> Counter[str]:
    with reading(stage.records()) as session:
        return Counter(session.scalars(select(Letter.state).where(Letter.release.is_not(None))))


def test_a_restored_database_sends_no_release_again_before_a_person_has_said_so(
    ieom: Any, at: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, mail = at("gone"), tmp_path / "mail"
    database = state / "mission.db"
    for name in ("DATABASE_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_CONNECTIONS"):
        monkeypatch.setenv(f"IEOM_{name}", "")  # so that what `surround` sets goes with this test
    with Catcher(mail) as catcher:
        surround(f"sqlite:///{database}", catcher.port, state)
        backup = backed_up(database, tmp_path / "backup.db")  # of before the release, which it knows nothing of
        set_clock(stage.records(), SLUG, EVENING)
        walk(SLUG)
        went = len(list(mail.iterdir()))
        assert letters() == Counter(sent=went)
        assert went > 24

        restore(backup, database)
        set_clock(stage.records(), SLUG, EVENING + timedelta(minutes=5))
        walk(SLUG)
        walk(SLUG)
        assert len(list(mail.iterdir())) == went
        assert "restored from a backup" in " ".join(ieom("status").out.split())

        why = "The mail server's log was compared."
        assert ieom("go-on", "--why", why, "--by", "coordinator").code == 0
        walk(SLUG)
        walk(SLUG)
        assert len(list(mail.iterdir())) == went
        assert letters() == Counter(late=went)

        assert ieom("letters", "release-late", "--by", "coordinator").code == 0
        walk(SLUG)
        assert letters() == Counter(sent=went)
        assert len(list(mail.iterdir())) == 2 * went
        once, again = _identities(mail)
        assert once == again, "a letter that goes again has the Message-ID it had"


def _identities(mail: Path) -> tuple[set[str], set[str]]:
    """The Message-IDs of the first half of the letters that arrived, and of the second."""
    found = []
    for path in sorted(mail.iterdir()):
        head = path.read_bytes().partition(b"\r\n\r\n")[0].decode("ascii", "replace")
        found.append(next(line for line in head.replace("\r\n ", " ").splitlines() if line.startswith("Message-ID")))
    return set(found[: len(found) // 2]), set(found[len(found) // 2 :])
