"""How much of the public's asking is answered: so many a minute from one address, so many octets, so many at once, and
none that comes in more slowly than any reader's line is."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

from starlette.requests import Request

SLACK, SPEED = 5, 20_000
"""Seconds for a body to begin, and the octets a second that come after at the least."""


class TooLarge(Exception):
    """A body is longer than is taken."""


class TooMany(Exception):
    """There is no room for another body now; `own` when it is the asker's own bodies that take it."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("too many bodies are open")
        self.own = own


def asker(request: Request) -> str:
    """Who asks: an address, or the 64 bits of an IPv6 address that one subscriber is given at the least."""
    said = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return said
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False))


class PerMinute:
    """At most `most` a minute from one address, or of whatever else is told apart. It forgets everything each minute, so it can't grow without end."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock = most, clock
        self.minute, self.counts = -1, dict[str, int]()

    def allows(self, who: str) -> bool:
        """Count one more of `who`; False when it is one too many."""
        minute = int(self.clock() // 60)
        if minute != self.minute or len(self.counts) > 100_000:
            self.minute, self.counts = minute, {}
        self.counts[who] = self.counts.get(who, 0) + 1
        return self.counts[who] <= self.most


class Uploads:
    """The bodies that are held in memory, while they come in and until they are done with. Small ones, as ours are, keep
    a room of their own, which large ones can't take from them."""

    def __init__(self, *, each: int = 2, most: int = 60, small: int = 1_000_000, large: int = 120_000_000) -> None:
        """At most `each` from one address and `most` in all; octets of one beyond `small` are taken from `large`."""
        self.each, self.most, self.small, self.large = each, most, small, large
        self.open, self.held = Counter[str](), 0

    @contextmanager
    def place(self, request: Request) -> Iterator[Callable[[int], None]]:
        """A place for one body; what it gives is called with the octets of each part that came. Both raise `TooMany`."""
        who, octets = asker(request), 0

        def more(count: int) -> None:
            nonlocal octets
            before, octets = max(0, octets - self.small), octets + count
            self.held += max(0, octets - self.small) - before
            if self.held > self.large:
                raise TooMany(own=False)

        if self.open[who] >= self.each or self.open.total() >= self.most:
            raise TooMany(own=self.open[who] >= self.each)
        self.open[who] += 1
        try:
            yield more
        finally:
            self.held -= max(0, octets - self.small)
            self.open[who] -= 1
            if not self.open[who]:
                del self.open[who]


async def limited(request: Request, octets: int, *, seconds: float) -> AsyncGenerator[bytes, None]:
    """The body as it comes in. Raises `TooLarge` as soon as it is longer than `octets`, by its own word or in fact;
    `TimeoutError` when it is not there within `seconds`, or is slower than `SLACK` and `SPEED`."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > octets:
        raise TooLarge
    begun, taken, stream = asyncio.get_running_loop().time(), 0, request.stream()
    while True:
        async with asyncio.timeout_at(begun + min(seconds, SLACK + taken / SPEED)):
            chunk = await anext(stream, None)
        if chunk is None:
            return
        taken += len(chunk)
        if taken > octets:
            raise TooLarge
        yield chunk
