"""Letters that wait for a connection, and how many of them a recipient's domain may have a second.

A domain has no limit but the one that is set, until its server says 'later' (4xx): then each such answer doubles the
pause between two letters to it, and each letter that is taken halves the pause again. Other domains go on meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ieom.mail.settling import Due

FIRST = 0.5
"""Seconds between two letters to a domain that said 'later' once."""
LONGEST = 8.0
"""Seconds between two letters to a domain that says it again and again: each of its readers is still tried soon."""


@dataclass
class _Domain:
    """A domain that has a limit: when its next letter may go, and which wait until then."""

    pause: float = 0.0
    free_at: float = 0.0
    held: deque[Due] = field(default_factory=deque)


class Waiting:
    """The letters in memory. `rate` is the most letters a second to one domain, 0 for no limit; `clock` gives seconds.
    For use under the caller's lock."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self.least = 1 / rate if rate else 0.0
        self.clock = clock
        self.ready: deque[Due] = deque()
        self.domains: dict[str, _Domain] = {}
        self.holding: dict[str, _Domain] = {}
        """The domains of which letters wait here."""

    def __len__(self) -> int:
        return len(self.ready) + sum(len(domain.held) for domain in self.holding.values())

    def add(self, letters: Iterable[Due]) -> None:
        self.ready.extend(letters)

    def back(self, due: Due) -> None:
        """A letter that was taken and not tried: the next to go."""
        self.ready.appendleft(due)

    def pop(self) -> Due | None:
        """The next letter whose domain may have one now."""
        if not self.domains and not self.least:
            return self.ready.popleft() if self.ready else None
        now = self.clock()
        for name, domain in self.holding.items():
            if domain.free_at <= now:
                due = domain.held.popleft()
                if not domain.held:
                    del self.holding[name]
                return self._go(domain, due, now)
        while self.ready:
            due = self.ready.popleft()
            if self.least:
                self.domains.setdefault(due.domain, _Domain())
            found = self.domains.get(due.domain)
            if found is None:
                return due
            if not found.held and found.free_at <= now:
                return self._go(found, due, now)
            found.held.append(due)
            self.holding[due.domain] = found
        return None

    def _go(self, domain: _Domain, due: Due, now: float) -> Due:
        domain.free_at = now + max(self.least, domain.pause)
        return due

    def pause(self) -> float | None:
        """Seconds until a held letter may go; None when there is none."""
        moments = [domain.free_at for domain in self.holding.values()]
        return max(min(moments) - self.clock(), 0.0) if moments else None

    def busy(self) -> list[str]:
        """Domains that have letters here which may not go yet: no more are asked for."""
        return list(self.holding)

    def later(self, name: str) -> None:
        """A domain's server asked us to come back later."""
        domain = self.domains.setdefault(name, _Domain())
        domain.pause = min(max(2 * domain.pause, FIRST), LONGEST)
        domain.free_at = self.clock() + max(self.least, domain.pause)

    def took(self, name: str) -> None:
        """A domain's letter was taken."""
        domain = self.domains.get(name)
        if domain is None or not domain.pause:
            return
        domain.pause = domain.pause / 2 if domain.pause > FIRST else 0.0
        if not domain.pause and not self.least and not domain.held:
            del self.domains[name]

    def drain(self) -> list[Due]:
        """All letters, which are not here any more."""
        left = [*self.ready, *(due for domain in self.holding.values() for due in domain.held)]
        self.ready.clear()
        for domain in self.holding.values():
            domain.held.clear()
        self.holding.clear()
        return left
