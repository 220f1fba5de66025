"""Word documents on the organisation's letterhead (the one that was brought at the desk, else
`templates/papers/letterhead.docx`; each can be edited in Word), the same bytes for the same input."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.text.paragraph import Paragraph

from ieom.errors import BadInput
from ieom.settings import settings

WIDTHS = (8.6, 2.4, 2.6, 2.8)
"""Centimetres for the annex's columns: what was observed needs more room than its figures."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


PLACE = "{{ organisation }}"
"""Where a letterhead has the organisation's name as it is on a paper's day."""
STYLES = ("Body Text", "Heading 1", "Table Grid")
"""Styles that papers are written in."""


def letterhead_path() -> Path:
    """The letterhead in use."""
    own = settings().own_letterhead
    return own if own.exists() else _came_with()


def _came_with() -> Path:
    return settings().templates_dir / "papers" / "letterhead.docx"


def fitted(data: bytes) -> bytes:
    """A letterhead that somebody made in Word, with the styles that papers are written in where it lacks them. Raises
    `BadInput` for what is no Word document."""
    try:
        paper = Document(io.BytesIO(data))
        there = {style.name for style in paper.styles}
        for style in Document(str(_came_with())).styles:
            if style.name in STYLES and style.name not in there:
                paper.styles.element.append(deepcopy(style.element))
        return saved(paper)
    except (KeyError, ValueError, AttributeError, zipfile.BadZipFile) as problem:
        raise BadInput("this can't be read as a Word document; save it again as .docx and send that") from problem


def says_organisation(paper: Paper, name: str) -> bool:
    """Whether a paper's head or foot has this name."""
    return any(name in paragraph.text for paragraph in _printed(paper))


def _printed(paper: Paper) -> Iterator[Paragraph]:
    """What stands in the heads and feet of all pages, in tables too."""
    for section in paper.sections:
        for part in (
            section.header, section.footer, section.first_page_header, section.first_page_footer, section.even_page_header,
            section.even_page_footer,
        ):  # fmt: skip
            if not part.is_linked_to_previous:
                for element in part._element.iter(qn("w:p")):
                    yield Paragraph(element, part)


def _fill(paragraph: Paragraph, organisation: str) -> None:
    if PLACE not in paragraph.text:
        return
    for run in paragraph.runs:
        run.text = run.text.replace(PLACE, organisation) if PLACE in run.text else run.text
    if PLACE in paragraph.text:  # Word has parted it into several runs
        first, *others = paragraph.runs
        first.text = "".join(run.text for run in paragraph.runs).replace(PLACE, organisation)
        for run in others:
            run.text = ""


def letterhead(organisation: str, title: str, at: datetime, language: str = "en") -> Paper:
    """An empty paper on the letterhead; `{{ organisation }}` in its header is filled in. `at` is UTC and becomes the
    document's date."""
    paper = Document(str(letterhead_path()))
    for paragraph in _printed(paper):
        _fill(paragraph, organisation)
    properties = paper.core_properties
    properties.title, properties.author, properties.language = title, organisation, language
    properties.created = properties.modified = at.astimezone(UTC).replace(tzinfo=None)
    properties.last_modified_by, properties.revision = organisation, 1
    return paper


def add(paper: Paper, text: str, style: str = "Body Text", *, bookmark: str = "", centred: bool = False) -> Paragraph:
    """A paragraph, with a bookmark around it when it has a name to be found by again."""
    paragraph = paper.add_paragraph(style=style)
    if bookmark:
        number = str(len(paper.element.body.findall(f".//{qn('w:bookmarkStart')}")) + 1)
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for element in (start, end):
            element.set(qn("w:id"), number)
        start.set(qn("w:name"), bookmark)
        paragraph._p.append(start)
        paragraph.add_run(text)
        paragraph._p.append(end)
    else:
        paragraph.add_run(text)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def remark(paper: Paper, paragraph: Paragraph, text: str, *, author: str, at: datetime) -> None:
    """A comment beside a paragraph, dated `at` (UTC). It is no text of the paper: a document that comes back says what it said
    without it."""
    initials = "".join(part[0] for part in author.split()).upper()[:3]
    made = paper.add_comment(paragraph.runs, text=text, author=author, initials=initials)
    made._comment_elm.date = at.astimezone(UTC).replace(microsecond=0)


def table(paper: Paper, rows: list[tuple[str, ...]]) -> None:
    """A table whose first row is its head, repeated on every page."""
    made = paper.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for number, row in enumerate(rows):
        cells = made.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = text
            for run in cell.paragraphs[0].runs:
                run.bold = number == 0
    made.autofit = False
    for column, share in zip(made.columns, WIDTHS if len(rows[0]) == len(WIDTHS) else (), strict=False):
        for cell in column.cells:
            cell.width = Cm(share)
    head = made.rows[0]._tr.get_or_add_trPr()
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    head.append(repeat)


def saved(paper: Paper) -> bytes:
    """The document's bytes, with the times that the archive itself would carry set aside."""
    raw = io.BytesIO()
    paper.save(raw)
    result = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(entry, old.read(name))
    return result.getvalue()
