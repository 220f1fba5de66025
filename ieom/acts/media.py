"""Who is not written to any more: readers who unsubscribe by the link in their letter, and addresses that a person
suppresses or, with a reason, lets live again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused
from ieom.mail.letters import address
from ieom.records import audit, contact_acts, letters, media, missions
from ieom.records.suppressions import SAID, standing
from ieom.rules.addresses import fold, masked

TEST_TOKEN = "test"  # noqa: S105 - no secret
"""What the link of a test letter has in the place of a contact's token."""
ENDED_BY_THE_READER = {"unsubscribed", "complaint", "forgotten"}
READER = "reader"
"""Who acts when a reader follows the link of a letter."""


@dataclass(frozen=True)
class ReaderUnsubscribed:
    """A media contact asked for no further releases, in this mission or another."""

    cancelled: list[int]


@dataclass(frozen=True)
class LettersTakenBack:
    """Letters to a contact that waited were taken back, for the contact is not written to any more."""

    cancelled: list[int]


@dataclass(frozen=True)
class ContactSuppressed:
    """An address is not written to any more, in any mission; `contact` is 0 for one that is no contact's."""

    contact: int
    why: str


@dataclass(frozen=True)
class SuppressionLifted:
    """A person let an address live again, with a reason. `address` is the SHA-256 of its folded form."""

    address: str
    was: str


@dataclass(frozen=True)
class ContactForgotten:
    """What was known of a contact was erased at its reader's wish, but for the address that is not written to."""

    contact: int


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
    last = letters.last_to(session, contact.key)
    named = {mission} if mission else {last.mission} if last else set()
    hold(session, named | set(letters.missions_with(session, contact.key)))
    if standing(session, contact.email) is not None:
        return Unsubscribed(already=True)
    gone = letters.take_back(session, key=contact.key, at=at)
    media.suppress(session, contact.email, why="unsubscribed", detail=detail, at=at, letter=last.id if last else None)
    contact_acts.append(session, by=by, at=at, act=ContactSuppressed(contact.id, "unsubscribed"))
    told = {mission} if mission else {last.mission} if last and not gone else set()
    for slug in sorted(told | gone.keys()):
        now = at if slug == mission else missions.get(session, slug).simulated_now or at
        act = ReaderUnsubscribed(gone.get(slug, []))
        audit.append(session, slug, by=by, at=now, act=act, ref=ref if slug == mission else None)
    return Unsubscribed(taken_back=sum(map(len, gone.values())))


def hold(session: Session, slugs: Iterable[str]) -> None:
    """Missions in the order of their names, then the contacts: everybody takes them in this order."""
    for slug in sorted(slugs):
        missions.lock(session, slug)
    contact_acts.lock(session)


def suppress(session: Session, *, by: str, at: datetime, email: str, why: str, ref: str | None = None) -> int:
    """A person keeps releases of all missions from an address, be it a contact's or not yet. Returns how many letters
    that waited were taken back. Raises `Refused` where it is suppressed already."""
    if contact_acts.happened(session, ref):
        return 0
    email = address(email)
    if not why.strip():
        raise BadInput("say why, for whoever asks later")
    key = fold(email)
    hold(session, letters.missions_with(session, key))
    if (before := standing(session, email)) is not None:
        raise Refused(f"nothing goes to {email} as it is: {SAID[before.why]} ({before.at:%Y-%m-%d})")
    found = media.by_email(session, email)
    gone = letters.take_back(session, key=key, at=at)
    media.suppress(session, email, why="by_hand", detail=why, at=at)
    contact_acts.append(session, by=by, at=at, ref=ref, act=ContactSuppressed(found.id if found else 0, "by_hand"))
    for slug, taken in gone.items():
        audit.append(session, slug, by=by, at=missions.now(session, slug), act=LettersTakenBack(taken))
    return sum(map(len, gone.values()))


def lift(
    session: Session,
    *,
    by: str,
    at: datetime,
    email: str,
    why: str,
    asked_on: date | None = None,
    ref: str | None = None,
) -> None:
    """A person lets an address live again: a dead one that was repaired, or one whose reader wrote that releases are
    wanted again (`asked_on`: the day of that letter; needed wherever the reader had ended it). No import can do this.
    Raises `NotFound` for an address that is not suppressed, `Refused` without the reader's wish."""
    if contact_acts.happened(session, ref):
        return
    if not why.strip():
        raise BadInput("say why the address may be written to again")
    contact_acts.lock(session)
    row = standing(session, email)
    if row is None:
        raise NotFound(f"'{email}' is not suppressed")
    if row.why in ENDED_BY_THE_READER and asked_on is None:
        raise Refused(
            f"{SAID[row.why]}; only the reader's own written wish ends that: give its day",
            command="'--asked-on 2026-11-25' does",
        )
    if asked_on is not None and not row.at.date() <= asked_on <= at.date():
        raise BadInput(f"the wish is of {asked_on}; it is to be of a day from {row.at:%Y-%m-%d} to {at:%Y-%m-%d}")
    row.lifted_at, row.lifted_by, row.lifted_why = at, by, why
    found = media.by_email(session, email)
    if found is not None and asked_on is not None:
        found.consent, found.consent_on = "asked", asked_on
    act = SuppressionLifted(hashlib.sha256(row.email.encode()).hexdigest(), row.why)
    contact_acts.append(session, by=by, at=at, act=act, ref=ref)


def forget(session: Session, *, by: str, at: datetime, email: str, ref: str | None = None) -> int:
    """A reader asked to be forgotten: outlet, name, lists and all else that is known are erased. The address alone
    stays, as one that is not written to and that no import takes in; letters sent are records of their missions.
    Returns how many letters that waited were taken back. Raises `NotFound`."""
    if contact_acts.happened(session, ref):
        return 0
    found = media.by_email(session, email)
    if found is None:
        raise NotFound(f"'{email}' is not among the media contacts")
    hold(session, {*letters.missions_with(session, found.key), *media.missions_of(session, found.id)})
    key, number = found.key, found.id
    gone = letters.take_back(session, key=key, at=at)
    selected = media.missions_of(session, number)
    media.erase(session, number)
    media.suppress(session, key, why="forgotten", at=at)
    row = session.get_one(media.Suppression, key)
    row.why, row.detail, row.letter = "forgotten", "", None
    contact_acts.append(session, by=by, at=at, act=ContactForgotten(number), ref=ref)
    for slug in sorted({*gone, *selected}):
        act = LettersTakenBack(gone.get(slug, []))
        audit.append(session, slug, by=by, at=missions.now(session, slug), act=act)
    return sum(map(len, gone.values()))
