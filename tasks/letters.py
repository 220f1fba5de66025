"""Letters leave here: the outbox is emptied of what is due, over several connections."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect import task

from ieom.acts import sealing, witness
from ieom.errors import BadInput
from ieom.mail import outbox, sender
from ieom.mail.sender import Progress, SendReport
from ieom.mail.smtp import Account
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings
from tasks.doubt import settle_doubt
from tasks.progress import show_ledger, shown
from tasks.stage import RETRY, records
from tasks.wake import begin_run

log = logging.getLogger(__name__)

_watchers: list[Callable[[Progress], None]] = []


@contextmanager
def watched(by: Callable[[Progress], None]) -> Iterator[None]:
    """While the block runs, `by` is told of each letter's outcome; for a progress bar, never for the record."""
    _watchers.append(by)
    try:
        yield
    finally:
        _watchers.remove(by)


def _tell(progress: Progress) -> None:
    for watcher in _watchers:
        watcher(progress)


def send(mission: str) -> SendReport:
    """Send what is due of a mission's letters; nothing while it is held. That letters are about to be sent, and the
    audit chain's head, are witnessed outside the database first, so that a database restored from a backup is seen
    before it sends a letter again."""
    engine = records()
    if begin_run(mission).held:
        return SendReport()
    settle_doubt(mission)
    with begin(engine) as session:
        at = missions.now(session, mission)
        if outbox.idle(session, mission, at=at):
            witness.write(session, mission)
            return SendReport()
        sealing.stop_unlike(session, mission, at=at)
        going = outbox.going(session, mission, at=at)
        due = outbox.count_due(session, mission, at=at)
        title = missions.facts(session, mission).title
    try:
        account = Account.of(settings())
    except BadInput as missing:  # nothing fails: the letters wait, and whoever looks at the mission is told why
        if due:
            log.error("letters of %s wait: %s", mission, missing)
        return SendReport(fault=str(missing))
    _witness(mission, sending=going)
    simulated = missions.simulated(engine, mission)
    with shown(mission, title) as show:

        def tell(progress: Progress) -> None:
            show(progress)
            _tell(progress)

        report = sender.send_due(
            engine,
            account,
            mission=mission,
            now=(lambda: at) if simulated else missions.real_now,
            connections=settings().smtp_connections,
            domain_rate=settings().smtp_domain_rate,
            progress=tell,
        )
    if going:
        _witness(mission, sending=True)  # a backup made in the middle of the sending is older than this
    if report.touched:
        show_ledger(mission)
    return report


def _witness(mission: str, *, sending: bool) -> None:
    """Note outside the database how far it is; in two transactions, so that the note is never ahead of it."""
    if sending:
        with begin(records()) as session:
            witness.announce(session, mission)
    with begin(records()) as session:
        witness.write(session, mission)


@task(name="Send letters", task_run_name="Send letters", **RETRY)
def send_letters(mission: str) -> SendReport:
    """Send what is due; a server that does not answer leaves the letters queued for the next run."""
    return send(mission)
