"""The press release: its words from the record and from the approved statement, then the statement's full text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import UndefinedError

from ieom.errors import BadInput
from ieom.papers.frame import framed, words
from ieom.papers.typeset import pdf
from ieom.papers.wording import statement_environment
from ieom.rules.difference import Replaced
from ieom.rules.statement import Content, canonical


@dataclass(frozen=True)
class ReleaseText:
    """The release without the statement: its title and paragraphs."""

    title: str
    lead: tuple[str, ...]
    corrects: bool = False

    @property
    def plain(self) -> str:
        """Title and paragraphs as one text."""
        return "\n\n".join((self.title, *self.lead)) + "\n"


def release_text(
    content: Content, facts: Mapping[str, Any], *, press_conference: datetime, at: datetime, zone: str
) -> ReleaseText:
    """The release's own words, made at `at` (UTC): a press conference that has begun by then is not announced. The
    conclusion and the hope are the statement's own sentences, not written anew."""
    own = {one["key"]: one for one in content["paragraphs"]}
    sentences = {claim: s["text"] for one in content["paragraphs"] for s in one["sentences"] for claim in s["claims"]}
    there = press_conference.astimezone(ZoneInfo(zone))
    told = {
        **facts,
        "conclusion": own["conclusion"]["text"] if "conclusion" in own else "",
        "hope": sentences.get("hope", ""),
        "courtesy": own["courtesy"]["text"] if "courtesy" in own else "",
        "count": own["count"]["text"] if "count" in own else "",
        "irregularities": own["irregularities"]["text"] if "irregularities" in own else "",
        "marking": content["marking"],
        "statement_kind": content["kind"],
        "press_ahead": at < press_conference,
        "press_day": format_date(there.date(), "d MMMM y", locale=content["language"]),
        "press_time": f"{there:%H:%M}",
    }
    name = "supplement" if content["kind"] == "supplement" else "release"
    try:
        text = statement_environment("press_release").get_template(f"{content['language']}/{name}.j2").render(told)
    except UndefinedError as error:
        raise BadInput(f"templates/press_release uses a fact that there is not: {error.message}") from error
    title, *lead = (" ".join(block.split()) for block in text.split("\n\n") if block.strip())
    return ReleaseText(title, tuple(lead))


def corrected(
    text: ReleaseText, language: str, *, at: datetime, zone: str, changes: Sequence[Replaced] = ()
) -> ReleaseText:
    """The words of a correction: its first paragraph says which release it corrects (`at`, UTC), the next ones what changed."""
    when = format_datetime(at.astimezone(ZoneInfo(zone)), "d MMMM y, HH:mm", locale=language)
    said = words(language)
    told = [
        said["changed" if one.was and one.now else "taken_out" if one.was else "put_in"].format(
            number=one.number, was=one.was, now=one.now
        )
        for one in changes
    ]
    return ReleaseText(text.title, (said["corrects"].format(moment=when), *told, *text.lead), corrects=True)


def press_release_pdf(
    content: Content,
    text: ReleaseText,
    *,
    number: int,
    digest: str,
    chain_head: str,
    zone: str,
    at: datetime,
    contact: str,
    seal: str = "",
) -> bytes:
    """The PDF of the release; `at` is UTC. With `seal` (see `framed`) it says that it is signed."""
    data = framed(content, number=number, digest=digest, chain_head=chain_head, zone=zone, seal=seal)
    return pdf(
        "press_release",
        {
            **data, "title": text.title, "lead": list(text.lead), "statement_title": content["title"], "contact": contact,
            "press_release": words(content["language"])["correction" if text.corrects else "press_release"], "document_title": text.title,
        },
        at=at,
    )  # fmt: skip


def press_release_txt(content: Content, text: ReleaseText) -> bytes:
    """The plain text: the release's words, then the statement's canonical text, byte for byte."""
    return (text.plain + "\n" + canonical(content)).encode()
