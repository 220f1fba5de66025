"""`ieom desk`, which `make desk` starts: one process that sets everything up, with the mission in the middle of its course and
something to do at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import httpx
import pytest
from served import free_port

from ieom.settings import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(400)]


def until_answered(process: subprocess.Popen[bytes], log: Path, address: str, seconds: float = 240) -> httpx.Response:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            answer = httpx.get(address, timeout=20)
        except httpx.TransportError:
            time.sleep(0.5)
            continue
        if answer.status_code == 200:
            return answer
    raise AssertionError(f"not within {seconds} s:\n{log.read_text()[-3000:]}")


def test_the_desk_to_try_opens_in_the_middle_of_a_mission_with_something_to_do(tmp_path: Path) -> None:
    desk, public, prefect = free_port(), free_port(), free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("IEOM_", "PREFECT_"))}
    told = {"IEOM_PUBLIC_PORT": str(public), "IEOM_PREFECT_PORT": str(prefect)}
    command = [
        sys.executable,
        "-c",
        "from desk.cli.main import main; main()",
        "desk",
        "--into",
        str(tmp_path / "desk"),
        "--port",
        str(desk),
    ]
    log = tmp_path / "desk.out"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**kept, **told}, stdout=out, stderr=out, start_new_session=True
        )
    here = f"http://127.0.0.1:{desk}"
    try:
        entering = until_answered(process, log, f"{here}/enter").text
        assert "A demonstration" in entering
        with httpx.Client(base_url=here, follow_redirects=True, timeout=30) as browser:
            button = next(
                one
                for one in re.findall(r"<form.*?</form>", browser.get("/enter").text, re.DOTALL)
                if "coordinator" in one.lower()
            )
            action = re.search(r'action="([^"]+)"', button)
            fields = dict(re.findall(r'<(?:input|button)[^>]*name="([^"]+)"[^>]*value="([^"]*)"', button))
            assert action
            page = browser.post(unescape(action[1]), data=fields, headers={"origin": here}).text
            assert re.search(r"[1-9] things? (?:is|are) owed", page), page[:2000]
            assert "Round 1: 0 of 5" in page
            letters = browser.get("/mail").text
            assert len(set(re.findall(r'href="/mail/(\d+)"', letters))) > 20, "every letter is there to be read"
            assert "demonstration" in letters.lower()
        assert httpx.get(f"http://127.0.0.1:{public}/verify", timeout=20).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{prefect}/api/health", timeout=20).status_code in {200, 401}
        end = time.monotonic() + 60
        while f":{desk}" not in log.read_text():  # said once all of it is there
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.5)
        assert len(re.findall(r"/enter/link\?t=", log.read_text())) == 1, "for the first administrator, once"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert "Traceback" not in log.read_text()
