"""Lists that change after a mission was opened: media contacts, and polling stations that become known late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.records import audit, media, missions
from ieom.records.stations import PollingStation


@dataclass(frozen=True)
class MediaRenewed:
    """The list of media contacts was replaced; counts alone, an address is a personal datum."""

    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class StationsRenewed:
    """Polling stations were added or corrected; none is ever removed, since forms may speak of it."""

    added: tuple[str, ...]
    changed: tuple[str, ...]


def renew_media(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    contacts: Sequence[Mapping[str, Any]],
    ref: str | None = None,
) -> tuple[int, int, int]:
    """Make these the media contacts of the mission (the columns of media.csv, checked by its reader). Returns how
    many were added, changed and removed. Letters that are queued already stay as they are."""
    missions.lock(session, mission)
    if ref is not None and audit.happened(session, mission, ref):
        return 0, 0, 0
    if not contacts:
        raise BadInput("the list is empty; a release would go to nobody")
    before = {row.key for row in media.of(session, mission)}
    chosen, added, changed = set(), 0, 0
    for contact in contacts:
        known = media.by_email(session, contact["email"])
        if known is None or known.key not in before:
            added += 1
        elif any(getattr(known, column) != value for column, value in contact.items()):
            changed += 1
        chosen.add(media.take(session, contact, at=at).id)
    removed = media.choose(session, mission, chosen)
    counts = added, changed, removed
    if any(counts):
        audit.append(session, mission, by=by, at=at, ref=ref, act=MediaRenewed(*counts))
    return counts


def renew_stations(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    rows: Sequence[Mapping[str, Any]],
    ref: str | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Add these polling stations, or correct those with the same code (the columns of stations.csv; hours and zone
    left out are the mission's). Returns the codes added and changed."""
    missions.lock(session, mission)
    if ref is not None and audit.happened(session, mission, ref):
        return (), ()
    facts = missions.facts(session, mission)
    standing = {
        row.code: row for row in session.scalars(select(PollingStation).where(PollingStation.mission == mission))
    }
    usual: dict[str, str | time] = {"zone": facts.zone, "opens": facts.polls_open, "closes": facts.polls_close}
    added: list[str] = []
    changed: list[str] = []
    for given in rows:
        filled = {**given, **{key: value for key, value in usual.items() if given.get(key) is None}}
        if filled["closes"] <= filled["opens"]:
            raise BadInput(f"station '{given['code']}' closes at {filled['closes']}, not after {filled['opens']}")
        row = standing.get(filled["code"])
        if row is None:
            session.add(PollingStation(mission=mission, **filled))
            added.append(filled["code"])
        elif _update(row, filled):
            changed.append(filled["code"])
    session.flush()
    if added or changed:
        audit.append(session, mission, by=by, at=at, ref=ref, act=StationsRenewed(tuple(added), tuple(changed)))
    return tuple(added), tuple(changed)


def _update(row: object, values: Mapping[str, Any]) -> bool:
    new = {key: value for key, value in values.items() if getattr(row, key) != value}
    for key, value in new.items():
        setattr(row, key, value)
    return bool(new)
