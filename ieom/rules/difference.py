"""What changed between two texts: by paragraphs, by words, and whether a change is editorial alone."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, count

WORD = re.compile(r"\s+|[^\W_]+(?:[-'’.][^\W_]+)*|[^\w\s]|_")
NEGATIONS = frozenset(
    "no not none never without nor neither nobody nothing nowhere cannot any hardly barely scarcely failed lack lacked except "
    "unless refused denied".split()
)
MONTHS = "january february march april may june july august september october november december".split()
TIMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow before after during until since".split()
)
NUMBERS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve dozen hundred thousand once twice first second third "
    "all several many most some few every each both half only almost nearly majority minority single isolated".split()
)
FINDINGS = frozenset(
    "open opened transparent transparency free freely fair complied comply compliance evidence serious minor restricted restriction "
    "influence influenced intervention intervene interfere interfered interference intimidation access accessible affirm affirms "
    "affirmed assess assesses assessment observed observe witnessed saw found find informed legitimacy legitimate standards "
    "legislation law lawful legal violation violations irregularity irregularities breach pressure secrecy secret conducted counted "
    "counting announced announcement posted attended prepared provided given received ensure ensured full necessary impartial "
    "impartially independent peaceful peacefully calm orderly competitive democratic genuine successful successfully hope hopes "
    "will would may might could should must can reinforces contributes congratulates congratulate dissociates".split()
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


@dataclass(frozen=True)
class Stretch:
    """Words that stand (`number` is None), or one change that can be taken or left by its number."""

    number: int | None
    removed: str
    added: str


def stretches(old: str, new: str, together: Sequence[tuple[int, int]] = ()) -> list[Stretch]:
    """The difference as changes that can be taken or left one by one; changes that a space alone divides are one, and so are
    those in a range of signs of the old text that is changed as a whole (`together`)."""
    found = _one_by_one(old, new)
    for start, end in together:
        ends = list(accumulate(len(one.removed) for one in found))
        inside = [
            place for place, one in enumerate(found)
            if one.number is not None and ends[place] - len(one.removed) <= end and ends[place] >= start
        ]  # fmt: skip
        if len(inside) > 1:
            part = found[inside[0] : inside[-1] + 1]
            whole = Stretch(0, "".join(one.removed for one in part), "".join(one.added for one in part))
            found[inside[0] : inside[-1] + 1] = [whole]
    numbers = count()
    return [one if one.number is None else replace(one, number=next(numbers)) for one in found]


def _one_by_one(old: str, new: str) -> list[Stretch]:
    found: list[Stretch] = []
    listed = words(old, new)
    for place, change in enumerate(listed):
        last = found[-1] if found else None
        between = (
            change.op == "same"
            and not change.text.strip()
            and last is not None
            and last.number is not None
            and place + 1 < len(listed)
        )
        if change.op == "same" and not between:
            found.append(Stretch(None, change.text, change.text))
            continue
        removed = change.text if change.op in {"removed", "same"} else ""
        added = change.text if change.op in {"added", "same"} else ""
        if last is not None and last.number is not None:
            found[-1] = Stretch(last.number, last.removed + removed, last.added + added)
        else:
            found.append(Stretch(sum(one.number is not None for one in found), removed, added))
    return found


def taking(old: str, new: str, numbers: Collection[int], together: Sequence[tuple[int, int]] = ()) -> str:
    """The old text with those changes of the new one that are taken, numbered as `stretches` does."""
    text = "".join(
        one.added if one.number is None or one.number in numbers else one.removed
        for one in stretches(old, new, together)
    )
    return " ".join(text.split())


def paragraphs(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[tuple[str, list[Change]]]:
    """(key, changes) of every paragraph that differs, in the new order; a removed one stands where it stood."""
    before, after = dict(old), dict(new)
    keys = [key for key, _ in new]
    for place, (key, _text) in enumerate(old):
        if key not in after:
            ahead = [there for there, _ in old[:place] if there in keys]
            keys.insert(keys.index(ahead[-1]) + 1 if ahead else 0, key)
    return [
        (key, words(before.get(key, ""), after.get(key, "")))
        for key in keys
        if before.get(key, "") != after.get(key, "")
    ]


@dataclass(frozen=True)
class Replaced:
    """A paragraph that a correction changed: its number in the corrected text (in the one before, where it was taken out),
    and its words before and now; '' where there were or are none."""

    number: int
    was: str
    now: str


def replaced(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[Replaced]:
    """The paragraphs that differ, as people quote them: in the order of `paragraphs`."""
    before, after = dict(old), dict(new)
    return [
        Replaced([*(after if key in after else before)].index(key) + 1, before.get(key, ""), after.get(key, ""))
        for key, _changes in paragraphs(old, new)
    ]


def editorial_only(old_text: str, new_text: str, *, names: Sequence[str]) -> tuple[str, ...]:
    """Why a change is more than editorial: it touches a name, a number, a date, a negation or a finding, or says
    something in other words at length. Empty when it does none of that: spelling, punctuation, an article, a word's
    form; it may then go by the head and a second approver. `names` are those of persons and bodies."""
    removed, added = _touched(old_text, new_text)
    touched = [*removed, *added]
    plain = {_plain(word) for word in touched}
    reasons = []
    if any(re.search(r"\d", word) for word in touched) or NUMBERS & plain:
        reasons.append("it touches a number")
    if (set(MONTHS) | TIMES) & plain:
        reasons.append("it touches a date")
    if NEGATIONS & plain or any(word.endswith(("n't", "n’t")) or _negates(word) for word in plain):
        reasons.append("it touches a negation")
    parts = {_plain(part) for name in names for part in name.split() if len(part) > 2}
    starts = _starts(old_text, new_text)
    capitals = {_plain(word) for word in touched if word[:1].isupper() and _plain(word) not in starts}
    if parts & plain or any(len(word) > 1 for word in capitals):
        reasons.append("it touches a name")
    if FINDINGS & plain:
        reasons.append("it touches a finding")
    if not reasons:
        strange = [word for word in added if not _respelt(word, removed)]
        gone = [word for word in removed if not _respelt(word, added)]
        if len(strange) > 2 or len(gone) > 2 or any(_plain(word) not in LITTLE for word in (*strange, *gone)):
            reasons.append("it says something in other words")
    return tuple(reasons)


LITTLE = frozenset(
    "a an the of in on at to by for with from and or as is are was were be been has have had that which this these there also its "
    "their it thereby therefore".split()
)
"""Words whose coming and going is editing."""


def _touched(old: str, new: str) -> tuple[list[str], list[str]]:
    changes = words(unicodedata.normalize("NFC", old), unicodedata.normalize("NFC", new))
    return tuple(  # type: ignore[return-value]  # two lists
        [word for change in changes if change.op == op for word in WORD.findall(change.text) if re.search(r"\w", word)]
        for op in ("removed", "added")
    )


def _plain(word: str) -> str:
    return word.lower().strip(".,;:()’'\"")


def _negates(word: str) -> bool:
    return len(word) > 5 and word.startswith(("un", "in", "im", "ir", "il", "non", "dis")) and word not in INNOCENT


INNOCENT = frozenset(
    "international institution institutions information impartial impartially important including into under university union united "
    "image images island income indeed inside interest interested intention".split()
)
"""Words that begin like a negation and are none."""


def _respelt(word: str, others: Sequence[str]) -> bool:
    """Whether a word is another one spelt or inflected otherwise ('recognized', 'recognised'; 'station', 'stations')."""
    mine = _plain(word)
    return any(difflib.SequenceMatcher(None, mine, _plain(other)).ratio() >= 0.8 for other in others)


def _starts(*texts: str) -> set[str]:
    """Words that begin a sentence, whose capital says nothing."""
    return {found.group(1).lower() for text in texts for found in re.finditer(r"(?:^|[.!?]\s+)([^\W\d_]+)", text)}
