"""No mail account is set: nothing fails, nothing goes, and whoever looks is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from living import EXAMPLE, walk
from sqlalchemy import select

from ieom.records import missions
from ieom.records.base import reading
from ieom.records.letters import Letter
from ieom.settings import settings
from tasks import stage

SLUG = "kazakhstan-senate-2020"


def test_without_a_mail_account_letters_wait_and_the_mission_goes_on(
    ieom: Any, at: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    at("called")
    monkeypatch.delenv("IEOM_SMTP_HOST", raising=False)
    settings.cache_clear()
    assert ieom("nominate", "kg-1", "--from", EXAMPLE / "delegation.csv", "--by", "coordinator").code == 0
    walk(SLUG)
    with reading(stage.records()) as session:
        row = missions.get(session, SLUG)
        assert row.walked_revision == row.revision, "the run came to its end"
        waiting = list(session.scalars(select(Letter.kind).where(Letter.state == "queued")))
    assert "nomination_received" in waiting
    said = json.loads(ieom("status", "--json").out)
    assert said["letters_wait"].startswith("Letters wait: no mail account is set: give IEOM_SMTP_HOST")
