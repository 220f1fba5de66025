"""The ledger of a release: one row a recipient, with everything that is known of its letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from ieom.records.letters import Letter, LetterAttempt, LetterReport
from ieom.records.releases import Release
from ieom.rules.replies import enhanced

AT_ONCE = 500
"""Rows read at a time; what bounds the memory."""


@dataclass(frozen=True)
class Row:
    """One recipient's letter; times UTC."""

    letter: int
    outlet: str
    address: str
    language: str
    kind: str
    state: str
    queued_at: datetime
    settled_at: datetime | None
    connection: str
    """Over which the last attempt went, such as 2/4; 'log' when the mail server's log told."""
    code: int | None
    """SMTP reply code (RFC 5321, 4.2)."""
    enhanced: str
    """Enhanced status code (RFC 3463), of the server's answer."""
    answer: str
    attempts: int
    message_id: str
    reported_at: datetime | None
    reported: str
    """What came back last: bounce, delay, delivered or complaint."""
    status: str
    """Its status (RFC 3463)."""
    diagnostic: str


def rows(
    session: Session, release: int, *, state: str = "", language: str = "", words: str = "", addresses: bool = True
) -> Iterator[Row]:  # fmt: skip
    """The ledger of a release, by outlet; read in pieces, so that a long one takes no more memory than a short one. Of
    one state, in one language, or with `words` in the outlet's name or (with `addresses`) address, where those are given."""
    asked = [Letter.release == release]
    asked += [Letter.state == state] if state else []
    asked += [Letter.language == language] if language else []
    if words:
        held = [
            column.icontains(words, autoescape=True)
            for column in (Letter.to_office, *([Letter.recipient] if addresses else []))
        ]
        asked.append(or_(*held))
    attempt, report = aliased(LetterAttempt), aliased(LetterReport)
    last = select(func.max(attempt.id)).where(attempt.letter == Letter.id).correlate(Letter).scalar_subquery()
    told = select(func.max(report.id)).where(report.letter == Letter.id).correlate(Letter).scalar_subquery()
    tries = select(func.count(attempt.id)).where(attempt.letter == Letter.id).correlate(Letter).scalar_subquery()
    query = (
        select(
            Letter.id, Letter.to_office, Letter.recipient, Letter.language, Letter.kind, Letter.state, Letter.queued_at,
            Letter.settled_at, LetterAttempt.connection, Letter.code, Letter.answer, tries.label("attempts"),
            Letter.message_id, LetterReport.at.label("reported_at"), LetterReport.kind.label("reported"),
            LetterReport.status, LetterReport.diagnostic,
        )
        .select_from(Letter)
        .outerjoin(LetterAttempt, LetterAttempt.id == last)
        .outerjoin(LetterReport, LetterReport.id == told)
        .where(*asked)
        .order_by(Letter.to_office, Letter.id)
    )  # fmt: skip
    for one in session.execute(query.execution_options(yield_per=AT_ONCE)):
        answer = one.answer or ""
        yield Row(
            one.id, one.to_office, one.recipient, one.language, one.kind, one.state, one.queued_at, one.settled_at,
            one.connection or "", one.code, enhanced(answer), answer, one.attempts, one.message_id,
            one.reported_at, one.reported or "", one.status or "", one.diagnostic or "",
        )  # fmt: skip


def figures(session: Session, mission: str) -> list[tuple[int, str, int]]:
    """(number of the release, state, how many letters) for each release whose letters were written, the newest first."""
    query = (
        select(Release.number, Letter.state, func.count())
        .join(Release, Release.id == Letter.release)
        .where(Letter.mission == mission)
        .group_by(Release.number, Letter.state)
        .order_by(Release.number.desc(), Letter.state)
    )
    return [(number, state, count) for number, state, count in session.execute(query).tuples()]


def by_language(session: Session, release: int) -> list[tuple[str, str, int]]:
    """(language, kind, how many letters) of a release whose letters were written."""
    query = select(Letter.language, Letter.kind, func.count()).where(Letter.release == release)
    return list(session.execute(query.group_by(Letter.language, Letter.kind).order_by(func.count().desc())).tuples())
