"""A forwarded link: nothing is read without the code that was sent apart, and five guesses close it."""

from __future__ import annotations

from links import (
    BASE,
    EVENING,
    OURS,
    SLUG,
    code_in,
    decisions,
    hidden,
    letter,
    link_in,
    state,
    words,
)
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from ieom.acts import approval
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading


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
