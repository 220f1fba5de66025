"""Letters are written and queued here, in the same transaction as the reason for them.

A message is `head` + `tail`: the head holds everything that is one recipient's own, the tail what many share (an
encoded PDF), stored once. Both together are the exact bytes that go over the wire.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ieom.mail.dkim import key_for
from ieom.mail.identity import identity, secret
from ieom.mail.message import Attachment, readdressed, wire
from ieom.mail.written import GRACE, Composed, Recipient, Written, address, official_names
from ieom.records import missions
from ieom.records.letters import TO_MEDIA, Letter, LetterPart
from ieom.records.media import suppressed
from ieom.rules.addresses import fold

__all__ = [
    "GRACE", "TO_MEDIA", "Attachment", "Composed", "Recipient", "address", "compose", "message_bytes", "official_names",
    "queue", "queue_many", "readdress",
]  # fmt: skip

CHUNK = 200
"""Letters written at a time into the outbox; what bounds the memory."""


def queue(
    session: Session,
    mission: str,
    *,
    kind: str,
    occasion: str,
    to: Recipient,
    facts: Mapping[str, Any],
    at: datetime,
    due_at: datetime | None = None,
    attachments: Sequence[Attachment] = (),
    release: int | None = None,
    headers: Mapping[str, str] | None = None,
    grace: timedelta = GRACE,
) -> Letter | None:
    """Queue one letter; None when this occasion has a letter to this address already, or when the address is
    suppressed for letters of this kind. `at` is the mission's now, `due_at` the moment the letter belongs to (UTC);
    queued more than `grace` after it, the letter waits for a person, as it does when it belongs to a moment before
    restored records went on. Raises `BadInput`, naming what is wrong with an
    address, a header or a template."""
    email = address(to.email)
    if _passed_over(session, mission, kind, occasion, {fold(email)}):
        return None
    written = Written(session, mission, kind, occasion, at, due_at or at, attachments, release, headers or {}, grace)
    letter = Letter(**written.row(to, email, facts))
    session.add(letter)
    session.flush()
    return letter


def queue_many(
    session: Session,
    mission: str,
    *,
    kind: str,
    occasion: str,
    to: Iterable[tuple[Recipient, Mapping[str, Any]]],
    at: datetime,
    due_at: datetime | None = None,
    attachments: Sequence[Attachment] = (),
    release: int | None = None,
    headers: Mapping[str, str] | None = None,
    grace: timedelta = GRACE,
) -> int:
    """Queue one letter for each recipient, with the facts told to them; those that have one for this occasion, and
    suppressed addresses, are passed over. What they share is encoded and stored once, and no more than a few hundred
    letters are in memory at a time. Returns how many were queued; raises `BadInput` and queues none."""
    written = Written(session, mission, kind, occasion, at, due_at or at, attachments, release, headers or {}, grace)
    passed = _passed_over(session, mission, kind, occasion)
    rows: list[dict[str, Any]] = []
    count = 0
    for recipient, own in to:
        email = address(recipient.email)
        key = fold(email)
        if key in passed:
            continue
        passed.add(key)
        rows.append(written.row(recipient, email, own))
        count += 1
        if len(rows) == CHUNK:
            session.execute(insert(Letter), rows)
            rows = []
    if rows:
        session.execute(insert(Letter), rows)
    return count


def _passed_over(
    session: Session, mission: str, kind: str, occasion: str, among: Collection[str] | None = None
) -> set[str]:
    """Addresses, folded, that have this occasion's letter, and for letters to the media those suppressed: whoever
    unsubscribed as Desk@ is not written to as desk@."""
    had = select(Letter.recipient_key).where(Letter.mission == mission, Letter.occasion == occasion)
    if among is not None:
        had = had.where(Letter.recipient_key.in_(among))
    found = set(session.scalars(had))
    if kind in TO_MEDIA:
        found |= suppressed(session, among)
    return found


def compose(
    session: Session,
    mission: str,
    *,
    kind: str,
    to: Recipient,
    facts: Mapping[str, Any],
    at: datetime,
    attachments: Sequence[Attachment] = (),
) -> Composed:
    """A letter as it would be queued, to be looked at; nothing is written down."""
    written = Written(session, mission, kind, f"preview:{kind}", at, at, attachments, None, {}, GRACE, keep=False)
    head = written.head(to, address(to.email), facts)
    tail = written.tail.content if written.tail else b""
    return Composed(head + tail, written.spoken(to, facts))


def readdress(session: Session, row: Letter, *, to: str, at: datetime) -> Letter:
    """Queue a letter that was written already once more, to another address, with the very words and papers that it has;
    it belongs to now. The occasion stays, so that no address gets it twice."""
    facts = missions.facts(session, row.mission)
    message_id = identity(secret(), row.mission, row.occasion, to, facts.release.from_email)
    tail = session.get_one(LetterPart, row.tail).content if row.tail else None
    key = key_for(wire(facts.release.from_email))
    letter = Letter(
        mission=row.mission, occasion=row.occasion, kind=row.kind, release=row.release, recipient=to, to_office=row.to_office,
        language=row.language, subject=row.subject, message_id=message_id, envelope_from=row.envelope_from, tail=row.tail,
        head=readdressed(row.head, to, message_id, tail, key=key, at=at), state="queued", queued_at=at, due_at=at,
    )  # fmt: skip
    session.add(letter)
    session.flush()
    return letter


def message_bytes(session: Session, letter: Letter) -> bytes:
    """The whole message as it goes over the wire."""
    if letter.tail is None:
        return letter.head
    part = session.get_one(LetterPart, letter.tail)
    return letter.head + part.content
