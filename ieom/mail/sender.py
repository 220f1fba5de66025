"""The sender: empties the outbox of what is due over several connections, each a thread. A letter's `transmitting` mark
is committed before its final dot; the message itself goes out meanwhile."""

from __future__ import annotations

import hashlib
import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from ieom.errors import Tampered
from ieom.mail import outbox
from ieom.mail.letters import GRACE
from ieom.mail.outbox import Due
from ieom.mail.smtp import Account, Connection, Outcome, What, stuffed
from ieom.mail.writer import Writer
from ieom.records.base import begin, reading
from ieom.records.letters import LetterPart

BATCH = 32
"""Letters leased at a time, for each connection; what bounds the memory."""
MISSES = 3
"""A connection that is lost or refused this often in a row, with no letter between, is not opened again."""
STOPS = {What.CONFIGURATION, What.POLICY}

log = logging.getLogger(__name__)


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
    """What the server said, or did not, when no connection would work."""
    late: int = 0
    """Letters that could not go in time and now wait for a person."""
    busy: bool = False
    """Another process sends this mission's letters at this moment."""

    @property
    def touched(self) -> int:
        """Letters whose record changed."""
        return sum(self.outcomes.values())


def send_due(
    engine: Engine,
    account: Account,
    *,
    mission: str,
    now: Callable[[], datetime],
    connections: int = 4,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    grace: timedelta = GRACE,
) -> SendReport:
    """Send the mission's letters that are due at `now()` (UTC). Ends early when `stop()` says so (after at most one
    letter a connection), when the server can't be reached, or when it refuses the account. Letters that were ready more
    than `grace` ago and did not go wait for a person. Raises what the database raised."""
    report = SendReport()
    with outbox.sole_sender(engine, mission) as alone:
        if not alone:
            report.busy = True
            return report
        with begin(engine) as session:
            doubtful = outbox.recover(session, mission, at=now()) + outbox.doubt_sent(session, mission, at=now())
            report.late = outbox.overtake(session, mission, at=now(), grace=grace)
            total = outbox.count_due(session, mission, at=now())
        report.outcomes.update({str(What.IN_DOUBT): doubtful} if doubtful else {})
        if total:
            _Run(engine, account, mission, now, min(connections, total), progress, stop, report, total).go()
    for trouble in filter(None, (report.fault, report.unreachable)):
        log.error("letters of %s wait: %s", mission, trouble)
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
        self.writer = Writer(engine)
        self.lock = threading.Lock()
        self.working = connections
        self.waiting: list[Due] = []
        self.tails: dict[str, tuple[bytes, int]] = {}
        self.errors: list[BaseException] = []

    def go(self) -> None:
        threads = [
            threading.Thread(target=self._connection, args=(f"{number}/{self.connections}",), daemon=True)
            for number in range(1, self.connections + 1)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException as error:  # noqa: BLE001 - raised below; nobody sends on after we let go of the lock
            self.errors.append(error)
            for thread in threads:
                thread.join()
        try:
            if self.waiting:
                self._give_back(self.waiting)
        except BaseException as error:  # noqa: BLE001 - raised below, after what the connections met
            self.errors.append(error)
        self.writer.close()
        if self.errors:
            raise self.errors[0]

    @property
    def ended(self) -> bool:
        return bool(self.report.fault or self.report.unreachable or self.errors) or self.stop()

    def _next(self) -> Due | None:
        """A letter to send; None when there is none left for this connection, which ends then."""
        with self.lock:
            if not self.ended:
                if not self.waiting:
                    lease_id, most = uuid.uuid4().hex, BATCH * self.connections
                    self.waiting = self.writer.write(
                        lambda session: outbox.lease(session, self.mission, at=self.now(), most=most, lease_id=lease_id)
                    )[::-1]
                if self.waiting:
                    return self.waiting.pop()
            self.working -= 1
            return None

    def _give_back(self, waiting: Sequence[Due]) -> None:
        self.writer.write(lambda session: outbox.give_back(session, waiting))

    def _taken(self) -> None:
        """A letter was taken from us: its release was stopped, its mission is held, or another sender came in between.
        What waits fared the same, and is asked for anew."""
        with self.lock:
            waiting, self.waiting = self.waiting, []
            if waiting:
                self._give_back(waiting)

    def _leave(self, due: Due | None = None) -> bool:
        """Whether this connection may end and leave its letter to others; the last one may not."""
        with self.lock:
            if self.working == 1:
                return False
            self.working -= 1
            if due is not None:
                self.waiting.append(due)
            return True

    def _tail(self, sha256: str) -> tuple[bytes, int]:
        """A shared part, dot-stuffed once for all its letters, and its size before that."""
        with self.lock:
            if sha256 not in self.tails:
                with reading(self.engine) as session:
                    content = session.get_one(LetterPart, sha256).content
                if hashlib.sha256(content).hexdigest() != sha256:
                    raise Tampered(
                        f"the papers that letters carry ({sha256[:16]}…) no longer have their hash: they were changed in the "
                        "database. Nothing with them was sent"
                    )
                self.tails = dict([*self.tails.items()][-3:])
                self.tails[sha256] = (stuffed(content), len(content))
            return self.tails[sha256]

    def _connection(self, name: str) -> None:
        connection = Connection(self.account)
        misses, is_open = 0, False
        try:
            while (due := self._next()) is not None:
                if not is_open:
                    trouble = connection.open()
                    if trouble is not None:
                        if (trouble.slower or trouble.what is What.BACK) and self._leave(due):
                            return  # the server takes no more connections than the others have
                        self._settle(due, trouble, name)
                        if trouble.what not in STOPS:
                            self.report.unreachable = trouble.answer or "no connection"
                        continue
                    is_open = True
                outcome = self._transact(connection, due)
                if outcome is None:
                    is_open = False
                    self._taken()
                    continue
                self._settle(due, outcome, name)
                misses = misses + 1 if outcome.reconnect else 0
                if outcome.reconnect:
                    connection.close()
                    is_open = False
                if (outcome.slower or misses == MISSES) and self._leave():
                    return  # fewer connections for a server that says it has too many
                if misses == MISSES:
                    self.report.unreachable = outcome.answer or "the connection was lost again and again"
        except BaseException as error:  # noqa: BLE001 - raised again by `go` in the caller's thread
            connection.abandon()
            self.errors.append(error)
        finally:
            connection.close()

    def _transact(self, connection: Connection, due: Due) -> Outcome | None:
        """One letter's transaction; None when the letter was taken from us on the way: it is not sent."""
        tail, size = self._tail(due.tail) if due.tail else (b"", 0)
        offered = connection.offer(due.sender, due.recipient, len(due.head) + size)
        if offered.what is not What.SENT:
            return offered
        mark = self.writer.submit(lambda session: outbox.mark_transmitting(session, due))
        lost = connection.write(stuffed(due.head) + tail)
        if not mark.wait():
            connection.abandon()
            return None
        return lost or connection.finish()

    def _settle(self, due: Due, outcome: Outcome, name: str) -> None:
        at = self.now()
        what = self.writer.write(
            lambda session: outbox.settle(session, due.id, outcome, at=at, by=name, lease_id=due.lease)
        )
        with self.lock:
            self.report.outcomes[str(what)] += 1
            if what is What.CONFIGURATION:
                self.report.fault = f"{outcome.code or ''} {outcome.answer}".strip()
            elif what is What.POLICY:
                self.report.fault = f"a release is held: {outcome.code or ''} {outcome.answer}"
            if self.progress is not None:
                done = min(self.report.touched, self.total)
                self.progress(Progress(done, self.total, due.kind, due.recipient, what))
