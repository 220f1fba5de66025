"""Who is not written to any more: readers who unsubscribe by the link in their letter, and addresses that a person
suppresses or, with a reason, lets live again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.errors import NotFound
from ieom.records import audit, contact_acts, letters, media, missions
from ieom.records.suppressions import standing
from ieom.rules.addresses import masked

TEST_TOKEN = "test"  # noqa: S105 - no secret
"""What the link of a test letter has in the place of a contact's token."""
READER = "reader"
"""Who acts when a reader follows the link of a letter."""


@dataclass(frozen=True)
class ReaderUnsubscribed:
    """A media contact asked for no further releases, in this mission or another."""

    cancelled: list[int]


@dataclass(frozen=True)
class ContactSuppressed:
    """A contact is not written to any more, in any mission."""

    contact: int
    why: str


@dataclass(frozen=True)
class Unsubscribed:
    """What following the link came to. `test`: it was a test letter's, and nothing was changed; `already`: the address
    was suppressed before; `taken_back`: letters that waited, in all missions."""

    test: bool = False
    already: bool = False
    taken_back: int = 0


@dataclass(frozen=True)
class Reader:
    """What the page to unsubscribe may show to whoever has the link."""

    outlet: str
    address: str
    """Masked: 'n•••@w•••.example'."""
    unsubscribed: bool = False
    """Whether nothing goes to this address any more, for whatever reason."""
    test: bool = False


def contact_by_token(session: Session, token: str) -> Reader:
    """Whose link this is. Raises `NotFound`."""
    if token == TEST_TOKEN:
        return Reader("A test", "", test=True)
    found = _by_token(session, token)
    return Reader(found.outlet, masked(found.email), standing(session, found.email) is not None)


def unsubscribe_by_token(session: Session, *, token: str, at: datetime) -> Unsubscribed:
    """A reader followed the link of a letter (RFC 8058, 3.2): no release of any mission goes to the address any more,
    and letters that wait are taken back. Followed again it changes nothing. Raises `NotFound`."""
    if token == TEST_TOKEN:
        return Unsubscribed(test=True)
    return unsubscribe_contact(session, _by_token(session, token), by=READER, at=at, detail="by the link in a letter")


def _by_token(session: Session, token: str) -> media.MediaContact:
    found = media.by_token(session, token) if token else None
    if found is None:
        raise NotFound("this link belongs to nobody on our lists; no release goes to its reader")
    return found


def unsubscribe_contact(
    session: Session,
    contact: media.MediaContact,
    *,
    by: str,
    at: datetime,
    detail: str,
    mission: str = "",
    ref: str | None = None,
) -> Unsubscribed:
    """Suppress the contact's address; leaves a row in the chain of contacts, and one in each mission whose letters were
    taken back, or in the mission named, or in the one whose letter was the last."""
    contact_acts.lock(session)
    if standing(session, contact.email) is not None:
        return Unsubscribed(already=True)
    last = letters.last_to(session, contact.key)
    gone = letters.take_back(session, key=contact.key, at=at)
    media.suppress(session, contact.email, why="unsubscribed", detail=detail, at=at, letter=last.id if last else None)
    contact_acts.append(session, by=by, at=at, act=ContactSuppressed(contact.id, "unsubscribed"))
    told = {mission} if mission else {last.mission} if last and not gone else set()
    for slug in sorted(told | gone.keys()):
        now = at if slug == mission else missions.get(session, slug).simulated_now or at
        act = ReaderUnsubscribed(gone.get(slug, []))
        audit.append(session, slug, by=by, at=now, act=act, ref=ref if slug == mission else None)
    return Unsubscribed(taken_back=sum(map(len, gone.values())))
