"""Links by which approvers decide, or say that a decision told to them is not theirs. The token itself is in nobody's records but its letter; what became of a link is told
by its round and its seat."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.errors import NotFound
from ieom.records.base import Base

TOKEN = 100
"""Characters; no token of ours is as long."""
TRIES = 5
"""Wrong codes after which a person's links of a round are dead."""


class DecisionLink(Base):
    """A link bound to a person, a round and the hashes of its texts."""

    __tablename__ = "decision_links"

    digest: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the token."""
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    round: Mapped[int] = mapped_column(ForeignKey("approval_rounds.id"), index=True)
    seat: Mapped[int] = mapped_column(ForeignKey("approval_seats.id"))
    who: Mapped[str]
    """The seat's holder, or the deputy whom this link was sent to."""
    hashes: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    code: Mapped[str] = mapped_column(default="")
    """What the code sent separately is compared with, keyed by the installation's secret; empty: none is asked."""
    purpose: Mapped[str] = mapped_column(default="decide", server_default="decide")
    """'decide', or 'contradict' what was recorded for the person, or decided on their seat by a link."""
    recorded: Mapped[int | None]
    """What a colleague had entered (of `recorded_decisions`), where that is what it contradicts."""
    wrong: Mapped[int] = mapped_column(default=0)
    """Wrong codes given so far, to any of the links that this code opens."""

    @property
    def dead(self) -> bool:
        """Whether too many wrong codes were given."""
        return self.wrong >= TRIES


def digest_of(token: str) -> str:
    """What stands for a token in the records."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(session: Session, token: str) -> DecisionLink:
    """The link that a token belongs to. Raises `NotFound`, of a token cut off as of one made up."""
    row = session.get(DecisionLink, digest_of(token)) if 0 < len(token) <= TOKEN else None
    if row is None:
        raise NotFound("no link has this token")
    return row


def of_person(session: Session, round_: int, who: str) -> Sequence[DecisionLink]:
    """A person's links of a round, by its id; the newest last."""
    query = select(DecisionLink).where(DecisionLink.round == round_, DecisionLink.who == who)
    return session.scalars(query.order_by(DecisionLink.made_at, DecisionLink.digest)).all()
