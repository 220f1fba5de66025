"""What a page says of a mission, gathered once for everybody who looks: anew when something happened to the mission, and after
some seconds for what time alone changes. Nothing of one reader's own is ever kept here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from desk.web.asking import Asked
from ieom.records.base import reading
from ieom.records.letters import Letter
from ieom.records.missions import Mission

SECONDS = 20
"""How long facts are told again when nothing happened."""
MOST = 400
"""Pages kept; beyond it all are forgotten."""


def mark(desk: Asked, mission: str) -> tuple[object, ...]:
    """Another one whenever something happened to a mission: acts, walks, a clock that was moved, letters that left."""
    with reading(desk.engine) as session:
        left = select(func.count()).where(Letter.mission == mission, Letter.settled_at.is_not(None))
        query = select(
            Mission.revision, Mission.walked_revision, Mission.state, Mission.simulated_now, left.scalar_subquery()
        )
        return tuple(session.execute(query.where(Mission.slug == mission)).one())


def known(
    desk: Asked, page: tuple[str, ...], gather: Callable[[], dict[str, Any]], *, mission: str = ""
) -> dict[str, Any]:
    """The facts of a page (its name and what was asked of it) of a mission, the one asked about where none is named: the
    same for every reader who may see it. They are read only: a page that adds to them adds to a copy."""
    kept: dict[tuple[str, ...], tuple[object, dict[str, Any]]] = desk.request.app.state.known
    mission = mission or desk.mission
    key, now = (mission, *page), (*mark(desk, mission), int(time.monotonic() // SECONDS))
    found = kept.get(key)
    if found is None or found[0] != now:
        if len(kept) >= MOST:
            kept.clear()
        found = kept[key] = (now, gather())
    return found[1]
