"""One thread writes for all connections of the sender and commits whatever has queued up (group commit), because a
commit a letter would cost more than the letter."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds for which a locked, full or lost database is tried again: an outcome that can't be written down would leave a
letter in doubt."""
PAUSE = 1.0
"""Seconds between these tries."""
AGAIN = "ieom_again"
"""Key in a session's `info`: true when its changes were tried before. A commit whose answer was lost with the connection
may have been made, so that a change must then look whether it is there already."""

Change = Callable[[Session], Any]
"""Something to write. It may be run again after a commit that failed or seemed to, and must then give the same."""


class Together(ABC):
    """A change that is made in fewer statements together with others of its kind, and whose place among the changes of a
    transaction does not matter."""

    @abstractmethod
    def __call__(self, session: Session) -> Any: ...

    @staticmethod
    @abstractmethod
    def together(session: Session, changes: Sequence[Any]) -> Sequence[Any]:
        """What each change answers."""


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
    """Takes changes from any thread; ends with `close`. `patience`, `pause` and `gather` are seconds: for so long it
    gathers what else comes before it writes."""

    def __init__(
        self, engine: Engine, *, patience: float = PATIENCE, pause: float = PAUSE, gather: float = 0.0
    ) -> None:
        self.engine, self.patience, self.pause, self.gather = engine, patience, pause, gather
        self.changes: queue.SimpleQueue[Written | None] = queue.SimpleQueue()
        self.connection: Connection | None = None
        self.failed: BaseException | None = None
        """The database was away for longer than our patience: nothing more is written."""
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
            if self.gather and item is not None:
                time.sleep(self.gather)
            while item is not None:
                batch.append(item)
                try:
                    item = self.changes.get_nowait()
                except queue.Empty:
                    break
            else:
                ended = True
            self._commit(batch)
            for written in batch:
                written.done.set()
        self._disconnect()

    def _disconnect(self) -> None:
        """Give the connection back; after a failure the next one is looked at by the pool before it is used."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with contextlib.suppress(DBAPIError):
                connection.close()

    def _commit(self, batch: list[Written], *, again: bool = False) -> None:
        """All changes in one transaction; one that can't be written fails by itself, and takes no other with it."""
        until = time.monotonic() + self.patience
        while batch:
            try:
                if self.failed is not None:
                    raise self.failed
                if self.connection is None:
                    self.connection = self.engine.connect()
                with Session(self.connection, expire_on_commit=False) as session, session.begin():
                    session.info[AGAIN] = again
                    _make(session, batch)
            except BaseException as error:
                self._disconnect()
                if self.failed is None and _may_pass(error):
                    if time.monotonic() < until:
                        again = True
                        time.sleep(self.pause)
                        continue
                    self.failed = error
                if self.failed is None and len(batch) > 1:
                    log.warning("a group of changes could not be written, each is tried by itself", exc_info=error)
                    for written in batch:
                        self._commit([written], again=again)
                else:
                    for written in batch:
                        written.error = error
            return


def _make(session: Session, batch: list[Written]) -> None:
    """Make the changes: alike ones together, unless they were tried before."""
    alike: dict[type, list[Written]] = {}
    for written in batch:
        if isinstance(written.change, Together) and not session.info[AGAIN]:
            alike.setdefault(type(written.change), []).append(written)
        else:
            written.answer = written.change(session)
    for kind, several in alike.items():
        answers = cast("type[Together]", kind).together(session, [written.change for written in several])
        for written, answer in zip(several, answers, strict=True):
            written.answer = answer


def _may_pass(error: BaseException) -> bool:
    """Whether trying again can help: the database is locked, full, away, or chose us to end a deadlock."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated
