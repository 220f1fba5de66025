"""Address books in vCard files (2.1; 3.0, RFC 2426; 4.0, RFC 6350): what each card says of an outlet's contact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import vobject
from vobject.base import VObjectError

from ieom.errors import Fault
from ieom.folder import contact_words
from ieom.rules.contacts import KINDS

MARK = re.compile(r"^[ \t]*(BEGIN|END):VCARD[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
LONGEST = 20_000
"""Characters of a card without its pictures: what an outlet's card says takes some hundred."""
MOST = 20_000
"""Cards of a file: each takes a quarter of a millisecond, and the desk answers others meanwhile."""
HAS_NO_CONTENT = re.compile(
    r"^(?:item\d+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:].*+(?:\r?\n[ \t].*+)*+\n", re.IGNORECASE | re.MULTILINE
)
"""Pictures and keys: they are long, and say nothing to us. Nothing once matched is given back (*+): a way back for each of a
million lines would fill the memory."""
QUOTED = re.compile("quoted-printable", re.IGNORECASE)
"""vobject knows it in capitals alone."""
LOWEST = 101
"""Preference of an address of which no card says that it is preferred; RFC 6350, 5.3 has 1 to 100."""


def read(file: str, text: str, faults: list[Fault], *, all_addresses: bool) -> list[tuple[int, dict[str, Any]]]:
    """What each card says, by our columns, with the line at which it begins; a card without an address is a fault."""
    found: list[tuple[int, dict[str, Any]]] = []
    end, before, line = 0, 0, 1
    for number, (start, end) in enumerate(_cards(text), start=1):
        line += text.count("\n", before, start)
        before = start
        if number > MOST:
            faults.append(Fault(file, f"has more than {MOST:,} cards; send it in parts", line))
            return found
        body = QUOTED.sub("QUOTED-PRINTABLE", HAS_NO_CONTENT.sub("", text[start:end]))
        if len(body) > LONGEST:
            faults.append(
                Fault(file, f"the card that begins here has more than {LONGEST:,} characters; shorten it", line)
            )
            continue
        try:
            card = vobject.readOne(body, allowQP=QUOTED.search(body) is not None)
        except (VObjectError, ValueError, LookupError, IndexError) as problem:  # what vobject raises on broken cards
            faults.append(Fault(file, f"the card that begins here can't be read ({_short(problem)})", line))
            continue
        told = _told(card)
        addresses = _addresses(card)
        if not addresses:
            who = told.get("outlet") or told.get("name") or "it"
            faults.append(Fault(file, f"the card that begins here ({who}) has no EMAIL", line, "EMAIL"))
        found += [(line, {**told, "email": one}) for one in (addresses if all_addresses else addresses[:1])]
    if re.search(r"^[ \t]*BEGIN:VCARD", text[end:], re.IGNORECASE | re.MULTILINE):
        line = text.count("\n", 0, end) + 2
        faults.append(Fault(file, "the card that begins here has no END:VCARD; the file was cut off", line))
    return found


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Where each whole card begins and ends, found in one walk however many begin and never end."""
    start: int | None = None
    for mark in MARK.finditer(text):
        if mark[1].upper() == "BEGIN":
            start = mark.start() if start is None else start
        elif start is not None:
            yield start, mark.end()
            start = None


def _short(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:80]


def _values(card: Any, name: str) -> Iterator[tuple[Any, Any]]:
    """Each value of a property that says something, with the property, the preferred ones first."""
    lines = card.contents.get(name, [])
    return ((one.value, one) for one in sorted(lines, key=_preference) if one.value)


def _preference(line: Any) -> int:
    """1 is the most preferred: PREF=1 in 4.0, TYPE=pref in 3.0, a bare PREF in 2.1."""
    given = [value for value in line.params.get("PREF", []) if value.isdigit()]
    types = {value.upper() for value in (*line.params.get("TYPE", []), *line.singletonparams)}
    return int(given[0]) if given else 1 if "PREF" in types else LOWEST


def _text(value: Any) -> str:
    return " ".join(str(value).replace("\\n", " ").split())


def _addresses(card: Any) -> list[str]:
    found = (_text(value).removeprefix("mailto:") for value, _line in _values(card, "email"))
    return list(dict.fromkeys(filter(None, found)))


def _told(card: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    organisation: Any = next((value for value, _line in _values(card, "org")), [])
    units = [organisation] if isinstance(organisation, str) else organisation
    told["outlet"] = ", ".join(filter(None, map(_text, units)))
    called = next((_text(value) for value, _line in _values(card, "fn")), "") or _named(card)
    if not told["outlet"]:
        told["outlet"] = called
    elif called.casefold() not in {told["outlet"].casefold(), *(_text(unit).casefold() for unit in units)}:
        told["name"] = called
    told["language"] = next((_text(value) for value, _line in _values(card, "lang")), "")
    told["country"] = next((_text(value.country) for value, _line in _values(card, "adr") if _country(value)), "")
    words = [_text(one) for value, _line in _values(card, "categories") for one in _several(value)]
    kinds = [kind for word in words if (kind := contact_words.kind(word)) in KINDS]
    told["kind"] = kinds[0] if kinds else ""
    told["labels"] = tuple(word for word in words if word and contact_words.kind(word) not in KINDS)
    return {name: value for name, value in told.items() if value}


def _named(card: Any) -> str:
    """A card's N, for the cards of 2.1 that have no FN."""
    name: Any = next((value for value, _line in _values(card, "n")), None)
    return _text(" ".join(filter(None, (name.given, name.family)))) if hasattr(name, "given") else ""


def _country(address: Any) -> bool:
    return bool(getattr(address, "country", ""))


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
