"""What a page says of a mission, gathered once for everybody who looks: anew when something happened to the mission, and after
some seconds for what time alone changes. Nothing of one reader's own is ever kept here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from markupsafe import escape

from desk.web.asking import Asked
from ieom.rules.roles import roles_in

SECONDS = 20
"""How long facts are told again when nothing happened."""
MOST, MOST_PAGES = 400, 100
"""Facts, and pages, kept; beyond it all are forgotten."""
_NAME, _TOKEN = secrets.token_hex(16), secrets.token_hex(16)
"""Stand where a reader's own name and forms' token come; nobody can guess them and write them into a text."""


def known(
    desk: Asked, page: tuple[str, ...], gather: Callable[[], dict[str, Any]], *, mission: str = ""
) -> dict[str, Any]:
    """The facts of a page (its name and what was asked of it) of a mission, the one asked about where none is named: the
    same for every reader who may see it. They are read only: a page that adds to them adds to a copy."""
    kept: dict[tuple[str, ...], tuple[object, dict[str, Any]]] = desk.request.app.state.known
    key = (mission or desk.mission, *page)
    now = (desk.mark(mission), int(time.monotonic() // SECONDS))
    found = kept.get(key)
    if found is None or found[0] != now:
        if len(kept) >= MOST:
            kept.clear()
        found = kept[key] = (now, gather())
    return found[1]


def shared(desk: Asked, template: str, facts: dict[str, Any], **more: Any) -> Response:
    """A page of facts that `known` gave, written once for all readers with the same roles, language and time zone; each
    gets it with the own name and the own token. The facts hold the host country's `zone`; `more` is what else differs from
    reader to reader or by the minute, and must be hashable.

    Who has something typed and not sent on the page, or was just told of an act, gets a page of their own."""
    if desk.left or desk.said:
        return desk.page(template, **facts, **more)
    me, session, address = desk.me, desk.session, desk.request.url
    key = (
        template, address.path, address.query, desk.mission, frozenset(roles_in(desk.given, desk.mission)),
        frozenset(roles_in(desk.given, "")), me.language, me.zone, *sorted(more.items()),
    )  # fmt: skip
    written: dict[tuple[object, ...], tuple[dict[str, Any], str]] = desk.request.app.state.written
    found = written.get(key)
    if found is None or found[0] is not facts:
        if len(written) >= MOST_PAGES:
            written.clear()
        reader = Reader(desk.may, desk.known, desk.reaches, desk.demonstration)
        own: dict[str, Any] = {"desk": reader, "me": Somebody(_NAME), "csrf": _TOKEN, "kept": _nothing}
        found = written[key] = (facts, desk.text(template, **facts, **more, **own))
    text = found[1].replace(_TOKEN, session.csrf if session else "").replace(_NAME, str(escape(me.name)))
    return HTMLResponse(text, headers={"cache-control": "no-store"})


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

    name: str


def _nothing(_place: str) -> str:
    return ""
