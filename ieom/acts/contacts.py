"""What people do to the press office's contacts: take in files, add, change, leave, and keep lists.

Contacts are the installation's, not a mission's: these acts name no mission, and their rows stand in a chain of their
own (`records/contact_acts`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ieom.acts.lists import MediaRenewed
from ieom.acts.media import hold
from ieom.errors import BadInput, Conflict, Fault, Faults, NotFound
from ieom.folder.contacts import Read, checked
from ieom.records import audit, contact_acts, media, missions, suppressions
from ieom.rules import contacts as rules
from ieom.rules.contacts import Given, Plan


@dataclass(frozen=True)
class ContactChanged:
    """A person changed what is known of a contact; the columns alone."""

    contact: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ContactLeft:
    """A contact is on no list any more, nor in any mission's selection."""

    contact: int


@dataclass(frozen=True)
class ListMade:
    """A list was made."""

    list: str


@dataclass(frozen=True)
class ListChanged:
    """Contacts came onto a list, or went off it."""

    list: str
    added: int
    removed: int


def preview(session: Session, read: Read, *, file: str, onto: Sequence[str] = ()) -> Plan:
    """What taking in a file comes to. Raises `Faults` with everything that is wrong with it, and `NotFound`."""
    found = _plan(session, read.given, onto)
    faults = [*read.faults, *(Fault(file, one.says, one.row, one.column) for one in found.refused)]
    if faults:
        raise Faults(sorted(faults, key=lambda fault: fault.row or 0))
    return found


def _plan(session: Session, given: Sequence[Given], onto: Sequence[str]) -> Plan:
    lists = media.lists(session)
    for code in onto:
        _list(lists, code)
    return rules.plan(given, media.known(session), suppressions.reasons(session), lists, onto=onto)


def _list(lists: Mapping[str, str], code: str) -> None:
    if code not in lists:
        there = f"; there are {', '.join(lists)}" if lists else ""
        raise NotFound(f"there is no list '{code}'{there}; make it first", command="'ieom media lists make' does")


def take_in(
    session: Session,
    *,
    by: str,
    at: datetime,
    given: Sequence[Given],
    onto: Sequence[str] = (),
    expected: str = "",
    ref: str | None = None,
) -> Plan:
    """Take contacts in, all or none. `expected` is the digest of the plan that a person saw; raises `Conflict` when the
    records have changed since, `BadInput` for a row that can't be taken."""
    contact_acts.lock(session)
    found = _plan(session, given, onto)
    if contact_acts.happened(session, ref):
        return found
    if expected and found.digest != expected:
        raise Conflict("the contacts have changed since you looked; nothing was taken in: look again")
    if found.refused:
        raise BadInput("; ".join(f"{one.column} {one.says}" for one in found.refused))
    media.take(session, found, by=by, at=at, ref=ref)
    return found


def change(
    session: Session, *, by: str, at: datetime, email: str, values: Mapping[str, Any], ref: str | None = None
) -> tuple[rules.Change, ...]:
    """Change what is known of a contact, as a person says it: an empty value empties. Returns what changed. The address
    itself is not changed: another address is another contact, whose consent is its own."""
    if contact_acts.happened(session, ref):
        return ()
    contact_acts.lock(session)
    row = _contact(session, email)
    told = {name: value for name, value in values.items() if value is not None}
    if "consent" in told and told["consent"] != row.consent:
        told.setdefault("consent_on", "")
    after = {name: getattr(row, name) for name in rules.COLUMNS} | told
    read = checked({"email": row.email, **{name: value for name, value in after.items() if value}})
    if not after["outlet"]:
        raise BadInput("a contact has an outlet; it can't be emptied")
    new = {name: read.values.get(name) or rules.EMPTY[name] for name in told}
    changes = tuple(
        rules.Change(name, getattr(row, name), value) for name, value in new.items() if value != getattr(row, name)
    )
    for one in changes:
        setattr(row, one.column, one.new)
    if changes:
        act = ContactChanged(row.id, tuple(one.column for one in changes))
        contact_acts.append(session, by=by, at=at, act=act, ref=ref)
    return changes


def _contact(session: Session, email: str) -> media.MediaContact:
    row = media.by_email(session, email)
    if row is None:
        raise NotFound(f"'{email}' is not among the media contacts", command="'ieom media list' shows them")
    return row


def leave(session: Session, *, by: str, at: datetime, email: str, ref: str | None = None) -> list[str]:
    """A contact is on no list any more and in no mission's selection; what it received stays known. Returns the
    missions that wrote to it."""
    if contact_acts.happened(session, ref):
        return []
    row = _contact(session, email)
    slugs = media.missions_of(session, row.id)
    hold(session, slugs)
    if row.left_at is not None and not slugs:
        return []
    media.leave(session, row.id)
    row.left_at = at
    contact_acts.append(session, by=by, at=at, act=ContactLeft(row.id), ref=ref)
    for slug in slugs:
        audit.append(session, slug, by=by, at=missions.now(session, slug), act=MediaRenewed(0, 0, 1))
    return slugs


def make_list(session: Session, *, by: str, at: datetime, code: str, title: str, ref: str | None = None) -> None:
    """Make a list. Raises `Conflict` where there is one of that code or title."""
    if contact_acts.happened(session, ref):
        return
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", code):
        raise BadInput(f"'{code}' is no code; write small letters, digits, dots and hyphens, such as wires-kz")
    if not title.strip() or re.search(r"[;,+|\x00-\x1f]", title):
        raise BadInput("a list has a title, without commas, semicolons and plus signs")
    contact_acts.lock(session)
    there = media.lists(session)
    if code in there or title.casefold() in {one.casefold() for one in (*there, *there.values())}:
        raise Conflict(
            f"there is a list '{code}' or one of that title already", command="'ieom media lists' shows them"
        )
    session.add(media.MediaList(code=code, title=title.strip(), made_at=at))
    session.flush()
    contact_acts.append(session, by=by, at=at, act=ListMade(code), ref=ref)


def put_on(session: Session, *, by: str, at: datetime, code: str, emails: Sequence[str], ref: str | None = None) -> int:
    """Put contacts on a list. Returns how many were not on it. Raises `NotFound` naming each address that is no
    contact's."""
    return _listed(session, by=by, at=at, code=code, emails=emails, on=True, ref=ref)


def take_off(
    session: Session, *, by: str, at: datetime, code: str, emails: Sequence[str], ref: str | None = None
) -> int:
    """Take contacts off a list. Returns how many were on it."""
    return _listed(session, by=by, at=at, code=code, emails=emails, on=False, ref=ref)


def _listed(
    session: Session, *, by: str, at: datetime, code: str, emails: Sequence[str], on: bool, ref: str | None
) -> int:
    if contact_acts.happened(session, ref):
        return 0
    contact_acts.lock(session)
    _list(media.lists(session), code)
    rows = {email: media.by_email(session, email) for email in emails}
    missing = [email for email, row in rows.items() if row is None]
    if missing:
        raise NotFound(f"not among the media contacts: {', '.join(missing)}")
    changed = 0
    for row in {row.id: row for row in rows.values() if row is not None}.values():
        entry = session.get(media.MediaListEntry, (code, row.id))
        if on and entry is None:
            session.add(media.MediaListEntry(list=code, contact=row.id))
            row.left_at = None
            changed += 1
        elif not on and entry is not None:
            session.delete(entry)
            changed += 1
    session.flush()
    if changed:
        act = ListChanged(code, changed if on else 0, 0 if on else changed)
        contact_acts.append(session, by=by, at=at, act=act, ref=ref)
    return changed
