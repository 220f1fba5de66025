"""The newsroom as files: what was published goes in, pages, feeds and sums come out; the same records give the same
bytes. Nothing here knows a release that is not published, and nothing runs in the reader's browser."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from babel import Locale

from ieom.papers.certificates import Certificate
from ieom.papers.feed import Item, atom
from ieom.papers.page import environment
from ieom.rules.difference import Change
from ieom.rules.newsroom import mission_folder, urn
from ieom.settings import settings

FORMATS = {"pdf": "PDF", "docx": "Word", "txt": "Plain text"}
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "xml": "application/atom+xml; charset=utf-8",
    "pem": "application/x-pem-file",
    "": "text/plain; charset=utf-8",
}
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Paper:
    """One paper of a release. `source` is where it lies; its hash is the one fixed when it was prepared."""

    name: str
    language: str
    size: int
    sha256: str
    source: Path
    missing: bool = False
    """It is gone from its place, or is another: it is named, with its sum, and not given."""

    @property
    def ending(self) -> str:
        """Which of `FORMATS` it is."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class Wording:
    """A release's text in one language. `frame` is what its papers say around a statement (`ieom.papers.frame`)."""

    language: str
    title: str
    digest: str
    authentic: bool
    marking: str = ""
    lead: tuple[str, ...] = ()
    """The press release's own paragraphs, before the statement."""
    paragraphs: tuple[str, ...] = ()
    """Of a release that carries no statement."""
    frame: dict[str, Any] | None = None
    missing: bool = False
    """The text in the records is not the one that was released: it is not shown."""


@dataclass(frozen=True)
class Published:
    """A release that is public. `at` is UTC."""

    id: int
    folder: str
    kind: str
    at: datetime
    wordings: tuple[Wording, ...]
    papers: tuple[Paper, ...]
    concerns: int | None = None
    changes: dict[str, list[tuple[str, list[Change]]]] = field(default_factory=dict)
    """What changed against the release that it corrects: language -> (paragraph, changes)."""

    @property
    def title(self) -> str:
        """In its first language."""
        return self.wordings[0].title

    def page(self, language: str) -> str:
        """The page in one language; the first language has the release's own address."""
        return self.folder if language == self.wordings[0].language else f"{self.folder}{language}.html"


@dataclass(frozen=True)
class MissionRoom:
    """A mission of which something is public; its releases newest first."""

    slug: str
    title: str
    host: str
    organisation: str
    mission_name: str
    place: str
    zone: str
    days: tuple[date, ...]
    contact: str
    email: str
    releases: tuple[Published, ...]
    rehearsal: bool = False

    @property
    def folder(self) -> str:
        """Below the newsroom's root."""
        return mission_folder(self.slug)

    def after(self, release: Published) -> list[Published]:
        """Later releases that correct, clarify or withdraw this one or one of its corrections: newest first. What becomes
        of a clarification is not this one's fate; one that was withdrawn is left out."""
        line, found = {release.id}, list[Published]()
        for one in reversed(self.releases):
            if one.concerns in line:
                found.append(one)
                if one.kind == "correction":
                    line.add(one.id)
            elif one.kind == "withdrawal":
                found = [other for other in found if other.id != one.concerns]
        return found[::-1]

    def before(self, release: Published) -> Published | None:
        """The release that this one concerns."""
        return next((one for one in self.releases if one.id == release.concerns), None)


@dataclass(frozen=True)
class Newsroom:
    """Everything public. `base` is its address, ending in '/', or empty when nobody said it."""

    name: str
    missions: tuple[MissionRoom, ...]
    base: str = ""
    certificates: tuple[Certificate, ...] = ()
    """With which papers were ever signed, newest first."""
    online: bool = False
    """Served by the desk: there is a page to which a paper can be given."""
    faults: tuple[str, ...] = ()
    """What is published and can't be shown, for the secretariat; no page says it in these words."""


class Pages:
    """Writes the newsroom's pages. `index` is what stands for a folder in a link: nothing where a web server answers,
    'index.html' where files are opened by themselves."""

    def __init__(self, newsroom: Newsroom, *, index: str = "", root: str = "") -> None:
        self.newsroom, self.index, self.root = newsroom, index, root

    @cached_property
    def style(self) -> tuple[str, bytes]:
        """The one style sheet; its name changes with its content, so that it may be kept for ever."""
        data = (settings().templates_dir / "newsroom" / "style.css").read_bytes()
        return f"style-{hashlib.sha256(data).hexdigest()[:10]}.css", data

    def link(self, page: str) -> Callable[[str], str]:
        """How a page refers to another: relatively, so that the newsroom works below any address and from a disk."""

        def to(target: str) -> str:
            if self.root:
                return self.root + target
            folder = target == "" or target.endswith("/")
            here = posixpath.relpath(target or ".", posixpath.dirname(page) or ".")
            if not folder:
                return here
            return ("" if here == "." else f"{here}/") + self.index or "./"

        return to

    def html(self, template: str, page: str, *, language: str = "en", zone: str = "UTC", **facts: Any) -> bytes:
        """One page, in `language`: its own words are English where the language has no catalogue."""
        known = environment(settings().templates_dir, language, zone)
        told = {
            "room": self.newsroom, "to": self.link(page), "style": self.style[0], "language": language, "canonical": self.url(page),
            "words": known.globals["words"], "direction": Locale.parse(language).text_direction, "url": self.url,
        }  # fmt: skip
        return known.get_template(f"newsroom/{template}").render({**told, **facts}).encode()

    def url(self, page: str) -> str:
        """The address of a page in full; empty when nobody said where the newsroom is."""
        return urljoin(self.newsroom.base, page.removesuffix("index.html")) if self.newsroom.base else ""

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Every file but the papers: (path, bytes)."""
        room = self.newsroom
        yield "index.html", self.html("index.html", "index.html")
        yield "check/index.html", self.html("check.html", "check/index.html")
        yield self.style
        yield "feed.xml", self.feed("feed.xml", room.name, [(m, one) for m in room.missions for one in m.releases])
        yield SUMS, sums(room, "")
        for one in room.certificates:
            yield f"certificates/{one.fingerprint}.pem", one.pem
        for mission in room.missions:
            yield from self._mission(mission)

    def _mission(self, mission: MissionRoom) -> Iterator[tuple[str, bytes]]:
        page = f"{mission.folder}index.html"
        yield page, self.html("mission.html", page, zone=mission.zone, mission=mission)
        feed = f"{mission.folder}feed.xml"
        yield feed, self.feed(feed, mission.mission_name, [(mission, one) for one in mission.releases])
        for one in mission.releases:
            yield f"{one.folder}{SUMS}", sums(self.newsroom, one.folder)
            for wording in one.wordings:
                page = one.page(wording.language)
                page += "index.html" if page.endswith("/") else ""
                yield page, self.html(
                    "release.html", page, language=wording.language, zone=mission.zone, mission=mission, release=one,
                    text=wording, data=structured(self, mission, one, wording),
                )  # fmt: skip

    def feed(self, page: str, title: str, entries: list[tuple[MissionRoom, Published]]) -> bytes:
        """The Atom feed of these releases, newest first."""
        to = self.link(page)
        items = [
            Item(
                urn(one.folder), wording.title, self.url(one.page(wording.language)) or to(one.page(wording.language)), one.at,
                summary(wording), wording.language, one.kind, mission.mission_name,
            )
            for mission, one in sorted(entries, key=lambda pair: (pair[1].at, pair[1].id), reverse=True)
            for wording in one.wordings[:1]
        ]  # fmt: skip
        home = posixpath.dirname(page)
        home += "/" if home else ""
        return atom(
            urn(page), title, items, page=self.url(home) or to(home), itself=self.url(page) or posixpath.basename(page),
            author=self.newsroom.name,
        )  # fmt: skip


def summary(wording: Wording) -> str:
    """What a feed or a preview shows: the statement's conclusion, or how the text begins."""
    framed = wording.frame["paragraphs"] if wording.frame else []
    own = {one["key"]: one["text"] for one in framed}
    text = own.get("conclusion") or next(iter((*wording.paragraphs, *own.values())), wording.title)
    return text if len(text) <= 300 else text[:299].rsplit(" ", 1)[0] + "…"


def papers(newsroom: Newsroom) -> dict[str, Paper]:
    """Every published paper by its path; those that are missing too."""
    return {
        one.folder + paper.name: paper
        for mission in newsroom.missions
        for one in mission.releases
        for paper in one.papers
    }


def sums(newsroom: Newsroom, folder: str) -> bytes:
    """The hashes of the papers below a folder, for `sha256sum --check` in that folder."""
    rows = sorted(
        (path, paper.sha256)
        for path, paper in papers(newsroom).items()
        if path.startswith(folder) and not paper.missing
    )
    return "".join(f"{digest}  {path.removeprefix(folder)}\n" for path, digest in rows).encode()


def structured(pages: Pages, mission: MissionRoom, release: Published, wording: Wording) -> dict[str, Any]:
    """The release as schema.org describes one."""
    page, before, after = release.page(wording.language), mission.before(release), mission.after(release)
    withdrawn = any(one.kind == "withdrawal" for one in after)
    to = pages.link(page + "index.html" if page.endswith("/") else page)
    publisher = {"@type": "Organization", "name": mission.organisation}
    if pages.newsroom.base:
        publisher["url"] = pages.newsroom.base
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Report" if wording.frame else "NewsArticle",
        "headline": wording.title,
        "description": summary(wording),
        "datePublished": release.at.isoformat(),
        "dateModified": (after[0] if after else release).at.isoformat(),
        "inLanguage": wording.language,
        "creativeWorkStatus": "Withdrawn" if withdrawn else "Published",
        "publisher": publisher,
        "author": {"@type": "Organization", "name": mission.mission_name},
        "encoding": [
            {
                "@type": "MediaObject", "name": paper.name, "contentUrl": pages.url(release.folder + paper.name) or to(release.folder + paper.name),
                "encodingFormat": TYPES[paper.ending].partition(";")[0], "contentSize": str(paper.size), "sha256": paper.sha256,
                "inLanguage": paper.language or wording.language,
            }
            for paper in release.papers
            if not paper.missing
        ],
    }  # fmt: skip
    if address := pages.url(page):
        found |= {"url": address, "mainEntityOfPage": address}
    if before is not None:
        found["isBasedOn"] = pages.url(before.folder) or to(before.folder)
    if corrections := [one for one in after if one.kind == "correction"]:
        found["correction"] = [
            {"@type": "CorrectionComment", "text": one.title, "datePublished": one.at.isoformat()}
            for one in corrections
        ]
    return found
