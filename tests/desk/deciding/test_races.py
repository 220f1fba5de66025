"""Decisions at the same instant, in locked records, and when the server is killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from links import (
    EVENING,
    OURS,
    SLUG,
    approve,
    code_in,
    decisions,
    hidden,
    letter,
    link_in,
    round_asked,
)
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from ieom.acts import approval, deciding_by_link
from ieom.errors import Conflict
from ieom.records import approvals, missions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter


def test_locked_records_ask_to_try_again_and_keep_what_was_typed(
    asked: Engine, web: TestClient, tmp_path: Path
) -> None:
    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "changes", "comment": "The second paragraph."}
    with web.app.app.app.state.engine.connect() as connection:
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


def test_records_that_are_away_give_back_what_was_typed_and_take_it_later(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    digest = hidden(web.get(path).text)
    typed = "The second </textarea><script>alert(1)</script> paragraph."
    shown = "The second &lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; paragraph.</textarea>"
    other = sqlite3.connect(asked.url.database, isolation_level=None)
    other.execute("ALTER TABLE decision_links RENAME TO decision_links_away")
    answer = web.post(path, data={"hash": digest, "decision": "changes", "comment": typed}, headers=OURS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "was not recorded" in answer.text
    assert shown in answer.text
    assert web.post(path, data={"hash": digest, "decision": "approve"}, headers=OURS).status_code == 503
    other.execute("ALTER TABLE decision_links_away RENAME TO decision_links")
    other.close()
    again = web.post(path, data={"comment": typed}, headers=OURS)
    assert again.status_code == 200
    assert "Do you approve this statement?" in again.text
    assert shown in again.text, "typed once, it stands in the form again"
    assert decisions(asked) == []
    data = {"hash": hidden(again.text), "decision": "changes", "comment": typed}
    assert web.post(path, data=data, headers=OURS).status_code == 303
    assert decisions(asked)[0].comment == typed


def test_what_was_typed_stays_on_the_page_that_asks_for_the_code(coded: Engine, web: TestClient) -> None:
    path, code = link_in(letter(coded)), code_in(letter(coded, kind="decision_code"))
    data = {"hash": "0" * 64, "decision": "changes", "comment": "The second paragraph."}
    for given in ({}, {"code": "000000x"}):
        answer = web.post(path, data={**data, **given}, headers=OURS)
        assert answer.status_code == 403
        assert "The second paragraph.</textarea>" in answer.text
        assert "Statement v1" not in answer.text
    entered = web.post(path, data={"code": code, "comment": "The second paragraph."}, headers=OURS)
    assert "Do you approve this statement?" in entered.text
    assert ">The second paragraph.</textarea>" in entered.text
    assert decisions(coded) == []


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


def test_of_a_confirmation_the_own_decision_and_a_taking_back_at_the_same_instant_one_comes_about(
    either: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conftest import open_example

    open_example(either)
    round_asked(either)
    token = link_in(letter(either)).rpartition("/")[2]
    with begin(either) as session:
        hashes = list(approval.newest_round(session, SLUG).hashes.values())
        approval.record_decision(
            session, SLUG, by="coordinator", at=EVENING, who="az-1", decision="approve", channel="paper", evidence="a sheet"
        )  # fmt: skip
    together, came = threading.Barrier(3), dict[str, str]()

    def do(name, act) -> None:
        try:
            with begin(either) as session:
                missions.facts(session, SLUG)
                if either.dialect.name == "postgresql":  # SQLite lets one in at a time
                    together.wait(10)
                act(session)
            came[name] = "done"
        except Conflict as error:
            came[name] = str(error)

    acts = {
        "confirmed": lambda s: approval.confirm_decision(s, SLUG, by="deputy-coordinator", at=EVENING, who="az-1"),
        "superseded": lambda s: deciding_by_link.decide_by_link(s, token=token, decision="approve", hashes=hashes),
        "taken_back": lambda s: approval.take_back(s, SLUG, by="coordinator", at=EVENING, who="az-1", why="a slip"),
    }
    threads = [threading.Thread(target=do, args=one) for one in acts.items()]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    with reading(either) as session:
        [(_row, end)] = approvals.recorded(session, 1)
        told = set(session.scalars(select(AuditRow.act)))
    assert end is not None
    assert came[end.became] == "done"
    assert len(came) == 3
    done = {name for name, said in came.items() if said == "done"}
    # What was taken back first leaves the approver free to decide; else there is one act.
    assert done in ({end.became}, {"taken_back", "superseded"}), came
    assert [one.channel for one in decisions(either)] == ["paper" if end.became == "confirmed" else "link"]
    ended = {"confirmed": "DecisionConfirmed", "superseded": "RecordSuperseded", "taken_back": "RecordTakenBack"}
    assert {name for name, act in ended.items() if act in told} == {end.became}


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
