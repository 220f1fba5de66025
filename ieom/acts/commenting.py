"""Comments on a paragraph of the statement: made by whoever has a part in the mission, settled by whoever drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound
from ieom.records import audit, comments, drafts
from ieom.records.comments import Comment

LONGEST = 5_000
"""Characters."""


@dataclass(frozen=True)
class CommentMade:
    """Somebody said something on a paragraph."""

    comment: int
    paragraph: str
    version_hash: str


@dataclass(frozen=True)
class CommentSettled:
    """The drafter dealt with a comment."""

    comment: int
    paragraph: str


def comment(
    session: Session, mission: str, *, by: str, at: datetime, paragraph: str, text: str, language: str = "en",
    ref: str | None = None,
) -> Comment | None:  # fmt: skip
    """Say something on a paragraph of the newest version; None when this very act was done before."""
    said = text.strip()
    if not said:
        raise BadInput("the comment is empty; write what should change, and why")
    if len(said) > LONGEST:
        raise BadInput(f"the comment has {len(said):,} characters; a comment has at most {LONGEST:,}")
    if ref and audit.happened(session, mission, ref):
        return None
    version = drafts.newest(session, mission, language)
    if version is None or paragraph not in {one["key"] for one in version.content["paragraphs"]}:
        raise NotFound(f"the statement has no paragraph '{paragraph}' now; look at the newest version")
    row = Comment(
        mission=mission,
        language=language,
        paragraph=paragraph,
        version_hash=version.content_hash,
        by=by,
        at=at,
        text=said,
    )
    session.add(row)
    session.flush()
    audit.append(session, mission, by=by, at=at, act=CommentMade(row.id, paragraph, version.content_hash), ref=ref)
    return row


def settle_comment(
    session: Session, mission: str, *, by: str, at: datetime, comment: int, answer: str = "", ref: str | None = None
) -> Comment:
    """The comment is dealt with; `answer` says how, where there is something to say."""
    row = comments.get(session, mission, comment)
    if row.resolved_at is not None or (ref and audit.happened(session, mission, ref)):
        return row
    if len(answer) > LONGEST:
        raise BadInput(f"the answer has {len(answer):,} characters; it has at most {LONGEST:,}")
    row.resolved_by, row.resolved_at, row.answer = by, at, answer.strip()
    session.flush()
    audit.append(session, mission, by=by, at=at, act=CommentSettled(comment, row.paragraph), ref=ref)
    return row
