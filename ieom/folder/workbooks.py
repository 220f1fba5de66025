"""Excel workbooks of one sheet: lists that go out to be looked at or changed, and come back as the same table.

No cell that goes out can be run: each is text, a number or a day, whatever it begins with. What comes back is opened only
when its parts, unpacked, are of a size that a list can have, and when it carries no macros.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from ieom.errors import Fault, Faults

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST, PARTS = 60_000_000, 400
"""Octets of a workbook's parts together, unpacked; and how many parts it may have."""
ROWS, COLUMNS = 100_000, 200
"""The most that is read of a sheet."""
WIDEST = 60
"""Characters of the widest column that is set."""


def written(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook with one sheet: header, rows, the header kept in sight and with filters."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    table: list[list[object]] = [list(header), *(list(row) for row in rows)]
    for number in range(len(header)):
        longest = max(len(str(row[number])) for row in table)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(WIDEST, longest + 2)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{len(table)}"
    for place, row in enumerate(table):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_plain(value))
            if isinstance(cell.value, str):
                cell.data_type = "s"  # openpyxl takes what begins with '=' for a formula
                cell.quotePrefix = bool(cell.value[:1] in "=+-@")  # and Excel what is typed anew
            if place == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def is_workbook(raw: bytes) -> bool:
    """Whether these octets are an Excel workbook (and not some other archive)."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return False


def as_csv(file: str, raw: bytes) -> bytes:
    """The first sheet as a table of text (CSV, UTF-8). Raises `Faults` for a workbook that can't be taken."""
    _opened_safely(file, raw)
    from openpyxl import load_workbook

    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMNS), start=1):
            if number > ROWS:
                raise Faults([Fault(file, f"has more than {ROWS:,} rows; split it")])
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            table.writerow(cells)
        book.close()
    except Faults:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises whatever its parts stumble over
        raise Faults(
            [Fault(file, "can't be read as an Excel workbook; save it again as .xlsx, or as 'CSV UTF-8'")]
        ) from None
    return out.getvalue().encode()


def _opened_safely(file: str, raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError):
        raise Faults([Fault(file, "is no Excel workbook; save it as .xlsx, or as 'CSV UTF-8'")]) from None
    if len(parts) > PARTS or sum(one.file_size for one in parts) > LARGEST:
        raise Faults([Fault(file, "is far larger unpacked than a list is; copy the list alone into a new workbook")])
    if any(one.filename.casefold().endswith("vbaproject.bin") for one in parts):
        raise Faults([Fault(file, "carries macros; save it as .xlsx without them")])


def _sheet_name(title: str) -> str:
    return "".join(sign for sign in title if sign not in r"[]:*?/\\'")[:31] or "List"


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if value is None or isinstance(value, int | float | date):
        return value
    # Characters that XML has no place for can't stand in a workbook.
    return "".join(sign for sign in str(value) if sign in "\n\t" or (sign >= " " and sign not in "\ufffe\uffff"))[
        :32_000
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if (value.hour, value.minute, value.second) == (0, 0, 0) else value.isoformat(" ")
        )
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
