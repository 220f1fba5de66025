"""An Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
"""When an empty feed was last updated; RFC 4287 wants a date, and the clock would make each building another."""


@dataclass(frozen=True)
class Item:
    """One entry; `at` is UTC."""

    urn: str
    title: str
    address: str
    at: datetime
    summary: str
    language: str
    category: str
    author: str


def atom(urn: str, title: str, items: Sequence[Item], *, page: str, itself: str, author: str) -> bytes:
    """The feed, as bytes in UTF-8. `page` is where people read the same, `itself` where the feed is."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # None is the default namespace
    _add(root, "id", urn)
    _add(root, "title", title)
    _add(root, "updated", _moment(items[0].at if items else NOTHING_YET))
    etree.SubElement(root, f"{{{ATOM}}}link", rel="self", type="application/atom+xml", href=itself)
    etree.SubElement(root, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=page)
    _add(etree.SubElement(root, f"{{{ATOM}}}author"), "name", author)
    for item in items:
        entry = etree.SubElement(root, f"{{{ATOM}}}entry")
        entry.set(_LANG, item.language)
        _add(entry, "id", item.urn)
        _add(entry, "title", item.title)
        etree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=item.address)
        _add(entry, "published", _moment(item.at))
        _add(entry, "updated", _moment(item.at))
        _add(etree.SubElement(entry, f"{{{ATOM}}}author"), "name", item.author)
        etree.SubElement(entry, f"{{{ATOM}}}category", term=item.category)
        _add(entry, "summary", item.summary)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = _NOT_XML.sub("", text)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
