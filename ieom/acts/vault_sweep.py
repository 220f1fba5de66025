"""Personal papers that no record names: a process was killed between writing one and the commit that would have had it
erased on its day. They are destroyed once they are old enough that no transaction can still be writing them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import vault
from ieom.records import contact_acts
from ieom.records.delegation import VaultItem

OLD = timedelta(hours=6)
"""No transaction that stores a paper takes minutes."""
_OURS = re.compile(r"\.?([0-9a-f]{32})(\..+)?")
"""A paper's or key's name, or that of the file it is first written to (`papers/store.py`)."""


@dataclass(frozen=True)
class StrayPaperDestroyed:
    """The files of a personal paper that no record names were destroyed."""

    item: str


def sweep(session: Session, *, at: datetime) -> int:
    """Destroy what no record names and is older than `OLD` by the disk's own clock (`at`: the real moment); returns how many
    papers. Nothing is touched unless the records and the folder belong together: the records name papers, and each that
    is not erased is there."""
    known = dict(session.execute(select(VaultItem.id, VaultItem.erased_at)).tuples().all())
    kept = [item for item, erased_at in known.items() if erased_at is None]
    if not known or not all(path(item).exists() for item in kept for path in (vault.key_file, vault.paper_file)):
        return 0
    strays: dict[str, list[Path]] = {}
    for folder in (vault.key_file("x").parent, vault.paper_file("x").parent):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            ours = _OURS.fullmatch(path.name)
            if ours is None or (path.name in known and known[path.name] is None):
                continue
            if path.stat().st_mtime < (at - OLD).timestamp():
                strays.setdefault(ours[1], []).append(path)
    for item, paths in strays.items():
        for path in paths:
            vault.destroy(path)
        contact_acts.append(session, by="clock", at=at, act=StrayPaperDestroyed(item))
    return len(strays)
