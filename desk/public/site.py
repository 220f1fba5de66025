"""The newsroom as it is served: kept in memory, made anew within a second after a release begins; when the records can't
be read, what was shown last stays."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from ieom.acts import newsroom as acts
from ieom.errors import IeomError
from ieom.papers.newsroom import MissionRoom, Newsroom, Pages, Paper, Published, papers
from ieom.records.base import connect, reading

LOG = logging.getLogger("ieom.public")
PATIENCE = 4
"""Seconds that a reader waits for the records; then they are told to come again. A mailbox provider waits little longer."""

MENDED = 60
"""Seconds after which a newsroom that leaves something out is made again: perhaps it was put back."""


@dataclass(frozen=True)
class Served:
    """Everything public at a moment. An address is known here or is like any other that nobody knows."""

    state: acts.State
    pages: Pages
    files: dict[str, tuple[bytes, str]]
    """Path -> (bytes, entity tag)."""
    folders: frozenset[str]
    papers: dict[str, Paper]
    by_sum: dict[str, tuple[MissionRoom, Published, Paper]]


def records(url: str) -> Engine:
    """The records, asked with little patience."""
    engine = connect(url)

    @event.listens_for(engine, "do_connect")
    def _soon(dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        if dialect.name == "postgresql":
            parameters.setdefault("connect_timeout", PATIENCE)

    @event.listens_for(engine, "connect")
    def _impatient(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        sqlite = engine.dialect.name == "sqlite"
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}" if sqlite else f"SET lock_timeout='{PATIENCE}s'")
        cursor.close()
        if not sqlite:
            connection.commit()

    return engine


def served(newsroom: Newsroom, state: acts.State) -> Served:
    """Every page of a newsroom, ready to be sent."""
    pages = Pages(newsroom)
    files = {path: (data, tag(data)) for path, data in pages.all()}
    sums = {
        paper.sha256: (mission, one, paper)
        for mission in newsroom.missions
        for one in mission.releases[::-1]
        for paper in one.papers
    }
    folders = frozenset({"", *(path.removesuffix("index.html") for path in files if path.endswith("/index.html"))})
    return Served(state, pages, files, folders, papers(newsroom), sums)


def tag(data: bytes) -> str:
    """An entity tag of content alone: it tells nothing of when a file was made (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


class Site:
    """What is public now."""

    def __init__(
        self, engine: Engine, *, rehearsals: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.engine, self.rehearsals, self.clock = engine, rehearsals, clock
        self.now: Served | None = None
        self.asked = self.made = float("-inf")
        self.working = threading.Lock()

    def current(self) -> Served | None:
        """What is public; asked of the records once a second at most. None when they could never be read."""
        if self.clock() - self.asked < 1 or not self.working.acquire(timeout=0 if self.now else PATIENCE):
            return self.now
        try:
            self._renew()
        except (IeomError, SQLAlchemyError, OSError) as error:
            LOG.error("the newsroom can't be made anew, what was shown before stays: %s", error)
        finally:
            self.asked = self.clock()
            self.working.release()
        return self.now

    def _renew(self) -> None:
        with reading(self.engine) as session:
            state = acts.state(session)
            known = self.now.pages.newsroom.faults if self.now else ()
            mending = known and self.clock() - self.made > MENDED
            if self.now is None or self.now.state != state or mending:
                room, self.made = acts.gather(session, rehearsals=self.rehearsals, online=True), self.clock()
                for fault in room.faults:
                    if fault not in known:
                        LOG.error("left out of the newsroom: %s", fault)
                self.now = served(room, state)
