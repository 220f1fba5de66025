"""The statement's papers: PDF, Word, plain text; each from the stored content of one version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ieom.papers import word
from ieom.papers.frame import framed
from ieom.papers.typeset import pdf
from ieom.rules.statement import Content, canonical


def statement_pdf(
    content: Content, *, number: int, digest: str, chain_head: str, zone: str, at: datetime, copy_for: str = "",
    seal: str = "",
) -> bytes:  # fmt: skip
    """The PDF. `at` is UTC; with `copy_for` it is one approver's copy, marked as theirs and not for publication; with `seal`
    (see `framed`) it says that it is signed, which is then to be done."""
    data = framed(content, number=number, digest=digest, chain_head=chain_head, zone=zone, copy_for=copy_for, seal=seal)
    return pdf("statement", data, at=at)


def statement_docx(
    content: Content, *, number: int, digest: str, chain_head: str, zone: str, at: datetime, copy_for: str = "",
    author: str = "", remarks: Mapping[str, Sequence[str]] | None = None,
) -> bytes:  # fmt: skip
    """The Word document: each paragraph has a bookmark `p_<key>`, by which an edited one finds its place again. `remarks`, by a
    paragraph's key or '' for the whole, are comments beside the text by `author`; a paper that is published has none."""
    data = framed(content, number=number, digest=digest, chain_head=chain_head, zone=zone, copy_for=copy_for)
    paper = word.letterhead(data["organisation"], data["document_title"], at, data["language"])
    if data["copy_for"]:
        word.add(paper, data["copy_for"], centred=True)
    for text in (data["mission_name"], data["election"], data["place_and_date"]):
        word.add(paper, text, centred=True)
    marking = f" ({data['marking']})" if data["marking"] else ""
    placed = {"": word.add(paper, data["title"] + marking, "Heading 1", centred=True)}
    for one in data["paragraphs"]:
        placed[one["key"]] = word.add(paper, one["text"], bookmark=f"p_{one['key']}")
        for note in one["footnotes"]:
            word.add(paper, f"[{note}]")
    if data["annex"]:
        word.add(paper, data["annex_title"], "Heading 1")
        word.add(paper, data["annex_says"])
        rows = [(row["label"], row["figure"], row["base"], row["heard"]) for row in data["annex"]]
        word.table(paper, [tuple(data["annex_head"]), *rows])
        word.add(paper, "")
    word.add(paper, data["cut_off_says"])
    word.add(paper, data["hash_says"])
    for key, paragraph in placed.items():
        for text in (remarks or {}).get(key, ()):
            word.remark(paper, paragraph, text, author=author, at=at)
    return word.saved(paper)


def statement_txt(content: Content) -> bytes:
    """The canonical text, which is what the hash covers; UTF-8, LF."""
    return canonical(content).encode()
