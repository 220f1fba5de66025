"""What came back about letters, written into the ledger: bounces, delays, complaints; and who is told when too much does.

A report may be forged by anybody who saw a letter. It is believed of that one letter to its own reader, and of nothing
else: it keeps no other letter from going, and no correction or withdrawal from a reader, unless the reader complains or
the address is dead; then the address is suppressed, and whoever is left out by that is counted and shown. It ends no
doubt either, as what was lost would then look as if it had come back: it is shown beside the doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from ieom.acts.drafting import tell
from ieom.acts.media import ContactSuppressed
from ieom.mail.bounces import Report
from ieom.mail.letters import queue
from ieom.mail.smtp import DEAD
from ieom.records import audit, contact_acts, media, missions
from ieom.records.letters import TO_MEDIA, Letter, LetterReport
from ieom.records.releases import Release

MANY, SHARE = 3, 0.05
"""From so many bounces on, being such a share of a release's letters, the press officer is told."""
NAMED = 15
"""So many outlets are named in that letter."""


@dataclass(frozen=True)
class LetterBounced:
    """A letter came back."""

    letter: int
    status: str


@dataclass(frozen=True)
class ComplaintReceived:
    """A reader's provider reports a letter as unwanted; the address is suppressed."""

    letter: int


def about(session: Session, report: Report) -> Letter | None:
    """The letter of ours that a report is about, to the reader that it speaks of; None when there is none."""
    query = select(Letter).where(Letter.message_id.in_(report.identities)).options(defer(Letter.head))
    for row in session.scalars(query):
        if report.speaks_of(row.recipient):
            return row
    return None


def take_in(session: Session, mission: str, *, by: str, at: datetime, letter: int, report: Report, source: str) -> bool:
    """Write down what a report says of a letter of this mission, and do what follows from it: a letter that was sent
    has bounced; a dead address (5.1.1, 5.1.10, 5.2.1) or a complaining reader gets no more letters to the media.
    `source` is the report's own key: False when it was taken in before, and nothing happens."""
    missions.lock(session, mission)
    if report.kind == "complaint" or report.status in DEAD:
        contact_acts.lock(session)  # after the mission, as whoever unsubscribes does
    row = session.get_one(Letter, letter, with_for_update=True, populate_existing=True)
    key = f"{source}:{letter}:{report.kind}"
    if session.scalar(select(LetterReport.id).where(LetterReport.source == key)) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(
                LetterReport(
                    letter=letter, source=key, at=at, kind=report.kind, action=report.action[:40],
                    status=report.status, diagnostic=report.diagnostic,
                )
            )  # fmt: skip
    except IntegrityError:  # somebody reads the same mailbox at this moment
        return False
    if report.kind == "complaint":
        audit.append(session, mission, by=by, at=at, act=ComplaintReceived(letter))
        _suppress(session, row, by, at, "complaint", report)
    elif report.kind == "bounce" and row.state in {"sent", "bounced"}:
        row.state, row.lease = "bounced", None
        row.settled_at = row.settled_at or at
        audit.append(session, mission, by=by, at=at, act=LetterBounced(letter, report.status))
        if report.status in DEAD:
            _suppress(session, row, by, at, "dead", report)
        if row.release is not None:
            _tell_of_many(session, mission, row.release, at)
    return True


def _suppress(session: Session, row: Letter, by: str, at: datetime, why: str, report: Report) -> None:
    if row.kind not in TO_MEDIA:
        return
    contact = media.by_email(session, row.recipient)
    new = media.suppress(
        session, row.recipient, why=why, at=at, detail=report.diagnostic or report.action, letter=row.id
    )
    if new and contact is not None:
        contact_acts.append(session, by=by, at=at, act=ContactSuppressed(contact.id, why))


def _tell_of_many(session: Session, mission: str, release: int, at: datetime) -> None:
    """One letter to the press officer when many of a release's letters came back, and one when a reader's provider
    turned it away by its policy: then it is the letter that is to blame, and the next one will fare no better."""
    row = session.get_one(Release, release)
    session.flush()
    total = session.scalar(select(func.count()).select_from(Letter).where(Letter.release == release)) or 0
    returned = returned_of(session, release)
    policy = [(letter, report) for letter, report in returned if report.status.startswith("5.7.")]
    told = []
    if len(returned) >= max(MANY, SHARE * total):
        told.append(("many", returned))
    if policy:
        told.append(("policy", policy))
    for about_, those in told:
        to = tell(session, mission, "press-officer")
        if to.email:
            queue(
                session, mission, kind="letters_returned", occasion=f"letters_returned:{row.number}:{about_}", to=to,
                at=at, facts={
                    "number": row.number, "total": total, "count": len(those), "policy": about_ == "policy",
                    "outlets": [(letter.to_office, (report.diagnostic or report.status)[:160]) for letter, report in those[:NAMED]],
                    "more": max(0, len(those) - NAMED),
                },
            )  # fmt: skip


def returned_of(session: Session, release: int) -> Sequence[tuple[Letter, LetterReport]]:
    """The letters of a release that bounced, each with its newest report."""
    newest = (
        select(func.max(LetterReport.id))
        .where(LetterReport.kind == "bounce")
        .group_by(LetterReport.letter)
        .scalar_subquery()
    )
    query = (
        select(Letter, LetterReport)
        .join(LetterReport, LetterReport.letter == Letter.id)
        .where(Letter.release == release, Letter.state == "bounced", LetterReport.id.in_(newest))
        .options(defer(Letter.head))
        .order_by(Letter.to_office, Letter.id)
    )
    return session.execute(query).tuples().all()
