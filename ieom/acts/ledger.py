"""The ledger of a release as the press office takes it away: a table for any spreadsheet program."""

from __future__ import annotations

import csv
import io
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


def write_csv(session: Session, release: Release, into: Path, *, zone: str) -> int:
    """Write a release's ledger, times in `zone` with their distance from UTC; returns the number of rows. What readers'
    servers said is foreign text: a cell that a spreadsheet program would run begins with an apostrophe. The file is
    this user's alone, since addresses stand in it. Raises `Unavailable` when it can't be written."""
    local, count = ZoneInfo(zone), 0

    def told(at: datetime | None) -> str:
        return at.astimezone(local).isoformat(" ", "seconds") if at is not None else ""

    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in ledger.rows(session, release.id):
        count += 1
        cells = (
            row.letter, row.outlet, row.address, row.language, row.kind, row.state.replace("_", " "),
            told(row.queued_at), told(row.settled_at), row.connection, row.code or "", row.enhanced, row.answer,
            row.attempts, row.reported, row.status, row.diagnostic, told(row.reported_at), row.message_id,
        )  # fmt: skip
        table.writerow(map(inert, cells))
    store.write(into, text.getvalue().encode("utf-8-sig"))  # the mark tells spreadsheet programs that it is UTF-8
    return count
