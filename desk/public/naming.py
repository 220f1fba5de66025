"""To which names pages of ours answer. Another site can have its own name lead to this machine (DNS rebinding): a browser
here would take what it finds for that site's own, and let it read along."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ieom.errors import IeomError
from ieom.records import missions
from ieom.records.base import reading
from ieom.settings import settings

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?")
PAUSE = 1.0
"""Seconds before an unknown name has the names looked up again."""


class Named:
    """Answers to numbers (a hotel's network has no names), to 'localhost' and to the names that `names` gives; to any other
    what `says` says. X-Forwarded-Host is not asked: a script of another site could send it along."""

    def __init__(self, app: ASGIApp, names: Callable[[], Collection[str]], says: str) -> None:
        self.app, self.names, self.says = app, names, says
        self.known: Collection[str] = ()
        self.asked = float("-inf")
        self.asking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = host(Request(scope).headers.get("host", ""))
        try:
            ours = name is not None and (numbered(name) or name in self.known or await self._found(name))
        except (IeomError, SQLAlchemyError):
            says, status = "The records can't be reached just now. Try again in a minute.", 503
        else:
            if ours:
                await self.app(scope, receive, send)
                return
            says, status = self.says, 421
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", "retry-after": "30"}
        await PlainTextResponse(says + "\n", status, headers=headers)(scope, receive, send)

    async def _found(self, name: str) -> bool:
        async with self.asking:
            if name not in self.known and time.monotonic() - self.asked > PAUSE:
                self.known = await run_in_threadpool(self.names)
                self.asked = time.monotonic()
        return name in self.known


def host(said: str) -> str | None:
    """The name or number in a Host header, without its port; None for what is neither."""
    found = _HOST.fullmatch(said)
    return found[1].lower().removesuffix(".") if found else None


def numbered(name: str) -> bool:
    """Whether this is 'localhost' or an address by number, which no other site's name can be."""
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name == "localhost"
    return True


def hosts(*addresses: str) -> set[str]:
    """The names in these addresses."""
    return {name.lower().removesuffix(".") for one in addresses if (name := urlsplit(one).hostname)}


def desk_names() -> set[str]:
    """Those of the desk."""
    return hosts(settings().desk_url)


def public_names(engine: Engine) -> set[str]:
    """Those of the public pages: of the settings, and in the letters of every mission."""
    with reading(engine) as session:
        facts = [missions.facts(session, slug).release for slug in missions.all_slugs(session)]
    told = (url for one in facts for url in (one.newsroom_url, one.unsubscribe_url))
    return hosts(settings().newsroom_url, settings().decide_url, *told)
