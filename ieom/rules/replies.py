"""What a mail server's answer says of itself: its enhanced status code."""

from __future__ import annotations

import re

_CODE = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")


def enhanced(answer: str) -> str:
    """The enhanced status code with which an answer begins (RFC 3463), or an empty string."""
    found = _CODE.match(answer)
    return found[1] if found else ""
