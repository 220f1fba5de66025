"""The media: contacts that outlive a mission, lists of them, whom a mission writes to, and who must not be written to."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.records.base import Base
from ieom.records.letters import take_back
from ieom.records.suppressions import Suppression, suppressed
from ieom.rules.addresses import fold

__all__ = [
    "MediaContact", "MediaList", "MediaListEntry", "MissionMedia", "Suppression", "by_email", "by_token", "choose", "fold",
    "of", "suppress", "suppressed", "take",
]  # fmt: skip


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
