"""`prefect deploy --all`: the same flows on a Prefect server, with a worker of a process work pool that runs a mission."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import SLUG, free_port

from desk.catcher import Catcher
from desk.quiet import FEW_WRITERS
from ieom.acts.delegation import record_invitation
from ieom.folder import open_mission, read
from ieom.records import standings
from ieom.records.base import begin, connect, reading
from ieom.records.migrate import upgrade
from ieom.settings import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.thorough, pytest.mark.timeout(240)]

POOL = "ieom"


class Elsewhere:
    """A Prefect server of its own, as an organisation may run one, and the commands of docs/operators.md."""

    def __init__(self, folder: Path, mail: int) -> None:
        self.folder, self.port = folder, free_port()
        self.api_url = f"http://127.0.0.1:{self.port}/api"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("IEOM_", "PREFECT_"))}
        self.environment = {
            **kept, **FEW_WRITERS, "PREFECT_HOME": str(folder / "prefect"), "PREFECT_API_URL": self.api_url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_CLI_PROMPT": "false",
            "PREFECT_LOGGING_TO_API_ENABLED": "false", "PREFECT_WORKER_QUERY_SECONDS": "1", "IEOM_CHECKOUT": str(ROOT),
            "IEOM_STATE_DIR": str(folder / "state"), "IEOM_SMTP_HOST": "127.0.0.1", "IEOM_SMTP_PORT": str(mail),
            "IEOM_SMTP_SECURITY": "none",
        }  # fmt: skip
        self.log = folder / "log"

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "prefect", *words]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            self.words(*words), cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def running(self, *words: str) -> Iterator[None]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(self.words(*words), cwd=ROOT, env=self.environment, stdout=log, stderr=log)
            try:
                yield
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        for _time in range(6):  # as Prefect's own client: its server says 503 while its database is being written to
            answer = httpx.request("GET" if body is None else "POST", self.api_url + path, json=body, timeout=20)
            if answer.status_code != 503:
                break
            time.sleep(1)
        answer.raise_for_status()
        return answer.json()

    def until(self, holds: Callable[[], object], seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if holds():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"not within {seconds} s:\n{self.log.read_text()[-3000:]}")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with Catcher(tmp_path / "mail") as catcher:
        there = Elsewhere(tmp_path, catcher.port)
        (tmp_path / "state").mkdir()
        engine = connect(f"sqlite:///{tmp_path / 'state' / 'mission.db'}")
        upgrade(engine)
        folder = read(ROOT / "config" / "missions" / SLUG)
        with begin(engine) as session:
            at = folder.facts.moment(folder.facts.release.press_conference.replace(month=7, day=3))
            open_mission(session, folder, by="coordinator", at=at).simulated_now = at
            record_invitation(session, SLUG, by="coordinator", at=at)
        engine.dispose()
        with there.running("server", "start", "--host", "127.0.0.1", "--port", str(there.port), "--no-ui"):
            there.until(lambda: there.api("/health"), 90)
            yield there


def test_a_worker_of_a_process_pool_runs_a_mission_after_prefect_deploy_all(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    elsewhere.run("work-pool", "create", POOL, "--type", "process")
    elsewhere.run("deploy", "--all")

    found = {row["entrypoint"]: row for row in elsewhere.api("/deployments/filter", {})}
    flows = {"mission.mission", "reminders.reminders", "reminders.watch", "returns.returns"}
    assert set(found) == {f"flows.{name}" for name in flows}
    assert {row["work_pool_name"] for row in found.values()} == {POOL}
    mission = found["flows.mission.mission"]
    assert (mission["schedules"], mission["enforce_parameter_schema"]) == ([], True)
    for name, cron in (("reminders", "*/5 * * * *"), ("watch", "* * * * *")):
        row = found[f"flows.reminders.{name}"]
        assert [one["schedule"]["cron"] for one in row["schedules"]] == [cron]
        assert row["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    refused = httpx.post(
        f"{elsewhere.api_url}/deployments/{mission['id']}/create_flow_run", json={"parameters": {"x": 1}}
    )
    assert refused.status_code in {409, 422}, "a run of no mission is refused before it begins"

    run = elsewhere.api(f"/deployments/{mission['id']}/create_flow_run", {"parameters": {"mission": SLUG}})["id"]
    with elsewhere.running("worker", "start", "--pool", POOL, "--name", "tested"):
        elsewhere.until(
            lambda: elsewhere.api(f"/flow_runs/{run}")["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"}, 90
        )
    ended = elsewhere.api(f"/flow_runs/{run}")
    assert ended["state"]["type"] == "COMPLETED", elsewhere.log.read_text()[-3000:]
    assert ended["name"].startswith(f"{SLUG}, 3 July 2020, ")

    assert len(list((tmp_path / "mail").glob("*.eml"))) == 4, "the four calls for nominations"
    engine = connect(f"sqlite:///{tmp_path / 'state' / 'mission.db'}")
    with reading(engine) as session:
        assert len(standings.of(session, SLUG)) == 7
    engine.dispose()
    tagged = elsewhere.api("/flow_runs/filter", {"flow_runs": {"tags": {"all_": [f"mission:{SLUG}"]}}})
    assert [one for one in tagged if one["id"] != run], "the run asked for the next one, with the mission's tag"
    shown = elsewhere.api("/artifacts/filter", {"artifacts": {"key": {"any_": [f"timeline-{SLUG}"]}}})
    assert "Delegation assembly" in str(shown[0]["data"])
    sending = elsewhere.api("/artifacts/filter", {"artifacts": {"key": {"any_": [f"sending-{SLUG}"]}}})
    assert [(one["type"], float(one["data"])) for one in sending] == [("progress", 100.0)]
    assert sending[0]["description"].startswith("Sending 4 letters: Elections of Deputies of the Senate")
