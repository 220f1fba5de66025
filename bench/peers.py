"""The other ends that a release is measured against: Postfix's own test server and test client, and a slow line."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LINE = 0.025
"""Seconds that the slow line holds back each byte, in either direction: a round trip of 50 ms."""
SIZE = 150_000
"""Bytes of a message."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    """Until somebody listens. Raises `TimeoutError` after ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens at port {port}")


def missing() -> str:
    """What this machine lacks for a measurement against Postfix's parts; empty when all is there."""
    lacks = [name for name in ("smtp-source", "smtp-sink") if shutil.which(name) is None]
    return f"{', '.join(lacks)} not installed (Debian: postfix)" if lacks else ""


@contextlib.contextmanager
def sink(*, pipelining: bool) -> Iterator[int]:
    """`smtp-sink` at a port of this machine; it takes everything and keeps nothing."""
    port = free_port()
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    server = subprocess.Popen(
        ["smtp-sink", *user, *([] if pipelining else ["-p"]), f"127.0.0.1:{port}", "1024"], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def source(port: int, count: int, *, sessions: int, to: str = "desk@outlet.example") -> float:
    """Letters a second of `smtp-source`, each session keeping its connection."""
    begun = time.perf_counter()
    subprocess.run(
        ["smtp-source", "-d", "-s", str(sessions), "-m", str(count), "-l", str(SIZE), "-f", "press@ieom.example",
         "-N", "-t", to, f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return count / (time.perf_counter() - begun)


@contextlib.contextmanager
def postfix() -> Iterator[tuple[int, Callable[[], object]]]:
    """A real Postfix at a port of this machine, the one of the tests, and what waits until its queue is empty; it puts
    each letter on the disk before it says that it took it, and then throws it away."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "mail"))
    from postfix import Postfix  # type: ignore[import-not-found]

    taken = {"virtual_transport": "discard:"}
    with Postfix(
        "".join(f"{name} = {value}\n" for name, value in taken.items()), "discard unix - - n - - discard\n"
    ) as server:
        yield server.port, server.settled


@contextlib.contextmanager
def slow_line(to: int) -> Iterator[int]:
    """A port from which all goes to the port `to` and back, each byte `LINE` seconds later: a relay in a process of its
    own, because not every kernel has `netem`."""
    port = free_port()
    relay = multiprocessing.get_context("spawn").Process(target=_relay, args=(port, to), daemon=True)
    relay.start()
    try:
        wait_for(port)
        yield port
    finally:
        relay.terminate()
        relay.join(10)


def _relay(port: int, to: int) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            with contextlib.suppress(OSError):
                while True:
                    at, content = await under_way.get()
                    await asyncio.sleep(max(at - time.monotonic(), 0))
                    if not content:
                        writer.close()
                        return
                    writer.write(content)
                    await writer.drain()

        delivering = asyncio.create_task(deliver())
        with contextlib.suppress(OSError):
            while content := await reader.read(1 << 18):
                under_way.put_nowait((time.monotonic() + LINE, content))
        under_way.put_nowait((time.monotonic() + LINE, b""))
        await delivering

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to, limit=1 << 18)
        except OSError:
            writer.close()
            return
        for one in (writer, far_writer):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    async def serve() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", port, limit=1 << 18, backlog=256)
        await server.serve_forever()

    asyncio.run(serve())
