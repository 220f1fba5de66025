"""What a page is told while it stays open: that something happened, for as long as the one who looks still may."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from browsers import served
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from desk.web import missions as page
from desk.web.app import web
from ieom.acts import accounts
from ieom.records import missions
from ieom.records.base import begin


@pytest.fixture
def stream(desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Iterator[str]]:
    """What the drafter's open page is told, line by line."""
    monkeypatch.setattr(page, "TURN", 0.02)
    monkeypatch.setattr(page, "TURNS", 300)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    cookies = dict(desk_opened.drafter.client.cookies)
    with (
        served(web(engine), taken) as address,
        httpx.stream("GET", f"{address}/missions/{SLUG}/changes", cookies=cookies, timeout=20) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert ": still here" in lines, "it is listening"
        with begin(engine) as session:
            missions.look_again(session, SLUG)
        assert "event: changed" in lines, "it is told that something happened"
        yield lines


def leaves(desk: Desk) -> None:
    desk.drafter.post("/leave")


def loses_the_role(desk: Desk) -> None:
    with begin(desk.engine) as session:
        for row in accounts.accounts.grants(session, desk.accounts["drafter"]):
            accounts.take_role(session, by="desk-1", at=missions.real_now(), grant=row.id)


def is_closed(desk: Desk) -> None:
    with begin(desk.engine) as session:
        accounts.close(session, by="desk-1", at=missions.real_now(), account=desk.accounts["drafter"])


@pytest.mark.parametrize("ends", [leaves, loses_the_role, is_closed])
def test_who_may_look_no_more_is_told_no_more(
    stream: Iterator[str], desk_opened: Desk, ends: Callable[[Desk], None]
) -> None:
    assert next(line for line in stream if line) == "data: look"
    ends(desk_opened)
    begun = time.monotonic()
    assert "event: changed" not in list(stream)
    assert time.monotonic() - begun < 5, "it ends long before its last turn"
