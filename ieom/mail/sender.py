"""The sender: empties the outbox of what is due over several connections, each a thread (`line`).

Here is what the connections share: the letters leased, the shared parts of messages, the report.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from ieom.errors import Tampered
from ieom.mail import outbox
from ieom.mail.account import Account
from ieom.mail.answers import Outcome, What
from ieom.mail.letters import GRACE
from ieom.mail.line import Line
from ieom.mail.pacing import Waiting
from ieom.mail.settling import Due
from ieom.mail.smtp import stuffed
from ieom.mail.writer import Writer, Written
from ieom.records.base import begin, reading
from ieom.records.letters import LetterPart

BATCH = 32
"""Letters leased at a time, for each connection; what bounds the memory."""
HELD = 8
"""Leases in memory at most: letters to domains that may not have one yet."""
TAILS = 4
"""Shared parts in memory at most."""
GATHER = 0.001
"""Seconds for which outcomes and marks of several connections are gathered into one commit."""
LOOK = 0.2
"""Seconds between two looks whether a waiting connection should end."""

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
    domain_rate: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    grace: timedelta = GRACE,
) -> SendReport:
    """Send the mission's letters that are due at `now()` (UTC), to one recipient domain no more than `domain_rate` a
    second (0 is no limit). Ends early when `stop()` says so (after at most one letter a connection), when the server
    can't be reached, or when it refuses the account. Letters that were ready more than `grace` ago and did not go wait
    for a person. Raises what the database raised."""
    report = SendReport()
    with outbox.sole_sender(engine, mission) as alone:
        if not alone:
            report.busy = True
            return report
        with begin(engine) as session:
            doubtful = outbox.recover(session, mission, at=now()) + outbox.doubt_taken(session, mission, at=now())
            report.late = outbox.overtake(session, mission, at=now(), grace=grace)
            total = outbox.count_due(session, mission, at=now())
        report.outcomes.update({str(What.IN_DOUBT): doubtful} if doubtful else {})
        if total:
            Run(engine, account, mission, now, min(connections, total), domain_rate, progress, stop, report, total).go()
    for trouble in filter(None, (report.fault, report.unreachable)):
        log.error("letters of %s wait: %s", mission, trouble)
    return report


class Run:
    """One run of the sender, as its connections see it."""

    def __init__(
        self,
        engine: Engine,
        account: Account,
        mission: str,
        now: Callable[[], datetime],
        connections: int,
        domain_rate: float,
        progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool],
        report: SendReport,
        total: int,
    ) -> None:
        self.engine, self.account, self.mission, self.now = engine, account, mission, now
        self.connections, self.progress, self.stop = connections, progress, stop
        self.report, self.total = report, total
        self.writer = Writer(engine, gather=GATHER if connections > 1 else 0.0)
        self.turn = threading.Condition()
        self.working = connections
        """Connections that neither rest nor have ended."""
        self.waiting = Waiting(domain_rate, time.monotonic)
        self.coming: Written | None = None
        """A lease that was asked for ahead."""
        self.tails: dict[str, tuple[bytes, int]] = {}
        self.errors: list[BaseException] = []

    def go(self) -> None:
        lines = [Line(self, f"{number}/{self.connections}") for number in range(1, self.connections + 1)]
        threads = [threading.Thread(target=line.run, daemon=True) for line in lines]
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
            self._give_back()
        except BaseException as error:  # noqa: BLE001 - raised below, after what the connections met
            self.errors.append(error)
        self.writer.close()
        if self.errors:
            raise self.errors[0]

    @property
    def ended(self) -> bool:
        return bool(self.report.fault or self.report.unreachable or self.errors) or self.stop()

    def next(self, held: Due | None = None) -> Due | None:
        """A letter to send: the one that the connection holds already, else the next whose domain may have one. None
        when this connection is to end."""
        with self.turn:
            while not self.ended:
                due = held or self.waiting.pop()
                if due is not None:
                    if len(self.waiting.ready) < self.connections and self.coming is None:
                        self.coming = self._ask()
                    return due
                if self._more():
                    continue
                pause = self.waiting.pause()
                if pause is None:
                    break
                self.turn.wait(min(pause, LOOK))
            if held is not None:
                self.waiting.back(held)
            self.working -= 1
            self.turn.notify_all()
            return None

    def next_now(self) -> Due | None:
        """A letter that is in memory and may go; None when there is none, or the run is to end."""
        with self.turn:
            return None if self.ended else self.waiting.pop()

    def _ask(self) -> Written:
        lease_id, most, busy = uuid.uuid4().hex, BATCH * self.connections, self.waiting.busy()
        return self.writer.submit(
            lambda session: outbox.lease(
                session, self.mission, at=self.now(), most=most, lease_id=lease_id, but_not=busy
            )
        )

    def _more(self) -> bool:
        """Whether there are more letters; in memory then."""
        if len(self.waiting) >= HELD * BATCH * self.connections:
            return False
        asked, self.coming = self.coming, None
        found = asked.wait() if asked is not None else []
        if not found:
            found = self._ask().wait()  # what was asked for ahead may have become less, or more since
        self.waiting.add(found)
        return bool(found)

    def _give_back(self) -> None:
        left = self.waiting.drain()
        asked, self.coming = self.coming, None
        left += asked.wait() if asked is not None else []
        if left:
            self.writer.write(lambda session: outbox.give_back(session, left))

    def taken(self) -> None:
        """A letter was taken from us: its release was stopped, its mission is held, or another sender came in between.
        What waits fared the same, and is asked for anew."""
        with self.turn:
            self._give_back()

    def rest(self, seconds: float, held: Sequence[Due] = ()) -> bool:
        """Whether this connection may leave its letters to the others and rest; true when it has. The last one that
        works may not."""
        with self.turn:
            if self.working == 1:
                return False
            self.working -= 1
            for due in held:
                self.waiting.back(due)
            self.turn.notify_all()
            until = time.monotonic() + seconds
            while self.working and not self.ended and (left := until - time.monotonic()) > 0:
                self.turn.wait(min(left, LOOK))
            self.working += 1
            return True

    def tail(self, sha256: str) -> tuple[bytes, int]:
        """A shared part, dot-stuffed once for all its letters, and its size before that."""
        if (known := self.tails.get(sha256)) is not None:
            return known
        with self.turn:
            if sha256 not in self.tails:
                with reading(self.engine) as session:
                    part = session.get(LetterPart, sha256)
                    content = None if part is None else part.content
                if content is None or hashlib.sha256(content).hexdigest() != sha256:
                    what = "are not in the database any more" if content is None else (
                        "no longer have their hash: they were changed in the database"
                    )  # fmt: skip
                    raise Tampered(f"the papers that letters carry ({sha256[:16]}…) {what}. Nothing with them was sent")
                self.tails = dict([*self.tails.items()][1 - TAILS :]) | {sha256: (stuffed(content), len(content))}
            return self.tails[sha256]

    def told(self, due: Due, outcome: Outcome, what: What) -> None:
        """What came of a letter, once that is written down."""
        with self.turn:
            self.report.outcomes[str(what)] += 1
            if what is What.CONFIGURATION:
                self.report.fault = f"{outcome.code or ''} {outcome.answer}".strip()
            elif what is What.POLICY:
                self.report.fault = f"a release is held: {outcome.code or ''} {outcome.answer}"
            elif outcome.what is What.DEFERRED and not outcome.slower:  # else the server slows us down as a whole
                self.waiting.later(due.domain)
            elif what is What.SENT:
                self.waiting.took(due.domain)
            if self.progress is not None:
                done = min(self.report.touched, self.total)
                self.progress(Progress(done, self.total, due.kind, due.recipient, what))
