"""Files of observers' forms between the look at what they bring and the moment they are taken in: what they say is kept for
its sender alone, so that what is taken in is what was looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ieom.acts.receiving import Taken, submit_many
from ieom.acts.sorting import Sorted, sorted_out
from ieom.errors import BadInput, Fault, Faults, NotFound
from ieom.folder.submissions import Batch, Document, File, read_files
from ieom.records import accounts
from ieom.rules.submissions import storable

PLACE = "form-files:"
LARGEST = 20_000_000
"""Octets of what files say, as it is kept."""


@dataclass(frozen=True)
class Kept:
    """What files hold, and what would become of it now."""

    files: tuple[str, ...]
    documents: tuple[Document, ...]
    left: tuple[str, ...]
    off_code: dict[str, list[tuple[str, int]]]
    becomes: Sorted
    bad: tuple[tuple[str, str], ...]
    """Files of which nothing is taken, and why."""
    silent: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """(file, rows): rows of tables that make no form."""


def said_by(files: Sequence[File], *, mapping: File | None = None, bad: Sequence[Fault] = ()) -> str:
    """What files say, to be set aside. Read before the records are written to: a large file takes half a minute, in which
    others decide. A file that can't be read keeps none beside it out, and is named in the look, as are those that were found
    `bad` before. Raises `Faults` with everything that is wrong with the files' making where nothing can be read."""
    batch = read_files(files, mapping=mapping)
    wrong = [*bad, *batch.faults]
    if not batch.documents and wrong:
        raise Faults(wrong)
    if not batch.documents:
        rows = "; ".join(f"{name}: {len(rows)}" for name, rows in batch.silent)
        raise BadInput(
            "the files hold no form; nothing was taken in"
            + (f". No row says anything in a column that answers a question ({rows})" if rows else "")
        )
    told = json.dumps(_told(batch, [name for name, _data in files], wrong), sort_keys=True, default=str)
    if len(told) > LARGEST:
        raise BadInput(f"the files say more than {LARGEST // 1_000_000} MB; send them in parts")
    return told


def set_aside(session: Session, mission: str, *, account: int, at: datetime, told: str) -> str:
    """Keep what files say (`said_by`); what this account kept before in this mission goes. Returns its key."""
    place, key = f"{PLACE}{mission}:", hashlib.sha256(told.encode()).hexdigest()[:24]
    accounts.forget_texts(session, account, list(accounts.kept(session, account, place)))
    accounts.keep_text(session, account, place + key, told, at=at)
    return key


def _told(batch: Batch, names: Sequence[str], wrong: Sequence[Fault]) -> dict[str, Any]:
    return {
        "bad": [(one.file, str(one).removeprefix(one.file).lstrip(",: ")) for one in wrong],
        "files": list(names), "documents": [storable(one) for one in batch.documents], "left": list(batch.left),
        "silent": batch.silent, "off_code": {name: cells.most_common(5) for name, cells in batch.off_code.items()},
    }  # fmt: skip


def looked_at(session: Session, mission: str, *, account: int, key: str) -> Kept:
    """What is kept under this key, and what would become of it now. Raises `NotFound`."""
    try:
        told = json.loads(accounts.kept_text(session, account, f"{PLACE}{mission}:{key}"))
    except ValueError:
        raise NotFound(
            "these files are not kept any more: they were taken in, or others were chosen since; choose them again"
        ) from None
    return Kept(
        tuple(told["files"]), tuple(told["documents"]), tuple(told["left"]), told["off_code"],
        sorted_out(session, mission, told["documents"]), tuple((name, says) for name, says in told.get("bad", ())),
        tuple((name, tuple(rows)) for name, rows in told.get("silent", ())),
    )  # fmt: skip


def take(session: Session, mission: str, *, by: str, at: datetime, account: int, key: str) -> tuple[Taken, Kept]:
    """Take in what was looked at; it is kept here no longer. What can't be taken is kept aside, as from any other way.
    Returns what became of it, and what was looked at."""
    kept = looked_at(session, mission, account=account, key=key)
    taken = submit_many(session, mission, by=by, at=at, documents=kept.documents)
    drop(session, mission, account=account, key=key)
    return taken, kept


def drop(session: Session, mission: str, *, account: int, key: str) -> None:
    """Keep it no longer."""
    accounts.forget_texts(session, account, [f"{PLACE}{mission}:{key}"])
