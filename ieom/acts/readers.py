"""To whom a release goes: the mission's media contacts; what concerns an earlier release, to exactly those whom that one
reached or may have reached, in answer to the letter that they got."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from ieom.mail.letters import Recipient
from ieom.records import media, releases
from ieom.records.letters import WAITING, Letter, LetterAttempt
from ieom.records.media import MediaContact
from ieom.records.releases import Release
from ieom.rules.addresses import fold
from ieom.rules.mission import MissionFacts
from ieom.rules.release import ABOUT, TAKES_BACK


@dataclass(frozen=True)
class Reader:
    """Somebody whom a release is written to."""

    to: Recipient
    got: bool = True
    """Whether the release concerned reached them, or may have; False for one whose letter of it never left: they get
    the corrected text as their first."""


def of(session: Session, mission: str, row: Release) -> list[Reader]:
    """The media to whom a release goes. A suppressed address is among them and is passed over when letters are queued."""
    if row.kind not in ABOUT:
        return [Reader(addressed(contact)) for contact in media.of(session, mission)]
    line = releases.line(session, row)
    had = _reached(session, line, "release")
    known = {one.key: one for one in session.scalars(select(MediaContact))}
    found = []
    for email, letters in had.items():
        contact = known.get(fold(email))
        to = addressed(contact) if contact is not None else Recipient(email, letters[-1][1], letters[-1][2])
        found.append(Reader(replace(to, email=email, answers=tuple(message_id for message_id, _, _ in letters))))
    if row.kind == "correction":
        left = select(Letter.recipient).where(
            _of(line, "release"), Letter.state == "cancelled", Letter.answer == releases.in_place(row)
        )
        for email in dict.fromkeys(session.scalars(left.order_by(Letter.recipient))):
            contact = known.get(fold(email))
            if email not in had and contact is not None:
                found.append(Reader(replace(addressed(contact), email=email), got=False))
    return found


def officials(session: Session, row: Release, facts: MissionFacts) -> list[Recipient]:
    """Who gets an official copy: the ministry that invited, the election commission, the states that take part; of what
    concerns an earlier release, in answer to the copy that they got."""
    bodies = {facts.invitation.from_body} | {o.body for o in facts.offices if o.body.endswith("-cec")}
    offices = {
        office.email: Recipient(office.email, office.office, salutation=office.salutation)
        for office in facts.offices
        if office.email and office.body in bodies and office.body != facts.organisation
    }
    offices |= {
        state.contact_email: Recipient(state.contact_email, state.contact_office, salutation="Excellency")
        for state in facts.states
        if not state.withdrew_on
    }
    had = _reached(session, releases.line(session, row), "release_official")
    return [
        replace(to, answers=tuple(message_id for message_id, _, _ in had.get(email, ())))
        for email, to in offices.items()
    ]


def take_back(session: Session, row: Release, *, at: datetime) -> int:
    """A correction or a withdrawal begins: letters of what it concerns that have not left do not leave any more, and
    stand in the ledger as taken back. Returns how many. A sender that has leased one lets it go; one that is on its way
    or in doubt does not go again (`releases.superseded`)."""
    if row.kind not in TAKES_BACK:
        return 0
    here = Letter.release == row.concerns  # what that corrected in turn was taken back when it began
    waiting = list(session.scalars(select(Letter.id).where(here, Letter.state.in_(WAITING))))
    for start in range(0, len(waiting), 500):
        session.execute(
            update(Letter)
            .where(Letter.id.in_(waiting[start : start + 500]), Letter.state.in_(WAITING))
            .values(state="cancelled", settled_at=at, lease=None, next_at=None, answer=releases.in_place(row))
        )
    return len(waiting)


def addressed(contact: MediaContact) -> Recipient:
    """A contact of the media as a letter's reader."""
    return Recipient(
        contact.email, contact.outlet, contact.language, contact.salutation, contact.name, contact.token
    )  # fmt: skip


def _of(line: list[Release], kind: str) -> ColumnElement[bool]:
    return and_(Letter.release.in_([one.id for one in line]), Letter.kind == kind)


def _reached(session: Session, line: list[Release], kind: str) -> dict[str, list[tuple[str, str, str]]]:
    """address -> (Message-ID, outlet, language) of each letter of these releases that arrived or may have, oldest first.
    One that came back counts, for a report of that may be forged: unless its address is suppressed by now, its reader is
    told. One that the server refused in our own connection did not; one sent again after a doubt may have."""
    tried = select(LetterAttempt.id).where(
        LetterAttempt.letter == Letter.id, LetterAttempt.outcome.in_(["sent", "in_doubt"])
    )
    query = (
        select(Letter.recipient, Letter.message_id, Letter.to_office, Letter.language)
        .where(
            _of(line, kind),
            or_(Letter.state.in_(["sent", "in_doubt", "transmitting", "bounced"]), tried.exists()),
        )
        .order_by(Letter.recipient, Letter.id)
    )
    found: dict[str, list[tuple[str, str, str]]] = {}
    for recipient, message_id, office, language in session.execute(query).tuples():
        found.setdefault(recipient, []).append((message_id, office, language))
    return found
