"""Lists that change after a mission was opened: media contacts, and polling stations that become known late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, Conflict, NotFound
from ieom.records import audit, contact_acts, media, missions, suppressions
from ieom.records.stations import PollingStation
from ieom.rules.addresses import fold
from ieom.rules.contacts import Given, Plan, Wanted, chosen, entitled, plan


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
    expected: str = "",
    ref: str | None = None,
) -> tuple[int, int, int]:
    """Make these the media contacts of the mission (the columns of media.csv, checked by its reader). Returns how
    many were added, changed and removed. Letters that are queued already stay as they are. Raises `Conflict` when
    the contacts are no longer those of the plan that a person saw (`expected`, its digest)."""
    missions.lock(session, mission)
    if ref is not None and audit.happened(session, mission, ref):
        return 0, 0, 0
    if not contacts:
        raise BadInput("the list is empty; a release would go to nobody")
    contact_acts.lock(session)
    taken = renewal(session, contacts)
    if expected and taken.digest != expected:
        raise Conflict("the contacts have changed since you looked; nothing was changed: look again")
    before = {row.key for row in media.of(session, mission)}
    media.take(session, taken, by=by, at=at)
    added, removed = media.choose(session, mission, media.ids(session, {one.key for one in taken.entries}))
    counts = added, sum(one.key in before for one in taken.of("changed")), removed
    if any(counts):
        audit.append(session, mission, by=by, at=at, ref=ref, act=MediaRenewed(*counts))
    return counts


def renewal(session: Session, contacts: Sequence[Mapping[str, Any]]) -> Plan:
    """What taking in these contacts comes to."""
    given = [
        Given(number, row["email"], {name: value for name, value in row.items() if value and name != "email"})
        for number, row in enumerate(contacts, start=2)
    ]
    return plan(given, media.known(session), suppressions.reasons(session), media.lists(session))


@dataclass(frozen=True)
class MediaSelected:
    """The contacts that a mission's releases go to were selected. `contacts` is the hash of the newest act on contacts:
    with it this chain bears witness to that one."""

    selected: int
    added: int
    removed: int
    contacts: str


@dataclass(frozen=True)
class Selection:
    """Whom a mission's releases would go to: addresses, by what a person looks for."""

    selected: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    suppressed: Mapping[str, str]
    """Those selected that no letter goes to, and why."""
    without_consent: tuple[str, ...]
    """Those selected of whom it is not known why we may write."""


def selection(session: Session, mission: str, wanted: Wanted, *, keep: bool = False) -> Selection:
    """Whom `wanted` takes; with `keep` beside those that the mission writes to already. Raises `NotFound` for a list
    that there is not."""
    lists, known = media.lists(session), media.known(session)
    for code in wanted.lists:
        if code not in lists:
            there = f"; there are {', '.join(lists)}" if lists else "; make it first"
            raise NotFound(f"there is no list '{code}'{there}", command="'ieom media lists make' makes one")
    before = {row.key for row in media.of(session, mission)}
    keys = {*chosen(known, wanted), *(before if keep else ())}
    gone = suppressions.reasons(session)

    def said(some: set[str]) -> tuple[str, ...]:
        return tuple(sorted(known[key].email for key in some))

    return Selection(
        said(keys),
        said(keys - before),
        said(before - keys),
        {known[key].email: gone[key] for key in sorted(keys & gone.keys())},
        said({key for key in keys if not entitled(known[key].values)}),
    )


def select_media(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    wanted: Wanted,
    keep: bool = False,
    expected: Selection | None = None,
    ref: str | None = None,
) -> Selection:
    """Make these the contacts that the mission's releases go to. Letters that are queued already stay as they are.
    Raises `Conflict` when the records say no longer what the preview (`expected`) said, `BadInput` for nobody."""
    missions.lock(session, mission)
    if ref is not None and audit.happened(session, mission, ref):
        return selection(session, mission, wanted, keep=keep)
    contact_acts.lock(session)
    found = selection(session, mission, wanted, keep=keep)
    if expected is not None and found != expected:
        raise Conflict("the contacts have changed since you looked; nothing was changed: look again")
    if not found.selected:
        raise BadInput("nobody is meant by that; a release would go to nobody")
    media.choose(session, mission, media.ids(session, {fold(email) for email in found.selected}))
    if found.added or found.removed:
        head = contact_acts.head(session)
        act = MediaSelected(len(found.selected), len(found.added), len(found.removed), head.hash if head else "")
        audit.append(session, mission, by=by, at=at, ref=ref, act=act)
    return found


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
