"""How long a stranger may take to ask. A web server of ours counts connections, and one that never says what it wants would
take a reader's place: such a one is closed after some seconds, and sooner when others wait."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 10
"""Seconds for a request's head, and between two requests."""
ANSWER = 180
"""Seconds from the head to the end of the answer."""
ROOM = 250
"""Connections; of more, those that have not said what they want are closed, the oldest first."""


class Impatient(H11Protocol):
    """A connection that is closed when its request's head, or the end of its answer, is not there in time."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.due: asyncio.TimerHandle | None = None
        self.since = self.loop.time()
        self.served: Any = None
        """The request whose answer the time counts for; None while one is awaited."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count; make room if there is none."""
        super().connection_made(transport)
        self._wait(HEAD)
        if len(self.connections) > ROOM:
            others = (one for one in self.connections if isinstance(one, Impatient) and one.asking and one is not self)
            oldest = min(others, key=lambda one: one.since, default=None)
            if oldest is not None:
                oldest.late()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        if self.due is not None:
            self.due.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Octets came: of a head that is not complete they win no time."""
        super().data_received(data)
        self._begun()

    def on_response_complete(self) -> None:
        """An answer is given: the next head is awaited."""
        self.served = None
        self._wait(HEAD)
        super().on_response_complete()
        self._begun()

    @property
    def asking(self) -> bool:
        """Whether the request, its body too, is not here yet; and nothing is on its way to a slow reader."""
        return self.conn.their_state in {h11.IDLE, h11.SEND_BODY} and not self.transport.get_write_buffer_size()

    def late(self) -> None:
        """Close. An answer that a slow reader is still taking in is given its own time first."""
        left = self.since + ANSWER - self.loop.time()
        if self.transport.get_write_buffer_size() and left > 0:
            self.due = self.loop.call_later(left, self.late)
        else:
            self.transport.abort()

    def _begun(self) -> None:
        cycle = self.cycle
        if cycle is not None and cycle is not self.served and not cycle.response_complete:
            self.served = cycle
            self._wait(ANSWER)

    def _wait(self, seconds: float) -> None:
        if self.due is not None:
            self.due.cancel()
        self.since, self.due = self.loop.time(), self.loop.call_later(seconds, self.late)
