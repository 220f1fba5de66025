"""What a report does to the letter that it is about, and what it never does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from conftest import open_example
from returned import EXIM, GAVE_UP, POLICY, POSTFIX, POSTFIX_DELAY, complaint, report
from sqlalchemy import Engine, select, update

from ieom.acts import doubt, returns
from ieom.mail.bounces import read
from ieom.mail.letters import Recipient, queue, queue_many
from ieom.records import letters, media
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterReport
from ieom.records.releases import Release
from ieom.records.suppressions import suppressed
from ieom.rules.doubt import Verdict

AT = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=10)


@pytest.fixture
def slug(either: Engine) -> str:
    return open_example(either)


def gone(engine: Engine, slug: str, *emails: str, state: str = "sent", number: int = 1) -> list[str]:
    """A release that went to these addresses; the Message-IDs."""
    with begin(engine) as session:
        row = Release(
            mission=slug, number=number, kind="statement", hashes={}, papers={}, prepared_by="press-officer",
            prepared_at=AT, status="going", started_at=AT, sent_by="coordinator",
        )  # fmt: skip
        session.add(row)
        session.flush()
        to = [(Recipient(email, f"Outlet {n}"), {"title": "T", "text": "x"}) for n, email in enumerate(emails)]
        queue_many(session, slug, kind="notice", occasion=f"release:{number}", to=to, at=AT, release=row.id)
        values = {"state": state, "settled_at": AT, "kind": "release"}
        session.execute(update(Letter).where(Letter.release == row.id).values(**values))
        query = select(Letter.message_id).where(Letter.release == row.id).order_by(Letter.id)
        return list(session.scalars(query))


def came(
    engine: Engine, slug: str, content: bytes, message_id: str, reader: str = "desk@outlet.example"
) -> bool | None:
    """Take in what came back; None when it is about no letter of ours."""
    content = content.replace(b"<0a1b2c@observers.example>", message_id.encode())
    content = content.replace(b"desk@outlet.example", reader.encode())
    (found,) = read(content).reports
    with begin(engine) as session:
        letter = returns.about(session, found)
        if letter is None:
            return None
        return returns.take_in(
            session, slug, by="clock", at=LATER, letter=letter.id, report=found, source=str(hash(content))
        )


def states(engine: Engine) -> dict[str, str]:
    with reading(engine) as session:
        return dict(
            session.execute(select(Letter.recipient, Letter.state).where(Letter.kind == "release")).tuples().all()
        )


def acts(engine: Engine) -> Counter[str]:
    with reading(engine) as session:
        return Counter(session.scalars(select(AuditRow.act)))


@pytest.mark.parametrize(
    ("status", "state", "dead"),
    [(POSTFIX, "bounced", True), (EXIM, "bounced", True), (GAVE_UP, "bounced", False), (POLICY, "bounced", False),
     (POSTFIX.replace("5.1.1", "5.2.2"), "bounced", False), (POSTFIX_DELAY, "sent", False),
     (POSTFIX.replace("failed", "delivered"), "sent", False)],
)  # fmt: skip
def test_a_bounce_is_in_the_ledger_and_only_a_dead_address_is_written_to_no_more(
    either: Engine, slug: str, status: str, state: str, *, dead: bool
) -> None:
    (ours,) = gone(either, slug, "desk@outlet.example")
    assert came(either, slug, report(status), ours) is True
    assert states(either) == {"desk@outlet.example": state}
    with reading(either) as session:
        assert (suppressed(session) == {"desk@outlet.example"}) == dead
        row = session.scalars(select(LetterReport)).one()
        assert row.status in status
    assert acts(either)["LetterBounced"] == (state == "bounced")


def test_a_report_read_again_changes_nothing(either: Engine, slug: str) -> None:
    (ours,) = gone(either, slug, "desk@outlet.example")
    assert came(either, slug, report(POSTFIX), ours) is True
    before = acts(either)
    assert came(either, slug, report(POSTFIX), ours) is False
    assert acts(either) == before


def test_a_report_about_a_letter_that_we_never_sent_or_about_another_reader_is_for_people(
    either: Engine, slug: str
) -> None:
    (ours,) = gone(either, slug, "desk@outlet.example")
    assert came(either, slug, report(POSTFIX), "<forged@observers.example>") is None
    assert came(either, slug, report(POSTFIX), ours, reader="rival@outlet.example") is None
    assert states(either) == {"desk@outlet.example": "sent"}


@pytest.mark.parametrize("state", ["queued", "deferred", "leased", "late", "stopped", "refused", "cancelled"])
def test_a_forged_bounce_keeps_no_letter_from_going(either: Engine, slug: str, state: str) -> None:
    (ours,) = gone(either, slug, "desk@outlet.example", state=state)
    assert came(either, slug, report(POSTFIX), ours) is True
    assert states(either) == {"desk@outlet.example": state}
    with reading(either) as session:
        assert suppressed(session) == set()


@pytest.mark.parametrize(
    ("how", "state"), [("sent", "bounced"), ("bounced", "bounced"), ("again", "queued"), ("doubt", "in_doubt")]
)
def test_a_report_ends_no_doubt_since_it_may_hide_a_lost_letter_and_the_log_does(
    either: Engine, slug: str, how: str, state: str
) -> None:
    (ours,) = gone(either, slug, "desk@outlet.example", state="in_doubt")
    assert came(either, slug, report(POSTFIX), ours) is True
    assert states(either) == {"desk@outlet.example": "in_doubt"}
    with begin(either) as session:
        assert suppressed(session) == set()
        (letter,) = doubt.resend(session, slug, by="clock", at=LATER).left
        asked = doubt.case(session, slug)
        found = {letter: Verdict(how, "so says the log", LATER)}
        doubt.reconcile(session, slug, by="clock", at=LATER, asked=asked, found=found)
    assert states(either) == {"desk@outlet.example": state}


def test_a_complaint_takes_back_what_waits_and_suppresses_the_address(either: Engine, slug: str) -> None:
    (ours,) = gone(either, slug, "Desk@outlet.example", number=1)
    gone(either, slug, "desk@outlet.example", "other@outlet.example", state="queued", number=2)
    assert came(either, slug, complaint(), ours) is True
    with reading(either) as session:
        assert suppressed(session) == {"desk@outlet.example"}
    assert states(either) == {
        "Desk@outlet.example": "sent", "desk@outlet.example": "cancelled", "other@outlet.example": "queued"
    }  # fmt: skip


def test_the_press_officer_is_told_once_when_many_letters_of_a_release_came_back(either: Engine, slug: str) -> None:
    readers = [f"desk{n}@outlet.example" for n in range(40)]
    ours = gone(either, slug, *readers)
    for n in range(6):
        came(either, slug, report(GAVE_UP), ours[n], reader=readers[n])
        with reading(either) as session:
            told = [row for row in letters.of(session, slug) if row.kind == "letters_returned"]
            assert len(told) == (n >= 2)
    assert told[0].subject == "3 of 40 letters of release 1 came back"
    assert told[0].to_office == "Press officer"
    came(either, slug, report(POLICY), ours[7], reader=readers[7])
    with reading(either) as session:
        told = [row for row in letters.of(session, slug) if row.kind == "letters_returned"]
    assert [row.subject for row in told] == [
        "A reader's server turns release 1 away", "3 of 40 letters of release 1 came back"
    ]  # fmt: skip


def test_a_bounce_of_a_letter_to_an_office_suppresses_nobody(either: Engine, slug: str) -> None:
    with begin(either) as session:
        letter = queue(
            session, slug, kind="notice", occasion="x", to=Recipient("desk@outlet.example", "An office"),
            facts={"title": "T", "text": "x"}, at=AT,
        )  # fmt: skip
        assert letter is not None
        letter.state = "sent"
        ours = letter.message_id
    assert came(either, slug, report(POSTFIX), ours) is True
    with reading(either) as session:
        assert suppressed(session) == set()
        assert media.of(session, slug)
