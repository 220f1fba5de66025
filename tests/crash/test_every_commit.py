"""See every_commit.py: the whole mission, killed with SIGKILL at every commit boundary that it has (`--thorough`), or at
one in twelve."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from every_commit import killed_at_every_commit
from living import alone


@pytest.mark.timeout(3020)
def test_a_mission_killed_at_any_commit_goes_on_as_if_it_had_not_been(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    share = 1 if request.config.getoption("--thorough") else 12
    alone(killed_at_every_commit, tmp_path, share, int(time.time()) % share, seconds=3000)
