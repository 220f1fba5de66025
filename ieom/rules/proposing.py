"""What an edited document proposes: each paragraph changed, taken out or new, against the version that it was made from."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ieom.rules.statement import Content


@dataclass(frozen=True)
class Mark:
    """One tracked change: `op` is added or removed; `author` as the document names them."""

    op: str
    text: str
    author: str


@dataclass(frozen=True)
class ReturnedParagraph:
    """A paragraph of a document that came back. `was` is what stood without the tracked changes, `text` with them."""

    key: str
    was: str
    text: str
    marks: tuple[Mark, ...] = ()
    heading: bool = False
    together: tuple[tuple[int, int], ...] = ()
    """Ranges of signs of `was` that one author changed as a whole: tracked changes with nothing or only blanks between."""


@dataclass(frozen=True)
class Returned:
    """A document that came back, and the hashes that it names."""

    paragraphs: tuple[ReturnedParagraph, ...]
    digests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """One paragraph's: `kind` is changed, removed or new; a new one stands after the paragraph `after`. `was` is its text in
    the version that the document was made from; `untracked`: something was changed with tracking off."""

    kind: str
    key: str
    after: str
    was: str
    text: str
    marks: tuple[Mark, ...] = field(default=())
    untracked: bool = False
    together: tuple[tuple[int, int], ...] = ()
    """Ranges of signs of `was` whose changes are taken or left together."""


def proposals(base: Content, came: Returned, *, frame: Collection[str] = ()) -> tuple[list[Proposal], list[str]]:
    """(what the document proposes, what it changed that can't be taken from it, in sentences). `frame` are the lines that
    the papers have around the text. Raises nothing: a document without any bookmark proposes nothing."""
    known = {one["key"]: str(one["text"]) for one in base["paragraphs"]}
    notes = {_plain(f"[{note}]") for one in base["paragraphs"] for note in one.get("footnotes", [])}
    around = {_plain(line) for line in frame}
    found: list[Proposal] = []
    says: list[str] = []
    there: set[str] = set()
    place, over = "", False
    paragraphs = _found_again(known, came.paragraphs)
    for one in paragraphs:
        text = _plain(one.text)
        if one.key in known:
            there.add(one.key)
            place = one.key
            untracked = _plain(one.was) != _plain(known[one.key])
            if not text:
                found.append(Proposal("removed", one.key, "", known[one.key], "", one.marks, untracked))
            elif text != _plain(known[one.key]):
                together = () if untracked else one.together
                found.append(Proposal("changed", one.key, "", known[one.key], text, one.marks, untracked, together))
            continue
        over = over or bool(place and (one.heading or text in around))
        if not place or over or not text or text in notes:
            continue
        if text.startswith("[") and text.endswith("]"):
            says.append(
                f"A footnote was changed in the file ({text[:80]}); footnotes are agreed with the state, not taken from a file."
            )
            continue
        found.append(Proposal("new", "added", place, "", text, one.marks, not one.marks))
    order = list(dict.fromkeys(one.key for one in paragraphs if one.key in known))
    if there and order != [key for key in known if key in there]:
        says.append("Paragraphs stand in another order in the file; here they keep their places.")
    gone = [key for key in known if key not in there] if there else []
    found += [Proposal("removed", key, "", known[key], "", (), untracked=True) for key in gone]
    return found, says


def _found_again(known: Mapping[str, str], came: Sequence[ReturnedParagraph]) -> list[ReturnedParagraph]:
    """Each with its key: one that lost its bookmark is still the paragraph whose words it has, as long as no other
    paragraph bears that bookmark."""
    borne = {one.key for one in came}
    if not borne & set(known):
        return list(came)
    lost = {_plain(text): key for key, text in reversed(list(known.items())) if key not in borne and _plain(text)}
    return [
        replace(one, key=lost.pop(_plain(one.was))) if one.key not in known and _plain(one.was) in lost else one
        for one in came
    ]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def places(base: Sequence[str], now: Sequence[str], after: str) -> str:
    """After which paragraph of those there are `now` a new one comes that came after `after` among `base`."""
    ahead = base[: base.index(after) + 1] if after in base else base
    return next((key for key in reversed(ahead) if key in now), now[-1] if now else "")
