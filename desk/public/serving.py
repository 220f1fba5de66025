"""The public pages on a port of this machine: beside the missions in `ieom serve`, or alone."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
from rich.console import Console
from sqlalchemy import Engine
from starlette.types import ASGIApp

from desk.public.app import public
from desk.public.connection import Impatient
from desk.public.naming import Named, public_names
from desk.public.site import records
from desk.serving import listening
from ieom.settings import settings

ANOTHER = (
    "There is nothing under this name. Whoever keeps these pages says the names that they answer to by IEOM_NEWSROOM_URL and "
    "IEOM_DECIDE_URL."
)


class Unsignalled(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Pages:
    """An application on a socket, served until `stop`. The proxy in front of it, on this machine, is believed about who asks
    and whether by TLS. `grace`: seconds that what is being answered is given at the end."""

    def __init__(self, app: ASGIApp, taken: socket.socket, says: str, *, grace: int = 3) -> None:
        self.says = says
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", server_header=False, proxy_headers=True, http=Impatient,
            forwarded_allow_ips="127.0.0.1", limit_concurrency=300, timeout_keep_alive=10, timeout_graceful_shutdown=grace,
        )  # fmt: skip
        self.server = Unsignalled(config)
        self.serving = asyncio.create_task(self.server.serve(sockets=[taken]))

    def is_ready(self) -> None:
        """What had to be done before the pages are shown is done."""

    async def stop(self) -> None:
        """End."""
        self.server.should_exit = True
        await self.serving


def reached(taken: socket.socket) -> str:
    """The address at which what listens there is reached from this machine."""
    host, port = taken.getsockname()[:2]
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 - said, not listened on


class PublicPages(Pages):
    """The public pages."""

    def __init__(self, taken: socket.socket, engine: Engine | None = None, *, rehearsals: bool = False) -> None:
        engine = engine or records(settings().database)
        app = public(engine, rehearsals=rehearsals)
        super().__init__(
            Named(app, partial(public_names, engine), ANOTHER), taken, f"The public pages: {reached(taken)}"
        )


async def serve_alone(port: int, console: Console, *, rehearsals: bool = False) -> None:
    """The public pages by themselves, until SIGTERM or SIGINT."""
    pages = PublicPages(listening(port, "IEOM_PUBLIC_PORT"), rehearsals=rehearsals)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console.print(f"The public pages: http://127.0.0.1:{port}/ (Ctrl-C ends)")
    await asyncio.wait({asyncio.create_task(stop.wait()), pages.serving}, return_when=asyncio.FIRST_COMPLETED)
    await pages.stop()
