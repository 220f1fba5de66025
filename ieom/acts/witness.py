"""A witness outside the database: how far the audit chain had come when letters were last sent.

A database restored from a backup looks healthy and lacks what says which letters went. See docs/decisions/003.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import Tampered
from ieom.papers import store
from ieom.records import audit
from ieom.records.audit import AuditRow
from ieom.settings import settings


def _path(mission: str) -> Path:
    return settings().state_dir / "witness" / f"{mission}.json"


def seen(mission: str) -> tuple[int, str] | None:
    """(sequence number, hash) of the newest row witnessed, or None. Raises `Tampered` when the note can't be read."""
    path = _path(mission)
    if not path.exists():
        return None
    try:
        note = json.loads(path.read_text("utf-8"))
        return int(note["seq"]), str(note["hash"])
    except (ValueError, KeyError, TypeError) as error:
        raise Tampered(f"the witness {path} can't be read; look at 'ieom letters', then 'ieom go-on'") from error


def write(session: Session, mission: str) -> None:
    """Move the witness on to the chain's head, durably; to be called before letters are sent, outside of a
    transaction that may still be rolled back. Raises `Tampered` when the records are older than the witness, which
    must not be made to forget that."""
    older = restored(session, mission)
    if older:
        raise Tampered(older)
    head = audit.head(session, mission)
    if head is not None and seen(mission) != (head.seq, head.hash):
        store.write(_path(mission), json.dumps({"seq": head.seq, "hash": head.hash}).encode())


def accept(session: Session, mission: str) -> None:
    """A person has looked: the records as they are now are the truth from here on."""
    _path(mission).unlink(missing_ok=True)
    write(session, mission)


def restored(session: Session, mission: str) -> str | None:
    """Why the records look older than the witness; None when they don't."""
    try:
        known = seen(mission)
    except Tampered as error:
        return str(error)
    if known is None:
        return None
    query = select(AuditRow.hash).where(AuditRow.mission == mission, AuditRow.seq == known[0])
    found = session.scalars(query).one_or_none()
    if found == known[1]:
        return None
    return (
        f"the records are older than what was done with them (act {known[0]} is missing): were they restored from a "
        "backup? Look at 'ieom letters' and the mail server's log, then 'ieom go-on'"
    )
