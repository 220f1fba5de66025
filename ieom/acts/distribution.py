"""Stage 7, distribution: what is released is, byte for byte, what was approved, or nothing is.

The release itself is in `releasing`, its letters in `publishing`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts import readers, sealing
from ieom.acts.announcing import approve, noticed, write
from ieom.acts.leaking import agree_early, ask_early
from ieom.acts.proving import folder, prove, translations
from ieom.acts.publishing import preview, queue_release, reach, send_test
from ieom.acts.releasing import chosen, go, go_on, newest, prepare, readiness, stop
from ieom.acts.rounds import approved_round
from ieom.records import audit, releases
from ieom.records.letters import Letter
from ieom.records.releases import Release
from ieom.rules.addresses import fold
from ieom.rules.release import ABOUT, CARRIES, Readiness, embargo_until, reasons_not_to
from ieom.rules.release import ENDED as OVER
from ieom.rules.timeline import Stage, Standing, State

__all__ = [
    "advance",
    "agree_early",
    "approve",
    "ask_early",
    "chosen",
    "folder",
    "go",
    "go_on",
    "ledger",
    "newest",
    "noticed",
    "prepare",
    "preview",
    "reach",
    "readiness",
    "send_test",
    "stop",
    "translations",
    "unwritten",
    "write",
]  # fmt: skip


@dataclass(frozen=True)
class ReleaseStarted:
    """Letters to the media were queued."""

    number: int
    letters: int
    last: int
    """The highest of their numbers; `seal` is one hash over all of them (`sealing`)."""
    seal: str


@dataclass(frozen=True)
class ReleaseDone:
    """Every letter of the release has come to an end."""

    number: int
    outcomes: dict[str, int]


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Release what was approved when nothing speaks against it, and say how far each release is; idempotent."""
    newest_ = newest(session, mission)
    others = [row for row in releases.of(session, mission) if row.status not in OVER and row is not newest_]
    # A withdrawal goes before a correction of what it withdraws, which then comes too late; the other way round the
    # withdrawal would.
    withdrawals = {row.id: _step(session, mission, row, at) for row in others if row.kind == "withdrawal"}
    stood = _statement(session, mission, newest_, at)
    for row in others:
        stood = _beside(stood, row, withdrawals.get(row.id) or _step(session, mission, row, at))
    return stood


def _statement(session: Session, mission: str, row: Release | None, at: datetime) -> Standing:
    """Where the statement, or its newest correction, stands."""
    round_ = approved_round(session, mission)
    if row is not None and row.started_at is not None and round_ is not None and round_.hashes != row.hashes:
        stood = _progress(session, mission, row, at)
        says = f"Another text is approved; its release is to be prepared. Release {row.number}: {stood.says}"
        return Standing(Stage.DISTRIBUTION, State.WAITING, says, None, ("press-officer",))
    if row is not None:
        return _step(session, mission, row, at)
    known = readiness(session, mission, None)
    moments = (known.last_close, known.press_conference)
    if not known.approved:
        until = min((m for m in moments if m > at), default=None) if at >= known.last_close else None
        return Standing(Stage.DISTRIBUTION, State.NOT_DUE, "Waits for the approval.", until)
    return _waiting(known, reasons_not_to(known, at), at)


def _step(session: Session, mission: str, row: Release, at: datetime) -> Standing:
    """One release: on its way, let go now, or what it waits for."""
    if row.status in {"going", "done"}:
        return _progress(session, mission, row, at)
    known = readiness(session, mission, row)
    why = reasons_not_to(known, at)
    if why:
        return _waiting(known, [*why, *_held(row)], at)
    papers = prove(session, mission, row)
    readers.take_back(session, row, at=at)
    queue_release(session, mission, row, papers, at)
    session.flush()
    row.status, row.started_at = "going", at
    queued = sealing.seal(session, row.id)
    act = ReleaseStarted(row.number, queued.letters, queued.last, queued.digest)
    audit.append(session, mission, by="clock", at=at, act=act)
    return _progress(session, mission, row, at)


def _held(row: Release) -> list[str]:
    """Why it was stopped, as the timeline says it to everybody: a server's own answer, which may name addresses, is for
    those who see the ledger."""
    return ["the mail server would not have it"] if row.status == "held" else [row.held_why] if row.held_why else []


def _waiting(known: Readiness, why: list[str], at: datetime) -> Standing:
    state = State.HELD if known.status in {"stopped", "held"} or known.unsettled else State.WAITING
    embargo = embargo_until(known)
    until = embargo if embargo is not None and embargo > at else None
    return Standing(Stage.DISTRIBUTION, state, f"Not yet: {'; '.join(why)}.", until, _waits(known))


def _beside(main: Standing, row: Release, other: Standing) -> Standing:
    """The stage's standing with another release's beside it."""
    says = f"{main.says} Release {row.number} ({row.kind.replace('_', ' ')}): {other.says}"
    until = min((moment for moment in (main.until, other.until) if moment is not None), default=None)
    state = other.state if main.state in {State.NOT_DUE, State.DONE} and other.state is not State.DONE else main.state
    return Standing(main.stage, state, says, until, tuple(dict.fromkeys((*main.waits_for, *other.waits_for))))


def _waits(known: Readiness) -> tuple[str, ...]:
    if known.lacks:
        return ("head of mission",)
    approved = known.approved or known.kind not in CARRIES
    return ("press-officer",) if approved and (not known.prepared or known.sent_by is None) else ()


ENDED = {"sent", "refused", "cancelled", "bounced"}


def ledger(session: Session, row: Release) -> Counter[str]:
    """How many letters of a release are in which state."""
    query = select(Letter.state, func.count()).where(Letter.release == row.id).group_by(Letter.state)
    return Counter(dict(session.execute(query).tuples().all()))


def unwritten(session: Session, row: Release) -> int:
    """How many of those whom a correction, a clarification or a withdrawal concerns were written no letter of it: they
    asked for no more, or their address is dead. Whose letter came back is among them."""
    if row.kind not in ABOUT or row.started_at is None:
        return 0
    written = set(session.scalars(select(Letter.recipient_key).where(Letter.release == row.id)))
    return sum(fold(reader.to.email) not in written for reader in readers.of(session, row.mission, row))


def _progress(session: Session, mission: str, row: Release, at: datetime) -> Standing:
    states = ledger(session, row)
    total, sent = sum(states.values()), states["sent"]
    rest = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()) if state != "sent")
    says = f"Sent {sent} of {total}" + (f"; {rest}." if rest else ".")
    if row.status == "going" and all(state in ENDED for state in states):
        if sealing.stop(session, row, at=at):
            return Standing(Stage.DISTRIBUTION, State.HELD, f"{says} {row.held_why}.", None, ("press-officer",))
        row.status, row.done_at = "done", at
        audit.append(session, mission, by="clock", at=at, act=ReleaseDone(row.number, dict(states)))
    if row.status == "done":
        return Standing(Stage.DISTRIBUTION, State.DONE, says)
    if states["in_doubt"] or states["late"]:
        return Standing(Stage.DISTRIBUTION, State.WAITING, says, None, ("press-officer",))
    return Standing(Stage.DISTRIBUTION, State.WORKING, says)
