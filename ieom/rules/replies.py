"""What a mail server's answer says of itself: its enhanced status code, and what is amiss in one word."""

from __future__ import annotations

import re
from typing import Literal

_CODE = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
Trouble = Literal["no_mailbox", "no_server", "full", "too_large", "no_room", "turned_away", "put_off", "unsaid"]
_DETAIL: dict[str, Trouble] = {
    "1.1": "no_mailbox", "1.3": "no_mailbox", "1.6": "no_mailbox", "1.10": "no_mailbox", "2.1": "no_mailbox",
    "1.2": "no_server", "4.1": "no_server", "4.4": "no_server", "2.2": "full", "2.3": "too_large", "3.4": "too_large",
}  # fmt: skip
"""By subject and detail of an enhanced status code (RFC 3463, 3; RFC 7505)."""
_REPLY: dict[int, Trouble] = {551: "no_mailbox", 553: "no_mailbox", 552: "no_room", 554: "turned_away"}
"""By reply code, where no enhanced one says more (RFC 5321, 4.2.3)."""


def enhanced(answer: str) -> str:
    """The enhanced status code with which an answer begins (RFC 3463), or an empty string."""
    found = _CODE.match(answer)
    return found[1] if found else ""


def trouble(code: int | None, answer: str, status: str = "") -> Trouble:
    """What is amiss with a letter that was refused or came back, by its codes and never by a server's own words. `status`
    is that of a report (RFC 3464), which says more than the answer with which the letter was taken before."""
    said = status or enhanced(answer)
    kind, _, detail = said.partition(".")
    if detail in _DETAIL:
        return _DETAIL[detail]
    if detail.startswith("7."):
        return "turned_away"
    if kind == "4" or (not said and code is not None and 400 <= code < 500):
        return "put_off"
    return _REPLY.get(code or 0, "unsaid")
