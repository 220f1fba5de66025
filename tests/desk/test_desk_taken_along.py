"""Lists that only go out to Excel, and long lists in which words are sought."""

from __future__ import annotations

import html
import io
import re
from datetime import datetime
from typing import Any

import pytest
from desks import PEOPLE, SLUG, Desk
from openpyxl import load_workbook
from sqlalchemy import Engine, select

from ieom.records import missions
from ieom.records.base import begin
from ieom.records.letters import Letter

HERE = f"/missions/{SLUG}"
SUM = '=HYPERLINK("http://evil.example","x")'
FILES = {
    f"{HERE}/audit.xlsx": {"coordinator", "head_of_mission", "auditor"},
    "/accounts.xlsx": {"administrator", "auditor"},
    f"{HERE}/letters.xlsx": {"coordinator", "press_officer", "auditor"},
    f"{HERE}/releases.xlsx": set(PEOPLE) - {"administrator"},
    f"{HERE}/statement/versions.xlsx": set(PEOPLE) - {"administrator"},
    f"{HERE}/statement/comments.xlsx": set(PEOPLE) - {"administrator"},
}


def sheet(answer) -> list[tuple[Any, ...]]:
    """The rows under a header in words; no cell is a formula."""
    assert answer.status_code == 200
    assert 'attachment; filename="' in answer.headers["content-disposition"]
    header, *rows = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows()
    assert all(re.fullmatch(r"[A-Z][A-Za-z ()-]+", str(cell.value)) for cell in header)
    assert not [cell for row in rows for cell in row if cell.data_type == "f" or cell.hyperlink]
    return [tuple(cell.value for cell in row) for row in rows]


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.mark.parametrize("path", FILES)
def test_a_list_is_taken_along_by_whom_its_page_is_open_to(desk_asked: Desk, path: str) -> None:
    for role in PEOPLE:
        answer = getattr(desk_asked, role).get(path)
        assert (answer.status_code == 200) is (role in FILES[path]), role
        if role in FILES[path]:
            sheet(answer)


def test_the_record_of_acts_goes_to_excel_as_it_is_filtered(desk_asked: Desk) -> None:
    whole = sheet(desk_asked.auditor.get(f"{HERE}/audit.xlsx"))
    assert [row[0] for row in whole] == list(range(1, len(whole) + 1))
    assert all(isinstance(row[1], datetime) for row in whole)
    page = desk_asked.auditor.get(f"{HERE}/audit?by=drafter").text
    assert f'href="{HERE}/audit.xlsx?by=drafter"' in page
    some = sheet(desk_asked.auditor.get(f"{HERE}/audit.xlsx?by=drafter"))
    assert 0 < len(some) < len(whole)
    assert {row[2] for row in some} == {PEOPLE["drafter"][0]}
    assert all(str(row[3]) in text_of(desk_asked.auditor.get(f"{HERE}/audit?by=drafter")) for row in some)
    on = sheet(desk_asked.auditor.get(f"{HERE}/audit.xlsx?day=2020-08-12"))
    assert {row[1].date().isoformat() for row in on} == {"2020-08-12"}


def test_versions_go_to_excel_with_why_and_by_whom(desk_asked: Desk) -> None:
    rows = sheet(desk_asked.delegation_member.get(f"{HERE}/statement/versions.xlsx"))
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert {row[1] for row in rows} == {"en"}
    assert len({row[7] for row in rows}) == len(rows)
    assert f'href="{HERE}/statement/versions.xlsx"' in desk_asked.auditor.get(f"{HERE}/statement/versions").text


def test_accounts_go_to_excel_without_anything_by_which_one_enters(desk_asked: Desk) -> None:
    rows = sheet(desk_asked.administrator.get("/accounts.xlsx"))
    assert {row[0] for row in rows} == {name for name, _role, _code in PEOPLE.values()}
    assert "coordinator" in " ".join(str(row[2]) for row in rows)
    assert not any("argon2" in str(cell) for row in rows for cell in row)
    assert [row[0] for row in sheet(desk_asked.administrator.get("/accounts.xlsx?find=auditor"))] == ["Auditor"]
    assert "/accounts.xlsx?find=auditor" in desk_asked.administrator.get("/accounts?find=auditor").text
    assert "/accounts.xlsx" in desk_asked.auditor.get("/accounts/log").text


def test_letters_to_see_to_are_sought_and_go_to_excel(desk_asked: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        found = session.scalars(select(Letter).where(Letter.kind == "approval_request").order_by(Letter.id)).all()[:2]
        for row in found:
            row.state, row.code, row.answer = "refused", 550, "5.1.1 nobody"
            row.settled_at = missions.now(session, SLUG)
        offices = [row.to_office for row in found]
    assert len(set(offices)) == 2
    every = desk_asked.coordinator.get(f"{HERE}/letters")
    assert all(office in text_of(every) for office in offices)
    assert {row[1] for row in sheet(desk_asked.coordinator.get(f"{HERE}/letters.xlsx"))} == set(offices)
    one = desk_asked.coordinator.get(f"{HERE}/letters", params={"find": offices[0].upper()})
    assert "1 of 2 are shown" in text_of(one)
    assert f'<h3 id="letter-{found[1].id}"' not in one.text
    sought = sheet(desk_asked.coordinator.get(f"{HERE}/letters.xlsx", params={"find": offices[0]}))
    assert [row[1] for row in sought] == [offices[0]]
    none = text_of(desk_asked.coordinator.get(f"{HERE}/letters?find=<nobody>"))
    assert "None of the 2 has these words; try fewer of them, or show all" in none
    assert "2 letters did not arrive" in none


def test_comments_stand_in_one_list_sought_and_taken_along(desk_asked: Desk) -> None:
    for text in (SUM, "The second thought."):
        desk_asked.delegation_member.post(f"{HERE}/statement/comments", {"paragraph": "voting", "text": text})
    page = desk_asked.coordinator.get(f"{HERE}/statement/comments")
    assert page.text.index("second thought") < page.text.index("HYPERLINK")
    assert "waits for the drafter" in page.text
    assert {row[5] for row in sheet(desk_asked.coordinator.get(f"{HERE}/statement/comments.xlsx"))} == {
        SUM,
        "The second thought.",
    }
    assert "1 of 2 are shown" in text_of(desk_asked.coordinator.get(f"{HERE}/statement/comments?find=SECOND  thought"))
    assert "None of the 2" in text_of(desk_asked.coordinator.get(f"{HERE}/statement/comments?find=nowhere"))


@pytest.mark.parametrize(("path", "who"), [("/accounts/log", "administrator"), ("/media/log", "press_officer")])
def test_words_are_sought_in_the_record_of_accounts_and_of_contacts(desk_asked: Desk, path: str, who: str) -> None:
    reader = getattr(desk_asked, who)
    whole = text_of(reader.get(path))
    none = text_of(reader.get(f"{path}?find=nowhere at all"))
    total = re.search(r"None of the (\d+) has these words", none)
    assert total is not None
    assert "of are shown" not in whole
    if path == "/accounts/log":
        some = text_of(reader.get(f"{path}?find=auditor"))
        assert re.search(rf"\d of {total[1]} are shown", some)
