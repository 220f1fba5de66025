"""What a page says of a mission, gathered once for everybody who looks: anew when something happened to the mission, and after
some seconds for what time alone changes. Nothing of one reader's own is ever kept here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fastapi import Response

from desk.web.alike import TOKEN, Reader, Somebody
from desk.web.asking import Asked

SECONDS = 20
"""How long facts are told again when nothing happened."""
MOST = 400
"""Pages' facts kept; beyond it all are forgotten."""


def known(
    desk: Asked, page: tuple[str, ...], gather: Callable[[], dict[str, Any]], *, mission: str = ""
) -> dict[str, Any]:
    """The facts of a page (its name and what was asked of it) of a mission, the one asked about where none is named: the
    same for every reader of a language who may see it. They are read only: a page that adds to them adds to a copy."""
    kept: dict[tuple[str, ...], tuple[object, dict[str, Any]]] = desk.request.app.state.known
    key = (mission or desk.mission, desk.language, *page)
    now = (desk.mark(mission), int(time.monotonic() // SECONDS))
    found = kept.get(key)
    if found is None or found[0] != now:
        if len(kept) >= MOST:
            kept.clear()
        found = kept[key] = (now, gather())
    return found[1]


def shared(desk: Asked, template: str, facts: dict[str, Any], **more: Any) -> Response:
    """A page of facts that `known` gave, written once for all readers alike; until something happens to the mission it is
    answered before its route is asked. The facts hold the host country's `zone`."""
    if not desk.alike:
        return desk.page(template, **facts, **more)
    reader = Reader(desk.may, desk.known, desk.reaches, desk.demonstration)
    own: dict[str, Any] = {"desk": reader, "me": Somebody(), "csrf": TOKEN, "kept": _nothing}
    desk.written.keep(desk.alike, desk.marked, desk.text(template, **facts, **more, **own))
    return desk.as_written() or desk.page(template, **facts, **more)


def _nothing(_place: str) -> str:
    return ""
