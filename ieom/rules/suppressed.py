"""Whom the chain of acts on contacts keeps from being written to, to be compared with the records: whoever opens the
database may delete a suppression, and would have to forge the chain as well."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any


def let_back(
    acts: Iterable[tuple[str, Mapping[str, Any]]], contacts: Mapping[int, str], kept: Collection[str]
) -> list[int]:
    """Contacts (number and folded address) that acts (name and what it holds, oldest first) suppress and never lift, and
    that are not among the addresses `kept` from letters. Addresses that are no contact's stand in no act and are not
    seen."""
    since: dict[int, int] = {}
    lifted: dict[str, int] = {}
    for place, (name, what) in enumerate(acts):
        if name == "ContactSuppressed":
            since[what["contact"]] = place
        elif name == "ContactForgotten":
            since.pop(what["contact"], None)  # the number may be another's afterwards
        elif name == "SuppressionLifted":
            lifted[what["address"]] = place
    return [
        number
        for number, place in sorted(since.items())
        if (key := contacts.get(number)) is not None
        and key not in kept
        and lifted.get(hashlib.sha256(key.encode()).hexdigest(), -1) < place
    ]
