"""The desk when something fails under it: Prefect's server is gone, the records are locked or away, the disk or the process
ends in the middle of an act."""

from __future__ import annotations

import fcntl
import json
import socket
import sqlite3
import tempfile
import threading
import time
from html import unescape

import pytest
from desks import Desk, browser, people
from evening import SLUG
from lxml import html
from sqlalchemy import Engine, func, select

from desk.web.runs import Asking
from ieom.acts import approval
from ieom.acts.audit import faults
from ieom.records import missions
from ieom.records.accounts import Account
from ieom.records.approvals import Decision
from ieom.records.base import reading
from ieom.settings import settings


def test_prefects_server_is_gone_and_nothing_decided_is_lost(desk_opened: Desk, engine: Engine) -> None:
    state = settings().state_dir
    state.mkdir(parents=True, exist_ok=True)
    with (state / "serve.lock").open("w") as held, socket.create_server(("127.0.0.1", 0)) as deaf:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = {"pid": 1, "api": f"http://127.0.0.1:{deaf.getsockname()[1]}/api"}
        (state / "serve.json").write_text(json.dumps(told), "utf-8")
        page = desk_opened.drafter.get(f"/missions/{SLUG}").text
        begun = time.monotonic()
        assert Asking().of(SLUG, None).how == "slow"
        assert time.monotonic() - begun < 1.5, "no page waits for what does not answer"
        assert "What keeps missions going has not answered yet" in unescape(page)
        (state / "serve.json").write_text(json.dumps({"pid": 1, "api": "http://127.0.0.1:9/api"}), "utf-8")
        said = desk_opened.coordinator.post(f"/missions/{SLUG}/start")
        assert "does not answer just now; it looks by itself" in said.text
        assert "The mission is held" in desk_opened.coordinator.post(f"/missions/{SLUG}/hold", {"why": "Wait."}).text
        for path in (f"/missions/{SLUG}", f"/missions/{SLUG}/now"):
            page = unescape(desk_opened.coordinator.get(path).text)
            assert "What keeps missions going does not answer just now" in page
            assert "flow-run" not in page
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "held"


def test_prefects_server_is_gone_and_a_decision_stands(desk_asked: Desk, asked: Engine) -> None:
    state = settings().state_dir
    with reading(asked) as session:
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        read = list(round_.hashes.values())
    with (state / "serve.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (state / "serve.json").write_text(json.dumps({"pid": 1, "api": "http://127.0.0.1:9/api"}), "utf-8")
        head = desk_asked.head_of_mission
        said = head.post(f"/missions/{SLUG}/approval/decide", {"decision": "approve", "read": read})
        assert "Recorded: " in said.text
        assert "What keeps missions going does not answer just now" in unescape(head.get(f"/missions/{SLUG}").text)
    with reading(asked) as session:
        assert [one.decision for one in session.scalars(select(Decision))] == ["approve"]
        assert faults(session, SLUG) == []


def test_records_that_can_not_be_reached_are_said_and_nothing_changes(desk_opened: Desk, engine: Engine) -> None:
    token = desk_opened.coordinator.token()
    other = sqlite3.connect(str(engine.url.database), isolation_level=None)
    other.execute("ALTER TABLE missions RENAME TO missions_away")
    client = desk_opened.coordinator.client
    data = {"why": "Wait.", "csrf": token}
    answer = client.post(f"/missions/{SLUG}/hold", data=data, headers={"origin": "http://testserver"})
    assert answer.status_code == 503
    assert "Try again in a minute" in answer.text
    assert "sqlite" not in answer.text.lower()
    in_place = client.post(
        f"/missions/{SLUG}/hold", data=data, headers={"origin": "http://testserver", "hx-request": "true"}
    )
    assert in_place.headers["hx-retarget"] == "#said", "what was typed stays where it stands"
    other.execute("ALTER TABLE missions_away RENAME TO missions")
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "open"


@pytest.mark.parametrize("away", ["missions", "audit_rows", "desk_sessions"])
def test_what_was_typed_comes_back_when_the_records_are_away_and_can_be_sent_again(
    desk_opened: Desk, engine: Engine, away: str
) -> None:
    browser, hold = desk_opened.coordinator, f"/missions/{SLUG}/hold"
    here = {"origin": "http://testserver"}
    data = {"why": 'Wait for the "second" </textarea><b>paper</b>.', "csrf": browser.token(), "kept": "/x"}
    other = sqlite3.connect(str(engine.url.database), isolation_level=None)
    other.execute(f"ALTER TABLE {away} RENAME TO now_away")
    answer = browser.client.post(hold, data=data, headers=here)
    elsewhere = browser.client.post(hold, data=data, headers={"origin": "http://evil.example"})
    entering = browser.client.post("/enter", data={"email": "a@desk.example", "password": "two words"}, headers=here)
    other.execute(f"ALTER TABLE now_away RENAME TO {away}")
    assert answer.status_code == 503
    assert "</textarea><b>" not in answer.text
    page = html.document_fromstring(answer.text)
    fields = next(dict(form.fields) for form in page.forms if form.action == hold)
    assert fields == {"why": data["why"], "csrf": data["csrf"]}
    assert "paper" not in elsewhere.text, "what another site sent does not come back"
    assert "two words" not in entering.text, "no password does"
    sent = browser.client.post(hold, data=fields, headers=here)
    assert "The mission is held" in sent.text
    with reading(engine) as session:
        assert missions.get(session, SLUG).held_why == data["why"]


def test_a_disk_without_room_is_said_in_a_sentence(
    desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = desk_opened.press_officer
    token = press.token()
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    book = "email,outlet\n" + "".join(f"desk@wire{number}.example,Wire {number}\n" for number in range(2000))
    here = {"origin": "http://testserver"}
    answer = press.client.post(
        "/media/import", data={"csrf": token}, files={"file": ("book.csv", book.encode())}, headers=here
    )
    assert answer.status_code == 503
    assert "disk is full, and nothing was taken in" in answer.text
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_a, **_more: open("/dev/full", "r+b", buffering=0))  # noqa: SIM115, PTH123
    paper = {"paper": ("photo.jpg", b"\xff\xd8\xff" + b"0" * 1_500_000)}
    answer = desk_opened.coordinator.post(f"/missions/{SLUG}/delegation/kg-1/items/photo", files=paper)
    assert answer.status_code == 503
    assert "disk is full, and nothing was taken in" in answer.text
    assert answer.headers["connection"] == "close", "the rest of the file is not waited for"


@pytest.mark.postgres
def test_two_who_do_the_same_at_once_are_told_so_and_the_log_holds_no_address(
    postgres: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    administrator = browser(postgres, "administrator", people(postgres, roles=("administrator",))["administrator"])
    data = {"name": "Second drafter", "email": "second@desk.example", "csrf": administrator.token()}
    with postgres.connect() as other:
        row = {"name": "The same", "email": data["email"], "key": data["email"], "made_at": missions.real_now()}
        other.execute(Account.__table__.insert(), row)
        threading.Timer(0.3, other.commit).start()
        answer = administrator.client.post("/accounts", data=data, headers={"origin": "http://testserver"})
    assert answer.status_code == 409
    assert "Somebody did the same at this moment" in answer.text
    assert "unique constraint" in caplog.text
    assert data["email"] not in caplog.text
    with reading(postgres) as session:
        assert session.scalar(select(func.count()).select_from(Account).where(Account.key == data["email"])) == 1
