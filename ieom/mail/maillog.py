"""The log of a Postfix or an Exim, read for given Message-IDs in one pass: what became of each, and what stretch of time
the log covers. Rotated files and compressed ones count; the memory taken does not grow with the log."""

from __future__ import annotations

import bz2
import glob
import gzip
import lzma
import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from ieom.errors import Unavailable
from ieom.rules.doubt import Log, Trace

LONGEST = 20_000
"""Characters of a line that are looked at."""
ENDED = 1000
"""So many sessions are remembered after their end: of a message that broke off, the header may be logged after that."""
MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

STAMP = re.compile(
    r"(?:<\d+>)?(?:(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))? ?(?P<zone>Z|[+-]\d\d:?\d\d)?"
    r"|(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d)(?:\.\d+)?)\s"
)
"""RFC 3339, Exim's own form, or that of the older syslog (RFC 3164, 4.1.2), which has neither year nor zone."""
POSTFIX = re.compile(r"(?P<host>\S+) (?P<tag>[\w./-]*/(?P<service>[\w-]+))\[(?P<pid>\d+)\]: (?P<rest>.*)", re.DOTALL)
QUEUED = re.compile(r"(?P<queue>[0-9A-F]{6,}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}): (?P<rest>.*)", re.DOTALL)
"""A short queue identifier, or a long one (enable_long_queue_ids)."""
FATE = re.compile(r"to=<.*?\bdsn=(?P<dsn>[\d.]+), status=(?P<status>[\w-]+) ?(?P<said>.*)", re.DOTALL)
EXIM = re.compile(
    r"(?:\[\d+\] )?(?P<queue>\w{6}-\w{6}-\w{2}|\w{6}-\w{11}-\w{4}) "
    r"(?P<flag><=|=>|->|>>|\*\*|==|Completed)(?: (?P<rest>.*))?",
    re.DOTALL,
)
LOST = re.compile(
    r"imuxsock(?:\[pid: \d+\])?:? (?:lost|begin to drop) |messages lost due to rate-limiting|Suppressed \d+ messages from"
)
ENDS = {"sent": "delivered", "bounced": "bounced", "expired": "expired", "deferred": "deferred"}
STRONGER = {"": 0, "deferred": 1, "delivered": 2, "discarded": 2, "expired": 3, "bounced": 3, "rejected": 3}


def read(patterns: str, wanted: Collection[str]) -> Log:
    """Read the files that `patterns` names (paths or shell patterns, comma-separated) for these Message-IDs (with their
    angle brackets). Raises `Unavailable` when there is none, or one can't be read."""
    names = [one.strip() for one in patterns.split(",") if one.strip()]
    paths = sorted({Path(found) for name in names for found in glob.glob(name)})  # noqa: PTH207 - absolute patterns
    if not paths:
        raise Unavailable(f"there is no mail log at {patterns or 'IEOM_MAIL_LOG, which is not set'}")
    reader = Reader(wanted)
    for path in sorted(paths, key=_first):
        try:
            with _opened(path) as file:
                reader.lines(file, written=_written(path))
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise Unavailable(f"the mail log {path} can't be read: {error}") from error
    return reader.log


def _opened(path: Path) -> IO[bytes]:
    opened: IO[bytes] = OPENERS.get(path.suffix, open)(path, "rb")
    return opened


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _first(path: Path) -> tuple[datetime, str]:
    """When a file's first line with a time was written; files are read in this order."""
    try:
        clock = Clock(_written(path))
        with _opened(path) as file:
            for line in _cut(file):
                found = clock.read(line)
                if found is not None:
                    return found[0], path.name
    except (OSError, EOFError, lzma.LZMAError):
        pass  # said when it is read
    return datetime.max.replace(tzinfo=UTC), path.name


def _cut(file: IO[bytes]) -> Iterator[str]:
    """The file's lines; of a line without end no more than can matter."""
    fresh = True
    while raw := file.readline(LONGEST):
        if fresh:
            yield raw.decode("utf-8", "replace").rstrip("\r\n")
        fresh = raw.endswith(b"\n")


class Clock:
    """Reads the times of log lines. A time without a zone is this machine's; one without a year belongs to the year
    before the file was last written."""

    def __init__(self, written: datetime) -> None:
        self.latest = written + timedelta(days=1)
        self._text, self._at = "", written

    def read(self, line: str) -> tuple[datetime, str] | None:
        """(UTC moment, the rest of the line); None for a line that begins with no time."""
        found = STAMP.match(line)
        if found is None:
            return None
        if found[0] != self._text:
            try:
                at = self._iso(found) if found["iso"] else self._syslog(found)
            except (ValueError, OverflowError):
                return None
            self._text, self._at = found[0], at
        return self._at, line[found.end() :]

    def _iso(self, found: re.Match[str]) -> datetime:
        at = datetime.fromisoformat(f"{found['iso']}.{(found['part'] or '0')[:6]:0<6}{found['zone'] or ''}")
        return at.astimezone(UTC)

    def _syslog(self, found: re.Match[str]) -> datetime:
        for year in range(self.latest.year, self.latest.year - 9, -1):
            try:
                told = datetime.fromisoformat(
                    f"{year}-{MONTHS[found['month']]:02}-{int(found['day']):02}T{found['time']}"
                )
            except (KeyError, ValueError):  # no such month; the 29th of February
                continue
            at = told.astimezone(UTC)
            if at <= self.latest:
                return at
        raise ValueError(found[0])


class Reader:
    """One pass over a log's lines, oldest first."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.wanted = set(wanted)
        self.log = Log()
        self._traced: dict[str, str] = {}  # queue identifier -> Message-ID
        self._carried: dict[str, str] = {}  # session -> queue identifier of its newest message
        self._ended: dict[str, datetime] = {}  # queue identifier -> when its session ended, of the newest ones

    def lines(self, file: IO[bytes], *, written: datetime) -> None:
        """Read a file that was last written at `written` (UTC)."""
        clock = Clock(written)
        for line in _cut(file):
            found = clock.read(line)
            if found is None:
                continue
            at, rest = found
            if LOST.search(rest):
                self.log.gaps.append(at)
            elif (exim := EXIM.match(rest)) is not None:
                self._covers(at)
                self._exim(at, exim)
            elif (postfix := POSTFIX.match(rest)) is not None:
                self._covers(at)
                self._postfix(at, postfix)
            elif rest.startswith(("Start queue run", "End queue run")):  # Exim's own heartbeat
                self._covers(at)

    def _covers(self, at: datetime) -> None:
        log = self.log
        log.starts = at if log.starts is None else min(log.starts, at)
        log.ends = at if log.ends is None else max(log.ends, at)

    def _postfix(self, at: datetime, found: re.Match[str]) -> None:
        service, rest = found["service"], found["rest"]
        session = f"{found['host']} {found['tag']} {found['pid']}"
        if service == "smtpd":
            if rest.startswith("connect from "):
                self.log.sessions[session], self.log.shows_sessions = at, True
                self._carried.pop(session, None)
                return
            if rest.startswith("disconnect from "):
                self.log.sessions.pop(session, None)
                self._session_ended(self._carried.get(session, ""), at)
                return
        queued = QUEUED.match(rest)
        if queued is None:
            return
        queue, told = queued["queue"], queued["rest"]
        if service == "smtpd" and told.startswith("client="):
            self._session_ended(self._carried.get(session, ""), at)  # it went on to another message
            self._ended.pop(queue, None)  # queue identifiers are used again
            self._carried[session] = queue
        elif service == "cleanup" and told.startswith(("message-id=", "resent-message-id=")):
            self._seen(at, queue, told.partition("=")[2].strip())
        elif (message := self._traced.get(queue)) is not None:
            self._follow(at, queue, self.log.traces[message], told)

    def _session_ended(self, queue: str, at: datetime) -> None:
        if not queue:
            return
        self._ended[queue] = at
        if len(self._ended) > ENDED:
            del self._ended[next(iter(self._ended))]
        if (message := self._traced.get(queue)) is not None:
            self.log.traces[message].ended_at = at

    def _seen(self, at: datetime, queue: str, message: str) -> None:
        self._traced.pop(queue, None)
        if message not in self.wanted:
            return
        self._traced[queue] = message
        known = self.log.traces.get(message)
        if known is None or known.taken_at is None:  # an attempt before this one came to nothing
            self.log.traces[message] = Trace(at, ended_at=self._ended.get(queue))

    def _follow(self, at: datetime, queue: str, trace: Trace, told: str) -> None:
        if told.startswith("from=<") and "nrcpt=" in told:
            trace.taken_at = trace.taken_at or at
        elif told.startswith("removed"):
            self._traced.pop(queue, None)
        elif (fate := FATE.match(told)) is not None:
            trace.taken_at = trace.taken_at or at
            self._came_to(trace, ENDS.get(fate["status"], ""), f"{fate['dsn']} {fate['said']}")
        elif told.startswith("discard: "):
            trace.taken_at = trace.taken_at or at
            self._came_to(trace, "discarded", told)
        elif told.startswith(("reject: ", "milter-reject: ")) and trace.taken_at is None:
            self._came_to(trace, "rejected", told)

    def _exim(self, at: datetime, found: re.Match[str]) -> None:
        queue, flag, rest = found["queue"], found["flag"], found["rest"] or ""
        if flag == "<=":
            self._traced.pop(queue, None)
            identity = re.search(r"(?:^| )id=(\S+)", rest)
            message = f"<{identity[1]}>" if identity else ""
            if message in self.wanted:
                self._traced[queue] = message
                self.log.traces.setdefault(message, Trace(at, taken_at=at))
        elif (message := self._traced.get(queue, "")) != "":
            trace = self.log.traces[message]
            if flag == "Completed":
                self._traced.pop(queue, None)
            else:
                fate = {"**": "bounced", "==": "deferred"}.get(flag, "delivered")
                self._came_to(trace, fate, rest.partition(": ")[2] if fate != "delivered" else "")

    @staticmethod
    def _came_to(trace: Trace, fate: str, said: str) -> None:
        if STRONGER[fate] >= STRONGER[trace.fate]:
            trace.fate, trace.said = fate, " ".join(said.split())[:400]
