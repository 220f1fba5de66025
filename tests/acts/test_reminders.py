from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from ieom.acts import delegation, deployment, meetings, reminders
from ieom.acts import mission as mission_acts
from ieom.folder import read
from ieom.mail.letters import message_bytes
from ieom.records import audit, members
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.rules.delegation import ITEMS
from ieom.settings import ROOT

SLUG = "kazakhstan-senate-2020"
EXAMPLE = read(ROOT / "config" / "missions" / SLUG)
JULY = datetime(2020, 7, 6, 5, tzinfo=UTC)
NINE = datetime(2020, 8, 12, 3, tzinfo=UTC)
"""The first check-in of both teams."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def do(engine: Engine, act: Any, *, at: datetime = JULY, **words: Any) -> Any:
    with begin(engine) as session:
        return act(session, SLUG, **{"by": "coordinator", "at": at, **words})


def remind(engine: Engine, at: datetime) -> list[tuple[str, str]]:
    """(address, subject) of what this run of the reminders queued, badges apart."""
    with begin(engine) as session:
        made = reminders.advance(session, SLUG, at=at)
        return [(row.recipient, row.subject) for row in made if row.kind != "reminder_accreditation"]


@pytest.fixture
def called(engine: Engine, mission: str) -> None:
    do(engine, delegation.record_invitation)
    with begin(engine) as session:
        delegation.advance(session, mission, at=JULY)


@pytest.fixture
def deployed(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        for row in EXAMPLE.delegation:
            told = row.model_dump()
            session.add(Member(mission=mission, status="appointed", nominated_at=JULY, appointed_at=JULY, **told))
    do(engine, deployment.plan, **EXAMPLE.plan())


def test_a_silent_state_is_reminded_once_and_the_coordinator_told_later(engine: Engine, called: None) -> None:
    with reading(engine) as session:
        coming = [one for one in reminders.planned(session, SLUG, at=JULY) if one.owed.key == "KG"]
    first, second = (one.goes for one in coming)
    assert remind(engine, first - MINUTE) == []
    sent = remind(engine, first)
    assert len(sent) == 4
    assert {address for address, _ in sent} == {state.contact_email for state in EXAMPLE.facts.states}
    assert all(subject.startswith("Reminder: nominations by the ") for _, subject in sent)
    assert remind(engine, first + MINUTE) == []
    do(engine, delegation.state_declines, at=first + MINUTE, state="KG")
    told = remind(engine, second)
    assert len(told) == 3
    assert {address for address, _ in told} == {EXAMPLE.facts.office("coordinator").email}
    assert not any("Kyrgyz" in subject for _, subject in told)
    assert all(subject.startswith("For your attention: nominations by") for _, subject in told)
    assert remind(engine, second + DAY) == []


def test_a_deadline_approves_nobody(engine: Engine, called: None) -> None:
    row = EXAMPLE.nominee("kg-1").model_dump(exclude={"code"})
    do(engine, delegation.nominate, member="kg-1", **row)
    do(engine, delegation.receive_items, member="kg-1", items=[one for one in ITEMS if one != "photo"])
    after = EXAMPLE.facts.opens() + 30 * DAY
    with begin(engine) as session:
        delegation.advance(session, SLUG, at=after)
        reminders.advance(session, SLUG, at=after)
        assert session.get_one(Member, (SLUG, "kg-1")).status == "nominated"


def test_a_nominee_is_reminded_of_what_is_still_owed(engine: Engine, called: None) -> None:
    do(engine, delegation.nominate, member="kg-1", **EXAMPLE.nominee("kg-1").model_dump(exclude={"code"}))
    do(engine, delegation.receive_items, member="kg-1", items=[one for one in ITEMS if one != "photo"])
    with reading(engine) as session:
        goes = next(o for o in reminders.planned(session, SLUG, at=JULY) if o.owed.about == "nominee_items").goes
    remind(engine, goes)
    with reading(engine) as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "reminder_nominee_items")).one()
        text = message_bytes(session, letter).decode()
    assert letter.recipient == EXAMPLE.nominee("kg-1").email
    assert "- photograph" in text
    assert "- passport page" not in text


def test_a_nominee_is_not_asked_for_what_the_state_alone_gives(engine: Engine, called: None) -> None:
    row = EXAMPLE.nominee("kg-1").model_dump(exclude={"code"})
    do(engine, delegation.nominate, member="kg-1", **row)
    with begin(engine) as session:
        delegation.advance(session, SLUG, at=JULY)
        letter = session.scalars(select(Letter).where(Letter.kind == "nomination_received")).one()
        text = message_bytes(session, letter).decode()
    assert "- personal form" in text
    assert "nomination by the member state" not in text
    with reading(engine) as session:
        owed = next(one.owed for one in reminders.planned(session, SLUG, at=JULY) if one.owed.about == "nominee_items")
    assert "personal form" in owed.facts["missing"]
    assert "nomination by the member state" not in owed.facts["missing"]
    do(engine, delegation.receive_items, member="kg-1", items=[one for one in ITEMS if one != "nomination"])
    with reading(engine) as session:
        assert [one for one in reminders.owed(session, SLUG, at=JULY) if one.about == "nominee_items"] == []
        assert members.files(session, SLUG)["kg-1"].missing == ("nomination",), "the file still lacks it"


def test_who_was_nominated_late_is_told_and_reminded_of_a_day_to_come(engine: Engine, called: None) -> None:
    late = EXAMPLE.facts.opens() - 5 * DAY
    row = EXAMPLE.nominee("kg-1").model_dump(exclude={"code"})
    do(engine, delegation.nominate, member="kg-1", at=late, **row)
    with begin(engine) as session:
        delegation.advance(session, SLUG, at=late)
    with reading(engine) as session:
        owed = next(one.owed for one in reminders.planned(session, SLUG, at=late) if one.owed.about == "nominee_items")
        letter = session.scalars(select(Letter).where(Letter.kind == "nomination_received")).one()
        text = " ".join(message_bytes(session, letter).decode().split())
    assert owed.due == delegation.papers_due(EXAMPLE.facts, late) == late + 3 * DAY
    assert text.count("10 August 2020") >= 3, "in the subject and both bodies"


def test_a_postponed_deadline_is_reminded_of_again(engine: Engine, called: None) -> None:
    with reading(engine) as session:
        first = next(one for one in reminders.planned(session, SLUG, at=JULY) if one.owed.key == "KG").goes
    assert len(remind(engine, first)) == 4
    do(engine, mission_acts.postpone, at=first + MINUTE, days=7, reason="resolution of the authorities")
    assert remind(engine, first + 2 * MINUTE) == []
    assert len(remind(engine, first + 7 * DAY)) == 4


def test_a_team_that_has_not_checked_in_is_looked_for_before_its_form_is(engine: Engine, deployed: None) -> None:
    coordinator, deputy = (EXAMPLE.facts.office(code).email for code in ("coordinator", "deputy-coordinator"))
    do(engine, deployment.check_in, at=NINE - MINUTE, team="team-2")
    assert remind(engine, NINE + 14 * MINUTE) == []
    assert remind(engine, NINE + 15 * MINUTE) == [(coordinator, "Reminder: team-1 has not checked in")]
    assert remind(engine, NINE + 30 * MINUTE) == [(deputy, "For your attention: team-1 has not checked in")]
    opening = datetime(2020, 8, 12, 4, 45, tzinfo=UTC)
    sent = remind(engine, opening + 30 * MINUTE)
    assert [address for address, _ in sent] == [EXAMPLE.nominee(code).email for code in ("az-1", "kg-1")]
    assert all(subject.startswith("Reminder: opening form of team-1") for _, subject in sent)
    told = remind(engine, opening + 60 * MINUTE)
    assert [address for address, _ in told] == [coordinator]
    do(engine, deployment.check_in, at=opening + 61 * MINUTE, team="team-1")
    assert remind(engine, opening + 62 * MINUTE) == []


def test_a_team_without_an_address_is_reminded_through_the_coordinator(engine: Engine, deployed: None) -> None:
    with begin(engine) as session:
        for code in ("az-1", "kg-1"):
            session.get_one(Member, (SLUG, code)).email = ""
    sent = remind(engine, datetime(2020, 8, 12, 5, 15, tzinfo=UTC))
    forms = [address for address, subject in sent if subject.startswith("Reminder: opening form")]
    assert forms == [EXAMPLE.facts.office("coordinator").email]


def test_a_member_whose_state_withdrew_is_reminded_of_nothing(engine: Engine, deployed: None) -> None:
    do(engine, mission_acts.state_withdraws, at=NINE, state="KG", reason="note of the ministry")
    sent = remind(engine, datetime(2020, 8, 12, 5, 15, tzinfo=UTC))
    assert EXAMPLE.nominee("kg-1").email not in dict(sent)
    assert EXAMPLE.nominee("az-1").email in dict(sent)


def test_tomorrows_meeting_is_brought_to_mind_and_a_missing_record_asked_for(engine: Engine, deployed: None) -> None:
    row = next(row for row in EXAMPLE.meetings if row.code == "cec").model_dump(exclude={"code"})
    row |= {key: EXAMPLE.facts.moment(row[key]) for key in ("starts", "ends")}
    do(engine, meetings.request, meeting="cec", at=NINE - 12 * DAY, **row)
    do(engine, meetings.confirm, meeting="cec", at=NINE - 12 * DAY)
    evening = datetime(2020, 8, 10, 11, tzinfo=UTC)

    def reminded(at: datetime) -> list[str]:
        return [address for address, subject in remind(engine, at) if "Petrov" in subject]

    assert reminded(evening) == [], "nobody is reminded of a meeting before being invited to it"
    with begin(engine) as session:
        meetings.advance(session, SLUG, at=NINE - 11 * DAY)
    assert reminded(evening - MINUTE) == []
    assert len(reminded(evening)) == 5
    do(
        engine,
        meetings.move,
        meeting="cec",
        at=evening + MINUTE,
        starts=row["starts"] + 60 * MINUTE,
        ends=row["ends"] + 60 * MINUTE,
    )
    with begin(engine) as session:
        meetings.advance(session, SLUG, at=evening + 2 * MINUTE)
    assert reminded(evening + 3 * MINUTE) == [], "who was told today of the new time needs no reminder of it"
    sent = remind(engine, row["ends"] + 5 * 60 * MINUTE)
    assert [one for one in sent if "record of the meeting" in one[1]] == [
        (
            EXAMPLE.facts.office("coordinator").email,
            "Reminder: record of the meeting with Mr. Konstantin Petrov, Deputy Chairman of the Central Election "
            "Commission of the Republic of Kazakhstan",
        )
    ]


def test_each_reminder_leaves_a_row_in_the_chain_and_an_evacuated_mission_sends_none(
    engine: Engine, deployed: None
) -> None:
    remind(engine, NINE + 15 * MINUTE)
    with reading(engine) as session:
        acts = [row.what for row in audit.rows(session, SLUG) if row.act == "ReminderQueued"]
    assert {"about": "check_in_missed", "key": "team-1", "to": "coordinator", "escalated": False} in acts
    do(engine, mission_acts.evacuate, at=NINE + 16 * MINUTE, reason="order of the head of mission")
    assert remind(engine, NINE + 30 * MINUTE) == []
