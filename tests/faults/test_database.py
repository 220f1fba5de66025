"""A full disk, a locked database, a lost one: one clear message, nothing half done, and on it goes afterwards."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from desk.cli import context
from ieom.acts import audit as proof
from ieom.records import audit
from ieom.records.base import reading
from ieom.settings import settings

SLUG = "kazakhstan-senate-2020"
ACT = ("hold", "--why", "a look at the records", "--by", "coordinator")


def acts() -> int:
    """How many acts the chain holds; it must be whole."""
    with reading(context.engine()) as session:
        assert proof.faults(session, SLUG) == []
        last = audit.head(session, SLUG)
        return last.seq if last else 0


def moved(state: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder, from now on at another place."""
    shutil.copytree(state, to / "var")
    monkeypatch.setenv("IEOM_STATE_DIR", str(to / "var"))
    settings.cache_clear()
    return to / "var"


def test_an_act_on_a_full_disk_changes_nothing_and_is_done_when_there_is_room(
    ieom: Any, at: Callable[[str], Path], small_disk: Path, full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(at("called"), small_disk, monkeypatch)
    before = acts()
    with full(small_disk):
        said = ieom(*ACT)
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert "make room, then try again" in said.err or "No space left on device" in said.err
    assert acts() == before
    assert ieom(*ACT).code == 0
    assert acts() == before + 1


def test_papers_that_a_full_disk_can_not_take_are_not_prepared(
    ieom: Any, at: Callable[[str], Path], small_disk: Path, full: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    moved(at("asked"), small_disk, monkeypatch)
    passport = tmp_path / "passport.pdf"
    passport.write_bytes(b"%PDF-1.4\n" + bytes(200_000))
    before = acts()
    with full(small_disk, but=100_000):  # room for the record, not for the paper
        said = ieom(
            "vault", "store", "kg-1", "passport_page", passport, "--erase-on", "2021-01-01", "--by", "coordinator"
        )
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert "No space left on device" in said.err
    assert acts() == before
    assert "No personal paper is kept." in ieom("vault", "list").out
    assert (
        ieom(
            "vault", "store", "kg-1", "passport_page", passport, "--erase-on", "2021-01-01", "--by", "coordinator"
        ).code
        == 0
    )


def test_an_act_while_another_program_holds_the_database_changes_nothing_and_says_so(
    ieom: Any, at: Callable[[str], Path]
) -> None:
    state = at("called")
    before = acts()

    def impatient(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout=200")  # the house waits 30 s

    engine: Engine = context.engine()
    engine.dispose()
    event.listen(engine, "connect", impatient)
    other = sqlite3.connect(state / "mission.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        said = ieom(*ACT)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "locked" in said.err
    assert "nothing was changed; something else writes, try again" in said.err
    assert acts() == before
    assert ieom(*ACT).code == 0


def test_a_database_file_that_is_gone_or_another_s_is_not_written_over(ieom: Any, at: Callable[[str], Path]) -> None:
    state = at("asked")
    assert (state / "witness" / f"{SLUG}.json").exists(), "letters were sent from here"
    kept = state / "kept.db"
    context.engine().dispose()
    (state / "mission.db").rename(kept)
    context._engine.cache_clear()
    said = ieom("status")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "put the backup back in its place" in said.err
    assert not (state / "mission.db").exists(), "no empty database is made where one was lost"
    (state / "mission.db").write_bytes(b"a text that is no database, and longer than its header would be" * 20)
    said = ieom("status")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "can't be used" in said.err
    kept.rename(state / "mission.db")
    context._engine.cache_clear()
    assert ieom("status").code == 0


@pytest.mark.postgres
def test_a_server_that_is_lost_in_the_middle_of_an_act_leaves_nothing_of_it(
    ieom: Any, postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    monkeypatch.setenv("IEOM_DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    settings.cache_clear()
    assert ieom("open", "config/missions/kazakhstan-senate-2020", "--by", "coordinator").code == 0
    before = acts()
    engine = context.engine()

    def cut(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if re.match(r"\s*INSERT INTO audit_rows", statement):
            with postgres.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
                admin.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    )
                )

    event.listen(engine, "before_cursor_execute", cut)
    said = ieom(*ACT)
    event.remove(engine, "before_cursor_execute", cut)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "nothing was changed; see that it runs, then try again" in said.err
    assert acts() == before
    assert ieom(*ACT).code == 0
