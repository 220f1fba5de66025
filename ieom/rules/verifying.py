"""What can be said of a file that somebody holds, and when two text files have the same words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ieom.rules.words import N_

LONGEST_TEXT = 4_000_000
"""Bytes of a text whose line ends are looked past."""


class Verdict(StrEnum):
    """The answers. Only the first means that a reader may rely on the file as it is."""

    UNCHANGED = "ours_and_unchanged"
    LATER = "later_version_exists"
    CHANGED = "changed_after_signing"
    UNRECORDED = "signed_but_no_record"
    NOT_RELEASED = "not_released_yet"
    NOT_OURS = "not_ours"


HEADLINES = {
    Verdict.UNCHANGED: N_("Ours and unchanged"),
    Verdict.LATER: N_("Ours, but a later version exists"),
    Verdict.CHANGED: N_("Changed after signing"),
    Verdict.UNRECORDED: N_("Signed by us, but we have no record of this release"),
    Verdict.NOT_RELEASED: N_("Ours, not released yet"),
    Verdict.NOT_OURS: N_("Not ours"),
}
"""The answers in a reader's words."""


@dataclass(frozen=True)
class Paper:
    """A paper on record. `released_at` is UTC, and None while its release is not public."""

    mission: str
    title: str
    release: int
    kind: str
    file: str
    language: str
    version: int | None
    sha256: str
    released_at: datetime | None
    newsroom: str


@dataclass(frozen=True)
class Signed:
    """Who signed, as the certificate names them. The moments are UTC: by the signer's own clock, and by a time stamp."""

    by: str
    certificate: str
    at: datetime | None
    stamped_at: datetime | None
    stamped_by: str


@dataclass(frozen=True)
class Later:
    """The release that stands in this one's place. `released_at` is UTC."""

    release: int
    kind: str
    released_at: datetime
    newsroom: str


@dataclass(frozen=True)
class Answer:
    """What the file is: the headline, sentences in plain words, and the same as facts."""

    verdict: Verdict
    sha256: str
    says: tuple[str, ...]
    paper: Paper | None = None
    signature: Signed | None = None
    later: Later | None = None

    @property
    def headline(self) -> str:
        """The answer in a few words."""
        return HEADLINES[self.verdict]

    @property
    def sound(self) -> bool:
        """Whether a reader may rely on the file as it is."""
        return self.verdict is Verdict.UNCHANGED

    def facts(self) -> dict[str, Any]:
        """The answer for a program: plain values, moments in ISO 8601 (UTC)."""
        return {"headline": self.headline, **{name: _plain(value) for name, value in asdict(self).items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def likenesses(data: bytes) -> Iterator[bytes]:
    """The forms in which a text file may have been released before a mail program or an editor gave it other line ends, a
    byte order mark, or a last line end more or less. Nothing for what is no text."""
    if len(data) > LONGEST_TEXT:
        return
    try:
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        return
    if "\x00" in text:
        return
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for form in (plain, plain.rstrip("\n") + "\n", plain.rstrip("\n")):
        yield form.encode()
