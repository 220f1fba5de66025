"""See every_commit.py: the whole mission, killed with SIGKILL at every commit boundary that it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_commit import killed_at_every_commit
from living import alone


@pytest.mark.timeout(1220)
def test_a_mission_killed_at_any_commit_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    alone(killed_at_every_commit, tmp_path, seconds=1200)
