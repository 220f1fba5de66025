"""The media: contacts that outlive a mission, lists of them, whom a mission writes to, and who must not be written to."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base


def fold(email: str) -> str:
    """The form by which an address is known: Desk@ and desk@ are one mailbox to every newsroom, though not to RFC 5321."""
    return email.strip().casefold()


def _token() -> str:
    return secrets.token_urlsafe(18)


class MediaContact(Base):
    """One outlet's address, the same over the years and missions. A contact is left, never deleted: what it received
    and that it asked for no more stays known."""

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


class Suppression(Base):
    """An address that no letter to the media goes to; no import undoes it."""

    __tablename__ = "suppressions"

    email: Mapped[str] = mapped_column(primary_key=True)
    """The address as `fold` gives it."""
    why: Mapped[str]  # unsubscribed, dead, complaint, by_hand
    detail: Mapped[str] = mapped_column(default="")
    """What the server said, or how the reader asked."""
    letter: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))
    """The letter after which it came."""
    at: Mapped[datetime]


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
    """Never write to this address again; False when it was suppressed already (the first reason stays)."""
    if session.get(Suppression, fold(email)) is not None:
        return False
    session.add(Suppression(email=fold(email), why=why, detail=detail, letter=letter, at=at))
    session.flush()
    return True


def suppressed(session: Session, emails: Collection[str] | None = None) -> set[str]:
    """Suppressed addresses, folded; of these alone when some are given."""
    query = select(Suppression.email)
    if emails is not None:
        query = query.where(Suppression.email.in_([fold(email) for email in emails]))
    return set(session.scalars(query))


def take(session: Session, values: Mapping[str, Any], *, at: datetime) -> MediaContact:
    """The contact with these columns, made or brought up to them; found by its address however that is written."""
    row = by_email(session, values["email"])
    if row is None:
        row = MediaContact(key=fold(values["email"]), added_at=at, **values)
        session.add(row)
    else:
        row.left_at = None
        for column, value in values.items():
            setattr(row, column, value)
    session.flush()
    return row


def choose(session: Session, mission: str, contacts: Collection[int]) -> int:
    """Make these contacts the ones that the mission's releases go to. Returns how many others it wrote to before."""
    standing = set(session.scalars(select(MissionMedia.contact).where(MissionMedia.mission == mission)))
    session.add_all(MissionMedia(mission=mission, contact=one) for one in sorted(set(contacts) - standing))
    gone = standing - set(contacts)
    session.execute(delete(MissionMedia).where(MissionMedia.mission == mission, MissionMedia.contact.in_(gone)))
    session.flush()
    return len(gone)
