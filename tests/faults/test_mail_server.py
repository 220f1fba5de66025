"""A release that meets a mail server which refuses, stalls, drops or thinks again; seen from the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from living import surround
from scripted import Scripted, well
from sqlalchemy import select

from desk.rehearsal import set_clock
from ieom.records.base import reading
from ieom.records.letters import Letter
from tasks import stage
from tasks.distribution import distribute_release
from tasks.letters import send_letters

SLUG = "kazakhstan-senate-2020"
EVENING = datetime.fromisoformat("2020-08-12T14:00:00+00:00")
Evening = Callable[..., Counter[str]]


@pytest.fixture
def evening(at: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Evening:
    """The release's hour, with a mail server that follows a script; gives the letters' states."""
    state = at("gone")
    for name in ("DATABASE_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_CONNECTIONS"):
        monkeypatch.setenv(f"IEOM_{name}", "")
    monkeypatch.setenv("IEOM_SMTP_TIMEOUT", "1")

    def live(server: Scripted, minutes: int = 0) -> Counter[str]:
        surround(f"sqlite:///{state / 'mission.db'}", server.port, state)
        set_clock(stage.records(), SLUG, EVENING + timedelta(minutes=minutes))
        distribute_release.fn(SLUG)
        send_letters.fn(SLUG)
        distribute_release.fn(SLUG)
        with reading(stage.records()) as session:
            return Counter(session.scalars(select(Letter.state).where(Letter.release.is_not(None))))

    return live


def shown(ieom: Any) -> str:
    """What the release's ledger shows, as one line."""
    return " ".join(ieom("release", "status").out.split())


def test_a_refused_account_holds_the_release_until_a_person_goes_on(ieom: Any, evening: Evening) -> None:
    with Scripted(lambda verb, n: "530 5.7.0 log in first" if verb == "MAIL" else well(verb, n)) as server:
        assert set(evening(server)) == {"queued"}
        assert evening(server, 60)["queued"] > 24
        assert server.messages == []
    assert "held" in shown(ieom)
    assert "log in first" in shown(ieom)
    with Scripted(well) as server:
        assert set(evening(server, 61)) == {"queued"}
        assert ieom("release", "go-on", "--by", "coordinator").code == 0
        assert set(evening(server, 90)) == {"sent"}
    assert "Release 1, statement: done" in shown(ieom)


def test_a_refused_reader_is_shown_and_keeps_nobody_else_waiting(ieom: Any, evening: Evening) -> None:
    with Scripted(lambda verb, n: "550 5.1.1 no such desk" if verb == "RCPT" and n == 3 else well(verb, n)) as server:
        states = evening(server)
    assert states["refused"] == 1
    assert set(states) == {"refused", "sent"}
    assert "no such desk" in shown(ieom)
    assert "Release 1, statement: done" in shown(ieom)


def test_a_server_that_says_later_and_then_yes_gets_each_letter_once(evening: Evening) -> None:
    with Scripted(lambda verb, n: "451 4.7.1 greylisted" if verb == "RCPT" and n <= 5 else well(verb, n)) as server:
        assert evening(server)["deferred"] == 5
        assert set(evening(server, 10)) == {"sent"}
        assert len(server.messages) == len(set(server.messages)) > 24


def test_a_connection_dropped_after_the_message_is_a_doubt_that_a_person_settles(ieom: Any, evening: Evening) -> None:
    with Scripted(lambda verb, n: "drop" if verb == "." and n == 2 else well(verb, n)) as server:
        states = evening(server)
        assert states["in_doubt"] == 1
        assert set(evening(server, 30)) == {"in_doubt", "sent"}
        assert "in doubt" in shown(ieom)
        with reading(stage.records()) as session:
            number = session.scalars(select(Letter.id).where(Letter.state == "in_doubt")).one()
        assert ieom("release", "settle", number, "--sent", "--by", "press-officer").code == 0
        assert set(evening(server, 31)) == {"sent"}


def test_a_stalling_server_leaves_the_release_whole_in_the_queue(evening: Evening) -> None:
    with Scripted(lambda verb, n: "stall" if verb == "DATA" else well(verb, n)) as server:
        assert set(evening(server)) == {"queued"}
    with Scripted(well) as server:
        assert set(evening(server, 20)) == {"sent"}
        assert len(server.messages) == len(set(server.messages))
