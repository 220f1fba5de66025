"""See dozen_kills.py: the whole process, killed with SIGKILL at its work under the real Prefect server: a dozen times
(`--thorough`), or twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from dozen_kills import a_dozen_kills
from living import alone

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(3020)]


def test_a_dozen_kills_of_the_whole_process_change_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    share = 1 if request.config.getoption("--thorough") else 6
    alone(a_dozen_kills, tmp_path, int(time.time()), share, seconds=3000)
