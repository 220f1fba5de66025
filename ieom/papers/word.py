"""Word documents on the organisation's letterhead (`templates/papers/letterhead.docx`, which can be edited in Word), the
same bytes for the same input."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.text.paragraph import Paragraph

from ieom.settings import settings

WIDTHS = (8.6, 2.4, 2.6, 2.8)
"""Centimetres for the annex's columns: what was observed needs more room than its figures."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def letterhead(organisation: str, title: str, at: datetime, language: str = "en") -> Paper:
    """An empty paper on the letterhead; `{{ organisation }}` in its header is filled in. `at` is UTC and becomes the
    document's date."""
    paper = Document(str(settings().templates_dir / "papers" / "letterhead.docx"))
    for part in (paper.sections[0].header, paper.sections[0].footer):
        for paragraph in part.paragraphs:
            for run in paragraph.runs:
                run.text = run.text.replace("{{ organisation }}", organisation)
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
