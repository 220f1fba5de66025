"""`ieom serve`: one process that goes on by itself after a kill -9, and ends without an orphan."""

from __future__ import annotations

import asyncio
import html
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from desks import people
from served import SLUG, Served, serving

from desk.children import apart
from ieom.acts import accounts
from ieom.acts.delegation import record_invitation
from ieom.folder import open_mission, read
from ieom.records import migrate, missions
from ieom.records.base import begin, connect
from ieom.settings import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(400)]

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as server:
        engine = connect(server.url)
        migrate.upgrade(engine)
        folder = read(EXAMPLE)
        with begin(engine) as session:
            at = folder.facts.moment(folder.facts.release.press_conference.replace(month=7, day=3))
            row = open_mission(session, folder, by="coordinator", at=at)
            row.simulated_now = at
            record_invitation(session, row.slug, by="coordinator", at=at)
        engine.dispose()
        yield server


def test_a_served_mission_goes_on_after_a_kill_and_ends_without_an_orphan(served: Served, tmp_path: Path) -> None:
    served.start()
    mission = served.deployment("mission")
    asked = [
        served.api(f"/deployments/{mission}/create_flow_run", {"parameters": {"mission": SLUG}})["id"] for _ in range(2)
    ]  # beside the server's own: three runs of one mission at once

    served.until(lambda: served.walked() and served.states(asked) == {"COMPLETED"}, 120)
    letters = len(list((tmp_path / "mail").glob("*.eml")))
    assert letters == 4, "the four calls for nominations"

    run = served.api("/flow_runs/filter", {"flow_runs": {"id": {"any_": asked[:1]}}})[0]
    assert run["parameters"] == {"mission": SLUG}
    assert run["name"].startswith(f"{SLUG}, 3 July 2020, "), "a run is named by the mission and its present moment"
    woken = served.api("/flow_runs/filter", {"flow_runs": {"tags": {"all_": [f"mission:{SLUG}"]}}})
    assert woken, "the server's own runs carry the mission's tag"
    artifacts = served.api("/artifacts/filter", {"artifacts": {"key": {"like_": "timeline"}}})
    assert any("Delegation assembly" in str(row["data"]) for row in artifacts), "the timeline is shown with the run"

    asking = subprocess.run(
        [sys.executable, "-c", "from desk.cli.main import main; main()", "start"], cwd=ROOT, capture_output=True, text=True,
        env={**served.environment, "IEOM_PREFECT_PORT": "1"}, timeout=60, check=False,
    )  # fmt: skip
    assert asking.returncode == 0, asking.stderr
    assert "is being looked at by 'ieom serve'" in " ".join(asking.stdout.split())

    answer = httpx.post(f"http://127.0.0.1:{served.port}/api/flow_runs/filter", json={}, timeout=20)
    assert answer.status_code == 401, "a stranger may not call Prefect's API"
    scheduled = served.api("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
    assert any(run["name"] for run in scheduled), "no cron run was ever scheduled"

    public = httpx.get(f"http://127.0.0.1:{served.public}/", timeout=20)
    assert "Nothing has been published yet" in public.text, "the public pages are served beside the missions"
    assert SLUG not in public.text

    assert served.log.read_text().count("/enter/link?t=") == 1, "the first administrator's link is printed"
    assert "Enter the desk" in httpx.get(f"http://127.0.0.1:{served.desk}/", timeout=20, follow_redirects=True).text

    seen(served)

    served.kill(children=False)
    engine = connect(served.url)
    with begin(engine) as session:
        missions.lock(session, SLUG).revision += 1  # something happened meanwhile
    engine.dispose()
    served.start()
    served.until(served.walked, 150)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == letters, "a letter went twice"

    assert served.process is not None
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(120) == 0
    assert "nothing is left running" in served.log.read_text()
    time.sleep(1)
    assert served.marked() == []


def seen(served: Served) -> None:
    """Whoever reads the mission at the desk sees what ran last and what comes; who may act on that is led to the run on
    Prefect's own page, from a browser on this machine alone."""
    engine = connect(served.url)
    known = people(engine, roles=("coordinator", "drafter"))
    with begin(engine) as session:
        at = missions.real_now()
        cookies = {role: accounts.begin_session(session, account=one, at=at)[0] for role, one in known.items()}
    engine.dispose()

    def page(role: str, host: str = "127.0.0.1") -> str:
        here = {"host": f"{host}:{served.desk}", "cookie": f"desk={cookies[role]}"}
        return html.unescape(
            httpx.get(f"http://127.0.0.1:{served.desk}/missions/{SLUG}", headers=here, timeout=20).text
        )

    served.until(lambda: "went well" in page("coordinator"), 30)
    own = page("coordinator")
    last = re.search(
        r"Last run: the software looked at what is due,\s*<time datetime=\"([^\"]+)\">.*?flow-run/([^\"]+)\"",
        own,
        re.DOTALL,
    )
    assert last, own
    # asked for after the page: a run may have been woken meanwhile
    runs = served.api("/flow_runs/filter", {"flow_runs": {"tags": {"all_": [f"mission:{SLUG}"]}}})
    assert last[2] in {run["id"] for run in runs}, "the link leads to the very run"
    assert abs(datetime.fromisoformat(last[1]) - datetime.now(UTC)) < timedelta(minutes=5)
    assert f'href="http://127.0.0.1:{served.port}/runs/flow-run/' in own
    assert "Next run" in own or "No next run is planned" in own
    for other in (page("drafter"), page("coordinator", "192.168.7.20")):
        assert "Last run: the software looked at what is due" in other, "everybody is told"
        assert "flow-run" not in other, "a telephone would not find Prefect's page on itself"


def test_ctrl_c_ends_it_in_order_with_nothing_but_words(served: Served) -> None:
    """A terminal sends it to every process in the foreground."""
    served.start()
    assert served.process is not None
    mission = served.deployment("mission")
    run = served.api(f"/deployments/{mission}/create_flow_run", {"parameters": {"mission": SLUG}})["id"]
    served.until(lambda: served.states([run]) & {"PENDING", "RUNNING", "COMPLETED"}, 60, every=0.05)
    os.killpg(served.process.pid, signal.SIGINT)
    assert served.process.wait(120) == 0
    said = served.log.read_text()
    assert said.rstrip().endswith("Stopped; nothing is left running.")
    assert "Traceback" not in said
    assert "Error" not in said
    served.until(lambda: served.marked() == [], 10)


def test_what_flow_runs_say_is_heard_until_the_end_and_ctrl_c_is_not_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    child = [sys.executable, "-c", "import os; print('session', os.getsid(0) == os.getpid())"]

    async def run() -> None:
        from prefect.runner import _starter_engine as starting

        ended: list[bool] = []
        async with apart(lambda: bool(ended)):
            await starting.run_process(command=child, stream_output=True)
            ended.append(True)
            await starting.run_process(command=child, stream_output=True)

    asyncio.run(run())
    assert capsys.readouterr().out == "session True\n"


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path) as served, socket.socket() as other:
        other.bind(("127.0.0.1", served.public))
        other.listen()
        said = subprocess.run(
            [sys.executable, "-c", "from desk.cli.main import main; main()", "serve"], cwd=ROOT, env=served.environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert said.returncode == 2
    assert said.stderr == (
        f"port {served.public} of this machine, for the public pages, can't be listened on (Address already in use): end the "
        "program that has it, or name a free one with IEOM_PUBLIC_PORT\n"
    )
    assert not served.marked()
