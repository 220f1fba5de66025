"""The letterhead and the official names, out as files and back again at the desk."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from html import unescape

import pytest
from desks import Browser, Desk
from docx import Document
from openpyxl import load_workbook
from sqlalchemy import Engine

from ieom.folder.names import load_names
from ieom.papers import store, word
from ieom.records import contact_acts
from ieom.records.base import reading
from ieom.settings import settings

HERE = "/settings/names"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def bytes_of(paper) -> bytes:
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def letterhead(text: str = "Secretariat of {{ organisation }}", *, split: bool = False) -> bytes:
    """A letterhead as somebody makes it in Word: a table in its head, the place for the name in pieces."""
    paper = Document()
    head = paper.sections[0].header
    cell = head.add_table(1, 2, paper.sections[0].page_width).rows[0].cells[1].paragraphs[0]
    for piece in re.findall(r".{1,7}", text) if split else [text]:
        cell.add_run(piece)
    return bytes_of(paper)


def changed(data: bytes, name: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as box, zipfile.ZipFile(out, "w") as made:
        for part in box.namelist():
            text = box.read(part)
            made.writestr(part, text.decode().replace(old, new, 1).encode() if part == name else text)
    return out.getvalue()


def bring(who: Browser, data: bytes, name: str = "ours.docx", page: str = "/settings/letterhead"):
    return who.post(page, files={"file": (name, data, "application/octet-stream")}, page=page)


def printed(data: bytes) -> str:
    paper = Document(io.BytesIO(data))
    return " ".join(one.text for one in word._printed(paper))


def act(engine: Engine) -> tuple[str, dict]:
    with reading(engine) as session:
        head = contact_acts.head(session)
        assert head is not None
        return head.act, head.what


@pytest.mark.parametrize("split", [False, True])
def test_papers_are_written_on_the_letterhead_that_was_brought(desk_opened: Desk, engine: Engine, split: bool) -> None:
    page = bring(desk_opened.administrator, letterhead(split=split)).text
    assert "on this letterhead from now on" in page
    told, what = act(engine)
    assert told == "LetterheadChanged"
    assert what["sha256"] == store.sha256(settings().own_letterhead.read_bytes())
    sample = desk_opened.auditor.get("/settings/letterhead/sample.docx").content
    assert "Secretariat of Cooperation Council of Turkic Speaking States" in printed(sample)
    assert "{{" not in printed(sample)
    body = Document(io.BytesIO(sample))
    assert [one.text for one in body.paragraphs if one.style.name == "Heading 1"] == ["NOTE VERBALE"]
    assert "is well; the organisation&#39;s name is filled in" in desk_opened.auditor.get("/settings").text
    assert desk_opened.auditor.get("/settings/letterhead.docx").content == settings().own_letterhead.read_bytes()
    assert "came with" in desk_opened.administrator.post("/settings/letterhead/back", page="/settings/letterhead").text
    assert act(engine)[0] == "LetterheadPutBack"
    assert not settings().own_letterhead.exists()
    assert "Secretariat of" not in printed(desk_opened.auditor.get("/settings/letterhead/sample.docx").content)
    assert desk_opened.administrator.post("/settings/letterhead/back", page="/settings/letterhead").status_code == 422


def test_a_letterhead_without_a_place_for_the_name_is_taken_and_the_page_says_what_that_means(
    desk_opened: Desk,
) -> None:
    bring(desk_opened.administrator, letterhead("Secretariat"))
    assert "has no place for the organisation&#39;s name" in desk_opened.administrator.get("/settings").text


def test_what_is_no_letterhead_or_reaches_outside_changes_nothing(desk_opened: Desk) -> None:
    good = letterhead()
    field = "<w:r><w:instrText>INCLUDEPICTURE http://stranger.example/x.png</w:instrText></w:r>"
    macros = io.BytesIO(good)
    with zipfile.ZipFile(macros, "a") as box:
        box.writestr("word/vbaProject.bin", b"x")
    link = changed(
        good, "word/_rels/document.xml.rels", "</Relationships>",
        '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        ' Target="http://stranger.example/t.dotm" TargetMode="External"/></Relationships>',
    )  # fmt: skip
    for data, says in (
        (b"%PDF-1.7", "is not a Word document"),
        (b"<html>", "is not a Word document"),
        (macros.getvalue(), "holds macros"),
        (link, "links to something outside"),
        (changed(good, "word/header1.xml", "<w:r>", f"{field}<w:r>"), "fetches something from elsewhere"),
        (changed(good, "word/document.xml", "<w:body>", "<w:nobody>"), "read as a Word document"),
        (good + b"0" * 3_000_001, "larger than 3 MB"),
    ):
        answer = bring(desk_opened.administrator, data)
        assert (answer.status_code, says in unescape(answer.text)) == (422, True), says
    assert not settings().own_letterhead.exists()
    for other in (desk_opened.press_officer, desk_opened.auditor, desk_opened.coordinator):
        assert bring(other, good).status_code == 403


def table(who: Browser) -> tuple[list[str], list[list]]:
    book = load_workbook(io.BytesIO(who.get(f"{HERE}/names.xlsx").content))
    header, *rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    return header, rows


def file_of(header: list[str], rows: list[list]) -> bytes:
    from ieom.folder.sheets import workbook

    return workbook("Names", header, [["" if one is None else one for one in row] for row in rows])


def back(who: Browser, header: list[str], rows: list[list]):
    return bring(who, file_of(header, rows), "names.xlsx", HERE)


def taken(who: Browser, page: str):
    digest = re.search(r'name="digest" value="(\w+)"', page)
    rows = re.search(r'<textarea name="rows"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert digest
    assert rows
    return who.post(f"{HERE}/take", {"digest": digest[1], "rows": unescape(rows[1]).lstrip("\n")}, page=HERE)


def test_names_go_out_and_come_back_as_they_are(desk_opened: Desk) -> None:
    header, rows = table(desk_opened.auditor)
    before = load_names()
    assert "there is nothing to take in" in back(desk_opened.administrator, header, rows).text
    for row in rows:  # one name changes, so that all of them are written anew
        if row[header.index("official")] == "Hungary" and row[header.index("language")] == "en":
            row[header.index("people")] = "people of all Hungary"
    page = taken(desk_opened.administrator, back(desk_opened.administrator, header, rows).text).text
    assert "1 row changed" in page
    after = load_names()
    assert settings().own_names.exists()
    assert after.entries["HU"].names["en"][-1].people == "people of all Hungary"
    for code, entry in before.entries.items():
        if code != "HU":
            assert after.entries[code] == entry, code
    assert (after.patterns, after.precedence_lists) == (before.patterns, before.precedence_lists)


def test_a_state_that_takes_another_name_is_told_by_a_row_more(desk_opened: Desk, engine: Engine) -> None:
    header, rows = table(desk_opened.administrator)
    at = {name: place for place, name in enumerate(header)}
    old = next(row for row in rows if row[at["code"]] == "KG" and row[at["language"]] == "en")
    new = list(old)
    old[at["until"]], new[at["since"]] = date(2030, 1, 1), date(2030, 1, 1)
    new[at["official"]], new[at["never"]] = "Republic of the Kyrgyz", None
    page = back(desk_opened.administrator, header, [*rows, new]).text
    assert "1 new, 1 changed" in page
    assert "KG, en" in page
    assert load_names().official("KG", on=date(2031, 1, 1)) == "Kyrgyz Republic", "a look changes nothing"
    assert taken(desk_opened.administrator, page).status_code == 200
    assert load_names().official("KG", on=date(2031, 1, 1)) == "Republic of the Kyrgyz"
    assert load_names().official("KG", on=date(2020, 8, 12)) == "Kyrgyz Republic"
    told, what = act(engine)
    assert (told, what["added"], what["changed"], what["removed"]) == ("NamesChanged", 1, 1, 0)
    assert what["sha256"] == store.sha256(settings().own_names.read_bytes())
    listed = desk_opened.auditor.get(f"{HERE}?find=kyrgyz").text
    assert "Republic of the Kyrgyz" in listed
    assert "Hungary" not in listed
    assert (
        "changes the official names: 1 new, 1 changed, 0 removed" in desk_opened.administrator.get("/accounts/log").text
    )
    again = taken(desk_opened.administrator, page)
    assert again.status_code == 409, "the look is not what is there any more"
    desk_opened.administrator.post(f"{HERE}/back", page=HERE)
    assert load_names().official("KG", on=date(2031, 1, 1)) == "Kyrgyz Republic"


def test_names_that_would_not_hold_together_change_nothing_and_say_which(desk_opened: Desk) -> None:
    header, rows = table(desk_opened.administrator)
    at = {name: place for place, name in enumerate(header)}
    gone = [row for row in rows if row[at["code"]] != "KZ"]
    answer = back(desk_opened.administrator, header, gone)
    assert answer.status_code == 422
    assert "'KZ' would have no name on 2020-08-12" in unescape(answer.text)
    assert "Take it in" not in answer.text
    twice = next(row for row in rows if row[at["code"]] == "KG" and row[at["language"]] == "en")
    same = [*twice]
    same[at["since"]] = date(2030, 1, 1)
    answer = back(desk_opened.administrator, header, [*rows, same])
    assert answer.status_code == 422
    assert "hold on the same day" in answer.text
    other = [list(row) for row in rows]
    other[0][at["kind"]] = "city"
    assert "write the same in each" in back(desk_opened.administrator, header, other).text
    wrong = [list(row) for row in rows]
    wrong[0][at["language"]] = "klingon"
    assert "is not one of en, tr" in unescape(back(desk_opened.administrator, header, wrong).text)
    assert not settings().own_names.exists()
    assert back(desk_opened.press_officer, header, rows).status_code == 403
