"""What happened, in words for the person who watches: new rows of the audit chain, and letters that left."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.records.audit import AuditRow
from ieom.records.letters import Letter
from ieom.settings import settings


@lru_cache(maxsize=1)
def _words() -> dict[str, str]:
    path = settings().templates_dir / "acts" / "en.toml"
    return dict(tomllib.loads(path.read_text("utf-8"))["acts"])


class _Facts(dict[str, Any]):
    """A sentence may name a fact that an older row does not have; it is then left out of the sentence."""

    def __missing__(self, key: str) -> str:
        return ""


def sentence(row: AuditRow) -> str:
    """One row in a sentence."""
    words = _words().get(row.act)
    if words is None:
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", row.act).capitalize()
    return words.format_map(_Facts(row.what, by=row.by)).strip()


class Chronicle:
    """Remembers how far it has told."""

    def __init__(self, mission: str) -> None:
        self.mission, self.seq = mission, 0
        self._counts: dict[str, int] = {}

    def since_last(self, session: Session) -> list[tuple[str, datetime]]:
        """(sentence, UTC moment) of everything new since the last call, oldest first."""
        told = []
        query = select(AuditRow).where(AuditRow.mission == self.mission, AuditRow.seq > self.seq).order_by(AuditRow.seq)
        for row in session.scalars(query):
            self.seq = row.seq
            words = sentence(row)
            if words:
                told.append((words, row.at))
        sent = (
            select(Letter.kind, func.count(), func.max(Letter.settled_at), func.min(Letter.to_office))
            .where(Letter.mission == self.mission, Letter.state == "sent")
            .group_by(Letter.kind)
        )
        for kind, count, at, _office in session.execute(sent):
            new = count - self._counts.get(kind, 0)
            if new and at is not None:
                told.append((f"✉ {new} letter{'s' if new > 1 else ''} sent: {kind.replace('_', ' ')}", at))
            self._counts[kind] = count
        return told
