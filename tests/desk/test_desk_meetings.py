"""Meetings at the desk: asked for, confirmed, moved, held with their record, cancelled."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from desks import Desk
from docx import Document
from evening import SLUG
from sqlalchemy import Engine

from ieom.acts import complaining, inviting
from ieom.acts import meetings as acts
from ieom.records import correspondence, missions
from ieom.records.base import begin, reading
from ieom.records.meetings import Meeting

HERE = f"/missions/{SLUG}/meetings"
ASKED = {
    "code": "mayor", "body": "nur-sultan-akimat", "counterpart_office": "Deputy Akim", "place": "<img src=x>",
    "counterpart_name": "Malika Bekturova", "starts": "2020-08-11T14:00", "ends": "2020-08-11T15:00",
}  # fmt: skip


def now_is(engine: Engine, *moment: int) -> None:
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.fixture(autouse=True)
def _before(engine: Engine, mission: str) -> None:
    now_is(engine, 2020, 8, 9, 5)


def test_a_meeting_goes_from_the_request_to_its_record_in_the_browser(desk_opened: Desk, engine: Engine) -> None:
    browser = desk_opened.coordinator
    nobody = {"state": "KG", "role": "observer", "office": "Embassy, observer 1"}
    browser.post(f"/missions/{SLUG}/delegation", nobody)
    page = browser.post(HERE, {**ASKED, "attendee": ["kg-1"]}).text
    assert "&lt;img src=x&gt;" in page
    assert "<img" not in page
    assert "has not confirmed" in page
    with reading(engine) as session:
        assert session.get_one(Meeting, (SLUG, "mayor")).starts_at == datetime(2020, 8, 11, 8, tzinfo=UTC)
        assert [row.counterpart for row in correspondence.of(session, SLUG)] == ["nur-sultan-akimat-office"]
    assert "Malika Bekturova, Deputy Akim: not confirmed yet" in browser.get(HERE).text
    assert "Confirmed" in browser.post(f"{HERE}/mayor/confirm").text
    moved = {"starts": "2020-08-11T16:30", "ends": "2020-08-11T17:00", "place": "City hall"}
    assert "11 Aug 2020, 16:30" in browser.post(f"{HERE}/mayor/move", moved).text
    early = {"attended": "kg-1", "topic": "campaign"}
    assert "has not begun" in browser.post(f"{HERE}/mayor/hold", early).text
    now_is(engine, 2020, 8, 11, 12)
    assert "its record is owed" in browser.get(f"{HERE}/mayor").text
    record = {"attended": "kg-1", "topic": ["campaign", "media"], "minutes": "One.\n<b>Two.</b>"}
    assert desk_opened.press_officer.post(f"{HERE}/mayor/hold", record).status_code == 403
    assert "&lt;b&gt;Two." in desk_opened.drafter.post(f"{HERE}/mayor/hold", record).text
    with reading(engine) as session:
        row = session.get_one(Meeting, (SLUG, "mayor"))
        assert (row.status, row.topics) == ("held", ["campaign", "media"])
        assert [one.attended for one in acts.attendees(session, SLUG, "mayor")] == [True]


def test_a_meeting_is_cancelled_for_a_reason_by_the_coordinator(desk_opened: Desk, engine: Engine) -> None:
    desk_opened.coordinator.post(HERE, ASKED)
    assert desk_opened.drafter.post(f"{HERE}/mayor/cancel", {"why": "no"}).status_code == 403
    assert desk_opened.coordinator.post(f"{HERE}/mayor/cancel", {"why": " "}).status_code == 422
    assert "The Akim is ill" in desk_opened.coordinator.post(f"{HERE}/mayor/cancel", {"why": "The Akim is ill"}).text
    with reading(engine) as session:
        assert len(correspondence.of(session, SLUG)) == 2


def test_a_time_that_is_none_is_refused_in_words(desk_opened: Desk) -> None:
    answer = desk_opened.coordinator.post(HERE, {**ASKED, "starts": "tomorrow"})
    assert answer.status_code == 422
    assert "&#39;tomorrow&#39; is to be a local time without a zone" in answer.text
    assert "meeting is" not in desk_opened.coordinator.get(HERE).text


def test_each_member_s_calendar_letters_are_told_with_when_they_left(desk_asked: Desk, asked: Engine) -> None:
    with reading(asked) as session:
        moved = [row for row in acts.of(session, SLUG) if row.sequence > 0 and row.kind == "meeting"]
        assert moved
        kinds = {
            row.code: {one.kind for some in inviting.heard(session, SLUG, row.code).values() for one in some}
            for row in moved
        }
    for code, there in kinds.items():
        page = " ".join(desk_asked.auditor.get(f"{HERE}/{code}").text.split())
        for kind, says in (("meeting_invitation", "Invitation with calendar file: left "),
                           ("meeting_change", "Change with calendar file: left ")):  # fmt: skip
            assert (says in page) == (kind in there), (code, kind)


def test_one_day_is_shown_alone_with_who_goes_where(desk_asked: Desk, asked: Engine) -> None:
    with reading(asked) as session:
        first = min(acts.of(session, SLUG), key=lambda row: row.starts_at)
    day = first.starts_at.astimezone(ZoneInfo("Asia/Almaty")).date()
    page = desk_asked.delegation_member.get(f"{HERE}?day={day}").text
    assert page.count('<ol class="agenda">') == 1
    assert f"{HERE}/{first.code}" in page
    assert desk_asked.delegation_member.get(HERE).text.count('<ol class="agenda">') >= 1
    assert "is meant by that" in desk_asked.delegation_member.get(f"{HERE}?day=tomorrow").text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("code", "a/b", "is no code"), ("place", "Hall\r\nBcc: all", "line break"),
        ("counterpart_name", "Malika \u202eBekturova", "a sign that is not seen"),
    ],
)  # fmt: skip
def test_what_would_stop_the_letters_about_a_meeting_is_refused_when_it_is_typed(
    desk_opened: Desk, field: str, value: str, says: str
) -> None:
    answer = desk_opened.coordinator.post(HERE, {**ASKED, field: value})
    assert (answer.status_code, says in answer.text) == (422, True)
    assert "meeting is" not in desk_opened.coordinator.get(HERE).text


def test_a_body_written_out_by_name_is_met_and_written_to_as_any_other(desk_opened: Desk, engine: Engine) -> None:
    browser, register = desk_opened.coordinator, f"/missions/{SLUG}/correspondence"
    name = "the Central Commission for Elections and Referenda of the Kyrgyz Republic"
    browser.post(f"{register}/invitation", {"body": "other", "body_name": name})
    asked = browser.post(HERE, {**ASKED, "code": "commission", "body": name, "counterpart_office": "Chairwoman"})
    assert (asked.status_code, "has not confirmed" in asked.text) == (200, True)
    assert (
        "Moved."
        in browser.post(f"{HERE}/commission/move", {"starts": "2020-08-11T16:30", "ends": "2020-08-11T17:00"}).text
    )
    assert "Cancelled." in browser.post(f"{HERE}/commission/cancel", {"why": "The Chairwoman is ill"}).text
    own = {"counterpart": name, "kind": "note_verbale", "subject": "Vehicles", "text": "Four vehicles wait."}
    written = browser.post(f"{register}/write", own)
    assert (written.status_code, "Drafted as" in written.text, f"to {name}" in written.text) == (200, True, True)
    browser.post(register, {"counterpart": name, "subject": "A complaint", "their_number": "7/1"})
    with begin(engine) as session:
        received, here = (
            correspondence.of(session, SLUG)[-1].number,
            {"by": "coordinator", "at": missions.now(session, SLUG)},
        )
        complaining.register(session, SLUG, **here, received=received, about="A candidate is misquoted.")
        complaining.reply(session, SLUG, **here, received=received, text=["The passage was read again."])
        ours = [row for row in correspondence.of(session, SLUG) if row.direction == "out"]
        assert [row.counterpart for row in ours] == [name] * 5
        note = ours[-1].number.replace("/", "-")
    paper = desk_opened.auditor.get(f"{register}/{note}/paper").content
    words = " ".join(part.text for part in Document(io.BytesIO(paper)).paragraphs)
    assert name in words
    assert "the the " not in words
