"""How far the sending is and what came of it, as Prefect shows it: artifacts of the run, a view and never the record."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.context import FlowRunContext, TaskRunContext

from ieom.mail.sender import Progress
from ieom.records import ledger, missions
from ieom.records.base import reading
from tasks.stage import records

FEW = 4
"""Fewer letters than this are gone before anybody could look."""
EVERY = 1.0
"""Seconds between two looks; the connections never wait for Prefect."""

_ledgers: dict[str, list[tuple[int, str, int]]] = {}
"""The figures last shown of each mission."""

log = logging.getLogger(__name__)


@contextmanager
def shown(mission: str, title: str) -> Iterator[Callable[[Progress], None]]:
    """What to tell of each letter's outcome while the block runs. Outside a run of Prefect nothing is shown, and a
    Prefect that does not answer never keeps a letter."""
    if FlowRunContext.get() is None and TaskRunContext.get() is None:
        yield lambda _progress: None
        return
    view = _View(mission, title)
    showing = threading.Thread(target=contextvars.copy_context().run, args=(view.follow,), daemon=True)
    showing.start()
    try:
        yield view.tell
    finally:
        view.ended.set()
        showing.join(10)


class _View:
    """The newest figure, and the artifact that follows it."""

    def __init__(self, mission: str, title: str) -> None:
        self.mission, self.title = mission, title
        self.newest: Progress | None = None
        self.ended = threading.Event()

    def tell(self, progress: Progress) -> None:
        """Called by each connection; keeps the figure that is farthest."""
        if self.newest is None or progress.done > self.newest.done:
            self.newest = progress

    def follow(self) -> None:
        """Show the figure each second until the sending ends, and then the last one."""
        artifact, ended = None, False
        while not ended:
            ended = self.ended.wait(EVERY if artifact else EVERY / 10)
            newest = self.newest
            if newest is None or newest.total < FEW:
                continue
            share = 100.0 * newest.done / newest.total
            try:
                if artifact is None:
                    artifact = create_progress_artifact(
                        progress=share,
                        key=f"sending-{self.mission}"[:255],
                        description=f"Sending {newest.total} letters: {self.title}",
                    )
                else:
                    update_progress_artifact(artifact, progress=share)  # type: ignore[arg-type]
            except Exception:
                log.warning("the progress of %s could not be shown", self.mission, exc_info=True)
                return


def show_ledger(mission: str) -> None:
    """Publish the ledger of the mission's releases in figures, when they are new: one line for each state of letters."""
    if FlowRunContext.get() is None and TaskRunContext.get() is None:
        return
    with reading(records()) as session:
        figures = ledger.figures(session, mission)
        title = missions.facts(session, mission).title
    if not figures or _ledgers.get(mission) == figures:
        return
    _ledgers[mission] = figures
    try:
        create_table_artifact(
            key=f"ledger-{mission}"[:255],
            table=[
                {"Release": number, "State": state.replace("_", " "), "Letters": count}
                for number, state, count in figures
            ],
            description=f"{title}: the ledger of what was released, in figures",
        )
    except Exception:
        log.warning("the ledger of %s could not be shown", mission, exc_info=True)
