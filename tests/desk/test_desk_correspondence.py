"""The register at the desk: the invitation in, notes out as Word for signature, scans filed; what is no scan is refused."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime

import pytest
from desks import Desk
from docx import Document
from evening import SLUG
from sqlalchemy import Engine

from ieom.acts import delegation
from ieom.records import correspondence, missions
from ieom.records.base import begin, reading

HERE = f"/missions/{SLUG}/correspondence"
SCAN = b"%PDF-1.7 the stamped note"


@pytest.fixture(autouse=True)
def _july(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = datetime(2020, 7, 6, 5, tzinfo=UTC)


def test_notes_go_out_for_signature_and_papers_come_in(desk_opened: Desk, engine: Engine) -> None:
    browser = desk_opened.coordinator
    assert "invitation is not registered" in browser.get(HERE).text
    scanned = {"scan": ("invitation.pdf", b"%PDF-1.7 invitation")}
    assert "The invitation is KS20/001" in browser.post(f"{HERE}/invitation", files=scanned).text
    with begin(engine) as session:
        delegation.advance(session, SLUG, at=missions.now(session, SLUG))
        notes = [row.number for row in correspondence.of(session, SLUG) if row.direction == "out"]
    note = notes[0].replace("/", "-")
    assert f"{len(notes)} papers wait for signature" in browser.get(HERE).text
    word = browser.get(f"{HERE}/{note}/paper")
    assert word.content.startswith(b"PK")
    assert f'attachment; filename="{note}.docx"' in word.headers["content-disposition"]
    assert "is signed" in browser.post(f"{HERE}/{note}/signed").text
    assert "is sent" in browser.post(f"{HERE}/{note}/sent", files={"scan": ("note.pdf", SCAN)}).text
    scan = desk_opened.auditor.get(f"{HERE}/{note}/scan")
    assert scan.content == SCAN
    assert scan.headers["content-disposition"].startswith("attachment")
    answer = {"counterpart": "state-kg", "subject": "Nominations <script>x</script>", "answers": notes[0]}
    page = browser.post(HERE, {**answer, "their_number": "12/34"}).text
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert f"{len(notes) - 1} papers wait" in browser.get(HERE).text
    assert "1 of" in browser.get(f"{HERE}?q=12/34").text


def test_the_invitation_is_of_a_body_whose_name_is_written_out(desk_opened: Desk, engine: Engine) -> None:
    browser = desk_opened.coordinator
    assert "other: write the name" in browser.get(HERE).text
    for name in ("", "kz-parliment", "the Great\nKhural"):
        wrong = browser.post(f"{HERE}/invitation", {"body": "other", "body_name": name})
        assert wrong.status_code == 422, name
    said = browser.post(
        f"{HERE}/invitation", {"body": "other", "body_name": "the <b>Great</b> Khural of Atlantis"}
    ).text
    assert "Invitation by the &lt;b&gt;Great&lt;/b&gt; Khural of Atlantis to observe" in said
    with begin(engine) as session:
        delegation.advance(session, SLUG, at=missions.now(session, SLUG))
        note = next(row for row in correspondence.of(session, SLUG) if row.direction == "out")
        facts = missions.facts(session, SLUG)
        assert facts.invitation.from_body == "the <b>Great</b> Khural of Atlantis"
        assert delegation.authority(facts) is not None, "notes go through the foreign ministry"
        assert [row.kind for row in missions.revisions(session, SLUG)][-1] == "invited_by"
    word = browser.get(f"{HERE}/{note.number.replace('/', '-')}/paper").content
    assert "the invitation extended by the <b>Great</b> Khural of Atlantis on" in words_of(word)
    assert "who invited the mission" in browser.get(f"/missions/{SLUG}/facts").text


def test_what_is_no_scan_is_refused_and_nothing_is_registered(desk_opened: Desk, engine: Engine) -> None:
    paper = {"counterpart": "state-kg", "subject": "A note"}
    for name, data, says in (
        ("note.pdf", b"<html><script>alert(1)</script></html>", "is not a PDF"),
        ("note.pdf", b"PK\x03\x04", "is not a PDF"),
        ("note.pdf", b"%PDF-" + b"0" * 25_000_000, "larger than 25 MB"),
    ):
        answer = desk_opened.coordinator.post(HERE, paper, files={"scan": (name, data)})
        assert (answer.status_code, says in answer.text) == (422, True), answer.text
    with reading(engine) as session:
        assert correspondence.of(session, SLUG) == []


def test_the_register_is_the_secretariats(desk_opened: Desk) -> None:
    desk_opened.coordinator.post(f"{HERE}/invitation")
    assert desk_opened.head_of_mission.get(HERE).status_code == 200
    assert desk_opened.delegation_member.get(HERE).status_code == 403
    assert desk_opened.press_officer.post(f"{HERE}/KS20-001/sent").status_code == 403
    assert desk_opened.coordinator.get(f"{HERE}/KS20-999").status_code == 404


def words_of(data: bytes) -> str:
    return "\n".join(part.text for part in Document(io.BytesIO(data)).paragraphs)


def test_a_note_in_our_own_words_is_drafted_by_number_for_signature_and_its_scan_is_filed_afterwards(
    desk_opened: Desk, engine: Engine
) -> None:
    browser = desk_opened.coordinator
    came = {"counterpart": "kz-cec", "subject": "A question on badges", "their_number": "7-1/22", "dated": "2020-07-03"}
    assert "Registered as KS20/001" in browser.post(HERE, came).text
    own = {
        "counterpart": "state-kg", "kind": "note_verbale", "subject": "Vehicles <b>",
        "text": "Four vehicles wait at the hotel.\r\n\r\nTheir drivers\r\nspeak Russian. <script>x</script> {{ 7 * 7 }}",
    }  # fmt: skip
    page = browser.post(f"{HERE}/write", own).text
    assert "Drafted as KS20/002" in page
    assert "<script>x" not in page
    note = words_of(desk_opened.auditor.get(f"{HERE}/KS20-002/paper").content)
    assert "No. KS20/002" in note
    assert "presents its compliments" in note
    assert "Their drivers speak Russian. <script>x</script> {{ 7 * 7 }}" in note.split("\n")
    assert "Drafted as KS20/002" in browser.post(f"{HERE}/write", own).text, "the same paper again is the same paper"
    letter = {**own, "counterpart": "kz-cec", "kind": "letter", "subject": "Badges", "answers": "KS20/001"}
    assert "Drafted as KS20/003" in browser.post(f"{HERE}/write", letter).text
    said = words_of(browser.get(f"{HERE}/KS20-003/paper").content)
    assert "refer to 7-1/22 of 3 July 2020" in said
    assert "Central Election Commission" in said
    assert "It was answered." in browser.get(f"{HERE}/KS20-001").text
    assert "is sent" in browser.post(f"{HERE}/KS20-003/sent").text
    for number in ("KS20-001", "KS20-003"):
        filed = browser.post(f"{HERE}/{number}/scan", files={"scan": ("scan.pdf", SCAN)})
        assert "is filed." in filed.text
        assert desk_opened.auditor.get(f"{HERE}/{number}/scan").content == SCAN
        again = browser.post(f"{HERE}/{number}/scan", files={"scan": ("scan.pdf", SCAN + b"another")})
        assert (again.status_code, "not exchanged" in again.text) == (409, True)
    assert "File its scan" not in browser.get(f"{HERE}/KS20-003").text


@pytest.mark.parametrize(("changed", "says"), [
    ({"counterpart": "nobody"}, "choose whom the paper goes to"),
    ({"text": " \n\n "}, "write its text"),
    ({"subject": " "}, "say what the paper is about"),
    ({"kind": "telegram"}, "is not note_verbale or letter"),
    ({"answers": "KS20/009"}, "is no paper that came in"),
])  # fmt: skip
def test_a_paper_that_can_t_be_written_is_said_and_takes_no_number(
    desk_opened: Desk, engine: Engine, changed: dict[str, str], says: str
) -> None:
    own = {"counterpart": "state-kg", "kind": "letter", "subject": "Vehicles", "text": "Four vehicles."}
    answer = desk_opened.coordinator.post(f"{HERE}/write", {**own, **changed})
    assert answer.status_code == 422
    assert says in answer.text.replace(says.capitalize(), says)
    with reading(engine) as session:
        assert correspondence.of(session, SLUG) == []
    assert desk_opened.drafter.post(f"{HERE}/write", own, page=HERE).status_code == 403


def test_whom_a_paper_comes_from_is_offered_once_each_and_none_of_our_own(desk_asked: Desk) -> None:
    page = html.unescape(desk_asked.coordinator.get(HERE).text)
    offered = re.findall(
        r"<option[^>]*>([^<]+)</option>", page.partition('name="counterpart"')[2].partition("</select>")[0]
    )
    assert len(offered) > 5
    assert len(offered) == len(set(offered))
    assert "Drafter of the statement" not in offered
