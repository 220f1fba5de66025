"""A hand in the database that would have a reader written to, a letter go twice or a text go early is noticed."""

from __future__ import annotations

import pytest
from evening import EVENING, Doing, ready, release_letters
from sqlalchemy import Engine, select, text

from ieom.acts import audit as chain
from ieom.acts import distribution, media
from ieom.errors import Tampered
from ieom.records.base import begin, reading
from ieom.records.media import MediaContact


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
