"""The public pages on a real port, while strangers hold connections open: readers are answered all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from released import SLUG, content, statement
from sqlalchemy import Engine
from starlette.requests import Request

from desk.public import connection, forms, limits, serving
from desk.public.limits import TooMany, Uploads, asker
from desk.public.serving import PublicPages
from desk.public.site import records
from desk.serving import listening
from ieom.records.base import begin

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEADS = "Host: localhost\r\nConnection: close\r\n"
FORM = "Content-Type: multipart/form-data; boundary=b\r\n"
PART = '--b\r\nContent-Disposition: form-data; name="paper"; filename="x"\r\n\r\n'
WHOLE = f"{PART}hello\r\n--b--\r\n"


@pytest.fixture
def engine_of_pages(engine: Engine, mission: str) -> Iterator[Engine]:
    with begin(engine) as session:
        statement(session, content())
    mine = records(str(engine.url))
    yield mine
    mine.dispose()


def served(engine: Engine, doing: Callable[[SimpleNamespace], Awaitable[None]]) -> None:
    """Do something while the pages are served on a port."""

    async def run() -> None:
        taken = listening(0, "IEOM_PUBLIC_PORT")
        pages, held = PublicPages(taken, engine), list[Stream]()

        async def send(said: str) -> Stream:
            held.append(await asyncio.open_connection("127.0.0.1", taken.getsockname()[1]))
            held[-1][1].write(said.encode())
            return held[-1]

        async def ask(said: str) -> int:
            stream, _ = await send(said)
            return status(await asyncio.wait_for(stream.read(), 20))

        try:
            assert await ask(f"GET / HTTP/1.1\r\n{HEADS}\r\n") == 200
            await doing(SimpleNamespace(send=send, ask=ask))
        finally:
            for _, writer in held:
                writer.close()
            await pages.stop()

    asyncio.run(run())


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def post(path: str, body: str, more: str = "", *, length: int | None = None) -> str:
    return f"POST {path} HTTP/1.1\r\n{HEADS}{more}Content-Length: {length or len(body)}\r\n\r\n{body}"


def test_half_sent_heads_close_the_pages_to_nobody(engine_of_pages: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD", 3)

    async def doing(web: SimpleNamespace) -> None:
        half = [await web.send("GET / HTTP/1.1\r\nHost: localhost\r\n") for _ in range(320)]
        begun = time.monotonic()
        for path in ("/", f"/missions/{SLUG}/2020-08-12-statement/", "/unsubscribe?t=test", "/verify"):
            assert await web.ask(f"GET {path} HTTP/1.1\r\n{HEADS}\r\n") == 200, path
        assert time.monotonic() - begun < 2, "they are answered while the others still hold on"
        await asyncio.wait_for(asyncio.gather(*(gone(stream) for stream, _ in half)), 10)

    served(engine_of_pages, doing)


async def gone(stream: asyncio.StreamReader) -> None:
    """When the connection was closed, with nothing said."""
    with suppress(ConnectionResetError):
        assert await stream.read() == b""


def test_a_head_that_drips_in_wins_no_time_and_neither_does_a_second_one(
    engine_of_pages: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD", 0.5)

    async def doing(web: SimpleNamespace) -> None:
        for first in ("", "GET /nonsense HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            stream, writer = await web.send(first)
            if first:
                assert status(await stream.readuntil(b"\r\n")) == 404
            begun, end = time.monotonic(), asyncio.ensure_future(closed(stream))
            while not end.done():
                assert time.monotonic() - begun < 3
                writer.write(b"G" if time.monotonic() - begun < 0.1 else b"E")
                await asyncio.wait([end], timeout=0.05)

    served(engine_of_pages, doing)


async def closed(stream: asyncio.StreamReader) -> None:
    with suppress(ConnectionResetError):
        await stream.read()


def test_a_slow_reader_is_given_the_whole_answer(engine_of_pages: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = b"x" * 12_000_000

    async def large(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": whole})

    monkeypatch.setattr(serving, "public", lambda *_args, **_more: large)
    monkeypatch.setattr(connection, "HEAD", 0.3)

    async def doing(web: SimpleNamespace) -> None:
        stream, _ = await web.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await stream.readuntil(b"\r\n\r\n")
        taken, begun = 0, time.monotonic()
        while time.monotonic() - begun < 0.9:
            taken += len(await stream.readexactly(10_000))
            await asyncio.sleep(0.02)  # what makes the reader slow
        assert await stream.readexactly(len(whole) - taken)

    served(engine_of_pages, doing)


def test_slow_uploads_close_the_check_to_nobody_else(engine_of_pages: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLACK", 2)

    async def doing(web: SimpleNamespace) -> None:
        slow = [await web.send(post("/verify", PART, FORM, length=40_000_000)) for _ in range(2)]
        others = [f"{FORM}X-Forwarded-For: 198.51.100.{n}\r\n" for n in range(4)]
        slow += [await web.send(post("/verify", PART, more, length=40_000_000)) for more in others]
        await asyncio.sleep(0.2)  # that the server reads them first
        begun = time.monotonic()
        answers = [await web.ask(post("/verify", WHOLE, f"{FORM}X-Forwarded-For: 203.0.113.{n}\r\n")) for n in range(3)]
        assert answers == [200] * 3
        assert await web.ask(post("/verify", WHOLE, FORM)) == 429, "from one address two at once are taken"
        assert time.monotonic() - begun < 1.5
        ends = await asyncio.wait_for(asyncio.gather(*(stream.read() for stream, _ in slow)), 10)
        assert [status(one) for one in ends] == [408] * 6
        assert await web.ask(post("/verify", WHOLE, FORM)) == 200

    served(engine_of_pages, doing)


def test_an_upload_that_drips_in_is_ended_and_a_steady_one_is_not(
    engine_of_pages: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SLACK", 0.3)

    async def sent(web: SimpleNamespace, pace: int) -> int:
        stream, writer = await web.send(post("/verify", PART, FORM, length=len(WHOLE) + 40_000))
        end, left = asyncio.ensure_future(stream.read()), 40_000
        while left and not end.done():
            writer.write(b"x" * pace)
            left -= pace
            await asyncio.wait([end], timeout=0.05)
        if not end.done():
            writer.write(WHOLE.removeprefix(PART).encode())
        return int(status(await asyncio.wait_for(end, 10)))

    async def doing(web: SimpleNamespace) -> None:
        for again in range(3):
            try:
                assert await sent(web, 100) == 408
                break
            except ConnectionResetError:  # TCP drops an answer that octets on their way cross; the next try reads it
                assert again < 2
        assert await sent(web, 4_000) == 200

    served(engine_of_pages, doing)


def test_a_body_that_does_not_come_holds_up_no_unsubscribing(
    engine_of_pages: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "SECONDS", 0.3)

    async def doing(web: SimpleNamespace) -> None:
        slow, _ = await web.send(post("/unsubscribe?t=test", "", length=30))
        form = "Content-Type: application/x-www-form-urlencoded\r\n"
        assert await web.ask(post("/unsubscribe?t=test", "List-Unsubscribe=One-Click", form)) == 200
        assert status(await asyncio.wait_for(slow.read(), 5)) == 408

    served(engine_of_pages, doing)


def request(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


def test_large_uploads_leave_room_for_small_ones_and_memory_has_an_end() -> None:
    uploads = Uploads(each=2, most=4, small=10, large=100)
    with uploads.place(request("192.0.2.1")) as first, uploads.place(request("192.0.2.2")) as second:
        first(110)
        second(10)
        with pytest.raises(TooMany):
            second(1)
        with uploads.place(request("192.0.2.1")), uploads.place(request("192.0.2.3")):
            with pytest.raises(TooMany) as full, uploads.place(request("192.0.2.4")):
                pass
            assert not full.value.own
            with pytest.raises(TooMany) as own, uploads.place(request("192.0.2.1")):
                pass
            assert own.value.own
    assert (uploads.held, uploads.open.total()) == (0, 0)


def test_a_subscriber_is_one_address_however_many_a_line_has() -> None:
    assert asker(request("2001:db8:0:1::5")) == asker(request("2001:db8:0:1:ffff::7")) != asker(request("2001:db8::5"))
    assert asker(request("192.0.2.1")) != asker(request("192.0.2.2"))
    assert asker(request("testclient")) == "testclient"
