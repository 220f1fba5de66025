"""The ledger of a release as the press office takes it away: a table for any spreadsheet program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ieom.folder.tables import inert
from ieom.papers import store
from ieom.records import ledger
from ieom.records.releases import Release

COLUMNS = (
    "letter", "outlet", "address", "language", "kind", "state", "queued", "settled", "connection", "code",
    "enhanced code", "answer", "attempts", "bounce", "bounce status", "bounce reason", "bounce at", "message-id",
)  # fmt: skip


def table(session: Session, release: Release, *, zone: str) -> Iterator[tuple[object, ...]]:
    """The rows under `COLUMNS`: one a recipient, times in `zone` with their distance from UTC."""
    local = ZoneInfo(zone)

    def told(at: datetime | None) -> str:
        return at.astimezone(local).isoformat(" ", "seconds") if at is not None else ""

    for row in ledger.rows(session, release.id):
        yield (
            row.letter, row.outlet, row.address, row.language, row.kind, row.state.replace("_", " "),
            told(row.queued_at), told(row.settled_at), row.connection, row.code or "", row.enhanced, row.answer,
            row.attempts, row.reported, row.status, row.diagnostic, told(row.reported_at), row.message_id,
        )  # fmt: skip


def write_csv(session: Session, release: Release, into: Path, *, zone: str) -> int:
    """Write a release's ledger; returns the number of rows. What readers' servers said is foreign text: a cell that a
    spreadsheet program would run begins with an apostrophe. The file is this user's alone, since addresses stand in it.
    Raises `Unavailable` when it can't be written."""
    count = 0
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for cells in table(session, release, zone=zone):
        count += 1
        writer.writerow(map(inert, cells))
    store.write(into, text.getvalue().encode("utf-8-sig"))  # the mark tells spreadsheet programs that it is UTF-8
    return count
