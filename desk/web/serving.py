"""The desk on a port of this machine, beside the missions in `ieom serve`."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from sqlalchemy import Engine

from desk.public.connection import Impatient
from desk.public.serving import Unsignalled
from desk.public.site import records
from desk.web.app import web
from ieom.acts import accounts
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings


class DeskPages:
    """The desk, served until `stop`. The proxy in front of it, on this machine, is believed about who asks and whether by
    TLS."""

    def __init__(self, taken: socket.socket, engine: Engine | None = None, *, demonstration: bool = False) -> None:
        engine = engine or records(settings().database)
        host, port = taken.getsockname()[:2]
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 - said, not listened on
        self.says = f"The desk: {address}"
        with begin(engine) as session:
            token = accounts.first_link(session, at=missions.real_now())
        if token is not None:
            self.says += f"\nBecome its first administrator (once, within three days): {address}enter/link?t={token}"
        config = uvicorn.Config(
            web(engine, demonstration=demonstration), log_level="error", access_log=False, lifespan="off",
            server_header=False, proxy_headers=True, http=Impatient, forwarded_allow_ips="127.0.0.1", limit_concurrency=300,
            timeout_keep_alive=15, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self.server = Unsignalled(config)
        self.serving = asyncio.create_task(self.server.serve(sockets=[taken]))

    async def stop(self) -> None:
        """End; what is being answered is given two seconds."""
        self.server.should_exit = True
        await self.serving
