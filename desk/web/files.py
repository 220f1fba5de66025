"""Files that come in and go out: of a kind that is taken, by their content, not their name; sent to be kept, never as a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from ieom.errors import BadInput
from ieom.folder.packed import MARK, NotPacked, unpacked
from ieom.folder.sheets import workbook

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SAID = {
    "pdf": "a PDF",
    "png": "a PNG picture",
    "jpeg": "a JPEG picture",
    "docx": "a Word document",
    "xlsx": "an Excel workbook",
    "zip": "a .zip file",
    "text": "a text file",
}


def kind_of(data: bytes) -> str:
    """'pdf', 'png', 'jpeg', 'docx', 'xlsx', 'zip', 'text' by its first octets and its parts; '' for anything else."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(MARK):
        return _packed(data)
    if b"\x00" not in data[:4096]:
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return ""
        return "text"
    return ""


def _packed(data: bytes) -> str:
    try:
        with unpacked(data, "this file") as box:
            names = set(box.namelist())
    except NotPacked:
        return ""
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadInput("this file holds macros; save it without them (as .docx or .xlsx) and send that")
    return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else "zip"


def taken(upload: UploadFile, *, kinds: Collection[str], most: int = 10_000_000) -> bytes:
    """The content of an uploaded file. Raises `BadInput` when it is empty, longer than `most` octets, or not one of
    `kinds` by its content, whatever its name says."""
    name = upload.filename or "the file"
    data = upload.file.read(most + 1)
    if not data:
        raise BadInput(f"{name} is empty; choose a file")
    if len(data) > most:
        raise BadInput(f"{name} is larger than {most // 1_000_000} MB; send a smaller one")
    found = kind_of(data)
    wanted = " or ".join(SAID[kind] for kind in kinds)
    if found not in kinds:
        raise BadInput(f"{name} is not {wanted}, whatever its name says; nothing was taken in")
    if found == "text" and data.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html", b"<script")):
        raise BadInput(f"{name} is a web page, not {wanted}; nothing was taken in")
    return data


def sent(data: bytes, name: str, media_type: str = "application/octet-stream", *, shown: bool = False) -> Response:
    """A file to be kept. `shown`: a PDF of ours that may be looked at within the page; nobody else's ever is."""
    how = "inline" if shown and data.startswith(b"%PDF-") else "attachment"
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in name)
    headers = {
        "content-disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "content-security-policy": "default-src 'none'; sandbox"
        if how == "attachment"
        else "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'",
        "cache-control": "no-store",
    }
    return Response(data, media_type=media_type, headers=headers)


def excel(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> Response:
    """A list to take along as an Excel workbook; its header is in words, since it never comes back."""
    return sent(workbook(title, header, rows), f"{name}.xlsx", EXCEL)


def local(moment: datetime | None, zone: str) -> datetime | None:
    """A moment as a sheet holds it: local in `zone`, without saying so."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment is not None else None


def matches(find: str, *texts: object) -> bool:
    """Whether what is sought stands in one of these, small letters or capitals; what seeks nothing finds all."""
    wanted = " ".join(find.split()).casefold()
    return any(wanted in " ".join(str(one).split()).casefold() for one in texts)


LETTER = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def letter_page(html: str) -> Response:
    """A letter as a mail reader shows it, like a stranger's page: no script, nothing fetched, no cookie, no address of the
    desk's own; its links open beside it."""
    headers = {"content-security-policy": LETTER, "cache-control": "no-store"}
    base = '<base target="_blank">'
    found = html.replace("<head>", f"<head>{base}", 1) if "<head>" in html else base + html
    return HTMLResponse(found, headers=headers)
