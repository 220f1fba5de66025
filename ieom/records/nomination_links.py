"""Links by which a state nominates. The token itself is in nobody's records but its letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.errors import NotFound
from ieom.records.base import Base
from ieom.records.decision_links import TOKEN, digest_of


class NominationLink(Base):
    """A link bound to a mission and a state."""

    __tablename__ = "nomination_links"

    digest: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the token."""
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"), index=True)
    state: Mapped[str]
    """The state's code."""
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When something was last done by it; looking leaves no trace, for mail scanners look too."""
    ended_at: Mapped[datetime | None]


def by_token(session: Session, token: str) -> NominationLink:
    """The link that a token belongs to. Raises `NotFound`, of a token cut off as of one made up."""
    row = session.get(NominationLink, digest_of(token)) if 0 < len(token) <= TOKEN else None
    if row is None:
        raise NotFound("no link has this token")
    return row


def of(session: Session, mission: str) -> dict[str, Sequence[NominationLink]]:
    """The links of a mission by state, the newest last."""
    query = select(NominationLink).where(NominationLink.mission == mission)
    found: dict[str, list[NominationLink]] = {}
    for row in session.scalars(query.order_by(NominationLink.made_at, NominationLink.digest)):
        found.setdefault(row.state, []).append(row)
    return dict(found)
