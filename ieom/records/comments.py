"""What members of the delegation say on a paragraph of the statement, until the drafter has dealt with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.errors import NotFound
from ieom.records.base import Base


class Comment(Base):
    """A remark on a paragraph, as it stood in the version with this hash."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "mission", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    language: Mapped[str]
    paragraph: Mapped[str]
    version_hash: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    text: Mapped[str]
    resolved_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")
    """What the drafter says became of it."""


def on(session: Session, mission: str, language: str) -> list[Comment]:
    """All of them on the statement in a language, oldest first."""
    query = select(Comment).where(Comment.mission == mission, Comment.language == language)
    return list(session.scalars(query.order_by(Comment.id)))


def get(session: Session, mission: str, number: int) -> Comment:
    """One of them. Raises `NotFound`."""
    row = session.get(Comment, number)
    if row is None or row.mission != mission:
        raise NotFound(f"there is no comment {number} on this mission's statement")
    return row
