"""Contacts from the tables and address books that people have: CSV in the encodings and headings that programs write,
and vCard files. Everything wrong is said at once, and nothing half-read is handed on.

A table has UTF-8 or UTF-16, or what `charset` names; commas, semicolons or tabs; headings in any order, in the words of
`contact_words`. Rows that begin with `#` are comments. Rows are counted as a spreadsheet counts them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, caching_resolver, validate_email
from pydantic import ValidationError

from ieom.errors import BadInput, Fault, Faults
from ieom.folder import cards, contact_words
from ieom.folder.faults import translate
from ieom.folder.packed import MARK
from ieom.folder.rows import Line, MediaRow
from ieom.folder.tables import as_written, inert, records
from ieom.rules.contacts import COLUMNS, Given

GUESSES = ("cp1251", "cp1252")
"""What a table that is not Unicode is mostly written in, between Almaty and Budapest."""
EXPORTED = ("email", *COLUMNS, "lists")


class ContactRow(MediaRow):
    """A row of a table of contacts; the outlet may be empty for a contact that we have."""

    outlet: Line = ""
    lists: Line = ""


@dataclass(frozen=True)
class Read:
    """What a file says, and everything that is wrong with it."""

    given: list[Given]
    notes: list[str]
    """What of the file says nothing to us."""
    faults: list[Fault]


def read_contacts(
    path: Path,
    *,
    charset: str = "",
    ignore_unknown: bool = False,
    all_addresses: bool = False,
    check_dns: bool = False,
) -> Read:
    """The contacts of a table, an Excel workbook or a vCard file. `all_addresses` takes every address of a card, else the preferred
    one; `check_dns` asks whether each domain takes mail. Raises `Faults` for a file that can't be read at all, and
    `BadInput` for a charset there is not."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise Faults([Fault(path.name, f"can't be read ({problem.strerror})")]) from None
    return read_raw(
        path.name, raw, charset=charset, ignore_unknown=ignore_unknown, all_addresses=all_addresses, check_dns=check_dns
    )


def read_raw(
    file: str,
    raw: bytes,
    *,
    charset: str = "",
    ignore_unknown: bool = False,
    all_addresses: bool = False,
    check_dns: bool = False,
) -> Read:
    """The same of a file's octets; an Excel workbook's first sheet is read as a table."""
    faults: list[Fault] = []
    notes: list[str] = []
    packed = raw.startswith(MARK)
    text = "" if packed else _text(file, raw, charset, faults)
    if re.match(r"\s*BEGIN:VCARD", text, re.IGNORECASE):
        found: list[tuple[int, dict[str, Any]]] = cards.read(file, text, faults, all_addresses=all_addresses)
    else:
        lines = _sheet(file, raw, faults) if packed else _lines(file, text, faults)
        found, notes = _table(file, lines, faults, ignore_unknown=ignore_unknown)
    given = list(filter(None, (_given(file, number, cells, faults) for number, cells in found)))
    if not faults and not given:
        faults.append(Fault(file, "holds no contact"))
    if check_dns:
        faults += _undeliverable(file, given)
    return Read(given, notes, faults)


def _text(file: str, raw: bytes, charset: str, faults: list[Fault]) -> str:
    if not charset and raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        charset = "utf-16"
    try:
        text = raw.decode(charset or "utf-8-sig")
    except LookupError:
        raise BadInput(f"there is no charset '{charset}'; usual ones are utf-8, {', '.join(GUESSES)}, utf-16") from None
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        if charset:
            says = f"can't be read as {charset}; leave the charset out, or name another"
        else:
            here = raw.split(b"\n")[line - 1].strip()
            tried = "; ".join(f"as {one} it reads '{_around(here.decode(one, 'replace'))}'" for one in GUESSES)
            says = f"is not UTF-8: {tried}. Say which charset it is in, or save it as 'CSV UTF-8'"
        faults.append(Fault(file, says, line))
        return ""
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        faults.append(
            Fault(file, "is neither an Excel workbook nor a text file; save it again as .xlsx or as 'CSV UTF-8'", line)
        )
        return ""
    return text.removeprefix("\ufeff")


def _around(line: str) -> str:
    """The part of a line in which letters beyond ASCII begin."""
    first = next((place for place, sign in enumerate(line) if ord(sign) > 127), 0)
    return line[max(0, first - 8) : first + 24].strip()


def _sheet(file: str, raw: bytes, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    from ieom.folder import sheets  # openpyxl takes a while, and few commands need it

    return sheets.records(file, raw, faults)


def _lines(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", '"#'))), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return records(file, text, max(",;\t", key=bare.count), faults)


def _table(
    file: str, lines: Iterable[tuple[int, list[str]]], faults: list[Fault], *, ignore_unknown: bool
) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    header: list[str] = []
    notes: list[str] = []
    found = []
    for number, record in lines:
        cells = [as_written(cell.strip()) for cell in record]
        if not any(cells):
            continue
        if not header:
            header, notes = _header(file, number, cells, faults, ignore_unknown=ignore_unknown)
            if not header:
                return [], notes
            continue
        if len(cells) < len(header):  # spreadsheets leave out empty cells at the end
            cells += [""] * (len(header) - len(cells))
        if len(cells) > len(header) and any(cells[len(header) :]):
            says = (
                f"has {len(cells)} fields where the header has {len(header)}; a text that holds the separator stands "
            )
            faults.append(Fault(file, says + "between quotation marks", number))
            continue
        found.append((number, {name: cell for name, cell in zip(header, cells, strict=False) if name and cell}))
    if not header and not faults:
        faults.append(Fault(file, f"is empty; its first row is the header: {','.join(EXPORTED)}", 1))
    return found, notes


def _header(
    file: str, number: int, cells: Sequence[str], faults: list[Fault], *, ignore_unknown: bool
) -> tuple[list[str], list[str]]:
    """The column that each heading means ('' for one that says nothing to us), or nothing with a fault for each."""
    known = contact_words.headings()
    header = [known.get(contact_words.plain(cell), "") for cell in cells]
    before = len(faults)
    for column in dict.fromkeys(filter(None, header)):
        named = [cell for cell, meant in zip(cells, header, strict=True) if meant == column]
        if len(named) > 1:
            both = " and ".join(f"'{one}'" for one in named)
            faults.append(Fault(file, f"{both} both mean '{column}'; keep one of them", number, column))
    unknown = [cell for cell, meant in zip(cells, header, strict=True) if not meant and cell]
    if unknown and not ignore_unknown:
        says = f"means nothing to us; rename it to one of {', '.join(EXPORTED)}, or have columns that mean nothing left out"
        faults.extend(Fault(file, says, number, cell) for cell in unknown)
    if "email" not in header:
        says = "is missing in the header; without it a contact can't be taken"
        faults.append(Fault(file, says, number, "email"))
    if len(faults) > before:
        return [], []
    return header, [f"not taken in: the column '{cell}'" for cell in unknown]


READ_AS: Mapping[str, Callable[[str], str]] = {
    "language": contact_words.language,
    "country": contact_words.country,
    "kind": contact_words.kind,
    "consent": lambda text: text.casefold(),
}


def _given(file: str, number: int, cells: Mapping[str, Any], faults: list[Fault]) -> Given | None:
    told = {name: READ_AS[name](cell) if name in READ_AS else cell for name, cell in cells.items()}
    labels: tuple[str, ...] = tuple(told.pop("labels", ()))
    name = " ".join(filter(None, (told.pop("given", ""), told.pop("family", ""))))
    if name:
        told.setdefault("name", name)
    try:
        row = ContactRow.model_validate(told)
    except ValidationError as problem:
        for fault in translate(file, problem, row=number):
            says = fault.says.replace("is missing; write it", "is empty; fill it in")
            if fault.column == "country":
                says = f"'{told['country']}' is no country that we know; write its two letters, such as KZ"
            faults.append(Fault(fault.file, says, fault.row, fault.column))
        return None
    said = row.model_dump(exclude_unset=True)
    lists = tuple(filter(None, (one.strip() for one in re.split(r"[;,+|]|\s:::\s", said.pop("lists", "")))))
    return Given(number, said.pop("email"), {name: value for name, value in said.items() if value}, lists, labels)


def checked(cells: Mapping[str, Any]) -> Given:
    """One contact as a person types it. Raises `BadInput` saying what is wrong."""
    faults: list[Fault] = []
    said = {name: str(cell) for name, cell in cells.items() if cell}
    found = _given("", 1, said, faults)
    if found is None:
        raise BadInput("; ".join(f"{fault.column}: {fault.says}" for fault in faults))
    return found


def _undeliverable(file: str, given: Iterable[Given]) -> list[Fault]:
    """Addresses whose domain takes no mail, as DNS says now; a server that does not answer counts against nobody."""
    resolver = caching_resolver(timeout=5)
    domains: dict[str, tuple[int, str]] = {}
    for one in given:
        domains.setdefault(one.email.rpartition("@")[2], (one.row, one.email))

    def ask(one: tuple[int, str]) -> Fault | None:
        try:
            validate_email(one[1], check_deliverability=True, dns_resolver=resolver)
        except EmailNotValidError as problem:
            return Fault(file, f"'{one[1]}': {problem}", one[0], "email")
        return None

    with ThreadPoolExecutor(16) as pool:
        return [fault for fault in pool.map(ask, domains.values()) if fault]


def written(contacts: Iterable[tuple[str, Mapping[str, str | date | None], Iterable[str]]]) -> bytes:
    """A table of contacts (address, columns, lists) that `read_contacts` reads back and a spreadsheet opens: UTF-8 with
    a byte order mark. No cell can be taken for a formula."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(EXPORTED)
    for email, values, lists in contacts:
        cells = [email, *(values[name] or "" for name in COLUMNS), " + ".join(sorted(lists))]
        table.writerow(map(inert, cells))
    return out.getvalue().encode("utf-8-sig")
