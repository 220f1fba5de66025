"""The sender: empties the outbox of what is due over several connections.

Each connection is a thread; one writer thread commits whatever the connections have queued up (group commit), because
a commit a letter would cost more than the letter. A letter's `transmitting` mark is committed before its final dot.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ieom.mail import outbox
from ieom.mail.outbox import Due
from ieom.mail.smtp import Account, Connection, Outcome, What
from ieom.records.base import begin, reading
from ieom.records.letters import LetterPart

BATCH = 32
"""Letters leased at a time, for each connection; what bounds the memory."""
STOPS = {What.CONFIGURATION, What.POLICY}


@dataclass(frozen=True)
class Progress:
    """How far a run of the sender is."""

    done: int
    total: int
    kind: str
    recipient: str
    outcome: What


@dataclass
class SendReport:
    """What a run of the sender did: outcomes by their name, and what stopped it."""

    outcomes: Counter[str] = field(default_factory=Counter)
    fault: str = ""
    """A fault of configuration or policy that only a person can mend."""
    unreachable: str = ""
    busy: bool = False
    """Another process sends this mission's letters at this moment."""

    @property
    def touched(self) -> int:
        """Letters whose record changed."""
        return sum(self.outcomes.values())


class _Writer:
    """Commits the connections' news, as many at a time as have come in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.news: queue.SimpleQueue[tuple[Callable[[Session], None], threading.Event] | None] = queue.SimpleQueue()
        self.failed: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="outbox-writer", daemon=True)
        self.thread.start()

    def write(self, change: Callable[[Session], None]) -> None:
        """Have a change committed; returns when it is. Raises what the database raised."""
        done = threading.Event()
        self.news.put((change, done))
        done.wait()
        if self.failed is not None:
            raise self.failed

    def close(self) -> None:
        self.news.put(None)
        self.thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            item = self.news.get()
            batch = []
            while True:
                if item is None:
                    ended = True
                    break
                batch.append(item)
                try:
                    item = self.news.get_nowait()
                except queue.Empty:
                    break
            try:
                if batch and self.failed is None:
                    with begin(self.engine) as session:
                        for change, _ in batch:
                            change(session)
            except BaseException as error:  # noqa: BLE001 - handed to every connection that waits, which raises it
                self.failed = error
            for _, done in batch:
                done.set()


def send_due(
    engine: Engine,
    account: Account,
    *,
    mission: str,
    now: Callable[[], datetime],
    connections: int = 4,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> SendReport:
    """Send the mission's letters that are due at `now()` (UTC). Ends early when `stop()` says so (after at most one
    letter a connection), when the server can't be reached, or when it refuses the account."""
    report = SendReport()
    with outbox.sole_sender(engine, mission) as alone:
        if not alone:
            report.busy = True
            return report
        with begin(engine) as session:
            doubtful = outbox.recover(session, mission, at=now())
            total = outbox.count_due(session, mission, at=now())
        report.outcomes.update({str(What.IN_DOUBT): doubtful} if doubtful else {})
        if total:
            _Run(engine, account, mission, now, min(connections, total), progress, stop, report, total).go()
    return report


class _Run:
    """One run: the leases, the connections, the report."""

    def __init__(
        self,
        engine: Engine,
        account: Account,
        mission: str,
        now: Callable[[], datetime],
        connections: int,
        progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool],
        report: SendReport,
        total: int,
    ) -> None:
        self.engine, self.account, self.mission, self.now = engine, account, mission, now
        self.connections, self.progress, self.stop = connections, progress, stop
        self.report, self.total = report, total
        self.writer = _Writer(engine)
        self.lock = threading.Lock()
        self.waiting: list[Due] = []
        self.tails: dict[str, bytes] = {}
        self.errors: list[BaseException] = []

    def go(self) -> None:
        threads = [
            threading.Thread(target=self._connection, args=(f"{number}/{self.connections}",), daemon=True)
            for number in range(1, self.connections + 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.waiting:
            left = [due.id for due in self.waiting]
            self.writer.write(lambda session: outbox.give_back(session, left))
        self.writer.close()
        if self.errors:
            raise self.errors[0]

    @property
    def ended(self) -> bool:
        return bool(self.report.fault or self.report.unreachable or self.errors) or self.stop()

    def _next(self) -> Due | None:
        with self.lock:
            if self.ended:
                return None
            if not self.waiting:
                lease_id, most, got = uuid.uuid4().hex, BATCH * self.connections, []
                self.writer.write(
                    lambda session: got.extend(
                        outbox.lease(session, self.mission, at=self.now(), most=most, lease_id=lease_id)
                    )
                )
                self.waiting = list(reversed(got))
            return self.waiting.pop() if self.waiting else None

    def _tail(self, sha256: str) -> bytes:
        with self.lock:
            if sha256 not in self.tails:
                with reading(self.engine) as session:
                    self.tails = {sha256: session.get_one(LetterPart, sha256).content}
            return self.tails[sha256]

    def _connection(self, name: str) -> None:
        connection = Connection(self.account)
        is_open = False
        try:
            while (due := self._next()) is not None:
                if not is_open:
                    trouble = connection.open()
                    if trouble is not None:
                        self._settle(due, trouble, name)
                        if trouble.what not in STOPS:
                            self.report.unreachable = trouble.answer
                        return
                    is_open = True
                outcome = self._transact(connection, due)
                self._settle(due, outcome, name)
                if outcome.reconnect:
                    connection.close()
                    is_open = False
                if outcome.slower and self.connections > 1:
                    return  # fewer connections for a server that says it has too many
        except BaseException as error:  # noqa: BLE001 - raised again by `go` in the caller's thread
            self.errors.append(error)
        finally:
            connection.close()

    def _transact(self, connection: Connection, due: Due) -> Outcome:
        message = due.head + (self._tail(due.tail) if due.tail else b"")
        offered = connection.offer(due.sender, due.recipient, len(message))
        if offered.what is not What.SENT:
            return offered
        self.writer.write(lambda session: outbox.mark_transmitting(session, [due.id]))
        return connection.hand_over(message)

    def _settle(self, due: Due, outcome: Outcome, name: str) -> None:
        at = self.now()
        self.writer.write(lambda session: outbox.settle(session, due.id, outcome, at=at, by=name))
        with self.lock:
            self.report.outcomes[str(outcome.what)] += 1
            done = self.report.touched
            if outcome.what in STOPS:
                self.report.fault = f"{outcome.code or ''} {outcome.answer}".strip()
            if self.progress is not None:
                self.progress(Progress(min(done, self.total), self.total, due.kind, due.recipient, outcome.what))
