"""What can be said of a file that somebody holds, and when two text files have the same words."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

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
    Verdict.UNCHANGED: "Ours and unchanged",
    Verdict.LATER: "Ours, but a later version exists",
    Verdict.CHANGED: "Changed after signing",
    Verdict.UNRECORDED: "Signed by us, but we have no record of this release",
    Verdict.NOT_RELEASED: "Ours, not released yet",
    Verdict.NOT_OURS: "Not ours",
}
"""The answers in a reader's words."""


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
