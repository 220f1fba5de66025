"""What people decide about letters: send one that is late after all, settle one that is in doubt, take one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.media import unsubscribe_contact
from ieom.errors import BadInput, NotFound, Refused
from ieom.records import audit, media, releases
from ieom.records.letters import TO_MEDIA, Letter
from ieom.records.suppressions import SAID, standing


@dataclass(frozen=True)
class LateLettersConfirmed:
    """A person looked at letters whose time had passed and let them go."""

    letters: list[int]


@dataclass(frozen=True)
class LetterSettled:
    """A person settled a letter that was in doubt."""

    letter: int
    how: str


@dataclass(frozen=True)
class LetterCancelled:
    """A person took back a letter before it went."""

    letter: int


def late(session: Session, mission: str) -> Sequence[Letter]:
    """Letters whose time had passed when they were queued; they wait for a person."""
    return session.scalars(
        select(Letter).where(Letter.mission == mission, Letter.state == "late").order_by(Letter.id)
    ).all()


def confirm_late(
    session: Session, mission: str, *, by: str, at: datetime, letters: Sequence[int] = (), ref: str | None = None
) -> int:
    """Let late letters go: those named, or all. Returns how many."""
    if ref and audit.happened(session, mission, ref):
        return 0
    chosen = [row for row in late(session, mission) if not letters or row.id in letters]
    missing = set(letters) - {row.id for row in chosen}
    if missing:
        raise NotFound(
            f"no late letter has the number {', '.join(map(str, sorted(missing)))}", command="see 'ieom letters'"
        )
    if not chosen:
        return 0
    for row in chosen:  # from now on: the moment they belonged to is past by this person's will
        row.state, row.due_at, row.next_at, row.lease = "queued", at, None, None
    audit.append(session, mission, by=by, at=at, act=LateLettersConfirmed([row.id for row in chosen]), ref=ref)
    return len(chosen)


def _one(session: Session, mission: str, letter: int) -> Letter:
    row = session.get(Letter, letter)
    if row is None or row.mission != mission:
        raise NotFound(f"no letter has the number {letter}", command="see 'ieom letters'")
    return row


def settle(
    session: Session, mission: str, *, by: str, at: datetime, letter: int, how: str, ref: str | None = None
) -> Letter:
    """Settle a letter in doubt: `sent` (it was taken, by the server's log or the reader's word), or `resend` (it was
    not; the same Message-ID goes again). Raises `Refused` for a letter that is not in doubt, and where it would go
    again to a reader who is not written to any more, or although its release was corrected or withdrawn."""
    row = _one(session, mission, letter)
    if ref and audit.happened(session, mission, ref):
        return row
    if how not in {"sent", "resend"}:
        raise BadInput(f"'{how}' settles nothing; say sent or resend")
    if row.state != "in_doubt":
        raise Refused(f"letter {letter} is {row.state.replace('_', ' ')}, not in doubt; there is nothing to settle")
    gone = standing(session, row.recipient) if row.kind in TO_MEDIA else None
    why = SAID.get(gone.why, gone.why) if gone is not None else releases.superseded_why(session, row.release)
    if how == "resend" and why:
        raise Refused(
            f"letter {letter} can't go again: {why}; settle it as sent, it ends there either way",
            command="'--sent' does",
        )
    row.state = "sent" if how == "sent" else "queued"
    row.settled_at, row.next_at, row.lease = (at if how == "sent" else None), None, None
    if how == "resend":
        row.due_at = at  # however old it is, it is not late: a person wants it to go now
    audit.append(session, mission, by=by, at=at, act=LetterSettled(letter, how), ref=ref)
    return row


def cancel(session: Session, mission: str, *, by: str, at: datetime, letter: int, ref: str | None = None) -> Letter:
    """Take back a letter that has not gone. Raises `Refused` for one that has, or may have."""
    row = _one(session, mission, letter)
    if ref and audit.happened(session, mission, ref):
        return row
    if row.state not in {"queued", "deferred", "late"}:
        raise Refused(f"letter {letter} is {row.state.replace('_', ' ')} and can't be taken back")
    row.state, row.settled_at = "cancelled", at
    audit.append(session, mission, by=by, at=at, act=LetterCancelled(letter), ref=ref)
    return row


def unsubscribe(session: Session, mission: str, *, by: str, at: datetime, email: str, ref: str | None = None) -> int:
    """A reader asked, by whatever way, for no further releases: those of all missions pass their address over from now
    on, and letters that have not gone are taken back. Returns how many were."""
    if ref and audit.happened(session, mission, ref):
        return 0
    found = media.by_email(session, email)
    if found is None:
        raise NotFound(
            f"'{email}' is not among the media contacts; any address can be suppressed",
            command="'ieom media suppress' does",
        )
    how = f"told to {by}"
    return unsubscribe_contact(session, found, by=by, at=at, detail=how, mission=mission, ref=ref).taken_back
