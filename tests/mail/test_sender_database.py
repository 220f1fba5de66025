"""The database fails while letters go: locked, full, a shared part gone. What was not written down goes to nobody."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import open_example
from scripted import Scripted, well
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError

from ieom.errors import Tampered
from ieom.mail import sender, writer
from ieom.mail.letters import Attachment, Recipient, queue_many
from ieom.mail.smtp import Account
from ieom.records import schema
from ieom.records.base import begin, connect, reading
from ieom.records.letters import Letter

NOW = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)


def queued(engine: Engine, mission: str, count: int, *, size: int = 10) -> None:
    papers = [Attachment("paper.pdf", "application/pdf", b"%PDF-" + b"\n.x" * size)]
    to = [(Recipient(f"desk{n}@outlet.example", f"Outlet {n}"), {"title": "N", "text": "W."}) for n in range(count)]
    with begin(engine) as session:
        queue_many(session, mission, kind="notice", occasion="test", to=to, at=NOW, attachments=papers)


def send(engine: Engine, mission: str, server: Scripted, *, connections: int = 2) -> sender.SendReport:
    account = Account("127.0.0.1", server.port, security="none", timeout=5.0, patience=5.0)
    return sender.send_due(engine, account, mission=mission, now=lambda: NOW, connections=connections)


def states(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Letter.state)))


def test_a_shared_part_that_has_gone_stops_its_letters_before_a_word_is_said(engine: Engine, mission: str) -> None:
    queued(engine, mission, 3)
    path = str(engine.url.database)
    with sqlite3.connect(path) as plain:  # by a hand that has switched the keys off
        plain.execute("DROP TRIGGER IF EXISTS letter_parts_no_delete")
        plain.execute("DELETE FROM letter_parts")
    plain.close()
    with Scripted(well, features="PIPELINING") as server, pytest.raises(Tampered, match="not in the database any more"):
        send(engine, mission, server)
    assert not any(command.startswith("MAIL") for command in server.commands)
    assert "sent" not in states(engine)


@pytest.mark.parametrize("patience", [20.0, 0.5], ids=["in-time", "for-too-long"])
def test_a_database_locked_by_another_process(
    engine: Engine, mission: str, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    queued(engine, mission, 20)
    monkeypatch.setattr(writer.Writer.__init__, "__kwdefaults__", {"patience": patience, "pause": 0.05, "gather": 0.0})
    path = str(engine.url.database)
    engine.dispose()
    impatient = connect(f"sqlite:///{path}")
    event.listen(impatient, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    once = threading.Lock()

    def answers(verb: str, number: int) -> str:
        if verb == "." and number >= 6 and once.acquire(blocking=False):
            other.execute("BEGIN EXCLUSIVE")
            if patience > 1:
                threading.Timer(0.6, lambda: other.execute("COMMIT")).start()
        return well(verb, number)

    with Scripted(answers, features="PIPELINING") as server:
        if patience > 1:
            assert send(impatient, mission, server).outcomes == {"sent": 20}
            assert len(server.messages) == len(set(server.messages)) == 20
        else:
            with pytest.raises(OperationalError, match="locked"):
                send(impatient, mission, server)
            other.execute("COMMIT")
            known = states(impatient).count("sent")
            report = send(impatient, mission, server)
            assert report.outcomes["in_doubt"] <= 2  # one a connection
            assert known + sum(report.outcomes.values()) == 20
            assert len(server.messages) == len(set(server.messages)) <= 20
            assert report.outcomes["in_doubt"] + states(impatient).count("sent") == 20
    other.close()
    impatient.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    where = tmp_path / "disk"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs root, to mount a small disk")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=False)


def test_a_disk_that_fills_while_letters_go(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = connect(f"sqlite:///{small_disk / 'mission.db'}")
    schema.metadata.create_all(engine)
    mission = open_example(engine)
    queued(engine, mission, 60)
    engine.dispose()  # the journal goes into the file
    monkeypatch.setattr(writer.Writer.__init__, "__kwdefaults__", {"patience": 0.3, "pause": 0.05, "gather": 0.0})
    ballast, once = small_disk / "ballast", threading.Lock()

    def answers(verb: str, number: int) -> str:
        if verb == "." and number >= 10 and once.acquire(blocking=False):
            with ballast.open("wb", buffering=0) as filling:
                try:
                    while filling.write(b"x" * 4096):
                        pass
                except OSError:
                    pass
        return well(verb, number)

    with Scripted(answers, features="PIPELINING") as server:
        with pytest.raises(OperationalError, match=r"full|disk I/O"):
            send(engine, mission, server)
        went = len(server.messages)
        assert 8 <= went < 60
        ballast.unlink()
        report = send(engine, mission, server)
        assert report.outcomes["in_doubt"] <= 2
        assert len(server.messages) == len(set(server.messages))
        assert sorted(set(states(engine))) in (["in_doubt", "sent"], ["sent"])
        assert states(engine).count("sent") + report.outcomes["in_doubt"] == 60
    engine.dispose()


def test_a_pipelining_sender_killed_again_and_again_doubts_no_more_than_its_connections(
    either: Engine,
) -> None:
    mission, connections = open_example(either), 4
    queued(either, mission, 200, size=2000)
    doubtful = kills = 0
    with Scripted(well, features="PIPELINING") as server:
        for goal in (15, 40, 70, 100, 130):
            child = os.fork()
            if child == 0:
                either.dispose(close=False)
                send(either, mission, server, connections=connections)
                os._exit(0)
            while len(server.messages) < goal:
                time.sleep(0.001)
            os.kill(child, signal.SIGKILL)
            kills += os.WIFSIGNALED(os.waitpid(child, 0)[1])
            before = states(either)
            assert before.count("transmitting") <= connections
            doubtful += before.count("transmitting")
        send(either, mission, server, connections=connections)
        assert kills == 5
        assert states(either).count("in_doubt") == doubtful <= kills * connections
        assert states(either).count("sent") == 200 - doubtful
        assert len(server.messages) == len(set(server.messages)), "a letter went twice"
        assert len(server.messages) >= 200 - doubtful
