"""A hand in the database that would have a reader written to, a letter go twice or a text go early is noticed."""

from __future__ import annotations

from dataclasses import make_dataclass
from datetime import datetime, timedelta

import pytest
from evening import EVENING, SLUG, Doing, ready, release_letters
from sqlalchemy import Engine, select, text, update

from desk.rehearsal import set_clock
from ieom.acts import audit as chain
from ieom.acts import distribution, doubt, media
from ieom.acts import letters as letter_acts
from ieom.acts.observation import last_close
from ieom.errors import Refused, Tampered
from ieom.mail import outbox
from ieom.mail.answers import Outcome, What
from ieom.records import audit, missions
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.media import MediaContact
from ieom.records.missions import Mission


def by_hand(engine: Engine, statement: str, **told: object) -> None:
    with begin(engine) as session:
        session.execute(text(statement), told)


@pytest.mark.parametrize("hand", ["DELETE FROM suppressions", "UPDATE suppressions SET lifted_at = at"])
def test_a_reader_who_unsubscribed_is_not_written_to_when_a_hand_takes_that_away(approved: Engine, hand: str) -> None:
    do = Doing(approved)
    with begin(approved) as session:
        reader = session.scalars(select(MediaContact).order_by(MediaContact.id).limit(1)).one()
        address = reader.email
        media.unsubscribe_by_token(session, token=reader.token, at=do.now)
    ready(do)
    by_hand(approved, hand)
    with pytest.raises(Tampered, match="contacts: 1 must not be written to") as caught:
        do.advance(distribution, EVENING)
    assert address not in str(caught.value)
    assert release_letters(approved) == set()
    with reading(approved) as session:
        assert chain.written_to_again(session) == [address]
    with begin(approved) as session:
        media.suppress(session, by="press-officer", at=do.now, email=address, why="as the chain says")
    do.advance(distribution, EVENING)
    assert release_letters(approved) == {"queued"}


def leased(engine: Engine, at: datetime, name: str) -> list[int]:
    with begin(engine) as session:
        return [due.id for due in outbox.lease(session, SLUG, at=at, most=1000, lease_id=name)]


def test_a_letter_that_went_goes_again_by_a_persons_word_alone_whatever_a_hand_writes_into_its_row(
    approved: Engine,
) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING + timedelta(minutes=1)
    taken, *others = leased(approved, do.now, "first")
    with begin(approved) as session:
        outcome = Outcome(What.SENT, 250, "2.0.0 taken")
        outbox.settle(session, taken, outcome, at=do.now, by="1/4", lease_id="first")
    hand = "UPDATE letters SET state = 'queued', lease = NULL, due_at = '2020-08-12 14:10:00' WHERE id >= :id"
    by_hand(approved, hand, id=taken)
    late = EVENING + timedelta(minutes=20)
    assert leased(approved, late, "second") == others
    with begin(approved) as session:
        assert session.get_one(Letter, taken).state == "in_doubt"
        assert doubt.resend(session, SLUG, by="clock", at=late).left == {
            taken: "the server said that it took the letter"
        }
    do.now = late
    do(letter_acts.settle, "press-officer", letter=taken, how="resend")
    assert leased(approved, do.now, "third") == [taken]


def test_a_release_whose_act_holds_no_press_conference_waits_for_the_missions(approved: Engine) -> None:
    do = Doing(approved)
    row = do(distribution.prepare, "press-officer")
    held = {"number": row.number, "hashes": dict(row.hashes), "papers": dict(row.papers)}  # as earlier editions told it
    act = make_dataclass("ReleasePrepared", held)(**held)
    with begin(approved) as session:
        audit.append(session, SLUG, by="press-officer", at=do.now, act=act)
    do(distribution.go, "coordinator")
    with reading(approved) as session:
        close = last_close(session, SLUG)
    by_hand(approved, "UPDATE releases SET press_conference_at = :at", at=close.strftime("%Y-%m-%d %H:%M:%S"))
    with pytest.raises(Tampered, match="its press conference is before the mission's"):
        do.advance(distribution, EVENING - timedelta(minutes=5))
    assert release_letters(approved) == set()
    by_hand(approved, "UPDATE releases SET press_conference_at = :at", at=EVENING.strftime("%Y-%m-%d %H:%M:%S"))
    do.advance(distribution, EVENING)
    assert release_letters(approved) == {"queued"}


def test_a_mission_that_a_hand_sets_on_a_simulated_clock_releases_nothing(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    by_hand(approved, "DROP TRIGGER audit_rows_no_update")
    by_hand(approved, "UPDATE audit_rows SET act = 'X' WHERE act = 'RehearsalBegun'")
    with pytest.raises(Tampered, match="lives on a simulated clock, and no act began a rehearsal"):
        do.advance(distribution, EVENING)
    assert release_letters(approved) == set()


def test_a_mission_that_has_written_to_somebody_is_rehearsed_no_more(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        session.execute(update(Mission).values(sendings=1))
    with pytest.raises(Refused, match="it is real"):
        set_clock(engine, mission, EVENING)
    with reading(engine) as session:
        assert missions.get(session, mission).simulated_now is None
        assert chain.faults(session, mission) == []
    by_hand(engine, "UPDATE missions SET simulated_now = '2020-08-12 14:00:00'")
    with reading(engine) as session:
        assert chain.faults(session, mission) == [
            "the mission lives on a simulated clock, and no act began a rehearsal"
        ]
