"""Pages written once for all readers with the same rights, language and time zone. Each reader gets the page with the own
name and the own forms' token; nothing else of a reader's own is ever in one."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import escape

SECONDS = 5
"""How long a page is shown as it was written when nothing happened to its mission."""
MOST = 100
"""Pages kept; beyond it all are forgotten."""
NAME, TOKEN = secrets.token_hex(16), secrets.token_hex(16)
"""Stand where a reader's own name and token come; nobody can guess them and write them into a text."""


@dataclass(frozen=True)
class Reader:
    """All that a page written for many may ask of who reads it: by which rights, never who. Jinja2 stops at anything else."""

    may: Callable[[str], bool]
    known: Callable[[str], bool]
    reaches: Callable[[str], bool]
    demonstration: bool


@dataclass(frozen=True)
class Somebody:
    """In the place of the reader's account."""

    name: str = NAME


@dataclass
class Written:
    """The pages of one desk, by what was asked and with which rights; each as long as its mission's mark stays the same."""

    pages: dict[object, tuple[object, int, bytes]] = field(default_factory=dict)

    def find(self, key: object, mark: object, *, name: str, token: str) -> bytes | None:
        """The page, for this reader; None when it is to be written anew."""
        found = self.pages.get(key)
        if found is None or found[:2] != (mark, int(time.monotonic() // SECONDS)):
            return None
        own = found[2].replace(TOKEN.encode(), token.encode())
        return own.replace(NAME.encode(), str(escape(name)).encode())

    def keep(self, key: object, mark: object, text: str) -> None:
        """Keep a page, written with `TOKEN` and `NAME` in it."""
        if len(self.pages) >= MOST:
            self.pages.clear()
        self.pages[key] = (mark, int(time.monotonic() // SECONDS), text.encode())
