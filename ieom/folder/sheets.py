"""A list as a sheet, out to Excel or CSV and back: what a cell holds, and what is wrong with one, by row and column.

Out: a text is a text whatever it begins with, never a formula; dates and hours are Excel's own. Back: both kinds are read
alike, rows counted as the spreadsheet shows them; a cell that holds a formula or an error is a fault, since what it would
come to is not in the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ieom.errors import BadInput, Fault, Faults
from ieom.folder.packed import BROKEN, MARK, NotPacked, unpacked
from ieom.folder.reading import checked_rows
from ieom.folder.rows import FileRow, columns, required
from ieom.folder.tables import FORMULA, MOST_COLUMNS, Row, as_written, inert, table, under_header

R = TypeVar("R", bound=FileRow)

MOST_ROWS = 50_000
FORMATS: dict[type, str] = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd", time: "hh:mm"}


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An Excel workbook of one sheet, its header kept in sight and ready to be filtered."""
    listed = [[_value(cell) for cell in row] for row in rows]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_title(title))
    for place, name in enumerate(header, start=1):
        widest = max([len(name) + 4, *(len(_text(row[place - 1])) + 1 for row in listed[:500])])
        sheet.column_dimensions[get_column_letter(place)].width = min(widest, 60)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{len(listed) + 1}"
    sheet.append([_cell(sheet, name, bold=True) for name in header])
    for row in listed:
        sheet.append([_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plain(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as CSV, in UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([inert(cell) if isinstance(cell, str) else _text(_value(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def rows_of(file: str, data: bytes, kind: type[R]) -> list[tuple[int, R]]:
    """The rows of an uploaded list, each with its number in the file. Raises `Faults` with every fault of it."""
    found, faults, _header = looked_at(file, data, kind)
    if faults:
        raise Faults(faults)
    return found


def looked_at(file: str, data: bytes, kind: type[R]) -> tuple[list[tuple[int, R]], list[Fault], list[str]]:
    """The rows without a fault, every fault of the others in the order of the rows, and the columns that the file has."""
    faults: list[Fault] = []
    rows = sheet(file, data, columns(kind), required(kind), faults)
    found = checked_rows(file, rows, kind, faults)
    header = [name for name in columns(kind) if rows and name in rows[0].cells]
    return found, sorted(faults, key=lambda fault: fault.row or 0), header


def sheet(file: str, data: bytes, header: Sequence[str], needed: Sequence[str], faults: list[Fault]) -> list[Row]:
    """The rows of an Excel workbook's first sheet or of a CSV file, told apart by content, with their cells as texts;
    what can't be read is added to `faults`."""
    if not data.startswith(MARK):
        found = table(file, data, header, needed, faults)
    else:
        found = under_header(file, records(file, data, faults), header, needed, faults)
    return [Row(row.number, {name: as_written(cell) for name, cell in row.cells.items()}) for row in found]


def records(file: str, data: bytes, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that is shown, as wide as its header."""
    try:
        with unpacked(data, file):  # openpyxl would unpack whatever there is
            pass
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        first = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if first is None:
            raise BadInput(f"{file} has no sheet that is shown; show it and save the file again")
        first.reset_dimensions()  # what a file says of its size need not be so
        wide = 0
        for number, row in enumerate(first.iter_rows(max_col=MOST_COLUMNS), start=1):
            if number > MOST_ROWS:
                faults.append(Fault(file, f"has more than {MOST_ROWS} rows; send it in parts", number))
                return
            cells = [_read(file, number, place, cell, faults) for place, cell in enumerate(row, start=1)]
            while cells and not cells[-1]:
                cells.pop()
            if not cells or cells[0].startswith("#"):
                continue
            wide = wide or len(cells)
            yield number, cells + [""] * (wide - len(cells))
    except (NotPacked, *BROKEN, TypeError, AttributeError, IndexError, SyntaxError):
        raise BadInput(f"{file} can't be read as an Excel workbook; save it again as .xlsx, or as CSV UTF-8") from None


def _read(file: str, number: int, place: int, cell: Any, faults: list[Fault]) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in {"f", "e"}:
        what = "a formula" if cell.data_type == "f" else f"the error {value}"
        where = get_column_letter(place)
        faults.append(Fault(file, f"holds {what}; put its value in its place (paste as values)", number, where))
        return ""
    if isinstance(value, datetime) and value.time() == time() and "h" not in str(cell.number_format).lower():
        value = value.date()
    return _text(value).strip()


def _text(value: Any) -> str:
    """A cell's value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        value = (
            (datetime(1900, 1, 1, tzinfo=UTC) + value).time()
            if timedelta(0) <= value < timedelta(days=1)
            else str(value)
        )
    if isinstance(value, datetime):
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0, tzinfo=None)
        return f"{value:%Y-%m-%d %H:%M}" + (f":{value:%S}" if value.second else "")
    if isinstance(value, time):
        return f"{value:%H:%M}" + (f":{value:%S}" if value.second else "")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _value(cell: Any) -> Any:
    """What a record holds as a sheet shows it."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, tuple | list):
        return " ".join(map(str, cell))
    return cell


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
    cell = WriteOnlyCell(sheet, value=value if value != "" else None)
    if isinstance(value, str) and value:
        cell.data_type, cell.number_format = "s", "@"
        cell.quotePrefix = bool(FORMULA.match(value))  # stays a text when somebody edits it
        cell.alignment = Alignment(vertical="top", wrap_text="\n" in value)
    elif type(value) in FORMATS:
        cell.number_format = FORMATS[type(value)]
    if bold:
        cell.font = Font(bold=True)
    return cell


def _title(title: str) -> str:
    """As Excel takes a sheet's name."""
    return "".join(" " if sign in "[]:*?/\\" else sign for sign in title)[:31] or "list"
