"""Whether an audit chain is whole: nothing edited, removed, reordered or cut off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """One row of the chain, as stored."""

    mission: str
    seq: int
    at: datetime
    by: str
    act: str
    what: dict[str, Any]
    previous: str
    hash: str
    ref: str | None = None
    """The caller's own key, under which the act happens once."""


def digest(link: Link) -> str:
    """SHA-256 over the row's canonical JSON (sorted keys, UTF-8), the hash of the row before included."""
    body = {
        "mission": link.mission,
        "seq": link.seq,
        "at": link.at.astimezone(UTC).isoformat(),
        "by": link.by,
        "act": link.act,
        "what": link.what,
        "ref": link.ref,
        "prev": link.previous,
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def verify(links: Iterable[Link], *, heads: Sequence[str] = (), witness: tuple[int, str] | None = None) -> list[str]:
    """Everything that is wrong with a chain given in its order; empty when it is whole. `heads` are hashes known from
    outside (an approval letter, a PDF's metadata), `witness` a (sequence number, hash) kept outside the database:
    only these can show that the end was cut off."""
    wrong = []
    previous, expected, seen = GENESIS, 1, {GENESIS: 0}
    for link in links:
        if link.seq != expected:
            gone = "is missing" if link.seq > expected else "stands out of its order"
            wrong.append(f"row {min(link.seq, expected)} {gone}")
        if link.previous != previous:
            wrong.append(f"row {link.seq} does not follow the row before it: one was removed, reordered or edited")
        if digest(link) != link.hash:
            wrong.append(f"row {link.seq} ({link.act}, {link.by}) was edited: it no longer has its hash")
        previous, expected = link.hash, link.seq + 1
        seen[link.hash] = link.seq
    for head in heads:
        if head not in seen and not any(known.startswith(head) for known in seen if len(head) >= 16):
            wrong.append(
                f"no row has the hash {head[:16]}…, which is known from outside: the chain was cut off or replaced"
            )
    if witness is not None and seen.get(witness[1]) != witness[0]:
        wrong.append(
            f"row {witness[0]}, which the witness saw, is not there: the chain was cut off or the records are older"
        )
    return wrong
