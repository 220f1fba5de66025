"""A witness outside the database: how far the audit chain had come when letters were last sent, and how often they were.

A database restored from a backup looks healthy and lacks what says which letters went. See docs/decisions/003.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import Tampered
from ieom.papers import store
from ieom.records import audit, missions
from ieom.records.audit import AuditRow
from ieom.records.base import reading
from ieom.settings import settings


@dataclass(frozen=True)
class Note:
    """What the witness knows."""

    seq: int
    hash: str
    sendings: int = 0


def _path(mission: str) -> Path:
    return settings().state_dir / "witness" / f"{mission}.json"


def _note(mission: str) -> Note | None:
    path = _path(mission)
    if not path.exists():
        return None
    try:
        told = json.loads(path.read_text("utf-8"))
        return Note(int(told["seq"]), str(told["hash"]), int(told.get("sendings", 0)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Tampered(
            f"the witness {path} can't be read; look at the letters, then let the mission go on",
            command="'ieom letters list' and 'ieom go-on' do",
        ) from error


def seen(mission: str) -> tuple[int, str] | None:
    """(sequence number, hash) of the newest row witnessed, or None. Raises `Tampered` when the note can't be read."""
    note = _note(mission)
    return (note.seq, note.hash) if note else None


def announce(session: Session, mission: str) -> None:
    """Letters are about to be sent, or were; to be committed, then followed by `write`, before the first one goes. The
    audit chain alone would not do: a letter that goes leaves no row in it, and a backup made just before would have
    the same head."""
    missions.lock(session, mission).sendings += 1


def write(session: Session, mission: str) -> None:
    """Move the witness on to the chain's head and the number of sendings, durably; to be called before letters are
    sent, in a transaction that has changed nothing. Raises `Tampered` when the records are older than the witness,
    which must not be made to forget that."""
    row = missions.lock(session, mission)  # two senders write one after the other, so that the note never goes back
    older = restored(session, mission)
    if older:
        raise Tampered(older)
    head = audit.head(session, mission)
    if head is not None:
        note = Note(head.seq, head.hash, row.sendings)
        if _note(mission) != note:
            store.write(_path(mission), json.dumps(asdict(note)).encode())


def accept(session: Session, mission: str) -> None:
    """A person has looked: the records as they are now are the truth from here on."""
    _path(mission).unlink(missing_ok=True)
    write(session, mission)


def _lacks(session: Session, mission: str, known: Note) -> str | None:
    """What the records lack of what was noted."""
    found = session.scalars(
        select(AuditRow.hash).where(AuditRow.mission == mission, AuditRow.seq == known.seq)
    ).one_or_none()
    if found != known.hash:
        return f"act {known.seq} is missing"
    if missions.get(session, mission).sendings < known.sendings:
        return f"letters were sent {known.sendings} times, of which the records know fewer"
    return None


def restored(session: Session, mission: str) -> str | None:
    """Why the records look older than the witness; None when they don't. This session's view of the records may have
    begun before the note was written (a letter left meanwhile): what it lacks is looked for in one that begins now."""
    try:
        known = _note(mission)
    except Tampered as error:
        return str(error)
    if known is None or _lacks(session, mission, known) is None:
        return None
    with reading(session.connection().engine) as later:
        lacks = _lacks(later, mission, known)
    if lacks is None:
        return None
    return (
        f"the records are older than what was done with them ({lacks}): were they restored from a backup? Look at "
        "its letters and at the mail server's log, then let the mission go on"
    )
