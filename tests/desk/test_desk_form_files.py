"""Forms from phones' files at the desk: first what they bring is shown, then they are taken in; none is lost."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from desks import Browser, Desk
from evening import SLUG
from forms import OBSERVATION, come, document
from sqlalchemy import Engine, func, select, update

from ieom.acts import form_files
from ieom.records import submissions
from ieom.records.accounts import KeptText
from ieom.records.base import begin, reading
from ieom.records.missions import Mission
from ieom.records.submissions import Submission, by_instance

FILES = f"{OBSERVATION}/files"
INSTANCE = """<?xml version="1.0" encoding="UTF-8"?>
<data xmlns:orx="http://openrosa.org/xforms" id="voting" version="1"><team>team-2</team><station>ns-1</station>
<arrival>2020-08-12T11:40:00.000+06:00</arrival><people><registered_voters>21</registered_voters></people>
<orx:meta><orx:instanceID>uuid:{}</orx:instanceID></orx:meta></data>"""
MAPPING = b"""
instance_id = { columns = ["id"] }
team = { constant = "team-2" }
station = { constant = "ns-1" }
[codes.seen]
Ja = "observed"
[[form]]
code = "voting"
[form.answers]
group_voting = { column = "family", codes = "seen" }
"""


def packed(**files: str | bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        for name, text in files.items():
            entry = zipfile.ZipInfo(
                name.replace("__", "/").replace("_dot_", ".")
            )  # with a day of its own: bytes name tests
            box.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def send(browser: Browser, *files: tuple[str, bytes], mapping: bytes = b""):
    chosen: list[tuple[str, Any]] = [("files", one) for one in files]
    if mapping:
        chosen.append(("mapping", ("columns.toml", mapping)))
    return browser.post(FILES, files=chosen)


def written(*documents: dict[str, object]) -> bytes:
    return json.dumps(documents).encode()


def count(engine: Engine) -> tuple[int, int]:
    with reading(engine) as session:
        there = session.scalar(select(func.count()).select_from(Submission)) or 0
        return there, len(submissions.quarantined(session, SLUG))


def test_a_look_says_what_is_new_what_is_in_and_what_can_t_be_taken_and_changes_nothing(
    desk_asked: Desk, asked: Engine
) -> None:
    come(asked, document(1))
    before = count(asked)
    page = send(
        desk_asked.coordinator,
        ("day.json", written(document(1), document(2), document(3, station="<b>nowhere</b>"), document(4, team="team-9"))),
        ("a.xml", INSTANCE.format(7).encode()),
        ("phones.zip", packed(instances__b_dot_xml=INSTANCE.format(8), instances__photo_dot_jpg=b"\xff\xd8\xff")),
    )  # fmt: skip
    assert "6 forms: 3 new, 1 in already, 2 that can't be taken" in " ".join(page.text.split())
    assert "there is no station &#39;&lt;b&gt;nowhere&lt;/b&gt;&#39;" in page.text
    assert "there is no team &#39;team-9&#39;" in page.text
    assert "phones.zip/instances/photo.jpg" in page.text
    assert count(asked) == before
    where = str(page.url.path)
    assert desk_asked.drafter.get(where).status_code == 404, "what one looks at is one's own"
    said = desk_asked.coordinator.post(where, page=OBSERVATION).text
    assert "Forms: 3 taken, 1 in already, 2 kept aside." in said
    assert count(asked) == (before[0] + 3, before[1] + 2)
    with reading(asked) as session:
        assert by_instance(session, SLUG, "uuid:8") is not None
        texts = session.scalars(select(KeptText.place).where(KeptText.place.startswith("form-files:"))).all()
        assert texts == []
    assert desk_asked.coordinator.get(where).status_code == 404
    again = send(desk_asked.coordinator, ("day.json", written(document(1), document(4, team="team-9"))))
    assert "it is kept aside already" in again.text
    assert "there is nothing to take in" in again.text


def test_what_came_meanwhile_is_taken_once(desk_asked: Desk, asked: Engine) -> None:
    page = send(desk_asked.coordinator, ("day.json", written(document(1), document(2))))
    come(asked, document(1), document(2, answers={"comment": "another one under this id"}))
    said = desk_asked.coordinator.post(str(page.url.path), page=OBSERVATION).text
    assert "Forms: 0 taken, 1 in already, 1 kept aside." in said
    with reading(asked) as session:
        assert [row.document["answers"] for row in submissions.quarantined(session, SLUG)] == [document(2)["answers"]]


@pytest.mark.parametrize(
    ("many", "says"), [(20, "20 forms: 20 new"), (21, "at most 20 are taken at once. Pack them as one .zip")]
)
def test_as_many_files_as_the_page_promises_are_taken_and_more_are_told_so(
    desk_asked: Desk, many: int, says: str
) -> None:
    browser = desk_asked.coordinator
    chosen = [("files", (f"{n}.json", written(document(700 + n)))) for n in range(many)]
    page = browser.post(FILES, files=[*chosen, ("mapping", ("", b""))])  # a browser sends the empty field too
    assert says in " ".join(page.text.split())


def test_others_write_while_a_file_is_read(desk_asked: Desk, asked: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    real, wrote = form_files.read_files, []

    def slowly(*files, **more):
        with begin(asked) as session:
            session.execute(update(Mission).values(revision=Mission.revision))
            wrote.append(True)
        return real(*files, **more)

    monkeypatch.setattr(form_files, "read_files", slowly)
    page = send(desk_asked.coordinator, ("day.json", written(document(1))))
    assert "1 form: 1 new" in " ".join(page.text.split())
    assert wrote == [True]


def test_a_table_needs_its_mapping_and_says_which_cells_are_no_answer(desk_asked: Desk, asked: Engine) -> None:
    table = "id;family;noch\n1;Ja;\n2;weiss nicht;<b>SCHLÄGEREI</b>\n3;Ja;\n4;;nur das\n".encode()
    without = send(desk_asked.coordinator, ("day.csv", table))
    assert without.status_code == 422
    assert "a table needs a mapping file" in without.text.lower()
    page = send(desk_asked.coordinator, ("day.csv", table), mapping=MAPPING)
    words = " ".join(page.text.split())
    assert "3 forms: 2 new, 0 in already, 1 that can't be taken" in words
    assert "the column &#39;family&#39; says &#39;weiss nicht&#39;, which is no answer" in words
    assert "day.csv, row 3" in words
    assert "day.csv: 1 row made no form: 5" in words
    assert desk_asked.coordinator.post(f"{page.url.path}/drop", page=OBSERVATION).status_code == 200
    assert desk_asked.coordinator.get(str(page.url.path)).status_code == 404
    page = send(desk_asked.coordinator, ("day.csv", table), mapping=MAPPING)
    said = desk_asked.coordinator.post(str(page.url.path), page=OBSERVATION).text
    assert "Forms: 2 taken, 0 in already, 1 kept aside. day.csv: 1 row made no form: 5." in said
    with reading(asked) as session:
        (row,) = submissions.quarantined(session, SLUG)
    assert row.document["source"]["cells"]["noch"] == "<b>SCHLÄGEREI</b>"
    amend = desk_asked.coordinator.get(f"{OBSERVATION}/enter?aside={row.content_hash}").text
    assert "<dt>noch</dt><dd>&lt;b&gt;SCHLÄGEREI&lt;/b&gt;</dd>" in amend
    sent = {"form": "voting", "aside": row.content_hash, "instance": "2", "team": "team-2", "station": "ns-1",
            "q.group_voting": "none", "why": "The team says so."}  # fmt: skip
    assert "is taken." in desk_asked.coordinator.post(f"{OBSERVATION}/enter", sent).text
    nothing = send(desk_asked.coordinator, ("day.csv", b"id;family\n1;\n2;\n"), mapping=MAPPING)
    assert "No row says anything in a column that answers a question (day.csv: 2)" in nothing.text


@pytest.mark.parametrize(("name", "data", "says"), [
    ("a.xml", b"<html><body>sign in</body></html>", "is a web page"),
    ("a.xml", b"<!DOCTYPE lol [<!ENTITY a 'b'>]><data>&a;</data>", "declares a document type"),
    ("a.xml", INSTANCE.format(1).encode()[:120], "is no XML"),
    ("a.json", b'{"instance_id": ', "is no JSON"),
    ("a.json", b"[]", "hold no form"),
    ("a.txt", b"hello", "is no .json, .xml or .csv file"),
    ("a.xlsx", packed(xl__workbook_dot_xml="<x/>"), "whatever its name says"),
    ("a.pdf", b"%PDF-1.4", "whatever its name says"),
    ("a.zip", packed(a_dot_xml=b"<" * 30_000_000), "unpacks to far more"),
    ("a.zip", packed(photo_dot_jpg=b"x"), "holds no .json, .xml or .csv file"),
    ("a.zip", packed(a_dot_json="["), "a.zip/a.json"),
    ("a.zip", packed(a_dot_xml="x")[:40], "whatever its name says"),
    ("a.json", b"", "is empty"),
])  # fmt: skip
def test_what_holds_no_forms_is_refused_with_one_message(
    desk_asked: Desk, asked: Engine, name: str, data: bytes, says: str
) -> None:
    before = count(asked)
    answer = send(desk_asked.coordinator, (name, data))
    assert answer.status_code == 422
    found = re.sub(r"<[^>]+>", " ", answer.text)
    assert says in found
    assert f"{name[0].upper()}{name[1:]} " not in found, "a file's name stays as it was sent"
    assert "Traceback" not in found
    assert count(asked) == before
    beside = send(desk_asked.coordinator, (name, data), ("good.json", written(document(1))))
    assert beside.status_code == 200, "a good file beside it is shown"
    found = " ".join(re.sub(r"<[^>]+>", " ", beside.text).split())
    assert "1 form: 1 new, 0 in already, 0 that can't be taken" in found.replace("&#39;", "'")
    if says != "hold no form":
        assert f"{name}" in found
        assert says in found
        assert "mend these and choose them again" in found
    assert count(asked) == before
    if name == "a.xml" and says == "is no XML":
        taken = desk_asked.coordinator.post(str(beside.url.path), page=OBSERVATION).text
        assert "Forms: 1 taken, 0 in already, 0 kept aside." in taken


def test_who_only_reads_takes_nothing_in(desk_asked: Desk) -> None:
    assert "Take in forms from files" in desk_asked.coordinator.get(OBSERVATION).text
    assert "Take in forms from files" not in desk_asked.auditor.get(OBSERVATION).text
    assert desk_asked.auditor.get(FILES).status_code == 403
    refused = desk_asked.auditor.post(FILES, files=[("files", ("a.json", written(document(1))))], page=OBSERVATION)
    assert refused.status_code == 403
