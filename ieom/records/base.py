"""The declarative base, column types that keep the house's promises, and how a transaction begins."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from ieom.errors import BadInput

_LIKE = "leave it out for SQLite, or write it like postgresql://ieom@db.example.org/ieom"
Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. A time without a zone is refused when bound; SQLite gets its zone back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value.isoformat()} has no zone; give it one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of a mission's records."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}


def connect(url: str) -> Engine:
    """An engine for the records. SQLite is set to wait for locks (30 s), to enforce foreign keys and to sync fully; a
    file that was removed or replaced under us is noticed. Raises `BadInput` when the URL names neither SQLite nor
    PostgreSQL; the URL is not repeated, for it may hold a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput(f"IEOM_DATABASE_URL is no address of a database; {_LIKE}") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise BadInput(f"the records can't be kept in {parsed.get_backend_name()}; {_LIKE}")
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 30})
        if parsed.database and parsed.database != ":memory:":
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            _watch(engine, path)

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # SQLAlchemy emits BEGIN itself, below
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Any) -> None:
            # IMMEDIATE: a transaction that reads and then writes would else fail with 'database is locked'
            # without waiting, when another one wrote in between.
            readonly = connection.get_execution_options().get("ieom_readonly", False)
            connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True)


def _watch(engine: Engine, path: Path) -> None:
    """Keep a process from writing into a database file that is not at its place any more: SQLite itself goes on
    writing into the removed file and says nothing (and would then make an empty one in its place)."""
    known = False

    def there() -> tuple[int, int] | None:
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: Any, _record: Any, _args: Any, _parameters: Any) -> None:
        if known and there() is None:
            raise sqlite3.OperationalError(f"the database file {path} is gone")
        with contextlib.suppress(OSError):  # what can't be made here SQLite reports itself, in its own words
            # Made before SQLite makes it, by this user alone: names, addresses and unpublished texts are in it. SQLite
            # gives its journal the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def _opened(_connection: Any, record: Any) -> None:
        nonlocal known
        known = True
        record.info["file"] = there()

    @event.listens_for(engine, "checkout")
    def _taken(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != there():
            raise DisconnectionError(f"the database file {path} was removed or replaced")  # opened anew, if it can be

    @event.listens_for(engine, "commit")
    def _committing(connection: Connection) -> None:
        if connection.info.get("file") != there():
            lost = sqlite3.OperationalError(f"the database file {path} was removed or replaced")
            raise OperationalError("COMMIT", None, lost)


@contextmanager
def begin(engine: Engine) -> Iterator[Session]:
    """One transaction for writing: committed when the block ends, rolled back when it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A transaction for reading alone; it never waits for a writer on SQLite."""
    with engine.connect().execution_options(ieom_readonly=True) as connection, Session(connection) as session:
        yield session
