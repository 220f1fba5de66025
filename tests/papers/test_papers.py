"""The papers as a reader, an archive and a screen reader get them."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from ieom.errors import BadInput, Unavailable
from ieom.folder import read
from ieom.papers import store
from ieom.papers.announcement import announcement_pdf
from ieom.papers.frame import framed
from ieom.papers.note_verbale import note_verbale
from ieom.papers.press_release import ReleaseText, press_release_pdf, press_release_txt
from ieom.papers.statement import statement_docx, statement_pdf, statement_txt
from ieom.rules.statement import canonical
from ieom.settings import ROOT

AT = datetime(2020, 8, 12, 11, 0, tzinfo=UTC)
ABOUT: dict[str, Any] = {"number": 3, "digest": "ab" * 32, "chain_head": "cd" * 32, "zone": "Asia/Almaty", "at": AT}
ALPHABETS = {
    "en": "The quick brown fox", "tr": "Pijamalı hasta yağız şoföre çabucak güvendi", "az": "Zəfər, jaketini də papağını da götür",
    "kk": "Әғңқөұүһі Нұр-Сұлтан", "ky": "Бишкек шаары, өңүү", "uz": "Oʻzbekiston gʻalabasi", "tk": "Türkmenistanyň žurnaly, ň ý",
    "hu": "Árvíztűrő tükörfúrógép", "ru": "Съешь же ещё этих мягких французских булок",
}  # fmt: skip


def content(*texts: str, **more: object) -> dict[str, Any]:
    paragraphs = [
        {"key": f"p{n}", "kind": "finding", "text": text, "sentences": [], "footnotes": []}
        for n, text in enumerate(texts)
    ]
    return {
        "language": "en", "kind": "final", "title": "STATEMENT", "organisation": "Cooperation Council of Turkic Speaking States",
        "mission_name": "International Election Observation Mission", "election": "Elections of Deputies of the Senate",
        "place": "Nur-Sultan", "date": "2020-08-12", "marking": "", "paragraphs": paragraphs, "scope": "",
        "annex": [{"claim": "x", "label": "no campaign material", "figure": "3 of 3", "base": "visits", "heard": 1}],
        "cut_off": "2020-08-12T09:50:00+00:00", **more,
    }  # fmt: skip


WORDS = content(
    "The Mission observed <no> campaign & material #here, *really*.", "A second paragraph, with $maths$ and @refs."
)


def text_of(pdf: bytes, tmp_path: Path) -> str:
    (tmp_path / "x.pdf").write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "x.pdf"), "-"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


@pytest.mark.poppler
def test_the_pdf_says_every_paragraph_and_nothing_is_taken_for_markup(tmp_path: Path) -> None:
    said = text_of(statement_pdf(WORDS, **ABOUT), tmp_path)
    for one in WORDS["paragraphs"]:
        assert one["text"] in said
    assert "12 August 2020, 15:50 (Nur-Sultan)" in said
    assert "ab" * 32 in said.replace(" ", "")


@pytest.mark.poppler
def test_an_approvers_copy_is_marked_as_theirs(tmp_path: Path) -> None:
    said = text_of(statement_pdf(WORDS, **ABOUT, copy_for="Embassy of the Kyrgyz Republic, observer 1"), tmp_path)
    assert "Copy for Embassy of the Kyrgyz Republic, observer 1" in said
    assert "not for publication" in said


def test_the_same_input_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests/papers'); from test_papers import *; import hashlib;"
        "print(*(hashlib.sha256(f(WORDS, **ABOUT)).hexdigest() for f in (statement_pdf, statement_docx)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        store.sha256(statement_pdf(WORDS, **ABOUT)),
        store.sha256(statement_docx(WORDS, **ABOUT)),
    ]


@pytest.mark.verapdf
@pytest.mark.parametrize("flavour", ["2a", "ua1"])
def test_the_papers_are_archival_and_accessible(flavour: str) -> None:
    from verapdf import faults

    noted = content("One.", "Two.", marking="PRELIMINARY")
    noted["paragraphs"][0]["footnotes"] = ["The Kyrgyz Republic dissociates itself from this paragraph."]
    assert faults(statement_pdf(noted, **ABOUT, copy_for="the head of mission"), flavour) == []
    release = press_release_pdf(WORDS, ReleaseText("Title", ("Lead.", "More.")), **ABOUT, contact="press@example.org")
    assert faults(release, flavour) == []


@pytest.mark.verapdf
@pytest.mark.parametrize("language", ["en", "kk"])
def test_a_text_of_its_own_is_archival_and_accessible_in_any_alphabet(language: str) -> None:
    from verapdf import faults

    facts = read(ROOT / "config" / "missions" / "kazakhstan-senate-2020").facts
    paper = announcement_pdf(
        facts, kind="advisory", language=language, title="A title", paragraphs=[ALPHABETS["kk"], "Two."], digest="a" * 64,
        at=ABOUT["at"],
    )  # fmt: skip
    assert faults(paper, "2a") == faults(paper, "ua1") == []


@pytest.mark.verapdf
def test_the_checker_finds_fault_with_a_plain_pdf() -> None:
    import typst
    from verapdf import faults

    plain = typst.Compiler(b"= Title\nText").compile(format="pdf")
    assert faults(plain, "2a")
    assert faults(plain, "ua1")


@pytest.mark.parametrize(("language", "words"), ALPHABETS.items())
def test_every_alphabet_of_the_nine_languages_has_its_glyphs(language: str, words: str) -> None:
    assert statement_pdf(content(words, language=language), **ABOUT).startswith(b"%PDF-")


def test_a_character_without_a_glyph_is_refused_with_its_name() -> None:
    with pytest.raises(BadInput, match="can't be typeset"):
        statement_pdf(content("A rare sign: \U00012000"), **ABOUT)


def test_hash_and_chain_stand_in_the_metadata() -> None:
    pdf = statement_pdf(WORDS, **ABOUT)
    assert b"sha256:" + b"ab" * 32 in pdf
    assert b"audit:" + b"cd" * 32 in pdf


def test_each_paragraph_of_the_word_document_is_found_again_by_its_bookmark() -> None:
    paper = Document(io.BytesIO(statement_docx(WORDS, **ABOUT)))
    found = {}
    for start in paper.element.body.iter(qn("w:bookmarkStart")):
        found[start.get(qn("w:name"))] = "".join(node.text or "" for node in start.getparent().iter(qn("w:t")))
    for one in WORDS["paragraphs"]:
        assert found[f"p_{one['key']}"] == one["text"]
    assert "{{" not in "".join(p.text for p in paper.sections[0].header.paragraphs)


def test_a_remark_stands_beside_the_text_of_a_working_copy_and_in_no_other_paper() -> None:
    key = WORDS["paragraphs"][0]["key"]
    about = {**ABOUT, "author": "Record of the mission", "remarks": {key: ["borne out"], "": ["To mend: <x>"]}}
    copy, bare = statement_docx(WORDS, **about), statement_docx(WORDS, **ABOUT)
    assert copy == statement_docx(WORDS, **about)
    said = [(one.author, one.text, one.timestamp) for one in Document(io.BytesIO(copy)).comments]
    assert said == [("Record of the mission", text, AT) for text in ("To mend: <x>", "borne out")]
    read = [[p.text for p in Document(io.BytesIO(data)).paragraphs] for data in (copy, bare)]
    assert read[0] == read[1]
    with zipfile.ZipFile(io.BytesIO(bare)) as archive:
        assert "word/comments.xml" not in archive.namelist()
        assert b"comment" not in archive.read("word/document.xml")


def test_the_word_document_tells_no_clock_time() -> None:
    with zipfile.ZipFile(io.BytesIO(statement_docx(WORDS, **ABOUT))) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_the_text_is_what_the_hash_covers_and_ends_the_release() -> None:
    assert statement_txt(WORDS) == canonical(WORDS).encode()
    assert press_release_txt(WORDS, ReleaseText("Title", ("Lead.",))).endswith(statement_txt(WORDS))


@pytest.mark.parametrize(
    ("kind", "has", "has_not"),
    [("note_verbale", "NOTE VERBALE", "Excellency,"), ("letter", "Excellency,", "NOTE VERBALE")],
)
def test_a_note_is_in_the_third_person_and_a_letter_is_signed(kind: str, has: str, has_not: str) -> None:
    made = note_verbale(
        number="KS20/001", kind=kind, organisation="Cooperation Council of Turkic Speaking States", addressee="Embassy",
        salutation="Excellency", dated=AT.date(), place="Nur-Sultan", subject="Nomination", paragraphs=["One & <two>.", "Closing."],
        at=AT, table=[("No.", "Name"), ("1", "Observer")],
    )  # fmt: skip
    paper = Document(io.BytesIO(made))
    said = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    assert has in said
    assert has_not not in said
    assert "One & <two>." in said
    assert paper.tables[0].cell(1, 1).text == "Observer"


def test_a_full_disk_leaves_what_was_there_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "paper.txt"
    store.write(path, b"first")
    import resource

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, old[1]))
    try:
        with pytest.raises(Unavailable, match="make room") as said:
            store.write(path, b"x" * 1000)
        assert str(tmp_path) not in str(said.value), "a page says it too"
        assert str(path) in said.value.command
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["paper.txt"]


def test_the_cut_off_is_said_in_one_language() -> None:
    said = framed({**WORDS, "language": "tr"}, number=1, digest="a", chain_head="b", zone="Asia/Almaty")
    assert said["cut_off_says"].startswith("Evidence cut-off: 12 August 2020, ")
    assert said["place_and_date"].endswith("12 Ağustos 2020")
