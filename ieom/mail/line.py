"""One connection's work, a thread of the sender. A letter's `transmitting` mark is committed before its final dot; the
message itself goes out meanwhile, and where the server allows it the next letter's commands go with that dot.

No more than one letter a connection is ever marked and unsettled in the records: the outcome of one is written before,
or together with, the mark of the next, and the next one's dot waits for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ieom.mail.answers import Outcome, What
from ieom.mail.settling import Due, Mark, Settle
from ieom.mail.smtp import Connection, Envelope, stuffed
from ieom.mail.writer import Written

if TYPE_CHECKING:
    from ieom.mail.sender import Run

MISSES = 3
"""A connection that is lost or refused this often in a row, with no letter between, rests."""
LONGEST = 600.0
"""Seconds that a connection rests at most."""
STOPS = {What.CONFIGURATION, What.POLICY}


class Line:
    """Sends the run's letters over one connection until there are none. `name` stands in the ledger."""

    def __init__(self, run: Run, name: str) -> None:
        self.shared, self.name = run, name
        self.connection = Connection(run.account)
        self.is_open = False
        self.misses = self.rests = 0
        self.held: tuple[Due, Envelope] | None = None
        """The next letter, whose commands may have gone out already."""
        self.taken: tuple[Due, Outcome] | None = None
        """The last letter, with whose dot the next one's commands went: it stands as sent once their answers have come
        in step, for a server that skips the dot's would else make a lost letter a sent one."""
        self.settling: tuple[Due, Outcome, Written] | None = None
        """The last letter's outcome, on its way into the records."""

    def run(self) -> None:
        try:
            while (due := self.shared.next(self.held[0] if self.held else None)) is not None:
                if self.is_open and not self.connection.alive():
                    self._close()
                if self.is_open or self._open(due):
                    self._send(due)
            self._proven()
            self._told()
        except BaseException as error:  # noqa: BLE001 - raised again by `Run.go` in the caller's thread
            self.connection.abandon()
            self.shared.errors.append(error)
            if self.taken is not None:
                self.shared.writer.submit(Settle(*self.taken, self.shared.now(), self.name))
        finally:
            self.connection.close()

    def _close(self) -> None:
        self._proven()
        self.connection.close()
        self.is_open = False

    def _open(self, due: Due) -> bool:
        trouble = self.connection.open()
        if trouble is None:
            self.is_open = True
            return True
        self._told()
        if (trouble.slower or trouble.what is What.BACK) and self._rest(due):
            return False  # the server takes no more connections than the others have
        self.held = None
        self._settle(due, trouble)
        if trouble.what not in STOPS:
            self.shared.report.unreachable = trouble.answer or "no connection"
        return False

    def _rest(self, *held: Due) -> bool:
        """Whether this connection has rested: fewer for a server that says it has too many. It comes back later, and
        rests longer each time it is sent away again."""
        seconds = min(self.shared.account.rest * 2**self.rests, LONGEST)
        self.rests += 1
        mine = [self.held[0]] if self.held and self.held[0] not in held else []
        if not self.shared.rest(seconds, [*held, *mine]):
            return False
        self.held, self.misses = None, 0
        return True

    def _send(self, due: Due) -> None:
        outcome = self._transact(due)
        if outcome is None:
            self._close()
            self.shared.taken()
            return
        if outcome.what is What.SENT and self.connection.has_asked:
            self.taken = (due, outcome)
        else:
            self._settle(due, outcome)
        self.misses = self.misses + 1 if outcome.reconnect else 0
        if outcome.what is What.SENT:
            self.rests = 0
        if outcome.reconnect:
            self._close()
        if outcome.slower or self.misses == MISSES:
            self._close()
            if self._rest():
                return
        if self.misses == MISSES:
            self.shared.report.unreachable = outcome.answer or "the connection was lost again and again"

    def _transact(self, due: Due) -> Outcome | None:
        """One letter's transaction; None when the letter was taken from us on the way: it is not sent."""
        envelope = self.held[1] if self.held else self._envelope(due)
        self.held = None
        marks: list[Written] = []

        def accepted() -> None:
            self._proven()
            marks.append(self.shared.writer.submit(Mark(due)))

        offered = self.connection.offer(envelope, accepted=accepted)
        self._proven(astray=offered.answer if offered.astray else "")
        if offered.what is not What.SENT:
            return offered
        tail = self.shared.tail(due.tail)[0] if due.tail else b""
        lost = self.connection.write(stuffed(due.head), tail)
        ours = marks[0].wait()
        self._told()  # committed with the mark or before, or raises: never two letters of a connection in doubt
        if not ours:
            self.connection.abandon()
            return None
        if lost:
            return lost
        following = self.shared.next_now() if self.connection.pipelining else None
        if following is not None:
            self.held = (following, self._envelope(following))
        return self.connection.finish(self.held[1] if self.held else None)

    def _envelope(self, due: Due) -> Envelope:
        size = self.shared.tail(due.tail)[1] if due.tail else 0
        return Envelope(due.sender, due.recipient, len(due.head) + size, not due.head.isascii())

    def _proven(self, *, astray: str = "") -> None:
        """Have the last letter written down: as sent, or in doubt where the answers after it went astray."""
        if self.taken is not None:
            (due, outcome), self.taken = self.taken, None
            self._settle(due, Outcome(What.IN_DOUBT, None, astray) if astray else outcome)

    def _settle(self, due: Due, outcome: Outcome) -> None:
        """Have the outcome written down. One that says more than 'taken' is waited for: it may stop everything."""
        self._told()
        written = self.shared.writer.submit(Settle(due, outcome, self.shared.now(), self.name))
        self.settling = (due, outcome, written)
        if outcome.what is not What.SENT:
            self._told()

    def _told(self) -> None:
        if self.settling is not None:
            due, outcome, written = self.settling
            self.settling = None
            self.shared.told(due, outcome, written.wait())
