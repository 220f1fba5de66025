"""The silence procedure of member states: announced with a term, broken by any objection, recorded as what it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from living import opened, surround, walk
from sqlalchemy import Engine, select

from desk.catcher import Catcher
from desk.rehearsal import live, next_moment
from ieom.acts import approval
from ieom.mail.letters import message_bytes
from ieom.records import missions
from ieom.records.approvals import ApprovalSeat, Decision
from ieom.records.base import begin, connect, reading
from ieom.records.letters import Letter
from ieom.rules.approval import SeatState
from ieom.settings import settings
from tasks import stage

SLUG = "kazakhstan-senate-2020"
ASKED = datetime.fromisoformat("2020-08-12T11:05:00+00:00")
SILENT = ("kg-1", "tr-1", "uz-1")
"""The member states' seats; the rule gives each two hours."""
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example mission under such a rule, lived until its statement is put to the approvers."""
    folder = tmp_path_factory.mktemp("silence")
    with pytest.MonkeyPatch.context() as patch, Catcher(folder / "mail") as catcher:
        for key in [name for name in os.environ if name.startswith("IEOM_")]:
            patch.delenv(key)
        surround(f"sqlite:///{folder / 'mission.db'}", catcher.port, folder / "var")
        slug, acts = opened(stage.records())
        with begin(stage.records()) as session:
            facts = missions.facts(session, slug)
            seats = [
                seat.model_copy(update={"silence_hours": 2.0 if seat.who in SILENT else None})
                for seat in facts.approval.seats
            ]
            rule = facts.approval.model_copy(update={"seats": tuple(seats)})
            new = facts.model_copy(update={"approval": rule})
            missions.revise(session, slug, new, by="coordinator", at=acts[0].at, kind="opened", reason="")
        walk(slug)
        while (moment := next_moment(stage.records(), slug, acts)) is not None and moment <= ASKED:
            live(stage.records(), slug, acts, walk, moment)
        stage.records().dispose()
        stage._engine.cache_clear()
        for key in [name for name in os.environ if name.startswith("IEOM_")]:
            os.environ.pop(key)
    settings.cache_clear()
    return folder


@pytest.fixture
def asked(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    shutil.copytree(lived / "var", tmp_path / "state")
    with sqlite3.connect(lived / "mission.db") as old, sqlite3.connect(tmp_path / "copy.db") as new:
        old.backup(new)
    monkeypatch.setenv("IEOM_STATE_DIR", str(tmp_path / "state"))
    settings.cache_clear()
    return connect(f"sqlite:///{tmp_path / 'copy.db'}")


def term(engine: Engine) -> datetime:
    with reading(engine) as session:
        [until] = set(session.scalars(select(ApprovalSeat.silence_until).where(ApprovalSeat.who.in_(SILENT))))
    assert until is not None
    return until


def advance(engine: Engine, at: datetime) -> None:
    with begin(engine) as session:
        approval.advance(session, SLUG, at=at)


def decided(engine: Engine) -> dict[str, tuple[str, str, str]]:
    with reading(engine) as session:
        rows = session.scalars(select(Decision).order_by(Decision.id))
        return {row.by: (row.decision, row.channel, row.recorded_by) for row in rows}


def states(engine: Engine) -> dict[str, SeatState]:
    with reading(engine) as session:
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        return {seat.who: state for seat, state, _ in approval.seats(session, round_)}


def test_the_request_announces_the_term_to_member_states_alone(asked: Engine) -> None:
    with reading(asked) as session:
        for letter in session.scalars(select(Letter).where(Letter.kind == "approval_request")):
            message = message_from_bytes(message_bytes(session, letter), policy=policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            text = " ".join(body.get_content().split())
            state = letter.occasion.rpartition(":")[2] in SILENT
            assert ("unless you object before 12 August 2020, 1" in text) == state, letter.occasion
            assert ("Any objection breaks the silence" in text) == state


def test_silence_is_recorded_as_no_objection_when_the_term_has_passed_and_the_head_still_decides(asked: Engine) -> None:
    until = term(asked)
    advance(asked, until - MINUTE)
    assert decided(asked) == {}
    advance(asked, until)
    advance(asked, until + MINUTE)
    assert decided(asked) == dict.fromkeys(SILENT, ("no_objection", "silence", "clock"))
    advance(asked, until + timedelta(days=30))
    assert states(asked)["az-1"].decision is None
    with reading(asked) as session:
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        assert round_.status == "open"


def test_an_objection_breaks_the_silence_of_all(asked: Engine) -> None:
    until = term(asked)
    with begin(asked) as session:
        at = until - MINUTE
        approval.decide(session, SLUG, by="tr-1", at=at, decision="changes", comment="the figure of voters")
    advance(asked, until + MINUTE)
    assert {who: row[0] for who, row in decided(asked).items()} == {"tr-1": "changes"}


def test_who_was_never_reached_has_not_agreed_by_silence(asked: Engine) -> None:
    until = term(asked)
    with begin(asked) as session:
        letter = session.scalars(select(Letter).where(Letter.occasion == "approval:1:kg-1")).one()
        letter.state, letter.answer = "refused", "550 no such mailbox"
    advance(asked, until + MINUTE)
    assert set(decided(asked)) == {"tr-1", "uz-1"}
