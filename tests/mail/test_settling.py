"""Marks and outcomes that are written down together, in one statement for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import open_example
from sqlalchemy import Engine, select
from test_sender import NOW, queued

from ieom.mail import outbox
from ieom.mail.answers import Outcome, What
from ieom.mail.settling import Due, Mark, Settle
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt

TAKEN = Outcome(What.SENT, 250, "2.0.0 kept as “é”")
LATER = NOW + timedelta(seconds=90)


@pytest.fixture
def leased(either: Engine) -> list[Due]:
    mission = open_example(either)
    queued(either, mission, 5)
    with begin(either) as session:
        return outbox.lease(session, mission, at=NOW, most=5, lease_id="ours")


def stands(engine: Engine, due: Due) -> tuple[object, ...]:
    """A letter as the records have it, and its attempts."""
    with reading(engine) as session:
        row = session.get_one(Letter, due.id)
        tried = session.scalars(select(LetterAttempt).where(LetterAttempt.letter == due.id)).all()
        attempts = [(one.at, one.connection, one.outcome, one.code, one.answer) for one in tried]
        return row.state, row.lease, row.attempts, row.next_at, row.settled_at, row.code, row.answer, attempts


def test_only_letters_under_their_own_lease_are_marked(either: Engine, leased: list[Due]) -> None:
    with begin(either) as session:
        asked = [Mark(leased[0]), Mark(replace(leased[1], lease="another's")), Mark(leased[2])]
        assert Mark.together(session, asked) == [True, False, True]
    assert [stands(either, due)[0] for due in leased[:4]] == ["transmitting", "leased", "transmitting", "leased"]


def test_outcomes_written_together_are_what_each_would_be_by_itself(either: Engine, leased: list[Due]) -> None:
    first, second, alone, strange, _ = leased
    with begin(either) as session:
        Mark.together(session, [Mark(due) for due in leased])
        Settle(alone, TAKEN, LATER, "1/4")(session)
        told = [
            Settle(first, TAKEN, LATER, "1/4"), Settle(second, Outcome(What.SENT), NOW, "2/4"),
            Settle(replace(strange, lease="another's"), TAKEN, LATER, "3/4"),
        ]  # fmt: skip
        assert Settle.together(session, told) == [What.SENT] * 3
    assert stands(either, first) == stands(either, alone)
    assert stands(either, first) == (
        "sent", None, 1, None, LATER, 250, TAKEN.answer, [(LATER, "1/4", "sent", 250, TAKEN.answer)]
    )  # fmt: skip
    assert stands(either, second) == ("sent", None, 1, None, NOW, None, None, [(NOW, "2/4", "sent", None, None)])
    assert stands(either, strange)[:3] == ("transmitting", "ours", 0), "another's lease settles nothing of ours"
