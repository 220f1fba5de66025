"""`ieom serve` as a real process on a state folder of its own, for the tests that kill it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from desk.catcher import Catcher
from ieom.records import missions, standings
from ieom.records.base import connect, reading
from ieom.settings import ROOT

SLUG = "kazakhstan-senate-2020"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Served:
    """One server on a state folder."""

    def __init__(self, state: Path, mail: int) -> None:
        self.state, self.port, self.public, self.desk = state, free_port(), free_port(), free_port()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("IEOM_", "PREFECT_"))}
        self.environment = {
            "IEOM_SECRET": os.environ["IEOM_SECRET"],
            **kept, "IEOM_STATE_DIR": str(state), "IEOM_PREFECT_PORT": str(self.port), "IEOM_PUBLIC_PORT": str(self.public), "IEOM_DESK_PORT": str(self.desk), "IEOM_SMTP_HOST": "127.0.0.1",
            "IEOM_SMTP_PORT": str(mail), "IEOM_SMTP_SECURITY": "none",
        }  # fmt: skip
        self.log = state / "serve.out"
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"sqlite:///{self.state / 'mission.db'}"

    def start(self) -> None:
        command = [sys.executable, "-c", "from desk.cli.main import main; main()", "serve"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.until(lambda: self.log.read_text().count("serves missions") > self.starts, 180)
        self.starts += 1

    def kill(self, *, children: bool) -> None:
        """SIGKILL; its flow runs' processes too, or they are left behind as a crash of the server leaves them."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        if children:
            for process in self.marked():
                with suppress(ProcessLookupError):  # it ended by itself meanwhile
                    os.kill(process, signal.SIGKILL)

    def until(self, holds: Callable[[], object], seconds: float, *, every: float = 0.3) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(every)
        raise AssertionError(f"not within {seconds} s:\n{self.log.read_text()[-3000:]}")

    def api(self, path: str, body: dict[str, Any]) -> Any:
        """What Prefect's API answers; asked again, as Prefect's own client does, while its SQLite is busy (503) or nothing
        comes back on a machine that does much else."""
        user, _, secret = (self.state / "prefect-auth").read_text().partition(":")
        answers: list[httpx.Response] = []

        def answered() -> bool:
            url = f"http://127.0.0.1:{self.port}/api{path}"
            with suppress(httpx.TransportError):
                answers.append(httpx.post(url, json=body, auth=(user, secret), timeout=20))
                return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE
            return False

        self.until(answered, 90)
        answers[-1].raise_for_status()
        return answers[-1].json()

    def deployment(self, entrypoint: str) -> str:
        """The id of the deployment of a flow."""
        found = self.api("/deployments/filter", {"deployments": {"name": {"any_": ["default"]}}})
        return str(next(row["id"] for row in found if row["entrypoint"].endswith(entrypoint)))

    def states(self, runs: list[str]) -> set[str]:
        """What states flow runs are in."""
        found = self.api("/flow_runs/filter", {"flow_runs": {"id": {"any_": runs}}})
        return {run["state"]["type"] for run in found}

    def remind(self) -> None:
        """Run the reminders now, and wait until they have. One that comes while another runs (by the schedule, or put
        back after a kill) is cancelled, and asked for again."""
        came = {"CANCELLED"}
        while came == {"CANCELLED"}:
            run = self.api(f"/deployments/{self.deployment('reminders.reminders')}/create_flow_run", {})["id"]
            self.until(lambda: self.states([run]) <= {"COMPLETED", "CANCELLED", "FAILED", "CRASHED"}, 300)  # noqa: B023 - waited for
            came = self.states([run])
            time.sleep(0.5)
        assert came == {"COMPLETED"}, self.log.read_text()[-3000:]

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

    def walked(self) -> bool:
        """Whether the mission was walked since something last happened in it, and no moment of it is past."""
        engine = connect(self.url)
        with reading(engine) as session:
            row = missions.get(session, SLUG)
            stood = standings.of(session, SLUG)
            waits = row.wake_at is None or row.wake_at > missions.now(session, SLUG)
            result = bool(stood) and row.revision == row.walked_revision and waits
        engine.dispose()
        return result


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A server (not started yet) on `folder`/state with a mail server that keeps letters in `folder`/mail; nothing
    outlives the block."""
    state = folder / "state"
    state.mkdir()
    with Catcher(folder / "mail") as catcher:
        server = Served(state, catcher.port)
        try:
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.process.kill()
                server.process.wait()
            for process in server.marked():
                os.kill(process, signal.SIGKILL)
