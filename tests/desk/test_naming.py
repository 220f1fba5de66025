"""To which names desk and public pages answer, and whom they believe about who asks: on real ports."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import httpx
import pytest
from evening import SLUG
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.public import naming
from desk.public.naming import Named, host, numbered
from desk.public.serving import Pages, PublicPages
from desk.serving import listening, serve
from desk.web.serving import DeskPages
from ieom.errors import Refused
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings

Asking = Callable[..., Awaitable[httpx.Response]]


def served(make: Callable[..., Pages], doing: Callable[[Asking], Awaitable[None]]) -> None:
    """Do something while pages are served on a port; `asking` asks as from an address of this machine."""

    async def run() -> None:
        taken = listening(0, "IEOM_DESK_PORT")
        pages = make(taken)

        async def ask(path: str = "/", came: str = "127.0.0.1", **headers: str) -> httpx.Response:
            transport = httpx.AsyncHTTPTransport(local_address=came)
            async with httpx.AsyncClient(transport=transport, timeout=20) as client:
                named = {name.replace("_", "-"): said for name, said in headers.items()}
                return await client.get(f"http://127.0.0.1:{taken.getsockname()[1]}{path}", headers=named)

        try:
            await doing(ask)
        finally:
            await pages.stop()

    asyncio.run(run())


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_DESK_URL", "https://Desk.example.org/")
    monkeypatch.setenv("IEOM_NEWSROOM_URL", "https://press.example.org/")
    monkeypatch.setenv("IEOM_DECIDE_URL", "https://decide.example.org/")
    settings.cache_clear()


@pytest.mark.parametrize("demonstration", [False, True])
def test_the_desk_answers_to_its_own_name_and_to_numbers_alone(
    engine: Engine, mission: str, addresses: None, demonstration: bool
) -> None:
    async def doing(ask: Asking) -> None:
        for path in ("/enter", "/mail", "/static/desk.css", "/nothing"):
            usual = (await ask(path)).status_code
            assert usual != 421
            for ours in (
                "desk.example.org",
                "DESK.example.org.:8443",
                "localhost:8000",
                "192.168.1.5",
                "[fe80::1]:8000",
            ):
                assert (await ask(path, host=ours)).status_code == usual, (path, ours)
            for name in (
                "rebound.example",
                "desk.example.org.rebound.example",
                "0x7f.1",
                "me@127.0.0.1",
                "press.example.org",
                "",
            ):
                answer = await ask(path, host=name, x_forwarded_host="desk.example.org")
                assert answer.status_code == 421, (path, name)
                assert answer.text.startswith("There is no desk under this name.")
                assert answer.headers["content-type"].startswith("text/plain")
        page = await ask("/enter", x_forwarded_host="rebound.example", forwarded="host=rebound.example")
        assert (page.status_code, "rebound" in page.text) == (200, False)

    served(lambda taken: DeskPages(taken, engine, demonstration=demonstration), doing)


def test_the_public_pages_answer_to_the_names_in_settings_and_letters(
    engine: Engine, mission: str, addresses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "PAUSE", 0)

    async def doing(ask: Asking) -> None:
        with begin(engine) as session:
            told = missions.facts(session, SLUG).release
        ours = naming.hosts(told.newsroom_url, told.unsubscribe_url) | {"press.example.org", "decide.example.org"}
        for name in {*ours, "127.0.0.1", "localhost"}:
            assert (await ask("/", host=name)).status_code == 200, name
            assert (await ask("/nothing", host=name)).status_code == 404, name
        for name in ("rebound.example", "desk.example.org"):
            assert (await ask("/", host=name)).status_code == 421, name
            assert (await ask("/decide/nothing", host=name)).status_code == 421, name

    served(lambda taken: PublicPages(taken, engine), doing)


def test_a_name_that_cant_be_looked_up_is_asked_to_come_again() -> None:
    """A mailbox provider that comes to unsubscribe a reader asks again after 503, and would not after 421."""

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse("page")(scope, receive, send)

    away = [True]

    def names() -> set[str]:
        if away:
            raise OperationalError("", {}, Exception("away"))
        return {"press.example.org"}

    async def doing(ask: Asking) -> None:
        assert (await ask(host="press.example.org")).status_code == 503
        assert (await ask()).status_code == 200
        away.clear()
        assert (await ask(host="press.example.org")).status_code == 200
        assert (await ask(host="rebound.example")).status_code == 421

    served(lambda taken: Pages(Named(page, names, "no"), taken, ""), doing)


def test_a_proxy_is_believed_on_this_machine_alone() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        assert request.client is not None
        await JSONResponse([request.client.host, request.url.scheme, request.url.hostname])(scope, receive, send)

    async def doing(ask: Asking) -> None:
        told = {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https", "x_forwarded_host": "rebound.example"}
        assert (await ask(**told)).json() == ["203.0.113.9", "https", "127.0.0.1"]
        assert (await ask(came="127.0.0.2", **told)).json() == ["127.0.0.2", "http", "127.0.0.1"]
        forged = {**told, "x_forwarded_for": "127.0.0.1, 203.0.113.9"}
        assert (await ask(**forged)).json()[0] == "203.0.113.9", (
            "what the asker claimed before the proxy wrote is not taken"
        )

    app: ASGIApp = echo
    served(lambda taken: Pages(app, taken, ""), doing)


def test_what_is_a_number_and_what_a_name() -> None:
    assert [host(said) for said in ("a.example:80", "[::1]:80", "A.example.", "a b", "a/b", "a:x", "", "a,b")] == [
        "a.example", "[::1]", "a.example", None, None, None, None, None,
    ]  # fmt: skip
    assert all(map(numbered, ("127.0.0.1", "[::1]", "localhost", "10.0.0.7")))
    assert not any(map(numbered, ("2130706433", "127.1", "localhost.example", "127.0.0.1.example", "")))


def test_a_desk_that_is_being_set_up_says_so_asks_again_by_itself_and_takes_nothing(
    engine: Engine, mission: str
) -> None:
    made: list[DeskPages] = []

    def make(taken: socket.socket) -> DeskPages:
        made.append(DeskPages(taken, engine, demonstration=True, ready=False))
        return made[0]

    async def doing(ask: Asking) -> None:
        for path in ("/", "/enter", f"/missions/{SLUG}"):
            page = await ask(path)
            assert page.status_code == 503
            assert "The desk is being set up" in page.text
            assert '<meta http-equiv="refresh" content="3">' in page.text
            assert "Password" not in page.text
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert "<script>" not in page.text
        assert (await ask("/static/desk.css")).status_code == 200
        made[0].is_ready()
        assert "Enter the desk" in (await ask("/enter")).text

    served(make, doing)


def test_every_port_that_is_taken_is_named_with_what_it_is_for_and_how_to_name_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as one, socket.socket() as other:
        for taken in (one, other):
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        desk, public = one.getsockname()[1], other.getsockname()[1]
        monkeypatch.setenv("IEOM_DESK_PORT", str(desk))
        monkeypatch.setenv("IEOM_PUBLIC_PORT", str(public))
        settings.cache_clear()
        with pytest.raises(Refused) as said:
            asyncio.run(serve(0, Console(), option_of="IEOM_DESK_PORT"))
    public_line, desk_line = str(said.value).split("\n")
    assert f"port {public} of this machine, for the public pages, can't be listened on" in public_line
    assert public_line.endswith("name a free one with IEOM_PUBLIC_PORT")
    assert f"port {desk} of this machine, for the desk, can't be listened on" in desk_line
    assert desk_line.endswith("name a free one with --port or IEOM_DESK_PORT")
