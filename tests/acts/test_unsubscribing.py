"""Whoever unsubscribed gets no release of any mission, and what waited for them does not go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from conftest import open_example
from releases import FACTS
from sqlalchemy import Engine, select

from ieom.acts import contacts, lists
from ieom.acts import letters as letter_acts
from ieom.acts import media as acts
from ieom.errors import NotFound, Refused
from ieom.mail import outbox
from ieom.mail.letters import Recipient, queue
from ieom.records import audit, contact_acts, media, missions
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.missions import Mission
from ieom.rules.audit import verify
from ieom.rules.contacts import Given, Wanted

NOW = datetime(2020, 8, 12, 15, 0, tzinfo=UTC)
READER = "newsdesk@world-wire.example"


@pytest.fixture
def two(either: Engine) -> tuple[str, str]:
    """Two missions that write to the same reader; the second lives in the present."""
    first = open_example(either)
    with begin(either) as session:
        session.add(Mission(slug="another", opened_at=NOW))
        session.flush()
        missions.revise(
            session, "another", missions.facts(session, first), by="coordinator", at=NOW, kind="opened", reason=""
        )
        for slug in (first, "another"):
            write(session, slug, "release:1", READER)
            write(session, slug, "release:1", "other@outlet.example")
    return first, "another"


def write(session, slug: str, occasion: str, email: str, kind: str = "release") -> Letter | None:
    return queue(session, slug, kind=kind, occasion=occasion, to=Recipient(email, "Desk"), facts=FACTS, at=NOW)


def token(engine: Engine, email: str = READER) -> str:
    with reading(engine) as session:
        found = media.by_email(session, email)
        assert found is not None
        return found.token


def states(engine: Engine, email: str = READER) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Letter.state).where(Letter.recipient == email).order_by(Letter.mission)))


def follow(engine: Engine, said: str) -> acts.Unsubscribed:
    with begin(engine) as session:
        return acts.unsubscribe_by_token(session, token=said, at=NOW)


def test_one_click_ends_the_letters_of_every_mission(either: Engine, two: tuple[str, str]) -> None:
    link = token(either)
    assert follow(either, link) == acts.Unsubscribed(taken_back=2)
    assert states(either) == ["cancelled", "cancelled"]
    assert states(either, "other@outlet.example") == ["queued", "queued"]
    with reading(either) as session:
        for slug in two:
            row = audit.head(session, slug)
            assert row is not None
            assert (row.act, row.by, len(row.what["cancelled"])) == ("ReaderUnsubscribed", "reader", 1)
        assert [one.act for one in contact_acts.links(session)] == ["ContactsTaken", "ContactSuppressed"]
        assert verify(contact_acts.links(session)) == []
    with begin(either) as session:
        assert write(session, two[1], "release:2", READER.upper()) is None
        assert write(session, two[1], "release:2", "third@outlet.example") is not None


def test_the_link_followed_twice_changes_nothing_more(either: Engine, two: tuple[str, str]) -> None:
    link = token(either)
    follow(either, link)
    with reading(either) as session:
        before = [len(list(audit.rows(session, slug))) for slug in two]
    assert follow(either, link) == acts.Unsubscribed(already=True)
    with reading(either) as session:
        assert [len(list(audit.rows(session, slug))) for slug in two] == before
        assert len(list(contact_acts.links(session))) == 2


def test_many_at_once_come_to_one_act_and_nobody_waits_for_ever(either: Engine, two: tuple[str, str]) -> None:
    """Clicks on one link, selections of both missions and an import, all at the same time."""
    link = token(either)

    def select_for(slug: str) -> None:
        with begin(either) as session:
            lists.select_media(session, slug, by="press-officer", at=NOW, wanted=Wanted(countries=("KZ",)))

    def take() -> None:
        with begin(either) as session:
            contacts.take_in(session, by="press-officer", at=NOW, given=[Given(2, READER, {"name": "Editor"})])

    with ThreadPoolExecutor(10) as pool:
        clicks = [pool.submit(follow, either, link) for _ in range(5)]
        others = [*(pool.submit(select_for, slug) for slug in two), pool.submit(take), pool.submit(take)]
        came = [one.result(30) for one in clicks]
        assert [one.result(30) for one in others] == [None] * 4
    assert sorted(one.already for one in came) == [False, True, True, True, True]
    with reading(either) as session:
        assert [one.act for one in contact_acts.links(session)].count("ContactSuppressed") == 1
        assert verify(contact_acts.links(session)) == []


def test_a_test_letter_s_link_changes_nothing_and_an_unknown_one_is_not_found(engine: Engine, mission: str) -> None:
    assert follow(engine, "test") == acts.Unsubscribed(test=True)
    for wrong in ("", "x" * 24):
        with pytest.raises(NotFound, match="belongs to nobody"):
            follow(engine, wrong)
    with reading(engine) as session:
        assert acts.contact_by_token(session, "test").test
        with pytest.raises(NotFound):
            acts.contact_by_token(session, "")
        assert media.suppressed(session) == set()


def test_the_page_shows_the_outlet_and_no_address(engine: Engine, mission: str) -> None:
    link = token(engine)
    with reading(engine) as session:
        shown = acts.contact_by_token(session, link)
    assert shown == acts.Reader("International news agency, news desk", "n•••@w•••.example")
    follow(engine, link)
    with reading(engine) as session:
        assert acts.contact_by_token(session, link).unsubscribed


def test_after_the_letter_went_the_row_stands_in_the_mission_whose_letter_was_the_last(
    engine: Engine, mission: str
) -> None:
    with begin(engine) as session:
        letter = write(session, mission, "release:1", READER)
        assert letter is not None
        letter.state = "sent"
    follow(engine, token(engine))
    with reading(engine) as session:
        row = audit.head(session, mission)
        assert row is not None
        assert (row.act, row.what) == ("ReaderUnsubscribed", {"cancelled": []})
    assert states(engine) == ["sent"]


def test_a_sender_that_has_leased_the_letter_lets_it_go(either: Engine, two: tuple[str, str]) -> None:
    with begin(either) as session:
        (due, other) = outbox.lease(session, two[0], at=NOW, most=10, lease_id="x")
    follow(either, token(either))
    with begin(either) as session:
        assert not outbox.mark_transmitting(session, due)
        assert outbox.mark_transmitting(session, other)


def test_a_letter_queued_while_its_reader_unsubscribed_does_not_go(either: Engine, two: tuple[str, str]) -> None:
    """On PostgreSQL the release that is being queued does not see the suppression, nor this the letter."""
    with begin(either) as session:
        session.add(media.Suppression(email=READER, why="unsubscribed", at=NOW))
    with begin(either) as session:
        leased = outbox.lease(session, two[0], at=NOW, most=10, lease_id="x")
        assert [one.recipient for one in leased] == ["other@outlet.example"]
        assert not outbox.idle(session, two[0], at=NOW)
    with begin(either) as session:
        outbox.recover(session, two[0], at=NOW)
    assert states(either)[1] == "cancelled"
    assert states(either)[0] == "queued", "the other mission's sender sees to its own"


def test_a_letter_on_the_wire_is_cut_off_when_its_reader_is_suppressed(either: Engine, two: tuple[str, str]) -> None:
    """The lease came before, and whoever suppressed did not see the letter."""
    with begin(either) as session:
        (due, other) = outbox.lease(session, two[0], at=NOW, most=10, lease_id="x")
    with begin(either) as session:
        session.add(media.Suppression(email=READER, why="unsubscribed", at=NOW))
    with begin(either) as session:
        assert not outbox.mark_transmitting(session, due)
        assert outbox.mark_transmitting(session, other)


def test_a_dead_address_takes_back_what_waits_for_it_in_every_mission(either: Engine, two: tuple[str, str]) -> None:
    with begin(either) as session:
        assert media.suppress(session, READER, why="dead", at=NOW, detail="550 5.1.1")
        assert not media.suppress(session, READER, why="unsubscribed", at=NOW), "the first reason stays"
    assert states(either) == ["cancelled", "cancelled"]


def test_a_ministry_s_letter_goes_whatever_was_suppressed_for_the_media(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        media.suppress(session, "office@cec.example", why="by_hand", at=NOW)
        assert write(session, mission, "release:1", "office@cec.example", kind="release_official") is not None
    assert states(engine, "office@cec.example") == ["queued"]


def test_a_letter_in_doubt_does_not_go_again_to_a_reader_who_unsubscribed(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        letter = write(session, mission, "release:1", READER)
        assert letter is not None
        letter.state = "in_doubt"
    follow(engine, token(engine))
    settle = {"mission": mission, "by": "press-officer", "at": NOW, "letter": letter.id}
    with begin(engine) as session, pytest.raises(Refused, match="the reader unsubscribed; settle it as sent"):
        letter_acts.settle(session, how="resend", **settle)
    with begin(engine) as session:
        letter_acts.settle(session, how="sent", **settle)
    assert states(engine) == ["sent"]
