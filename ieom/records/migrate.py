"""Bringing a database to the newest schema, by Alembic, under a lock so that two processes don't both begin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, OperationalError

from ieom.errors import BadInput, Tampered, Unavailable
from ieom.settings import ROOT, settings


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", (ROOT / "migrations").as_posix())
    return config


def _not_lost(engine: Engine) -> None:
    notes = settings().state_dir / "witness"
    sent = sorted(note.stem for note in notes.glob("*.json"))
    if sent:
        raise Tampered(
            f"the records ({engine.url.render_as_string()}) are empty, but letters of {', '.join(sent)} were sent from "
            f"here: put the backup back in its place; to begin anew, move {notes} away first"
        )


@contextmanager
def _loose(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by making it anew, which its foreign keys would forbid; they are checked before the
    transaction ends instead, and enforced again afterwards."""
    raw = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def upgrade(engine: Engine, *, to: str = "head") -> None:
    """Upgrade to the newest schema (or, in a test, as far as one was). Raises `Unavailable` when the database can't be reached or is locked, `BadInput`
    when the file is no database or was made by a newer version, and `Tampered` when it is empty although letters were
    sent from here: it was lost, and a new one would not know of them."""
    config = _config()
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and not Path(path).exists():
        _not_lost(engine)  # before opening it would leave an empty file in the backup's place
    try:
        script = ScriptDirectory.from_config(config)
        with engine.connect() as connection, _loose(connection), connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(7205011)"))
            have = MigrationContext.configure(connection).get_current_revision()
            if have is None:
                _not_lost(engine)
            want = script.get_current_head() if to == "head" else to
            if have == want:
                return
            if have is not None and have not in {revision.revision for revision in script.walk_revisions()}:
                raise BadInput(f"the records were made by a newer ieom (schema {have}); use that one, or a backup")
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise BadInput("the records hold rows that belong to nothing; restore a backup, then try again")
    except OperationalError as error:
        said = " ".join(str(error.orig).split())
        raise Unavailable(f"the database does not answer: {said}; see that it runs, then try again") from error
    except DatabaseError as error:
        raise BadInput(
            f"the database can't be used: {error.orig}; is {engine.url.render_as_string()} the right one?"
        ) from error
