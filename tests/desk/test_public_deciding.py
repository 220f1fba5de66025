"""The page behind an approver's link: it is read often, and decides once."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from links import BASE, EVENING, SLUG, ask, code_in, letter, link_in, resting, round_asked, words
from sqlalchemy import Engine, func, select, text
from starlette.testclient import TestClient

from desk.public.app import public
from desk.public.site import records
from ieom.acts import approval, deciding_by_link
from ieom.acts.proving import witnessed
from ieom.errors import Conflict, Tampered
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.decision_links import DecisionLink
from ieom.records.letters import Letter
from ieom.settings import settings

OURS = {"origin": "https://press.example"}


@pytest.fixture(autouse=True)
def address(own_state, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", BASE)
    settings.cache_clear()


@pytest.fixture
def asked(engine: Engine, mission: str) -> Engine:
    round_asked(engine)
    return engine


@pytest.fixture
def web(engine: Engine) -> Iterator[TestClient]:
    own_engine = records(str(engine.url))
    with TestClient(public(own_engine), base_url="https://press.example", follow_redirects=False) as client:
        yield client
    own_engine.dispose()


def hidden(page: str, name: str = "hash") -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found[1]


def approve(web: TestClient, path: str, decision: str = "approve", comment: str = "", **more):
    page = web.get(path).text
    data = {"hash": hidden(page), "decision": decision, "comment": comment}
    return web.post(path, data=data, headers=OURS, **more)


def state(engine: Engine) -> tuple[list[object], ...]:
    """Everything that a look must leave as it was."""
    with reading(engine) as session:
        return tuple(
            sorted(map(tuple, session.execute(text(f"SELECT * FROM {table}"))), key=str)
            for table in ("decisions", "approval_seats", "approval_rounds", "decision_links", "audit_rows", "letters")
        )


def decisions(engine: Engine) -> list[tuple[str, str, str, str]]:
    with reading(engine) as session:
        query = select(Decision.by, Decision.decision, Decision.channel, Decision.comment).order_by(Decision.id)
        return list(session.execute(query).tuples())


def test_the_link_in_the_letter_approves_once_and_shows_the_receipt(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    assert len(path.rpartition("/")[2]) >= 22, "fewer than 128 bits"
    page = web.get(path)
    for said in (
        "Statement v1", "asked of you as Head of mission", "closes 12 August 2020, 19:30 Nur-Sultan",
        "Do you approve this statement?", "You were not asked about an earlier version", "Opening attended: 1 of 1 station",
        "“It was calm.” rests on nothing recorded.",
    ):  # fmt: skip
        assert said in page.text
    answer = approve(web, path)
    assert answer.status_code == 303
    assert decisions(asked) == [("az-1", "approve", "link", "")]
    receipt = web.get(path).text
    with reading(asked) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.act == "StatementDecided")).one()
        assert row.what["channel"] == "link"
        assert row.by == "az-1"
    for said in (
        "Your decision is recorded",
        "Embassy, az-1",
        "12 August 2020, 19:00",
        row.hash,
        row.what["content_hash"],
    ):
        assert said in receipt
    again = web.post(
        path, data={"hash": row.what["content_hash"], "decision": "changes", "comment": "no"}, headers=OURS
    )
    assert again.status_code == 409
    assert "never changed" in again.text
    assert row.hash in again.text
    assert len(decisions(asked)) == 1
    told = words(letter(asked, kind="decision_received"))
    assert row.hash in told
    assert "ieom approval contradict --by az-1" in told


def test_the_records_hold_no_token_but_its_hash(asked: Engine) -> None:
    token = link_in(letter(asked)).rpartition("/")[2]
    with reading(asked) as session:
        for table in ("decision_links", "audit_rows", "approval_seats", "approval_rounds"):
            assert token not in str(session.execute(text(f"SELECT * FROM {table}")).all())
        links = session.scalars(select(DecisionLink)).all()
        assert {one.who for one in links} == {"az-1", "kg-1", "tr-1", "uz-1", "secretary-general"}


def test_a_hundred_looks_of_a_mail_scanner_change_nothing(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    before = state(asked)
    for _ in range(100):
        assert web.get(path).status_code == 200
    for one in (path, f"{path}/statement-en.pdf"):
        assert web.head(one).status_code == 200
        assert web.get(f"{one}?decision=approve&confirm=yes").status_code == 200
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert web.request(method, path).status_code == 405
    assert state(asked) == before


def test_an_altered_or_made_up_token_is_answered_like_nonsense(asked: Engine, web: TestClient) -> None:
    nonsense, path = web.get("/nonsense"), link_in(letter(asked))
    altered = path[:-1] + ("A" if path[-1] != "A" else "B")
    for one in (
        altered,
        path[:-1],
        path + "x",
        "/decide/",
        "/decide/x",
        "/decide/" + "x" * 200,
        f"{altered}/statement-en.pdf",
    ):
        answer = web.get(one)
        assert (answer.status_code, answer.content, {**answer.headers}) == (
            404,
            nonsense.content,
            {**nonsense.headers},
        ), one
    posted = web.post(altered, data={"decision": "approve", "hash": "x"}, headers=OURS)
    assert (posted.status_code, posted.content) == (404, nonsense.content)
    assert decisions(asked) == []


def test_another_site_s_form_decides_nothing(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "approve"}
    for headers in (
        {"origin": "https://elsewhere.example"}, {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "https://press.example", "sec-fetch-site": "cross-site"}, {},
    ):  # fmt: skip
        assert web.post(path, data=data, headers=headers).status_code == 403, headers
    assert decisions(asked) == []
    assert web.post(path, data=data, headers={"origin": "null", "sec-fetch-site": "same-origin"}).status_code == 303


def test_a_decision_names_the_text_that_was_shown(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    answer = web.post(path, data={"hash": "0" * 64, "decision": "approve"}, headers=OURS)
    assert answer.status_code == 409
    assert "shows another text" in answer.text
    assert decisions(asked) == []


def test_what_was_typed_stays_when_a_decision_can_t_be_taken(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    both = approve(web, path, comment="The second paragraph.")
    assert both.status_code == 422
    assert "press &#39;Approve with a comment&#39;" in both.text
    assert ">The second paragraph.</textarea>" in both.text
    assert approve(web, path, "changes").status_code == 422
    assert approve(web, path, "withdraw").status_code == 422
    assert approve(web, path, "approve_with_comment", "x" * 4001).status_code == 422
    assert decisions(asked) == []


def test_script_in_a_comment_is_shown_as_it_was_typed(asked: Engine, web: TestClient) -> None:
    path, evil = link_in(letter(asked)), "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    assert "<script" not in approve(web, path, "approve", evil).text
    assert approve(web, path, "changes", evil).status_code == 303
    receipt = web.get(path)
    assert "&lt;script&gt;alert(1)" in receipt.text
    assert "<script" not in receipt.text
    assert "<img" not in receipt.text
    assert "default-src 'none'" in receipt.headers["content-security-policy"]
    assert decisions(asked)[0][3] == evil
    told = letter(asked, kind="decision_received").get_body(("html",))
    assert "<script" not in told.get_content()


def test_the_page_is_kept_by_nobody_and_leads_nobody_away(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    for one in (path, f"{path}/statement-en.pdf"):
        answer = web.get(one)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers
    attached = next(part for part in letter(asked).iter_attachments())
    assert web.get(f"{path}/statement-en.pdf").content == attached.get_content()
    assert "<script" not in web.get(path).text


def test_after_its_time_a_decision_is_still_taken(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked, "kg-1@embassy.example"))
    with begin(asked) as session:
        missions.get(session, SLUG).simulated_now = EVENING + timedelta(hours=2)
    assert "was to be decided by 12 August 2020, 19:30 Nur-Sultan, and still is awaited" in web.get(path).text
    assert "asked of you for the Kyrgyz Republic" in web.get(path).text
    assert approve(web, path).status_code == 303


def test_an_edit_ends_the_link_and_the_new_one_shows_what_changed(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "approve"}
    with begin(asked) as session:
        ask_again(session)
    answer = web.post(path, data=data, headers=OURS)
    assert answer.status_code == 409
    assert "void" in answer.text
    assert "look for our newer letter" in answer.text
    assert "Full text" not in answer.text
    assert web.get(f"{path}/statement-en.pdf").status_code == 404
    newer = link_in(letter(asked))
    page = web.get(newer).text
    assert "1 paragraph, against version 1" in page
    assert "<ins>" in page
    assert "in good order" in page
    assert decisions(asked) == []
    other = web.post(newer, data=data, headers=OURS)  # the hash of the round before
    assert other.status_code == 409
    assert decisions(asked) == []


def ask_again(session) -> None:
    ask(session, resting(conduct="The Mission worked in good order."), at=EVENING + timedelta(minutes=5))
    approval.advance(session, SLUG, at=EVENING + timedelta(minutes=6))


def test_between_an_edit_and_the_next_run_the_link_decides_nothing(asked: Engine, web: TestClient) -> None:
    from ieom.acts.versions import write

    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "approve"}
    with begin(asked) as session:
        write(
            session, SLUG, resting(conduct="Otherwise."), by="drafter", at=EVENING, digest="", why="", based_on=None, ref=None
        )  # fmt: skip
    answer = web.post(path, data=data, headers=OURS)
    assert answer.status_code == 409
    assert "edited since you were asked" in answer.text
    assert decisions(asked) == []


def test_a_stopped_round_s_link_says_so(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "approve"}
    with begin(asked) as session:
        approval.stop(session, SLUG, by="coordinator", at=EVENING, why="a call from the ministry")
    answer = web.post(path, data=data, headers=OURS)
    assert answer.status_code == 409
    assert "was stopped by the secretariat" in answer.text
    assert "a call from the ministry" not in answer.text
    assert "coordinator@secretariat.example" in answer.text


def test_a_reminder_s_link_works_and_a_deputy_gets_one(asked: Engine, web: TestClient) -> None:
    from ieom.acts import reminders

    for hours in range(1, 24):
        with begin(asked) as session:
            reminders.advance(session, SLUG, at=EVENING + timedelta(hours=hours))
    again = link_in(letter(asked, kind="reminder_approval_waits"))
    first = link_in(letter(asked))
    assert again != first
    deputy = link_in(letter(asked, "deputy.secretary.general@secretariat.example", kind="reminder_approval_waits"))
    assert "as deputy of Secretary General" in web.get(deputy).text
    assert approve(web, again).status_code == 303
    assert "Your decision is recorded" in web.get(first).text
    assert approve(web, deputy).status_code == 303
    holder = web.get(link_in(letter(asked, "secretary.general@secretariat.example")))
    assert (
        "Deputy Secretary General of the Cooperation Council of Turkic Speaking States decided for this seat"
        in holder.text
    )
    assert "your deputy" in words(letter(asked, "secretary.general@secretariat.example", "decision_received"))
    with reading(asked) as session:
        rest = session.scalars(
            select(Letter).where(
                Letter.kind == "reminder_approval_waits", Letter.recipient == "coordinator@secretariat.example"
            )
        ).all()
        assert all(b"/decide/" not in one.head for one in rest), "who may not decide gets no link"


def test_without_an_address_letters_carry_no_link(
    engine: Engine, mission: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IEOM_DECIDE_URL")
    settings.cache_clear()
    round_asked(engine)
    assert "ieom approve --by az-1" in words(letter(engine))
    assert "/decide/" not in words(letter(engine))
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(DecisionLink)) == 0


def test_where_a_log_in_is_asked_for_the_letter_leads_to_the_desk_and_holds_no_token(
    engine: Engine, mission: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEOM_DESK_URL", "https://desk.example")
    settings.cache_clear()
    round_asked(engine, asks="log-in")
    said = words(letter(engine))
    assert f"https://desk.example/missions/{SLUG}/approval" in said.split()
    assert "enter with your account" in " ".join(said.split())
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(DecisionLink)) == 0


def test_all_five_approve_by_link_and_the_round_is_approved(asked: Engine, web: TestClient) -> None:
    for who in ("az-1", "kg-1", "tr-1", "uz-1"):
        approve(web, link_in(letter(asked, f"{who}@embassy.example")))
    with begin(asked) as session:
        approval.advance(session, SLUG, at=EVENING)
        assert approval.newest_round(session, SLUG).status == "open"
    approve(web, link_in(letter(asked, "secretary.general@secretariat.example")), "approve_with_comment", "Well done.")
    with begin(asked) as session:
        approval.advance(session, SLUG, at=EVENING)
        assert approval.newest_round(session, SLUG).status == "approved"
    with begin(asked) as session:  # a forwarded link was used by somebody else: the approver says so
        approval.contradict(session, SLUG, by="kg-1", at=EVENING, why="not I")
        assert approval.newest_round(session, SLUG).status == "void"
    assert "contradicted afterwards" in web.get(link_in(letter(asked, "kg-1@embassy.example"))).text


def test_a_link_that_a_hand_wrote_into_the_records_opens_nothing(asked: Engine, web: TestClient) -> None:
    from ieom.records.decision_links import digest_of

    with begin(asked) as session:
        mine = session.scalars(select(DecisionLink).where(DecisionLink.who == "az-1")).one()
        session.add(
            DecisionLink(digest=digest_of("forged"), mission=SLUG, round=mine.round, seat=mine.seat, who="az-1",
                         hashes=mine.hashes, made_at=EVENING)
        )  # fmt: skip
    assert web.get("/decide/forged").status_code == 404
    with pytest.raises(Exception, match="chain"), begin(asked) as session:
        deciding_by_link.decide_by_link(session, token="forged", decision="approve", hashes=mine.hashes.values())


def test_a_decision_by_link_that_a_hand_wrote_fails_the_release(asked: Engine, web: TestClient) -> None:
    for who in ("az-1@embassy", "kg-1@embassy", "tr-1@embassy", "secretary.general@secretariat"):
        approve(web, link_in(letter(asked, f"{who}.example")))
    with begin(asked) as session:
        round_ = approval.newest_round(session, SLUG)
        seat = approval.seat_of(session, round_, "uz-1")[0]
        digest = next(iter(round_.hashes.values()))
        session.add(
            Decision(seat=seat.id, content_hash=digest, hashes=round_.hashes, decision="approve", by="uz-1", at=EVENING,
                     channel="link", recorded_by="uz-1")
        )  # fmt: skip
        session.flush()
        approval.advance(session, SLUG, at=EVENING)
        assert round_.status == "approved"
    with reading(asked) as session, pytest.raises(Tampered, match="no act is the decision of uz-1"):
        witnessed(session, SLUG, approval.newest_round(session, SLUG))


def test_locked_records_ask_to_try_again_and_keep_what_was_typed(
    asked: Engine, web: TestClient, tmp_path: Path
) -> None:
    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "changes", "comment": "The second paragraph."}
    with web.app.app.state.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=100")
    other = sqlite3.connect(asked.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = web.post(path, data=data, headers=OURS)
    other.execute("ROLLBACK")
    other.close()
    assert answer.status_code == 503
    assert "try again" in answer.text
    assert ">The second paragraph.</textarea>" in answer.text
    assert decisions(asked) == []
    assert web.post(path, data=data, headers=OURS).status_code == 303


def test_two_approvals_at_the_same_instant_are_one_decision(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from conftest import open_example

    open_example(either)
    round_asked(either)
    token = link_in(letter(either)).rpartition("/")[2]
    with reading(either) as session:
        hashes = list(approval.newest_round(session, SLUG).hashes.values())
    together, came = threading.Barrier(2), list[str]()

    def decide(act) -> None:
        try:
            with begin(either) as session:
                missions.facts(session, SLUG)
                if either.dialect.name == "postgresql":  # SQLite lets one in at a time
                    together.wait(10)
                act(session)
            came.append("decided")
        except Conflict:
            came.append("conflict")

    threads = [
        threading.Thread(target=decide, args=(act,))
        for act in (
            lambda s: deciding_by_link.decide_by_link(s, token=token, decision="approve", hashes=hashes),
            lambda s: approval.decide(s, SLUG, by="az-1", at=EVENING, decision="changes", comment="no"),
        )
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert sorted(came) == ["conflict", "decided"]
    assert len(decisions(either)) == 1


KILLED = """
import os, signal, sys
from sqlalchemy import event
from starlette.testclient import TestClient
from desk.public.app import public
from desk.public.site import records
url, path, digest, when = sys.argv[1:]
engine = records(url)
web = TestClient(public(engine), base_url="https://press.example")
kill = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
if when == "before":
    event.listen(engine, "commit", lambda connection: kill() if not connection.get_execution_options().get("ieom_readonly") else None)
else:
    import desk.public.deciding as page
    page.RedirectResponse = kill
web.post(path, data={"hash": digest, "decision": "approve"}, headers={"origin": "https://press.example"})
"""


@pytest.mark.parametrize(("when", "decided"), [("before", 0), ("after", 1)])
def test_killed_in_the_middle_of_an_approval_it_is_there_wholly_or_not_at_all(
    asked: Engine, web: TestClient, when: str, decided: int
) -> None:
    path = link_in(letter(asked))
    digest = hidden(web.get(path).text)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(asked.url), path, digest, when], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    assert len(decisions(asked)) == decided
    with reading(asked) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "StatementDecided")).all()
        told = session.scalars(select(Letter).where(Letter.kind == "decision_received")).all()
    assert (len(rows), len(told)) == (decided, decided)
    if decided:
        assert "Your decision is recorded" in web.get(path).text
    else:
        assert approve(web, path).status_code == 303


@pytest.fixture
def coded(engine: Engine, mission: str) -> Engine:
    round_asked(engine, asks="code")
    return engine


def test_with_a_code_nothing_is_read_without_it(coded: Engine, web: TestClient) -> None:
    path, code = link_in(letter(coded)), code_in(letter(coded, kind="decision_code"))
    assert code not in words(letter(coded))
    assert "comes in a letter of its own" in words(letter(coded))
    before = state(coded)
    page = web.get(path)
    assert "Which code was sent to you?" in page.text
    assert "Statement v1" not in page.text
    assert web.get(f"{path}/statement-en.pdf").status_code == 404
    assert web.post(path, data={"hash": "x", "decision": "approve"}, headers=OURS).status_code == 403
    shown = web.post(path, data={"code": code}, headers=OURS)
    assert "Do you approve this statement?" in shown.text
    copy = web.post(f"{path}/statement-en.pdf", data={"code": code}, headers=OURS)
    assert copy.content.startswith(b"%PDF")
    assert state(coded) == before
    data = {"hash": hidden(shown.text), "code": hidden(shown.text, "code"), "decision": "approve"}
    decided = web.post(path, data=data, headers=OURS)
    assert decided.status_code == 200
    assert "Your decision is recorded" in decided.text
    assert "Your decision" not in web.get(path).text, "the receipt is behind the code as well"


def test_five_wrong_codes_close_the_link_and_the_secretariat_is_told(coded: Engine, web: TestClient) -> None:
    path, code = link_in(letter(coded)), code_in(letter(coded, kind="decision_code"))
    digest = "0" * 64
    for left in (4, 3, 2, 1):
        answer = web.post(path, data={"code": "x", "hash": digest, "decision": "approve"}, headers=OURS)
        assert answer.status_code == 403
        assert f"{left} more attempt" in answer.text
    for given in ("x", code, code):
        answer = web.post(path, data={"code": given}, headers=OURS)
        assert answer.status_code == 403
        assert "This link is closed" in answer.text
    assert "Embassy, az-1" in words(letter(coded, "coordinator@secretariat.example", "decision_link_closed"))
    with reading(coded) as session:
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act == "DecisionLinkClosed")).all()
    assert len(acts) == 1
    assert decisions(coded) == []


def test_one_code_opens_the_reminder_s_link_too_and_another_comes_after_it_was_closed(
    coded: Engine, web: TestClient
) -> None:
    from ieom.acts import links

    def fresh() -> str:
        with begin(coded) as session:
            round_ = approval.newest_round(session, SLUG)
            seat = approval.seat_of(session, round_, "az-1")[0]
            return links.made(session, SLUG, round_, seat, "az-1", at=EVENING).removeprefix(BASE.rstrip("/"))

    code, second = code_in(letter(coded, kind="decision_code")), fresh()
    assert "Do you approve" in web.post(second, data={"code": code.replace(" ", "")}, headers=OURS).text
    for one in (link_in(letter(coded)), second) * 3:
        web.post(one, data={"code": "1"}, headers=OURS)
    assert "closed" in web.get(second).text
    third = fresh()
    other = code_in(letter(coded, kind="decision_code"))
    assert "Do you approve" in web.post(third, data={"code": other}, headers=OURS).text
