"""Lists out to Excel and CSV and back."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook, load_workbook

from ieom.errors import BadInput, Faults
from ieom.folder import sheets
from ieom.folder.rows import CheckInRow, DelegationRow, MediaRow, RouteRow, StationRow

HEADER = ("code", "name", "city", "opens", "closes", "registered", "relevant")
MIDNIGHT, TEN = datetime.fromisoformat("2020-08-12T00:00"), datetime.fromisoformat("2020-08-12T10:00")
FORMULAS = ["=1+1", "+7 717", "-2", "@SUM(A1)", "\t=1", " =1", "＝1"]


def made(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_list_that_went_out_comes_back_as_it_was(kind: str) -> None:
    rows = [
        ("001", "School No. 1, «Қазақстан»", "nur-sultan", time(7), time(20, 30), 1200, True),
        ("kz-2", 'The "old" town hall', "Shymkent", time(10), time(14), None, False),
    ]
    data = sheets.workbook("Stations", HEADER, rows) if kind == "xlsx" else sheets.plain(HEADER, rows)
    found = [row for _number, row in sheets.rows_of(f"stations.{kind}", data, StationRow)]
    assert [tuple(getattr(row, name) for name in HEADER) for row in found] == rows


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_never_a_formula_and_comes_back_unchanged(text: str) -> None:
    data = sheets.workbook("x", ["name"], [[text]])
    cell = load_workbook(io.BytesIO(data)).active["A2"]
    assert cell.data_type == "s"
    plain = sheets.plain(["name"], [[text]]).decode("utf-8-sig").splitlines()[1]
    assert plain.lstrip('"').startswith("'")
    for one in (data, sheets.plain(["name"], [[text]])):
        faults: list = []
        (row,) = sheets.sheet("x", one, ["name"], [], faults)
        assert row.cells["name"].strip() == text.strip()
        assert faults == []


def test_excels_dates_hours_and_numbers_are_understood() -> None:
    data = made([["team", "position", "station", "form", "due"], ["t-1", 1.0, 42, "voting", TEN]])
    ((number, row),) = sheets.rows_of("routes.xlsx", data, RouteRow)
    assert (number, row.position, row.station, row.due) == (2, 1, "42", TEN)
    data = made([["email", "outlet", "consent", "consent_on"], ["a@b.example", "A", "asked", date(2020, 8, 1)]])
    assert sheets.rows_of("media.xlsx", data, MediaRow)[0][1].consent_on == date(2020, 8, 1)
    data = made([["team", "due"], ["t-1", MIDNIGHT]])
    assert sheets.rows_of("checkins.xlsx", data, CheckInRow)[0][1].due == MIDNIGHT
    data = made([["code", "name", "city", "opens"], ["s", "S", "C", time(7, 0)]])
    assert sheets.rows_of("stations.xlsx", data, StationRow)[0][1].opens == time(7)


def test_every_wrong_cell_is_named_by_row_and_column() -> None:
    data = made(
        [
            ["code", "name", "city", "registered", "opens"],
            [],
            ["a", "", "C", "many", "7:00"],
            ["b", "B", "C", "=1+1", "at 7"],
        ]
    )
    with pytest.raises(Faults) as found:
        sheets.rows_of("stations.xlsx", data, StationRow)
    said = [(fault.row, fault.column) for fault in found.value.faults]
    assert said == [(3, "name"), (3, "registered"), (4, "D"), (4, "opens")]


def test_what_only_looks_like_a_workbook_is_refused() -> None:
    with pytest.raises(BadInput, match="can't be read as an Excel workbook"):
        sheets.rows_of("x.xlsx", b"PK\x03\x04 nothing", StationRow)
    with pytest.raises(Faults, match="is another list"):
        sheets.rows_of("x.xlsx", made([["a", "b"], [1, 2]]), StationRow)


def test_a_workbook_with_rows_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 20)
    with pytest.raises(Faults, match="more than 20 rows"):
        sheets.rows_of("x.xlsx", made([["code", "name", "city"], *([["", "", ""]] * 20), ["a", "b", "c"]]), StationRow)


def test_a_workbook_that_unpacks_without_end_is_not_opened() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("xl/workbook.xml", b"\0" * 70_000_000)
    with pytest.raises(BadInput, match="unpacks to far more"):
        list(sheets.records("list.xlsx", out.getvalue(), []))


def test_a_table_of_columns_without_end_is_said_once_and_soon() -> None:
    with pytest.raises(Faults) as raised:
        sheets.rows_of("x.csv", ",".join(map(str, range(100_000))).encode(), StationRow)
    assert [str(one)[:34] for one in raised.value.faults] == ["x.csv, row 1: has 100,000 columns;"]


def test_what_a_cell_is_to_be_is_said_without_the_checker_s_own_names() -> None:
    header = ["code", "role", "office", "email"]
    data = sheets.plain(header, [["az-1", "boss", "Embassy", "not-an-email"]])
    _rows, faults, _header = sheets.looked_at("x.csv", data, DelegationRow)
    said = "\n".join(map(str, faults))
    assert [fault.column for fault in faults] == ["role", "email"]
    assert "not-an-email" in said
    assert "function-after" not in said
    assert "''" not in said
