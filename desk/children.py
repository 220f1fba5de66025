"""The processes in which the runner has missions walked: apart from the terminal, and heard only while they are wanted."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TextIO


class Heard(io.TextIOBase):
    """Passes on what a process says, for as long as it is listened to."""

    def __init__(self, to: TextIO, ended: Callable[[], bool]) -> None:
        self.to, self.ended = to, ended

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, said: str) -> int:
        """Pass it on."""
        return len(said) if self.ended() else self.to.write(said)

    def flush(self) -> None:
        """So that it is read at once."""
        self.to.flush()


@asynccontextmanager
async def apart(ended: Callable[[], bool]) -> AsyncIterator[None]:
    """Within the block Ctrl-C ends us and not each flow run's process by itself, whose last words would be a traceback: they
    are ended by whoever started them, in order. From the end on nobody listens to them."""
    from prefect.runner import _starter_engine as starting

    usual: Callable[..., Any] = vars(starting)["run_process"]

    async def run_process(*args: Any, **more: Any) -> Any:
        heard = Heard(sys.stdout, ended), Heard(sys.stderr, ended)
        return await usual(*args, **{**more, "stream_output": heard, "start_new_session": True})

    vars(starting)["run_process"] = run_process
    try:
        yield
    finally:
        vars(starting)["run_process"] = usual
