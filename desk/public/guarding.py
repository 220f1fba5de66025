"""Every answer, of whatever kind, says what a browser may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Guarded:
    """Adds to every answer the headers that keep a browser from doing more than showing it, where the answer has none of
    its own under that name; by TLS, that the browser comes so from now on."""

    def __init__(self, app: ASGIApp, security: Mapping[str, str]) -> None:
        self.app, self.security = app, security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.security.items():
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers["strict-transport-security"] = "max-age=31536000"
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)
