"""What changed between two texts: by paragraphs, by words, and whether a change is editorial alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"\s+|[^\W_]+(?:[-'’.][^\W_]+)*|[^\w\s]|_")
NEGATIONS = frozenset(
    {
        "no",
        "not",
        "none",
        "never",
        "without",
        "nor",
        "neither",
        "nobody",
        "nothing",
        "cannot",
        "can't",
        "any",
        "failed",
        "except",
    }
)
MONTHS = frozenset("january february march april may june july august september october november december".split())
NUMBERS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve all several many most some few every each both half".split()
)
FINDINGS = frozenset(
    "open transparent free fair complied compliance evidence serious restricted influence intervention interference access "
    "affirms observed informed legitimacy transparency standards legislation law violation irregularity".split()
)


@dataclass(frozen=True)
class Change:
    """A stretch of words: `op` is same, removed or added."""

    op: str
    text: str


def words(old: str, new: str) -> list[Change]:
    """The word-level difference."""
    a, b = WORD.findall(old), WORD.findall(new)
    found: list[Change] = []
    for op, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(Change("same", "".join(a[a1:a2])))
            continue
        if a2 > a1:
            found.append(Change("removed", "".join(a[a1:a2])))
        if b2 > b1:
            found.append(Change("added", "".join(b[b1:b2])))
    return found


def paragraphs(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[tuple[str, list[Change]]]:
    """(key, changes) of every paragraph that differs; a new or removed one is wholly added or removed."""
    before, after = dict(old), dict(new)
    keys = list(dict.fromkeys([*(key for key, _ in new), *(key for key, _ in old)]))
    found = []
    for key in keys:
        was, now = before.get(key, ""), after.get(key, "")
        if was != now:
            found.append((key, words(was, now)))
    return found


def editorial_only(old_text: str, new_text: str, *, names: Sequence[str]) -> tuple[str, ...]:
    """Why a change is more than editorial: it touches a name, a number, a date, a negation or a finding. Empty when it
    touches none of them, and may then go by the head and a second approver."""
    touched = [change for change in words(old_text, new_text) if change.op != "same"]
    said = [word.lower().strip(".,;:()") for change in touched for word in change.text.split()]
    parts = {part.lower().strip(".,") for name in names for part in name.split() if len(part) > 2}
    reasons = []
    if any(re.search(r"\d", word) for word in said) or NUMBERS & set(said):
        reasons.append("it touches a number")
    if MONTHS & set(said):
        reasons.append("it touches a date")
    if NEGATIONS & set(said) or any(word.endswith("n't") or word.startswith(("un", "ir", "non-")) for word in said):
        reasons.append("it touches a negation")
    if parts & set(said):
        reasons.append("it touches a name")
    if FINDINGS & set(said):
        reasons.append("it touches a finding")
    capitals = [word for change in touched for word in change.text.split() if word[:1].isupper()]
    if (
        capitals
        and "it touches a name" not in reasons
        and any(word.strip(".,;:()").lower() not in _starts(old_text, new_text) for word in capitals)
    ):
        reasons.append("it touches a name")
    return tuple(reasons)


def _starts(*texts: str) -> set[str]:
    """Words that begin a sentence, whose capital says nothing."""
    return {found.group(1).lower() for text in texts for found in re.finditer(r"(?:^|[.!?]\s+)([^\W\d_]+)", text)}
