"""Letters in doubt, settled by policy: what goes again, what does not, and what stays a person's business."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from conftest import open_example
from sqlalchemy import Engine, insert, select, update

from ieom.acts import doubt
from ieom.acts.doubt import Settled
from ieom.errors import Refused
from ieom.mail.letters import Recipient, queue_many
from ieom.records import media, missions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.releases import Release
from ieom.rules.doubt import Attempt, Verdict

AT = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
SOON = AT + timedelta(minutes=20)


@pytest.fixture
def slug(either: Engine) -> str:
    """Three letters to the media are in doubt since a crash."""
    slug = open_example(either)
    with begin(either) as session:
        row = Release(
            mission=slug, number=1, kind="statement", hashes={}, papers={}, prepared_by="press-officer", prepared_at=AT,
            status="going", started_at=AT, sent_by="coordinator",
        )  # fmt: skip
        session.add(row)
        session.flush()
        to = [(Recipient(f"desk{n}@outlet.example", f"Outlet {n}"), {"title": "T", "text": "x"}) for n in range(3)]
        queue_many(session, slug, kind="notice", occasion="x", to=to, at=AT, release=row.id)
        session.execute(update(Letter).values(state="in_doubt", settled_at=AT, lease="gone", kind="release"))
        for letter in session.scalars(select(Letter.id)):
            attempt(session, letter)
    return slug


def attempt(session, letter: int, outcome: str = "in_doubt", at: datetime = AT) -> None:
    session.execute(insert(LetterAttempt).values(letter=letter, at=at, connection="1/4", outcome=outcome))


def states(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Letter.state).order_by(Letter.id)))


def resend(engine: Engine, slug: str, at: datetime = SOON) -> Settled:
    with begin(engine) as session:
        return doubt.resend(session, slug, by="clock", at=at)


def told(engine: Engine, slug: str, how: str, at: datetime = SOON, latest: datetime = AT) -> Settled:
    """The log says the same of all three."""
    with begin(engine) as session:
        asked = doubt.case(session, slug)
        attempts = {n: Attempt(one.message_id, one.earliest, latest) for n, one in asked.attempts.items()}
        found = {n: Verdict(how, "so says the log", AT + timedelta(seconds=3)) for n in attempts}
        return doubt.reconcile(
            session, slug, by="press-officer", at=at, asked=doubt.Case(attempts, {}), found=found, ref=f"log:{at}"
        )


def test_what_is_in_doubt_goes_once_more_with_its_message_id_and_then_waits_for_a_person(
    either: Engine, slug: str
) -> None:
    with reading(either) as session:
        before = list(session.scalars(select(Letter.message_id).order_by(Letter.id)))
    assert len(resend(either, slug).again) == 3
    with reading(either) as session:
        assert list(session.scalars(select(Letter.message_id).order_by(Letter.id))) == before
        assert session.scalars(select(AuditRow).where(AuditRow.act == "DoubtSettled")).one().by == "clock"
    with begin(either) as session:
        session.execute(update(Letter).values(state="in_doubt"))
        for letter in session.scalars(select(Letter.id)):
            attempt(session, letter, at=SOON)
    settled = resend(either, slug)
    assert settled.done == 0
    assert set(settled.left.values()) == {"it has gone again once already, and is in doubt again"}


def test_a_reader_who_unsubscribed_meanwhile_gets_nothing(either: Engine, slug: str) -> None:
    with begin(either) as session:
        media.suppress(session, "Desk1@outlet.example", why="unsubscribed", at=SOON)
    settled = resend(either, slug)
    assert (len(settled.again), len(settled.cancelled)) == (2, 1)
    assert states(either) == ["queued", "cancelled", "queued"]


def test_a_letter_that_the_server_said_it_took_goes_again_by_no_policy(either: Engine, slug: str) -> None:
    with begin(either) as session:
        attempt(session, session.scalars(select(Letter.id).order_by(Letter.id)).first(), "sent")
    assert len(resend(either, slug).again) == 2
    with begin(either) as session:
        session.execute(update(Letter).where(Letter.state == "queued").values(state="in_doubt", settled_at=AT))
        attempt(session, 3, "sent", SOON)
    settled = told(either, slug, "again")
    assert set(settled.left.values()) == {"the server said that it took the letter, and its log lacks it"}
    assert states(either)[0] == "in_doubt"


@pytest.mark.parametrize("state", ["held", "closed"])
def test_nothing_goes_again_while_the_mission_is_held(either: Engine, slug: str, state: str) -> None:
    with begin(either) as session:
        missions.lock(session, slug).state = state
    with pytest.raises(Refused, match=f"the mission is {state}"):
        resend(either, slug)


def test_nothing_goes_again_of_a_release_that_is_stopped(either: Engine, slug: str) -> None:
    with begin(either) as session:
        session.execute(update(Release).values(status="stopped"))
    assert set(resend(either, slug).left.values()) == {"its release is stopped"}


def test_a_letter_whose_time_is_long_past_or_of_restored_records_waits_for_a_person(either: Engine, slug: str) -> None:
    assert len(told(either, slug, "again", AT + timedelta(hours=7)).late) == 3
    assert states(either) == ["late"] * 3
    with begin(either) as session:
        session.execute(update(Letter).values(state="in_doubt", settled_at=AT))
        missions.lock(session, slug).asks_until = AT
    assert len(resend(either, slug).late) == 3


@pytest.mark.parametrize(
    ("how", "state"), [("sent", "sent"), ("bounced", "bounced"), ("again", "queued"), ("doubt", "in_doubt")]
)
def test_what_the_log_says_stands_in_the_ledger(either: Engine, slug: str, how: str, state: str) -> None:
    told(either, slug, how)
    assert states(either) == [state] * 3
    with reading(either) as session:
        rows = session.execute(select(Letter.settled_at, Letter.lease, LetterAttempt.answer).join(
            LetterAttempt, LetterAttempt.letter == Letter.id).where(LetterAttempt.connection == "log")).all()  # fmt: skip
        acts = session.scalars(select(AuditRow.what).where(AuditRow.act == "DoubtSettled")).all()
    assert len(rows) == (0 if how == "doubt" else 3)
    assert len(acts) == (how != "doubt")
    if how in {"sent", "bounced"}:
        assert rows[0] == (AT + timedelta(seconds=3), None, "so says the log")
    assert told(either, slug, how).done == 0, "asked again it changes nothing"


def test_a_letter_that_went_and_is_in_doubt_anew_since_the_log_was_asked_is_left_alone(
    either: Engine, slug: str
) -> None:
    assert told(either, slug, "sent", latest=AT - timedelta(minutes=1)).done == 0
    assert states(either) == ["in_doubt"] * 3
