"""The letters of a release as they were queued: one that is taken out of the records, put in or changed by hand stops it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from evening import EVENING, SLUG, Doing, ready
from releases import row_of, tried
from sqlalchemy import Engine, select, text

from ieom.acts import audit as chain
from ieom.acts import contacts, distribution, media, sealing, undelivered
from ieom.errors import Tampered
from ieom.records import audit
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.missions import Mission
from ieom.rules.contacts import Given
from ieom.rules.timeline import State
from tasks.letters import send

HANDS = {
    "DELETE FROM letters WHERE id = :last": "letters were queued, and",
    "UPDATE letters SET recipient = 'a@stranger.example' WHERE id = :first": "a letter was changed",
    "UPDATE letters SET envelope_from = 'a@stranger.example' WHERE id = :first": "a letter was changed",
    "UPDATE letters SET head = head || 'x' WHERE id = :first": "a letter was changed",
    "UPDATE letter_parts SET content = 'x'": "what letters carry was changed",
    "UPDATE letters SET state = 'sent' WHERE id = :first": "1 is said to have left, and no attempt at it",
    "UPDATE letters SET state = 'cancelled' WHERE id = :first": "1 is said to have been taken back",
    "INSERT INTO letters (mission, occasion, kind, release, recipient, recipient_key, to_office, language, subject,"
    " message_id, envelope_from, head, state, queued_at, due_at, attempts) SELECT mission, occasion, kind, release,"
    " 'b@stranger.example', 'b@stranger.example', to_office, language, subject, 'x', envelope_from, head, state,"
    " queued_at, due_at, 0 FROM letters WHERE id = :first": "letters were queued, and",
}


@pytest.fixture
def going(approved: Engine, monkeypatch: pytest.MonkeyPatch) -> Doing:
    monkeypatch.setattr("tasks.letters.records", lambda: approved)
    monkeypatch.setattr("tasks.wake.records", lambda: approved)
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    with begin(approved) as session:
        session.get_one(Mission, SLUG).simulated_now = EVENING
    return do


def numbers(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return list(session.scalars(select(Letter.id).where(Letter.release.is_not(None)).order_by(Letter.id)))


def by_hand(engine: Engine, sql: str, **values: Any) -> None:
    """As whoever owns the database does it: what keeps rows as they are is taken away first."""
    with begin(engine) as session:
        for name in ("letters_not_rewritten", "letter_parts_no_update", "audit_rows_no_update"):
            session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        session.execute(text(sql), {key: value for key, value in values.items() if f":{key}" in sql})


def faults(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return chain.verified(session, SLUG)


@pytest.mark.parametrize("sql", HANDS, ids=lambda sql: " ".join(sql.split()[:5]))
def test_a_hand_in_the_letters_of_a_release_stops_it_before_the_next_leaves(going: Doing, sql: str) -> None:
    assert faults(going.engine) == []
    first, *_, last = numbers(going.engine)
    by_hand(going.engine, sql, first=first, last=last)
    report = send(SLUG)
    assert report.touched == 0
    row = row_of(going.engine, 1)
    assert (row.status, HANDS[sql] in row.held_why) == ("stopped", True), row.held_why
    assert any(HANDS[sql] in fault for fault in faults(going.engine))
    with pytest.raises(Tampered, match="Nothing more leaves"):
        going(distribution.go_on, "press-officer", number=1)
    with reading(going.engine) as session:
        assert audit.head(session, SLUG).act == "LettersUnlike"  # type: ignore[union-attr]
        assert not set(session.scalars(select(Letter.state).where(Letter.release.is_not(None)))) & {"queued", "leased"}


def test_records_brought_back_let_it_go_on(going: Doing) -> None:
    first = numbers(going.engine)[0]
    with reading(going.engine) as session:
        was = session.get_one(Letter, first).recipient
    by_hand(going.engine, "UPDATE letters SET recipient = 'a@stranger.example' WHERE id = :first", first=first)
    send(SLUG)
    by_hand(going.engine, "UPDATE letters SET recipient = :was WHERE id = :first", first=first, was=was)
    going(distribution.go_on, "press-officer", number=1)
    assert row_of(going.engine, 1).status == "going"
    assert faults(going.engine) == []


def test_a_letter_that_is_gone_keeps_a_release_from_being_done(going: Doing) -> None:
    *others, last = numbers(going.engine)
    with begin(going.engine) as session:
        tried(session, others)
    by_hand(going.engine, "DELETE FROM letters WHERE id = :last", last=last)
    stood = going.advance(distribution, EVENING + timedelta(minutes=1))
    assert stood.state is State.HELD
    assert f"{len(others) + 1} letters were queued, and {len(others)} are on record" in stood.says
    assert row_of(going.engine, 1).done_at is None


def test_what_people_lawfully_do_with_letters_breaks_no_seal(going: Doing) -> None:
    """One that came back goes to another address, a reader asks for no more, another to be forgotten, one gets a correction."""
    first, second, *others = numbers(going.engine)
    with begin(going.engine) as session:
        kept, gone = session.get_one(Letter, first), session.get_one(Letter, second)
        assert (kept.kind, gone.kind) == ("release", "release")
        tried(session, [first], "refused")
        row = Given(2, "other@outlet.example", {"outlet": "Other"})
        contacts.take_in(session, by="press-officer", at=going.now, given=[row])
        media.forget(session, by="press-officer", at=going.now, email=gone.recipient)
        third = session.get_one(Letter, others[0])
        kept_away = third.recipient
        media.suppress(session, by="press-officer", at=going.now, email=third.recipient, why="asked by telephone")
    going(undelivered.anew, "press-officer", letter=first, email="other@outlet.example")
    with begin(going.engine) as session:
        tried(session, list(session.scalars(select(Letter.id).where(Letter.state == "queued"))))
    stood = going.advance(distribution, EVENING + timedelta(minutes=1))
    assert stood.state is State.DONE, stood.says
    assert faults(going.engine) == []
    with begin(going.engine) as session:  # the reader asks for releases again
        media.lift(
            session, by="press-officer", at=going.now, email=kept_away, why="asked again", asked_on=going.now.date()
        )
    assert faults(going.engine) == []
    assert len(numbers(going.engine)) == len(others) + 3


def test_a_release_that_an_earlier_edition_began_has_no_seal_and_goes_on(going: Doing) -> None:
    (first, *_) = numbers(going.engine)
    held = '{"number": 1, "letters": 30}'
    by_hand(going.engine, "UPDATE audit_rows SET what = :held WHERE act = 'ReleaseStarted'", held=held)
    by_hand(going.engine, "DELETE FROM letters WHERE id = :first", first=first)
    with reading(going.engine) as session:
        assert sealing.unlike(session, row_of(going.engine, 1)) == []
