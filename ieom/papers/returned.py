"""An edited Word document as it comes back: paragraphs found by their bookmarks, tracked changes told from what stood.
Nothing in it is run, opened or fetched."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from ieom.errors import BadInput
from ieom.folder.packed import unpacked
from ieom.rules.proposing import Mark, Returned, ReturnedParagraph

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
REACHING = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT)\b", re.IGNORECASE)
"""Fields of Word that fetch something from elsewhere."""
IN, OUT = {qn("w:ins"), qn("w:moveTo")}, {qn("w:del"), qn("w:moveFrom")}
SPACES = {qn("w:tab"), qn("w:br"), qn("w:cr")}
WORDS = {qn("w:t"), qn("w:delText")}


def returned(data: bytes) -> Returned:
    """What a Word document says, paragraph by paragraph. Raises `BadInput` for one that holds macros or links to the
    outside, or that is none."""
    with unpacked(data, "this file") as box:
        parts = {part.filename: part for part in box.infolist()}
        _guard(box, parts)
        body = _xml(box, parts, "word/document.xml").find(qn("w:body"))
    if body is None:
        raise BadInput("this Word document has no text; send the one that was edited")
    _fetches_nothing(body)
    paragraphs = _paragraphs(body)
    said = " ".join(one.text for one in paragraphs)
    return Returned(tuple(paragraphs), tuple(dict.fromkeys(DIGEST.findall(said)))[:20])


def harmless(data: bytes) -> None:
    """Raises `BadInput` for a Word document that holds macros, or that links to or fetches something from elsewhere in its text,
    its heads or its feet, or that is none."""
    with unpacked(data, "this file") as box:
        parts = {part.filename: part for part in box.infolist()}
        _guard(box, parts)
        for name in parts:
            if name.startswith("word/") and name.endswith(".xml"):
                _fetches_nothing(_xml(box, parts, name))


def _fetches_nothing(part: Any) -> None:
    for field in (*part.iter(qn("w:instrText")), *part.iter(qn("w:fldSimple"))):
        if REACHING.search((field.text or "") + field.get(qn("w:instr"), "")):
            raise BadInput(
                "this document has a field that fetches something from elsewhere; take it out and send it again"
            )


def _guard(box: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> None:
    types = _xml(box, parts, "[Content_Types].xml")
    if any("macro" in str(one.get("ContentType", "")).lower() for one in types) or any(
        "vbaproject" in name.lower() for name in parts
    ):
        raise BadInput("this file holds macros; save it without them, as .docx, and send that")
    for name in parts:
        if not name.endswith(".rels"):
            continue
        for link in _xml(box, parts, name):
            if link.get("TargetMode") == "External":
                kind = str(link.get("Type", "")).rpartition("/")[2] or "link"
                raise BadInput(
                    f"this document links to something outside ({kind}: {str(link.get('Target', ''))[:80]}); take the link out "
                    "in Word (Ctrl+Shift+F9 on the whole text turns links into words) and send it again"
                )


def _xml(box: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], name: str) -> Any:
    if name not in parts:
        raise BadInput("this is no Word document; save it again as .docx and send that")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(box.read(name), parser)
    except etree.XMLSyntaxError as problem:
        raise BadInput("this can't be read as a Word document; save it again as .docx and send that") from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadInput("this is no document that Word wrote; save it again as .docx and send that")
    return root


def _paragraphs(body: Any) -> list[ReturnedParagraph]:
    """Those of the text, none of a table; a bookmark that stands between two belongs to the one that follows."""
    found: list[ReturnedParagraph] = []
    seen: set[str] = set()
    ahead = ""
    for element in body.iter(qn("w:p"), qn("w:bookmarkStart")):
        if any(True for _ in element.iterancestors(qn("w:tbl"))):
            continue
        if element.tag == qn("w:bookmarkStart"):
            outside = next(element.iterancestors(qn("w:p")), None) is None
            ahead = _key(element) or ahead if outside else ahead
            continue
        keys = [ahead, *(_key(mark) for mark in element.iter(qn("w:bookmarkStart")))]
        key = next((one for one in keys if one and one not in seen), "")
        seen.add(key)
        ahead = ""
        found.append(_paragraph(element, key))
    return found


def _key(bookmark: Any) -> str:
    name = str(bookmark.get(qn("w:name"), ""))
    return name[2:] if name.startswith("p_") else ""


def _paragraph(element: Any, key: str) -> ReturnedParagraph:
    """Its words as they stood (all changes rejected) and as they would stand (all accepted)."""
    was: list[str] = []
    text: list[str] = []
    marks: list[Mark] = []
    pieces: list[tuple[str, str | None, bool]] = []
    style = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    for one in element.iter(*WORDS, *SPACES, qn("w:noBreakHyphen")):
        around = list(one.iterancestors())
        around = around[: around.index(element)]
        if any(there.tag in {qn("w:pPr"), qn("w:txbxContent")} for there in around):
            continue
        words = (one.text or "") if one.tag in WORDS else "-" if one.tag == qn("w:noBreakHyphen") else " "
        put = next((there for there in around if there.tag in IN), None)
        cut = next((there for there in around if there.tag in OUT), None)
        if put is not None and cut is not None:
            continue  # put in by one and taken out by another: it neither stood nor would stand
        if put is None:
            was.append(words)
        if cut is None:
            text.append(words)
        change = put if put is not None else cut
        pieces.append((words, None if change is None else change.get(qn("w:author"), ""), put is None))
        if change is not None:
            mark = Mark("added" if put is not None else "removed", words, change.get(qn("w:author"), "")[:80])
            if marks and (marks[-1].op, marks[-1].author) == (mark.op, mark.author):
                mark = Mark(mark.op, marks.pop().text + words, mark.author)
            marks.append(mark)
    heading = style is not None and str(style.get(qn("w:val"), "")).lower().startswith("heading")
    return ReturnedParagraph(key, _line(was), _line(text), tuple(marks), heading, _together(pieces))


def _together(pieces: Sequence[tuple[str, str | None, bool]]) -> tuple[tuple[int, int], ...]:
    """The ranges that one author changed as a whole, of (words, who changed them, whether they stood)."""
    found: list[tuple[int, int]] = []
    was, begun, ended, author = "", 0, 0, None
    for words, by, stood in pieces:
        if (by is None and words.strip()) or (by is not None and author is not None and by != author):
            found += [(begun, ended)] if author is not None else []
            author = None
        if by is not None and author is None:
            begun, author = len(_line([was])), by
        was += words if stood else ""
        ended = len(_line([was])) if by is not None else ended
    return (*found, (begun, ended)) if author is not None else tuple(found)


def _line(words: list[str]) -> str:
    return " ".join("".join(words).split())
