"""What somebody might type to have a page, letter or paper of ours do what they like; and what is looked at afterwards."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import zipfile
from email.message import EmailMessage

import openpyxl
from lxml import etree, html

HANDED = '"><script>alert(1)</script>.pdf'
"""The name of a file that is handed over."""
SUM = "55433"
"""What `{{7*7919}}` would become if a template took it for its own."""
TURNS = "\u202e"
"""What follows is read from right to left."""
SPY = "x-spy"
"""A header that would follow a line break."""
CONTROL = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn or hide what follows (Unicode, UAX 9)."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
URLS = {"href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href", "hx-get", "hx-post"}
LETTERS = str.maketrans("0123456789", "abcdefghij")


def mark(number: int) -> str:
    """A word that a payload is found by again; without a figure, which some texts may not have."""
    return f"q{number:03}q".translate(LETTERS)


def payload(number: int, *, short: bool = False) -> str:
    """What is typed, with a number to be found by; `short`, for a field that takes a few words alone."""
    return (
        f"<script>alert(1)</script> {mark(number)}"
        if short
        else (
            '=HYPERLINK("x") <script>alert(1)</script> "><img src=x onerror=alert(1)> {{7*7919}} #set text(red) *bold* '
            f"</w:t></w:r> {mark(number)}"
        )
    )


def seen(text: str) -> str:
    """Text without what only turns it round or breaks its lines."""
    return " ".join(CONTROL.sub("", text).split())


def in_page(text: str, *, scripts: str = "/static/") -> list[str]:
    """What a page or a letter's HTML has that nobody of ours wrote."""
    found = []
    for one in html.document_fromstring(text).iter():
        if not isinstance(one.tag, str):
            found += ["a comment that holds it"] if "alert(1)" in (one.text or "") else []
            continue
        tag = one.tag.lower()
        if tag == "script" and (not scripts or not one.get("src", "").startswith(scripts) or one.text):
            found.append(f"a script: {one.get('src') or one.text}")
        if tag in {"img", "object", "embed"} or (tag == "base" and one.get("href")):
            found.append(f"<{tag}>: {one.attrib}")
        for name, value in one.attrib.items():
            if str(name).lower().startswith(("on", "hx-on")):
                found.append(f"{name}={value}")
            if name in URLS and re.match(r"\s*(javascript|data|vbscript):", str(value), re.IGNORECASE):
                found.append(f"{name}={value}")
    return found + (["a template took it for its own"] if SUM in text else [])


def shown_in(text: str) -> str:
    """A page's words, and what stands in its fields."""
    page = html.document_fromstring(text)
    values = [str(one) for one in page.xpath("//@value | //@title | //@aria-label")]
    return "\n".join([page.text_content(), *values])


def in_letter(message: EmailMessage) -> list[str]:
    """The same of a whole letter."""
    found = [f"the header {name}" for name in message if SPY in name.lower()]
    for name, value in message.items():
        found += [f"{name} has {value!r}"] if any(sign in str(value) for sign in ("\r", "\n", SUM, TURNS)) else []
    for one in message.walk():
        if one.get_content_type() == "text/html":
            found += in_page(one.get_content(), scripts="")
        elif one.get_content_type() == "text/plain" and SUM in one.get_content():
            found.append("a template took it for its own")
        elif one.get_content_type() == "text/calendar":
            lines = re.split(r"\r?\n(?![ \t])", str(one.get_content()))
            found += [f"a line of its own: {line}" for line in lines if line.lower().startswith(SPY)]
    return found


def words_of(message: EmailMessage) -> str:
    """All that a reader of a letter sees, and what its headers say."""
    made = [str(value) for value in message.values()]
    for one in message.walk():
        if one.get_content_type() == "text/html":
            made.append(html.document_fromstring(one.get_content()).text_content())
        elif one.get_content_type() == "text/plain":
            made.append(one.get_content())
    return "\n".join(made)


def pdf_words(data: bytes) -> str:
    """What a PDF shows."""
    made = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    return made.stdout.decode()


def in_word(data: bytes) -> tuple[str, list[str]]:
    """What a Word file says, and what it has that nobody of ours wrote."""
    said, found = [], []
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        for name in box.namelist():
            found += [f"{name}: {SUM}"] if SUM.encode() in box.read(name) else []
            if name.endswith((".xml", ".rels")):
                tree = etree.fromstring(box.read(name))
                found += [f"{name}: {one.get('Target')}" for one in tree.iter() if one.get("TargetMode") == "External"]
                if name.startswith("word/"):
                    said += ["".join(tree.itertext())]
            elif "vba" in name.lower() or "embeddings" in name:
                found.append(name)
    return "\n".join(said), found


def in_sheet(data: bytes, name: str) -> tuple[str, list[str]]:
    """What a table says, and its cells that a spreadsheet program would reckon."""
    if name.endswith("csv"):
        cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
        odd = [cell for cell in cells if cell.startswith(FORMULA) and not re.fullmatch(r"[+-]?[\d., -]*", cell)]
        return "\n".join(cells), odd
    rows = [cell for sheet in openpyxl.load_workbook(io.BytesIO(data)) for row in sheet.iter_rows() for cell in row]
    odd = [f"{cell.coordinate}: {cell.value}" for cell in rows if cell.data_type == "f" or cell.hyperlink]
    return "\n".join(str(cell.value) for cell in rows), odd
