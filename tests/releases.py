"""Releases lived on the evening of 12 August 2020: what the tests of every kind share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from evening import EVENING, SLUG, Doing, ready
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ieom.acts import approval, distribution, drafting
from ieom.acts.announcing import digest_of
from ieom.mail.letters import message_bytes
from ieom.records import drafts, releases
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.releases import Release
from ieom.records.statements import ReadyMark

ADVISORY = """Press conference of the Mission

The Mission presents its statement on 12 August 2020 at 20:00 in Nur-Sultan.

Journalists register with the press office of the Mission.
"""
WITHDRAWN = """The statement of 12 August 2020 is withdrawn

The Mission withdraws the statement that it released on 12 August 2020.
"""

FACTS = {
    "quote": "q", "changed": [], "hash": "h", "marking": "", "unofficial": False, "authentic": "English", "statement": "s",
    "page": "", "supplement": False, "paragraphs": ["p"], "title": "t",
}  # fmt: skip
"""What a release's letter is told, where a test asks nothing of its words."""


def hash_of(engine: Engine, number: int) -> str:
    with reading(engine) as session:
        return digest_of(session, releases.one(session, SLUG, number))


def row_of(engine: Engine, number: int) -> Release:
    with reading(engine) as session:
        return releases.one(session, SLUG, number)


def written(do: Doing, kind: str = "advisory", text_: str = ADVISORY, **words: object) -> int:
    row = do(distribution.write, "press-officer", kind=kind, texts={"en": text_}, **words)
    return int(row.number)


def approved_by(do: Doing, number: int, *who: str) -> None:
    for one in who:
        do(distribution.approve, one, number=number, version_hash=hash_of(do.engine, number)[:16])


def out(do: Doing) -> None:
    """The statement is public, and its letters have gone."""
    ready(do)
    do.advance(distribution, EVENING)
    do.now = max(do.now, EVENING)
    sent(do, 1)


def sent(do: Doing, number: int, state: str = "sent") -> None:
    with begin(do.engine) as session:
        id_ = releases.one(session, SLUG, number).id
        tried(
            session,
            list(session.scalars(select(Letter.id).where(Letter.release == id_, Letter.state == "queued"))),
            state,
        )
    do.advance(distribution)


def tried(session: Session, numbers: Collection[int], state: str = "sent") -> None:
    """These letters came to a state by an attempt, as a sender leaves them."""
    for number in numbers:
        letter = session.get_one(Letter, number)
        letter.state, letter.settled_at = state, letter.queued_at
        session.add(
            LetterAttempt(letter=number, at=letter.queued_at, connection="1/1", outcome=state, code=250, answer="ok")
        )


def edited_and_approved(do: Doing, words: str = "The Mission observed the elections in Nur-Sultan.") -> None:
    do(drafting.edit, "drafter", paragraph="place", text=words, why="a slip was seen")
    do.advance(approval)
    with begin(do.engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=do.now))
    do.advance(approval)
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do.advance(approval)
    assert do.round() == "approved"


def of(engine: Engine, number: int, kind: str = "release") -> dict[str, EmailMessage]:
    with reading(engine) as session:
        id_ = releases.one(session, SLUG, number).id
        query = select(Letter).where(Letter.release == id_, Letter.kind == kind, Letter.state != "cancelled")
        return {
            row.recipient: message_from_bytes(message_bytes(session, row), policy=default)  # type: ignore[misc]
            for row in session.scalars(query)
        }


def states(engine: Engine, number: int) -> Mapping[str, str]:
    with reading(engine) as session:
        id_ = releases.one(session, SLUG, number).id
        query = select(Letter.recipient, Letter.state).where(Letter.release == id_, Letter.kind == "release")
        return dict(session.execute(query).tuples().all())
