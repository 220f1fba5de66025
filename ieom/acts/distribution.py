"""Stage 7, distribution: what is released is, byte for byte, what was approved, or nothing is.

The release itself is in `releasing`, its letters in `publishing`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts.proving import folder, prove, translations
from ieom.acts.publishing import queue_release, test_to
from ieom.acts.releasing import go, go_on, newest, prepare, readiness, stop
from ieom.records import audit
from ieom.records.letters import Letter
from ieom.records.releases import Release
from ieom.rules.release import Readiness, embargo_until, reasons_not_to
from ieom.rules.timeline import Stage, Standing, State

__all__ = [
    "advance", "folder", "go", "go_on", "ledger", "newest", "prepare", "readiness", "stop", "test_to", "translations",
]  # fmt: skip


@dataclass(frozen=True)
class ReleaseStarted:
    """Letters to the media were queued."""

    number: int
    letters: int


@dataclass(frozen=True)
class ReleaseDone:
    """Every letter of the release has come to an end."""

    number: int
    outcomes: dict[str, int]


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Release what was approved when nothing speaks against it, and say how far it is; idempotent."""
    row = newest(session, mission)
    known = readiness(session, mission, row)
    if row is not None and row.status in {"going", "done"}:
        return _progress(session, mission, row, at)
    why = reasons_not_to(known, at)
    embargo = embargo_until(known)
    if why or row is None:
        until = min((m for m in (known.last_close, known.press_conference) if m > at), default=None)
        if not known.approved and row is None:
            return Standing(
                Stage.DISTRIBUTION, State.NOT_DUE, "Waits for the approval.", until if at >= known.last_close else None
            )
        state = State.HELD if known.status in {"stopped", "held"} or known.unsettled else State.WAITING
        if row is not None and row.held_why:
            why.append(row.held_why)
        return Standing(
            Stage.DISTRIBUTION, state, f"Not yet: {'; '.join(why)}.", embargo if embargo > at else None, _waits(known)
        )
    papers = prove(session, mission, row)
    count = queue_release(session, mission, row, papers, at)
    row.status, row.started_at = "going", at
    audit.append(session, mission, by="clock", at=at, act=ReleaseStarted(row.number, count))
    return _progress(session, mission, row, at)


def _waits(known: Readiness) -> tuple[str, ...]:
    return ("press-officer",) if known.approved and (not known.prepared or known.sent_by is None) else ()


ENDED = {"sent", "refused", "cancelled", "bounced"}


def ledger(session: Session, row: Release) -> Counter[str]:
    """How many letters of a release are in which state."""
    query = select(Letter.state, func.count()).where(Letter.release == row.id).group_by(Letter.state)
    return Counter(dict(session.execute(query).tuples().all()))


def _progress(session: Session, mission: str, row: Release, at: datetime) -> Standing:
    states = ledger(session, row)
    total, sent = sum(states.values()), states["sent"]
    rest = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()) if state != "sent")
    says = f"Sent {sent} of {total}" + (f"; {rest}." if rest else ".")
    if row.status == "going" and all(state in ENDED for state in states):
        row.status, row.done_at = "done", at
        audit.append(session, mission, by="clock", at=at, act=ReleaseDone(row.number, dict(states)))
    if row.status == "done":
        return Standing(Stage.DISTRIBUTION, State.DONE, says)
    if states["in_doubt"] or states["late"]:
        return Standing(Stage.DISTRIBUTION, State.WAITING, says, None, ("press-officer",))
    return Standing(Stage.DISTRIBUTION, State.WORKING, says)
