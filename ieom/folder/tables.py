"""CSV files as spreadsheets leave them: every fault found, with the row that a person sees there.

Accepted: UTF-8 with or without a byte order mark, `,` or `;` between fields (the header tells), LF or CRLF, blank rows,
and comments: rows that begin with `#`, before or after the header. Rows are counted as a spreadsheet counts them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ieom.errors import Fault

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet takes for a formula at the beginning of a cell (CWE-1236)."""
MOST_COLUMNS = 100
"""Columns of a table; ours have some twenty. Each one that is not ours is named, and a million would take hours."""
BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, and its cells by column, without surrounding blanks."""

    number: int
    cells: dict[str, str]


def inert(cell: object) -> str:
    """A cell as it is written for spreadsheets: one that they would run begins with an apostrophe."""
    text = str(cell)
    return f"'{text}" if FORMULA.match(text) else text


def as_written(cell: str) -> str:
    """A cell as it was before `inert`."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell[1:]) else cell


class _Lines:
    """Lines for `csv.reader` that leave out comments, but only between records: a quoted field may hold a line that
    begins with `#`."""

    def __init__(self, text: str) -> None:
        self._lines = iter(text.splitlines(keepends=True))
        self.between = True
        self.skipped = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        while self.between and line.lstrip().startswith(("#", '"#')):
            self.skipped += 1
            line = next(self._lines)
        self.between = False
        return line


def decode(file: str, raw: bytes) -> str | Fault:
    """The text of a file, or what is wrong with its bytes."""
    if raw[:2] in BOMS:
        return Fault(file, f"is written in {BOMS[raw[:2]]}; save it as 'CSV UTF-8'")
    if b"\x00" in raw:
        line = raw[: raw.index(b"\x00")].count(b"\n") + 1
        return Fault(
            file, "is neither an Excel workbook nor a text file; save it again as .xlsx or as 'CSV UTF-8'", line
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        return Fault(file, f"is not UTF-8 (byte {raw[problem.start]:#04x}); save it as 'CSV UTF-8'", line)


def records(file: str, text: str, delimiter: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV text, each with the row in which it begins."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        lines.between, lines.skipped = True, 0
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            number += lines.skipped + 1
            says = "a quotation mark is opened and not closed, or stands inside a field; double it or remove it"
            if "limit" in str(problem):
                says = "a field is longer than a field can be; a quotation mark may not be closed"
            faults.append(Fault(file, says, number))
            continue
        number += lines.skipped + 1
        yield number, record


def read_table(path: Path, columns: Sequence[str], required: Sequence[str], faults: list[Fault]) -> list[Row]:
    """The rows of a CSV file. Columns may stand in any order; each fault is added to `faults`, and rows without a
    fault are returned all the same, so that their content can be checked too."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        faults.append(Fault(path.name, f"can't be read ({problem.strerror})"))
        return []
    return table(path.name, raw, columns, required, faults)


def table(file: str, raw: bytes, columns: Sequence[str], required: Sequence[str], faults: list[Fault]) -> list[Row]:
    """The same of a CSV file's bytes."""
    text = decode(file, raw)
    if isinstance(text, Fault):
        faults.append(text)
        return []
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", '"#'))), "")
    delimiter = ";" if ";" in first and "," not in first else ","
    return under_header(file, records(file, text, delimiter, faults), columns, required, faults)


def under_header(
    file: str,
    found: Iterable[tuple[int, list[str]]],
    columns: Sequence[str],
    required: Sequence[str],
    faults: list[Fault],
) -> list[Row]:
    """Records as rows by column: the first that is not blank is the header."""
    header: list[str] = []
    rows: list[Row] = []
    for number, record in found:
        cells = [cell.strip() for cell in record]
        if not any(cells):
            continue
        if not header:
            header = [cell.casefold() for cell in cells]
            if not _good_header(file, number, header, columns, required, faults):
                return []
            continue
        if len(cells) != len(header):
            faults.append(
                Fault(
                    file,
                    f"has {len(cells)} fields where the header has {len(header)}; "
                    "a text that holds the separator stands between quotation marks",
                    number,
                )
            )
            continue
        rows.append(Row(number, dict(zip(header, cells, strict=True))))
    if not header:
        faults.append(Fault(file, f"is empty; its first row is the header: {','.join(columns)}", 1))
    return rows


def _good_header(
    file: str, number: int, header: list[str], columns: Sequence[str], required: Sequence[str], faults: list[Fault]
) -> bool:
    before = len(faults)
    if len(header) > MOST_COLUMNS:
        faults.append(Fault(file, f"has {len(header):,} columns; the columns are {', '.join(columns)}", number))
        return False
    known = set(header) & set(columns)
    if len(known) * 2 < len(header) and len(known & set(required)) * 2 < len(required):
        says = f"is another list: most of its columns are not of this one, which are {', '.join(columns)}"
        faults.append(Fault(file, says, number))
        return False
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            faults.append(Fault(file, "stands twice in the header; remove one", number, name or "(no name)"))
        if name not in columns:
            says = f"is not a column of this file; the columns are {', '.join(columns)}"
            faults.append(Fault(file, says, number, name or "(no name)"))
    faults.extend(Fault(file, "is missing in the header", number, name) for name in required if name not in header)
    return len(faults) == before
