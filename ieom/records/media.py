"""The media: contacts that outlive a mission, lists of them, whom a mission writes to, and who must not be written to."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records import contact_acts
from ieom.records.base import Base
from ieom.records.letters import take_back
from ieom.records.suppressions import Suppression, suppressed
from ieom.rules.addresses import fold
from ieom.rules.contacts import COLUMNS, Known, Plan

__all__ = [
    "MediaContact", "MediaList", "MediaListEntry", "MissionMedia", "Suppression", "by_email", "by_token", "choose", "erase", "fold",
    "ids", "keys", "known", "leave", "lists", "missions_of", "of", "suppress", "suppressed", "take",
]  # fmt: skip


def _token() -> str:
    return secrets.token_urlsafe(18)


class MediaContact(Base):
    """One outlet's address, the same over the years and missions. A contact is left, not deleted (unless its reader asks
    to be forgotten): what it received and that it asked for no more stays known."""

    __tablename__ = "media_contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """The address as `fold` gives it."""
    email: Mapped[str]
    outlet: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    salutation: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    country: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")  # wire, print, broadcast, online
    consent: Mapped[str] = mapped_column(default="")
    """What entitles us to write: asked, accredited, public (a published newsroom address), contract; or nothing known."""
    consent_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(default="")
    """Where the address is from, in the press office's words."""
    token: Mapped[str] = mapped_column(unique=True, default=_token)
    """What a letter's link to unsubscribe names the contact by; random, so that nobody guesses another's."""
    added_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    """Since when the contact is on no list any more."""


class MediaList(Base):
    """A list that the press office keeps, such as 'wires' or 'kazakhstan'."""

    __tablename__ = "media_lists"

    code: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    made_at: Mapped[datetime]


class MediaListEntry(Base):
    """A contact on a list."""

    __tablename__ = "media_list_entries"

    list: Mapped[str] = mapped_column(ForeignKey("media_lists.code"), primary_key=True)
    contact: Mapped[int] = mapped_column(ForeignKey("media_contacts.id"), primary_key=True)


class MissionMedia(Base):
    """A contact that a mission's releases go to."""

    __tablename__ = "mission_media"

    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), primary_key=True)
    contact: Mapped[int] = mapped_column(ForeignKey("media_contacts.id"), primary_key=True)


def of(session: Session, mission: str) -> Sequence[MediaContact]:
    """Whom the mission's releases go to, by address; suppressed ones are among them."""
    query = select(MediaContact).join(MissionMedia, MissionMedia.contact == MediaContact.id)
    return session.scalars(query.where(MissionMedia.mission == mission).order_by(MediaContact.email)).all()


def by_email(session: Session, email: str) -> MediaContact | None:
    """The contact with this address, however it is written."""
    return session.scalars(select(MediaContact).where(MediaContact.key == fold(email))).one_or_none()


def suppress(
    session: Session, email: str, *, why: str, at: datetime, detail: str = "", letter: int | None = None
) -> bool:
    """Never write to this address again; False when it was suppressed already (the first reason stays). Letters to the
    media that wait for it, in whichever mission, are taken back."""
    key = fold(email)
    row = session.get(Suppression, key)
    if row is not None and row.lifted_at is None:
        return False
    take_back(session, key=key, at=at)
    if row is None:
        session.add(Suppression(email=key, why=why, detail=detail, letter=letter, at=at))
    else:
        row.why, row.detail, row.letter, row.at = why, detail, letter, at
        row.lifted_at, row.lifted_by, row.lifted_why = None, None, ""
    session.flush()
    return True


def by_token(session: Session, token: str) -> MediaContact | None:
    """The contact whose letters carry this link."""
    return session.scalars(select(MediaContact).where(MediaContact.token == token)).one_or_none()


def known(session: Session) -> dict[str, Known]:
    """Every contact by its folded address, with the lists that it is on."""
    on: dict[int, set[str]] = {}
    for row in session.execute(select(MediaListEntry.contact, MediaListEntry.list)):
        on.setdefault(row.contact, set()).add(row.list)
    wanted = [getattr(MediaContact, name) for name in ("id", "key", "email", "left_at", *COLUMNS)]
    return {
        row.key: Known(
            row.email,
            {name: getattr(row, name) for name in COLUMNS},
            row.left_at is not None,
            frozenset(on.get(row.id, ())),
        )
        for row in session.execute(select(*wanted).order_by(MediaContact.email))
    }


def keys(session: Session) -> dict[int, str]:
    """Every contact's number and folded address."""
    return dict(session.execute(select(MediaContact.id, MediaContact.key)).tuples().all())


def ids(session: Session, keys: Collection[str]) -> list[int]:
    """The numbers of the contacts with these folded addresses."""
    every = session.execute(select(MediaContact.key, MediaContact.id)).tuples()
    return sorted(number for key, number in every if key in keys)


@dataclass(frozen=True)
class ContactsTaken:
    """Contacts were taken in or brought up to date; counts alone, an address is a personal datum."""

    added: int
    changed: int
    unchanged: int
    lists: tuple[str, ...]


def take(session: Session, plan: Plan, *, by: str, at: datetime, ref: str | None = None) -> None:
    """Do what a plan says, in a few statements however long it is, and leave a row in the chain of contacts. The caller
    has held them (`contact_acts.lock`) since the plan was made."""
    onto = tuple(sorted({code for one in plan.entries for code in one.lists}))
    _write(session, plan, at=at)
    if plan.of("new") or plan.of("changed"):
        count = plan.counts
        act = ContactsTaken(count["new"], count["changed"], count["unchanged"], onto)
        contact_acts.append(session, by=by, at=at, act=act, ref=ref)


def _write(session: Session, plan: Plan, *, at: datetime) -> None:
    new = [
        {"key": one.key, "email": one.email, "added_at": at, "token": _token(), **one.values} for one in plan.of("new")
    ]
    if new:
        session.execute(insert(MediaContact), new)
    number = dict(session.execute(select(MediaContact.key, MediaContact.id)).tuples().all())
    changed = [{"id": number[one.key], "left_at": None, **one.values} for one in plan.of("changed")]
    if changed:
        session.execute(update(MediaContact), changed)
    onto = [{"list": code, "contact": number[one.key]} for one in plan.entries for code in one.lists]
    if onto:
        session.execute(insert(MediaListEntry), onto)
    for row in session.identity_map.values():
        if isinstance(row, MediaContact):
            session.expire(row)


def missions_of(session: Session, contact: int) -> list[str]:
    """The missions whose releases go to this contact."""
    query = select(MissionMedia.mission).where(MissionMedia.contact == contact).order_by(MissionMedia.mission)
    return list(session.scalars(query))


def leave(session: Session, contact: int) -> None:
    """Take a contact off all lists and out of all missions' selections."""
    session.execute(delete(MediaListEntry).where(MediaListEntry.contact == contact))
    session.execute(delete(MissionMedia).where(MissionMedia.contact == contact))


def erase(session: Session, contact: int) -> None:
    """Remove everything that is known of a contact."""
    leave(session, contact)
    session.execute(delete(MediaContact).where(MediaContact.id == contact))


def lists(session: Session) -> dict[str, str]:
    """Every list: code and title."""
    return dict(session.execute(select(MediaList.code, MediaList.title).order_by(MediaList.code)).tuples().all())


def by_list(session: Session, mission: str) -> list[tuple[str, int]]:
    """(title, how many) of each list that contacts of the mission's releases are on; somebody may be on several."""
    query = (
        select(MediaList.title, func.count())
        .join(MediaListEntry, MediaListEntry.list == MediaList.code)
        .join(MissionMedia, MissionMedia.contact == MediaListEntry.contact)
        .where(MissionMedia.mission == mission)
        .group_by(MediaList.code, MediaList.title)
    )
    return list(session.execute(query.order_by(MediaList.title)).tuples().all())


def choose(session: Session, mission: str, contacts: Collection[int]) -> tuple[int, int]:
    """Make these contacts the ones that the mission's releases go to. Returns how many were added and how many others
    it wrote to before."""
    before = set(session.scalars(select(MissionMedia.contact).where(MissionMedia.mission == mission)))
    new, gone = sorted(set(contacts) - before), sorted(before - set(contacts))
    if new:
        session.execute(insert(MissionMedia), [{"mission": mission, "contact": one} for one in new])
    for some in (gone[first : first + 500] for first in range(0, len(gone), 500)):
        session.execute(delete(MissionMedia).where(MissionMedia.mission == mission, MissionMedia.contact.in_(some)))
    return len(new), len(gone)
