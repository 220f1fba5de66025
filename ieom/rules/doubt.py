"""What a mail server's log proves of a letter in doubt: that it was taken, that it was not, or nothing.

A letter is never said to be untaken because something is not there. The log must be of the server, whole, and reach
from before the attempt to after the last moment at which the server could still have taken the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PATIENT = timedelta(minutes=15)
"""After this long no session that was open at the attempt can still bring the letter: ten minutes for the answer to the
final dot and five for a line of the message (RFC 5321, 4.5.3.2)."""
INTO_THE_QUEUE = timedelta(minutes=1)
"""How long Postfix's queue manager may take to report a message whose session has ended."""
CLOCKS = timedelta(minutes=2)
"""By how much the log's time of a letter may differ from ours; more is another clock or another zone."""


@dataclass
class Trace:
    """What a log says of one Message-ID; times UTC."""

    seen_at: datetime
    """Its header was read (Postfix), or it was taken (Exim)."""
    taken_at: datetime | None = None
    """The server put it into its queue: from here on the server answers for it."""
    ended_at: datetime | None = None
    """The session that brought it ended."""
    fate: str = ""
    """delivered, deferred, bounced, expired, discarded, rejected; empty while the log says nothing of it."""
    said: str = ""
    """What the log gives as the reason, one line."""


@dataclass
class Log:
    """What a log says: of the letters asked for, and of itself; times UTC."""

    traces: dict[str, Trace] = field(default_factory=dict)
    starts: datetime | None = None
    ends: datetime | None = None
    sessions: dict[str, datetime] = field(default_factory=dict)
    """Sessions still open at the end, with when they began."""
    shows_sessions: bool = False
    """Whether sessions are logged at all (Postfix does, Exim only when told)."""
    gaps: list[datetime] = field(default_factory=list)
    """When lines were lost, as the system's logger itself says."""


@dataclass(frozen=True)
class Attempt:
    """When the letter in doubt may have been handed over; UTC."""

    message_id: str
    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Verdict:
    """`how` is sent, bounced, again (it was not taken) or doubt; `why` is a sentence for people."""

    how: str
    why: str
    at: datetime | None = None
    """When it was taken."""


def judge(
    log: Log,
    attempt: Attempt,
    witnesses: Mapping[str, datetime],
    *,
    patient: timedelta = PATIENT,
    into_the_queue: timedelta = INTO_THE_QUEUE,
) -> Verdict:
    """What became of a letter. `witnesses` are letters of ours that the server is known to have taken, with the time
    (UTC) of its answer: those that fall into the log must all be in it, at that time."""
    trace = log.traces.get(attempt.message_id)
    if trace is not None and trace.taken_at is not None:
        return _taken(trace, trace.taken_at)
    unfit = _unfit(log, attempt, witnesses)
    if unfit or log.ends is None:
        return Verdict("doubt", unfit)
    if (open_ := _still_open(log, attempt.latest)) and log.ends < attempt.latest + patient:
        return Verdict("doubt", open_)
    if trace is None:
        return Verdict("again", "the server's log covers the attempt and does not know the letter")
    if trace.fate == "rejected":
        return Verdict("again", f"the server did not take it: {trace.said}")
    lasted = max(trace.ended_at or attempt.latest + patient, trace.seen_at)
    if log.ends < lasted + into_the_queue:
        return Verdict("doubt", "the server had begun to take it, and its log ends too soon after that")
    return Verdict("again", "the server began to take it, the connection broke, and it never came into the queue")


def _taken(trace: Trace, at: datetime) -> Verdict:
    if trace.fate in {"bounced", "expired"}:
        return Verdict("bounced", f"taken, and then {trace.fate}: {trace.said}", at)
    if not trace.fate:
        return Verdict("sent", "taken, by the server's log", at)
    return Verdict("sent", f"taken, by the server's log, and {trace.fate}: {trace.said}", at)


def _unfit(log: Log, attempt: Attempt, witnesses: Mapping[str, datetime]) -> str:
    """Why the log can't prove that a letter was not taken; empty when it can."""
    if log.starts is None or log.ends is None:
        return "the log has no line of Postfix or Exim"
    if log.starts > attempt.earliest:
        return "the log begins after the letter was queued; add the rotated ones"
    if log.ends < attempt.latest:
        return "the log does not reach the attempt yet"
    if any(attempt.earliest <= gap <= log.ends for gap in log.gaps):
        return "the system's logger says that it lost lines"
    within = {one: at for one, at in witnesses.items() if log.starts + CLOCKS <= at <= log.ends - CLOCKS}
    known = {one: log.traces[one].seen_at for one in witnesses if one in log.traces}
    if not known:
        return "no letter that the server took is in this log; it may be another server's"
    if any(one not in known for one in within):
        return "the log lacks letters that the server took; it is not whole, or there is another server"
    if any(abs(at - witnesses[one]) > CLOCKS for one, at in known.items()):
        return "the log's clock or zone is not ours"
    return ""


def _still_open(log: Log, latest: datetime) -> str:
    """Why the server may still take a letter at the log's end; empty when nothing that was open then is."""
    if not log.shows_sessions:
        return "the log does not show sessions, and ends too soon after the attempt"
    if any(begun <= latest + timedelta(seconds=1) for begun in log.sessions.values()):
        return "a session of that time is still open at the log's end"
    return ""
