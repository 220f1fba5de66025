"""The record of acts at the desk: found by person, act and day, proved whole, taken along."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from desks import Desk
from evening import SLUG
from sqlalchemy import Engine, event, select, text, update

from desk.web import audit as pages
from ieom.records import audit
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading

ZONE = ZoneInfo("Asia/Almaty")
AUDIT = f"/missions/{SLUG}/audit"


def listed(page: str) -> str:
    """The acts of a page, without the filter above them, which names the kinds of acts too."""
    return page.partition('<ol class="happened"')[2]


def test_acts_are_sentences_newest_first_in_pages(desk_asked: Desk, asked: Engine) -> None:
    first = desk_asked.auditor.get(AUDIT).text
    assert "Approval is asked for, version" in first
    assert '<th scope="row">fingerprint of the text</th>' in first
    assert "As it stands in the chain" in first
    assert f"1 to {pages.MOST} of" in first
    last = desk_asked.auditor.get(f"{AUDIT}?page=2").text
    assert "The mission is opened" not in listed(first)
    with reading(asked) as session:
        head = audit.head(session, SLUG)
        assert head is not None
    whole = "".join(desk_asked.auditor.get(f"{AUDIT}?page={n}").text for n in range(1, head.seq // pages.MOST + 2))
    assert whole.count('<time datetime="') == head.seq
    assert "The mission is opened" in listed(whole)
    assert last != first


def test_the_filter_takes_a_person_an_act_and_a_day_of_the_host_country(desk_asked: Desk, asked: Engine) -> None:
    with reading(asked) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.mission == SLUG)).all()
    by_drafter = [row for row in rows if row.by == "drafter"]
    page = desk_asked.coordinator.get(f"{AUDIT}?by=drafter").text
    assert f"{len(by_drafter)} act" in page
    received = [row for row in rows if row.act == "FormReceived"]
    shown = listed(desk_asked.coordinator.get(f"{AUDIT}?act=FormReceived").text)
    assert shown.count("Form received:") == len(received)
    day = [row for row in rows if row.at.astimezone(ZONE).date().isoformat() == "2020-08-12"]
    assert f"{len(day)} act" in desk_asked.coordinator.get(f"{AUDIT}?day=2020-08-12").text
    assert 0 < len(day) < len(rows)
    assert "No act is meant by that" in desk_asked.coordinator.get(f"{AUDIT}?day=1999-01-01").text
    assert desk_asked.coordinator.get(f"{AUDIT}?day=yesterday").status_code == 422


def test_an_act_that_was_edited_by_hand_is_seen_at_the_press_of_a_button(desk_asked: Desk, asked: Engine) -> None:
    whole = desk_asked.auditor.get(f"{AUDIT}/verified").text
    assert "whole and in order" in whole
    with reading(asked) as session:
        head = audit.head(session, SLUG)
        assert head is not None
    assert "is found in it" in desk_asked.auditor.get(f"{AUDIT}/verified?head={head.hash}").text
    assert "cut off or replaced" in desk_asked.auditor.get(f"{AUDIT}/verified?head={'0' * 63}1").text
    assert desk_asked.auditor.get(f"{AUDIT}/verified?head=<script>").status_code == 422
    with begin(asked) as session:
        session.execute(text("DROP TRIGGER audit_rows_no_update"))
        session.execute(update(AuditRow).where(AuditRow.mission == SLUG, AuditRow.seq == 3).values(by="somebody"))
    broken = desk_asked.auditor.get(f"{AUDIT}/verified").text
    assert "The record is not whole" in broken
    assert "row 3" in broken


def test_the_record_goes_out_as_a_file_of_json_lines(desk_asked: Desk, asked: Engine) -> None:
    answer = desk_asked.head_of_mission.get(f"{AUDIT}.jsonl")
    assert answer.headers["content-disposition"].startswith("attachment")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    with reading(asked) as session:
        assert [one["hash"] for one in lines] == [row.hash for row in audit.rows(session, SLUG)]


def test_a_page_of_acts_takes_as_many_statements_however_many_there_are(desk_asked: Desk, asked: Engine) -> None:
    def statements(path: str) -> int:
        seen = []

        def see(*args: object) -> None:
            seen.append(args[2])

        event.listen(asked, "before_cursor_execute", see)
        assert desk_asked.auditor.get(path).status_code == 200
        event.remove(asked, "before_cursor_execute", see)
        return len(seen)

    statements(AUDIT)  # the first connection sets itself up
    assert statements(AUDIT) == statements(f"{AUDIT}?act=MissionOpened") < 30
