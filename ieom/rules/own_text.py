"""A release's own text: how its file is read, what its hash covers, and whose approval it needs."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ieom.rules.lettering import strange
from ieom.rules.words import N_

LONGEST_TITLE = 200
"""Characters; a title stands in the subject of every letter."""

TIME = re.compile(r"(?<![\d.:])(\d{1,2})[.:](\d{2})(?![.:]?\d)")
"""A time of day; not a date such as 10.08.2020."""


def read(text: str) -> tuple[str, list[str]]:
    """(title, paragraphs) of a text file: the first line is the title, paragraphs are apart by a blank line. Raises
    ValueError saying what is wrong with it."""
    lines = text.removeprefix("\ufeff").strip().splitlines()
    if not lines:
        raise ValueError("it is empty; the first line is the title, then, after a blank line, the paragraphs")
    for number, line in enumerate(lines, start=1):
        wrong = next((sign for sign in line if (ord(sign) < 32 and sign != "\t") or 127 <= ord(sign) < 160), None)
        if wrong is not None:
            raise ValueError(f"line {number} holds a control character ({ord(wrong):#04x}); write plain words")
        odd = strange(line)
        if odd is not None:
            raise ValueError(f"line {number} holds {odd}")
    title, rest = " ".join(lines[0].split()), "\n".join(lines[1:])
    if lines[1:] and lines[1].strip():
        raise ValueError("the second line is to be blank: the first line alone is the title")
    paragraphs = [" ".join(block.split()) for block in re.split(r"\n[ \t]*\n", rest) if block.strip()]
    if len(title) > LONGEST_TITLE:
        raise ValueError(f"the title has {len(title)} characters; at most {LONGEST_TITLE} fit a letter's subject")
    if not paragraphs:
        raise ValueError("it has a title and no paragraph")
    return title, paragraphs


def canonical(title: str, paragraphs: Sequence[str]) -> str:
    """The text that the hash covers: title and paragraphs, apart by a blank line; LF."""
    return "\n\n".join((title, *paragraphs)) + "\n"


def text_hash(title: str, paragraphs: Sequence[str]) -> str:
    """SHA-256 of one language's text."""
    return hashlib.sha256(canonical(title, paragraphs).encode()).hexdigest()


def digest(kind: str, concerns: int | None, hashes: Mapping[str, str]) -> str:
    """What is approved: the kind, the number of the release concerned, and the text of every language."""
    told = json.dumps([kind, concerns, sorted(hashes.items())], ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


def lacking(
    kind: str,
    wanted: str,
    given: Iterable[tuple[str, str]],
    *,
    heads: Iterable[str],
    seats: Iterable[tuple[str, ...]],
    prepared_by: str,
) -> list[str]:
    """Whose approval is missing, in words. `given` are (who, digest) pairs; `heads` the head of mission and deputies,
    `seats` the other approvers, each with deputies. A withdrawal needs two. Whoever prepared a text does not count."""
    yes = {who for who, digest_ in given if digest_ == wanted and who != prepared_by}
    head = set(heads)
    missing = [] if yes & head else [N_("the head of mission has not approved it")]
    if kind == "withdrawal" and not any((yes - head) & set(seat) for seat in seats):
        missing.append(N_("a second approver has not approved it"))
    return missing


def unlike(original: Sequence[str], translation: Sequence[str]) -> list[str]:
    """Where a translation can't be one: another number of paragraphs, or not the figures of the original, each as often;
    a time of day is one figure."""
    if len(original) != len(translation):
        return [f"it has {len(translation)} paragraphs and the original {len(original)}"]
    found = []
    for number, (ours, theirs) in enumerate(zip(original, translation, strict=True), start=1):
        known, said = _figures(ours), _figures(theirs)
        if strange := list(said - known):
            found.append(f"paragraph {number} has the figure {strange[0]}, which the original has not, or not so often")
        elif lost := list(known - said):
            found.append(f"paragraph {number} lacks the figure {lost[0]}, which the original has")
    return found


def _figures(text: str) -> Counter[str]:
    """The figures of a text and how often each stands there, in whatever digits; '20:00' and '20.00' are one and the same."""
    times = [f"{int(hour)}:{int(minute):02}" for hour, minute in TIME.findall(text)]
    return Counter(times + [str(int(digits)) for digits in re.findall(r"\d+", TIME.sub(" ", text))])
