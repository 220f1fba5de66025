from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from icalendar import Calendar
from sqlalchemy import Engine, select

from ieom.acts import correspondence, inviting, meetings
from ieom.acts import mission as mission_acts
from ieom.errors import BadInput, Conflict, Refused
from ieom.mail.letters import message_bytes
from ieom.records import correspondence as register
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.records.meetings import Meeting, MeetingAttendee
from ieom.rules.timeline import Standing, State

AUGUST = datetime(2020, 8, 3, 4, tzinfo=UTC)
TEN = datetime(2020, 8, 11, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = ("az-1", "kg-1", "tr-1")


def do(engine: Engine, act: Any, *, at: datetime = AUGUST, **words: Any) -> Any:
    with begin(engine) as session:
        return act(session, "kazakhstan-senate-2020", by="coordinator", at=at, **words)


def walk(engine: Engine, at: datetime = AUGUST) -> Standing:
    with begin(engine) as session:
        return meetings.advance(session, "kazakhstan-senate-2020", at=at)


def ask(engine: Engine, **changed: Any) -> Meeting:
    given = {
        "meeting": "cec", "body": "kz-cec", "counterpart_office": "Deputy Chairman of the Central Election Commission",
        "counterpart_honorific": "Mr.", "counterpart_name": "Konstantin Petrov", "starts": TEN, "ends": TEN + HOUR,
        "place": "Central Election Commission", "attendees": ["az-1", "kg-1"],
    }  # fmt: skip
    row: Meeting = do(engine, meetings.request, **{**given, **changed})
    return row


def letters(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        return [(row.recipient[:4], row.kind) for row in session.scalars(select(Letter).order_by(Letter.id))]


def calendars(engine: Engine, member: str) -> list[tuple[str, int, str, str, datetime]]:
    """(method, SEQUENCE, STATUS, UID, DTSTART) of every calendar part that a member was sent."""
    found = []
    with reading(engine) as session:
        query = select(Letter).where(Letter.recipient == f"{member}@secretariat.example").order_by(Letter.id)
        for row in session.scalars(query):
            message = message_from_bytes(message_bytes(session, row), policy=policy.default)
            part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
            calendar = Calendar.from_ical(part.get_content())
            assert part.get_param("method") == str(calendar["METHOD"])
            event = next(iter(calendar.walk("VEVENT")))
            assert [str(one) for one in [event["ATTENDEE"]]] == [f"mailto:{member}@secretariat.example"]
            found.append(
                (
                    str(calendar["METHOD"]), int(event["SEQUENCE"]), str(event["STATUS"]), str(event["UID"]),
                    event["DTSTART"].dt,
                )
            )  # fmt: skip
    return found


def papers(engine: Engine) -> list[list[str]]:
    with reading(engine) as session:
        rows = register.of(session, "kazakhstan-senate-2020")
        return [[p.text for p in Document(BytesIO(correspondence.content(row))).paragraphs] for row in rows]


@pytest.fixture(autouse=True)
def members(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        for code in PEOPLE:
            session.add(
                Member(
                    mission=mission, code=code, state=code[:2].upper(), role="observer", office=f"Observer {code}",
                    email=f"{code}@secretariat.example", status="appointed", nominated_at=AUGUST, appointed_at=AUGUST,
                )
            )  # fmt: skip


def test_the_counterpart_gets_a_letter_and_members_an_invitation_once_it_is_confirmed(engine: Engine) -> None:
    ask(engine)
    assert walk(engine).says == "cec: asked for and not confirmed yet."
    assert letters(engine) == []
    [letter] = papers(engine)
    text = "\n".join(letter)
    assert "Mr. Konstantin Petrov, Deputy Chairman of the Central Election Commission on 11 August 2020, 10:00" in text
    assert "[signature and stamp]" in text
    do(engine, meetings.confirm, meeting="cec")
    assert walk(engine).says == "cec: confirmed and to come."
    walk(engine)
    assert letters(engine) == [("az-1", "meeting_invitation"), ("kg-1", "meeting_invitation")]
    [(method, sequence, status, uid, starts)] = calendars(engine, "az-1")
    assert (method, sequence, status, starts) == ("REQUEST", 0, "CONFIRMED", TEN)
    assert uid.startswith("kazakhstan-senate-2020.cec.az-1@")


def test_a_move_is_an_update_with_the_same_uid_and_a_letter_to_the_counterpart(engine: Engine) -> None:
    ask(engine)
    do(engine, meetings.confirm, meeting="cec")
    walk(engine)
    do(engine, meetings.move, meeting="cec", starts=TEN + HOUR, ends=TEN + 2 * HOUR)
    walk(engine)
    first, second = calendars(engine, "kg-1")
    assert second == ("REQUEST", 1, "CONFIRMED", first[3], TEN + HOUR)
    assert letters(engine)[2:] == [("az-1", "meeting_change"), ("kg-1", "meeting_change")]
    assert "takes place on 11 August 2020, 11:00 instead" in "\n".join(papers(engine)[1])
    do(engine, meetings.move, meeting="cec", starts=TEN + HOUR, ends=TEN + 2 * HOUR, place="Room 2")
    assert len(papers(engine)) == 2  # another room is no letter to a commission's chairman


def test_a_move_before_the_confirmation_asks_rather_than_confirms(engine: Engine) -> None:
    ask(engine)
    do(engine, meetings.move, meeting="cec", starts=TEN + HOUR, ends=TEN + 2 * HOUR)
    assert "kindly asks whether the meeting may take place on 11 August 2020, 11:00" in "\n".join(papers(engine)[1])


def test_a_cancellation_reaches_whoever_was_invited_and_nobody_else(engine: Engine) -> None:
    ask(engine)
    do(engine, meetings.confirm, meeting="cec")
    walk(engine)
    do(engine, meetings.attend, meeting="cec", add=["tr-1"])
    do(engine, meetings.cancel, meeting="cec", why="the Commission is in session")
    assert walk(engine).says == "Every meeting was cancelled."
    walk(engine)
    assert letters(engine)[2:] == [("az-1", "meeting_cancelled"), ("kg-1", "meeting_cancelled")]
    assert calendars(engine, "az-1")[1][:3] == ("CANCEL", 1, "CANCELLED")
    text = "\n".join(papers(engine)[1])
    assert "will not take place" in text
    assert "in session" not in text  # the reason is ours; a letter gives it if who signs wants so


def test_who_is_taken_off_is_told_alone_and_can_be_asked_again(engine: Engine) -> None:
    ask(engine)
    do(engine, meetings.confirm, meeting="cec")
    walk(engine)
    do(engine, meetings.attend, meeting="cec", add=["tr-1"], remove=["kg-1"])
    walk(engine)
    assert letters(engine)[2:] == [("kg-1", "meeting_cancelled"), ("tr-1", "meeting_invitation")]
    assert calendars(engine, "kg-1")[-1][:3] == ("CANCEL", 1, "CANCELLED")
    do(engine, meetings.attend, meeting="cec", add=["kg-1"])
    walk(engine)
    assert calendars(engine, "kg-1")[-1][:3] == ("REQUEST", 2, "CONFIRMED")
    walk(engine)
    assert len(calendars(engine, "kg-1")) == 3


def shared_mailbox(engine: Engine) -> None:
    """az-1 and kg-1 are written to at one embassy's address."""
    with begin(engine) as session:
        session.get_one(Member, ("kazakhstan-senate-2020", "kg-1")).email = "az-1@secretariat.example"


def test_two_who_are_written_to_at_one_address_are_each_invited_and_one_is_taken_off_alone(engine: Engine) -> None:
    shared_mailbox(engine)
    ask(engine)
    do(engine, meetings.confirm, meeting="cec")
    walk(engine)
    assert letters(engine) == [("az-1", "meeting_invitation")] * 2
    do(engine, meetings.attend, meeting="cec", remove=["kg-1"])
    walk(engine)
    walk(engine)
    assert [(method, uid.partition("@")[0].rpartition(".")[2]) for method, _, _, uid, _ in calendars(engine, "az-1")] == [
        ("REQUEST", "az-1"), ("REQUEST", "kg-1"), ("CANCEL", "kg-1"),
    ]  # fmt: skip
    with reading(engine) as session:
        heard = inviting.told(session, "kazakhstan-senate-2020", "cec")
        assert heard == {"az-1": (0, "meeting_invitation"), "kg-1": (1, "meeting_cancelled")}
        asked = inviting.asked(session, "kazakhstan-senate-2020")
    assert set(asked) == {("cec", 0, "az-1"), ("cec", 0, "kg-1")}


def test_invitations_of_an_earlier_edition_are_read_by_address_and_not_sent_again(engine: Engine) -> None:
    ask(engine)
    do(engine, meetings.confirm, meeting="cec")
    walk(engine)
    with begin(engine) as session:
        for row in session.scalars(select(Letter)):
            row.occasion = row.occasion.rpartition(":")[0]
        session.flush()
        session.delete(session.scalars(select(Letter).where(Letter.recipient.startswith("kg-1"))).one())
    shared_mailbox(engine)
    walk(engine)
    assert letters(engine) == [("az-1", "meeting_invitation")]
    do(engine, meetings.attend, meeting="cec", remove=["kg-1"])
    walk(engine)
    assert letters(engine) == [("az-1", "meeting_invitation")], "az-1 is still expected under the one entry"
    do(engine, meetings.cancel, meeting="cec", why="the Commission is in session")
    walk(engine)
    assert {kind for _, kind in letters(engine)[1:]} == {"meeting_cancelled"}
    uids = {uid.partition("@")[0] for method, _, _, uid, _ in calendars(engine, "az-1") if method == "CANCEL"}
    assert uids == {"kazakhstan-senate-2020.cec"}, "the entry under which an earlier edition invited"


def test_a_member_who_left_the_mission_is_expected_no_longer(engine: Engine) -> None:
    ask(engine)
    do(engine, meetings.confirm, meeting="cec")
    walk(engine)
    do(engine, mission_acts.state_withdraws, state="KG", reason="note of the ministry")
    walk(engine)
    assert letters(engine)[2:] == [("kg-1", "meeting_cancelled")]


def test_a_briefing_needs_no_letter_and_is_confirmed_at_once(engine: Engine) -> None:
    ask(engine, meeting="briefing", kind="briefing", body="turkic-council", counterpart_name="")
    walk(engine)
    assert papers(engine) == []
    assert letters(engine) == [("az-1", "meeting_invitation"), ("kg-1", "meeting_invitation")]


def test_the_record_says_who_attended_and_what_it_was_about(engine: Engine) -> None:
    ask(engine)
    held = {"meeting": "cec", "attended": ["az-1", "tr-1"], "topics": ["preparations"], "minutes": "Ballots printed."}
    with pytest.raises(Refused, match="was not confirmed"):
        do(engine, meetings.hold, at=TEN + HOUR, **held)
    do(engine, meetings.confirm, meeting="cec")
    with pytest.raises(Refused, match="has not begun"):
        do(engine, meetings.hold, **held)
    assert walk(engine, TEN + 2 * HOUR).says == "cec: over without a record."
    with pytest.raises(BadInput, match="no topic is called weather"):
        do(engine, meetings.hold, at=TEN + HOUR, **{**held, "topics": ["weather"]})
    do(engine, meetings.hold, at=TEN + HOUR, **held)
    with reading(engine) as session:
        there = {row.member: row.attended for row in session.scalars(select(MeetingAttendee))}
    assert there == {"az-1": True, "kg-1": False, "tr-1": True}
    assert walk(engine, TEN + 2 * HOUR).state is State.DONE
    with pytest.raises(Refused, match="held already"):
        do(engine, meetings.cancel, meeting="cec", why="late")


def test_a_meeting_that_was_never_confirmed_is_shown_when_its_time_has_come(engine: Engine) -> None:
    ask(engine)
    assert walk(engine, TEN + DAY).says == "cec: never confirmed and its time has come."


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"attendees": ["xx-9"]}, "nobody has the code xx-9"),
        ({"body": "no-such-body"}, "'no-such-body' has no entry in config/names.toml"),
        ({"ends": TEN}, "would end before it begins"),
        ({"kind": "dinner"}, "'dinner' is not meeting or briefing"),
    ],
)
def test_a_meeting_that_can_not_be_is_refused_whole(engine: Engine, changed: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        ask(engine, **changed)
    with reading(engine) as session:
        assert session.scalars(select(Meeting)).all() == []
    assert papers(engine) == []


def test_a_second_meeting_under_one_code_is_a_conflict(engine: Engine) -> None:
    ask(engine)
    with pytest.raises(Conflict, match="there is a meeting 'cec' already"):
        ask(engine)
