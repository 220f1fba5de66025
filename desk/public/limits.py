"""How much of the public's asking is answered: so many a minute from one address, so many octets, so many at once."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable

from starlette.requests import Request


class TooLarge(Exception):
    """A body is longer than is taken."""


class PerMinute:
    """At most `most` a minute from one address. It forgets everything each minute, so it can't grow without end."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock = most, clock
        self.minute, self.counts = -1, dict[str, int]()

    def allows(self, request: Request) -> bool:
        """Count one more; False when it is one too many."""
        minute = int(self.clock() // 60)
        if minute != self.minute or len(self.counts) > 100_000:
            self.minute, self.counts = minute, {}
        who = request.client.host if request.client else ""
        self.counts[who] = self.counts.get(who, 0) + 1
        return self.counts[who] <= self.most


async def limited(request: Request, octets: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes in. Raises `TooLarge` as soon as it is longer than `octets`, by its own word or in fact."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > octets:
        raise TooLarge
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > octets:
            raise TooLarge
        yield chunk
