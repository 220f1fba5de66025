"""Where a mission asks for a code: all who approve do so on a telephone, with the one in their letter. A browser of its own,
apart from the whole mission's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from doing.place import People, Place, decided, place
from doing.telephone import Telephones
from evening import SLUG, at
from playwright.sync_api import Browser
from sqlalchemy import Engine

from desk import practice
from desk.rehearsal import ScriptedAct, set_clock
from ieom.acts import approval
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.settings import settings
from tasks import stage

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]


@pytest.fixture
def evening(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The same when approval was asked for."""
    copy = at("asked", stages, tmp_path, monkeypatch)
    copy.dispose()
    with place(str(copy.url), tmp_path, settings().state_dir, stages["asked"].parent / "pages") as found:
        yield found


def test_where_the_mission_asks_for_a_code_all_five_approve_with_the_one_in_their_letter(
    evening: Place, browser: Browser
) -> None:
    engine = stage.records()
    _asks_for_a_code(engine)
    secretary = People(browser, evening.desk, engine)["coordinator"]
    secretary.send("/approval", "/approval/stop", {"why": "It is asked anew, with a code.", "sure": True})
    with reading(engine) as session:
        now = missions.now(session, SLUG) + timedelta(minutes=1)
    set_clock(engine, SLUG, now)
    secretary.send("/approval", "/approval/ask")
    practice.walk(SLUG)
    telephones = Telephones(browser, evening.mail, evening.public)
    asked = ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general")
    for number, who in enumerate(asked):
        telephones.decide(ScriptedAct(number, now, who, "approval.decide", {"decision": "approve"}))
    practice.walk(SLUG)
    assert telephones.coded == set(asked)
    assert decided(engine) == dict.fromkeys(asked, "link")
    with reading(engine) as session:
        assert approval.newest_round(session, SLUG).status == "approved"


def _asks_for_a_code(engine: Engine) -> None:
    with begin(engine) as session:
        facts, now = missions.facts(session, SLUG), missions.now(session, SLUG)
        rule = facts.approval.model_copy(update={"link_asks": "code"})
        changed = facts.model_copy(update={"approval": rule})
        missions.revise(session, SLUG, changed, by="coordinator", at=now, kind="x", reason="")
