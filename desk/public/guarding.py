"""Every answer, of whatever kind, says what a browser may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from python_multipart.multipart import parse_options_header
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CHARSETS = {b"utf-8", b"utf8", b"us-ascii"}


class Guarded:
    """Adds to every answer the headers that keep a browser from doing more than showing it, where the answer has none of
    its own under that name; by TLS, that the browser comes so from now on."""

    def __init__(self, app: ASGIApp, security: Mapping[str, str]) -> None:
        self.app, self.security = app, security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _understood(scope):
            says = "A form is sent in UTF-8, as every browser does.\n"
            headers = {**self.security, "connection": "close", "cache-control": "no-store"}
            await PlainTextResponse(says, 415, headers=headers)(scope, receive, send)
            return

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


def _understood(scope: Scope) -> bool:
    """Whether what is sent names no other charset than ours. A form is decoded by the charset that it names, and among
    Python's codecs is one (punycode) that takes minutes for a megabyte, in which nobody else is answered."""
    named = [value for name, value in scope.get("headers", ()) if name.lower() == b"content-type"]
    told = [parse_options_header(value)[1].get(b"charset", b"utf-8") for value in named]
    return all(one.strip().lower() in CHARSETS for one in told)
