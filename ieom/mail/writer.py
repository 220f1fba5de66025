"""One thread writes for all connections of the sender and commits whatever has queued up (group commit), because a
commit a letter would cost more than the letter."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ieom.records.base import begin

PATIENCE = 120.0
"""Seconds for which a locked, full or lost database is tried again: an outcome that can't be written down would leave a
letter in doubt."""
PAUSE = 1.0
"""Seconds between these tries."""

Change = Callable[[Session], Any]
"""Something to write. It may be run again after a commit that failed, and must then give the same."""


class Written:
    """A change on its way into the database."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.answer: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()

    def wait(self) -> Any:
        """What the change returned, once it is committed. Raises what kept it from that."""
        self.done.wait()
        if self.error is not None:
            raise self.error
        return self.answer


class Writer:
    """Takes changes from any thread; ends with `close`."""

    def __init__(self, engine: Engine, *, patience: float = PATIENCE) -> None:
        self.engine, self.patience = engine, patience
        self.changes: queue.SimpleQueue[Written | None] = queue.SimpleQueue()
        self.failed: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="outbox-writer", daemon=True)
        self.thread.start()

    def submit(self, change: Change) -> Written:
        """Have a change committed soon."""
        written = Written(change)
        self.changes.put(written)
        return written

    def write(self, change: Change) -> Any:
        """Have a change committed; returns what it returned."""
        return self.submit(change).wait()

    def close(self) -> None:
        """Write what is left, and end."""
        self.changes.put(None)
        self.thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            batch, item = [], self.changes.get()
            while item is not None:
                batch.append(item)
                try:
                    item = self.changes.get_nowait()
                except queue.Empty:
                    break
            else:
                ended = True
            if self.failed is None:
                self._commit(batch)
            for written in batch:
                written.error = self.failed
                written.done.set()

    def _commit(self, batch: list[Written]) -> None:
        until = time.monotonic() + self.patience
        while batch:
            try:
                with begin(self.engine) as session:
                    for written in batch:
                        written.answer = written.change(session)
            except OperationalError as error:
                if time.monotonic() > until:
                    self.failed = error
                    return
                time.sleep(PAUSE)
            except BaseException as error:  # noqa: BLE001 - handed to every connection that waits, which raises it
                self.failed = error
                return
            else:
                return
