"""`ieom serve`: one process that goes on by itself after a kill -9, and ends without an orphan."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from desk.catcher import Catcher
from ieom.acts.delegation import record_invitation
from ieom.folder import open_mission, read
from ieom.records import migrate, missions, standings
from ieom.records.base import begin, connect, reading
from ieom.settings import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(400)]

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Served:
    """One server on a state folder."""

    def __init__(self, state: Path, mail: int) -> None:
        self.state, self.port = state, free_port()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("IEOM_", "PREFECT_"))}
        self.environment = {
            **kept, "IEOM_STATE_DIR": str(state), "IEOM_PREFECT_PORT": str(self.port), "IEOM_SMTP_HOST": "127.0.0.1",
            "IEOM_SMTP_PORT": str(mail), "IEOM_SMTP_SECURITY": "none",
        }  # fmt: skip
        self.log = state / "serve.out"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", "from desk.cli.main import main; main()", "serve"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=self.log.open("ab"), stderr=subprocess.STDOUT
        )
        self.until(lambda: self.log.read_text().count("serves missions") > self.starts, 90)
        self.starts += 1

    starts = 0

    def until(self, holds, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.3)
        raise AssertionError(f"not within {seconds} s:\n{self.log.read_text()[-3000:]}")

    def api(self, path: str, body: dict) -> list[dict]:
        user, _, secret = (self.state / "prefect-auth").read_text().partition(":")
        answer = httpx.post(f"http://127.0.0.1:{self.port}/api{path}", json=body, auth=(user, secret), timeout=20)
        answer.raise_for_status()
        return answer.json()

    def marked(self) -> list[int]:
        """Processes that carry this server's mark."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if f"IEOM_SERVED_BY={self.state}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    state = tmp_path / "state"
    state.mkdir()
    engine = connect(f"sqlite:///{state / 'mission.db'}")
    migrate.upgrade(engine)
    folder = read(EXAMPLE)
    with begin(engine) as session:
        at = folder.facts.moment(folder.facts.release.press_conference.replace(month=7, day=3))
        row = open_mission(session, folder, by="coordinator", at=at)
        row.simulated_now = at
        record_invitation(session, row.slug, by="coordinator", at=at)
    engine.dispose()
    with Catcher(tmp_path / "mail") as catcher:
        server = Served(state, catcher.port)
        yield server
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        for process in server.marked():
            os.kill(process, signal.SIGKILL)


def walked(state: Path) -> int:
    engine = connect(f"sqlite:///{state / 'mission.db'}")
    with reading(engine) as session:
        row = missions.get(session, "kazakhstan-senate-2020")
        stood = standings.of(session, row.slug)
        result = row.walked_revision if stood and row.revision == row.walked_revision else 0
    engine.dispose()
    return result


def test_a_served_mission_goes_on_after_a_kill_and_ends_without_an_orphan(served: Served, tmp_path: Path) -> None:
    served.start()
    served.until(lambda: walked(served.state), 90)
    letters = len(list((tmp_path / "mail").glob("*.eml")))
    assert letters == 4, "the four calls for nominations"

    answer = httpx.post(f"http://127.0.0.1:{served.port}/api/flow_runs/filter", json={}, timeout=20)
    assert answer.status_code == 401, "a stranger may not call Prefect's API"
    scheduled = served.api("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
    assert any(run["name"] for run in scheduled), "no cron run was ever scheduled"

    assert served.process is not None
    served.process.kill()
    served.process.wait()
    engine = connect(f"sqlite:///{served.state / 'mission.db'}")
    with begin(engine) as session:
        missions.lock(session, "kazakhstan-senate-2020").revision += 1  # something happened meanwhile
    engine.dispose()
    served.start()
    served.until(lambda: walked(served.state), 90)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == letters, "a letter went twice"

    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(40) == 0
    assert "nothing is left running" in served.log.read_text()
    time.sleep(1)
    assert served.marked() == []
