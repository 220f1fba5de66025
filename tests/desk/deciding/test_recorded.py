"""What is recorded for an approver and not confirmed yet is no decision: theirs takes its place, and it is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from links import EVENING, SLUG, approve, decisions, letter, link_in
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from ieom.acts import approval, reminders
from ieom.errors import BadInput, Conflict, Refused
from ieom.records import approvals
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.letters import Letter

PHONED = {"who": "az-1", "decision": "changes", "channel": "telephone", "evidence": "a call", "comment": "<b>No.</b>"}


def act(engine: Engine, what, by: str = "coordinator", **given):
    with begin(engine) as session:
        return what(session, SLUG, by=by, at=EVENING, **given)


def ends(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [end.became if end else "" for _, end in approvals.recorded(session, 1)]


def acts(engine: Engine) -> list[str]:
    with reading(engine) as session:
        query = select(AuditRow.act).where(AuditRow.act.in_(("StatementDecided", "DecisionRecorded", "DecisionConfirmed",
            "RecordSuperseded", "RecordTakenBack", "DecisionContradicted")))  # fmt: skip
        return list(session.scalars(query.order_by(AuditRow.seq)))


def test_the_approver_s_own_decision_by_the_link_takes_the_place_of_what_waits(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    act(asked, approval.record_decision, **PHONED)
    assert decisions(asked) == []
    page = web.get(path).text
    assert "was entered by Mission coordinator" in page
    assert "It waits for confirmation by another person" in page
    assert "&lt;b&gt;No.&lt;/b&gt;" in page
    assert approve(web, path).status_code == 303
    assert decisions(asked) == [("az-1", "approve", "link", "")]
    assert (ends(asked), acts(asked)) == (["superseded"], ["DecisionRecorded", "StatementDecided", "RecordSuperseded"])
    assert "Your decision is recorded" in web.get(path).text
    with pytest.raises(Conflict, match="Embassy, az-1 has decided since"):
        act(asked, approval.confirm_decision, "deputy-coordinator", who="az-1")
    assert len(decisions(asked)) == 1


def test_the_approver_decides_signed_in_although_a_record_waits(asked: Engine) -> None:
    act(asked, approval.record_decision, **PHONED)
    with pytest.raises(Conflict, match="waits for a second person"):
        act(asked, approval.record_decision, **PHONED)
    act(asked, approval.decide, "az-1", decision="approve")
    assert decisions(asked) == [("az-1", "approve", "in_person", "")]


def test_reminders_go_on_until_it_is_confirmed(asked: Engine) -> None:
    act(asked, approval.record_decision, **{**PHONED, "who": "uz-1", "decision": "approve"})
    later = EVENING + timedelta(hours=3)
    who = lambda: {one.person for one in reminders.owed(session, SLUG, at=later) if one.about == "approval_waits"}  # noqa: E731
    with reading(asked) as session:
        assert "uz-1" in who()
    act(asked, approval.confirm_decision, "deputy-coordinator", who="uz-1")
    with reading(asked) as session:
        assert "uz-1" not in who()


def test_a_slip_is_taken_back_with_a_reason_by_who_made_it_or_the_coordinator(asked: Engine) -> None:
    act(asked, approval.record_decision, "deputy-coordinator", **PHONED)
    with pytest.raises(BadInput, match="say why"):
        act(asked, approval.take_back, "deputy-coordinator", who="az-1", why=" ")
    with pytest.raises(Refused, match="takes it back, or the coordinator"):
        act(asked, approval.take_back, "drafter", who="az-1", why="a slip")
    act(asked, approval.take_back, "coordinator", who="az-1", why="another person called")
    with pytest.raises(Conflict, match=r"was taken back by Mission coordinator .*another person called"):
        act(asked, approval.confirm_decision, "drafter", who="az-1")
    with pytest.raises(Conflict, match="was taken back"):
        act(asked, approval.take_back, "coordinator", who="az-1", why="again")
    act(asked, approval.record_decision, **{**PHONED, "decision": "approve"})
    act(asked, approval.confirm_decision, "deputy-coordinator", who="az-1")
    with pytest.raises(Conflict, match="was confirmed by"):
        act(asked, approval.take_back, "coordinator", who="az-1", why="late")
    assert decisions(asked) == [("az-1", "approve", "telephone", "<b>No.</b>")]
    assert ends(asked) == ["taken_back", "confirmed"]
    with reading(asked) as session:
        query = select(Letter.kind).where(Letter.recipient == "az-1@embassy.example").order_by(Letter.id)
        told = [kind for kind in session.scalars(query) if kind != "approval_request"]
    assert told == ["approval_recorded", "record_taken_back", "approval_recorded"]
