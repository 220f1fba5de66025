"""A test of the release goes to an office of ours, wakes the mission, and goes nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from living import walk
from sqlalchemy import select

from ieom.records.audit import AuditRow
from ieom.records.base import reading
from ieom.records.letters import Letter
from tasks import stage
from tasks.wake import due

SLUG = "kazakhstan-senate-2020"


def test_a_test_letter_wakes_the_mission_and_goes_to_ourselves_alone(ieom: Any, at: Callable[[str], Path]) -> None:
    at("gone")
    walk(SLUG)
    assert due() == []
    refused = ieom("release", "test", "somebody@elsewhere.example", "--by", "press-officer")
    assert refused.code == 2
    assert "a test goes to an office of the organisation alone" in refused.err
    assert "press@secretariat.example" in refused.err
    assert due() == []
    assert ieom("release", "test", "press@secretariat.example", "--by", "press-officer").code == 0
    assert [slug for slug, _ in due()] == [SLUG]
    with reading(stage.records()) as session:
        letter = session.scalars(select(Letter).where(Letter.occasion.startswith("test:"))).one()
        acts = list(session.scalars(select(AuditRow.act).order_by(AuditRow.seq.desc()).limit(1)))
        assert (letter.recipient, letter.release, letter.state) == ("press@secretariat.example", None, "queued")
    assert acts == ["ReleaseTested"]
