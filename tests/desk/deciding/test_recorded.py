"""What is recorded for an approver and not confirmed yet is no decision: theirs takes its place, and it is taken back."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from links import EVENING, OURS, SLUG, approve, code_in, decisions, letter, link_in, state, words
from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from desk.catcher import Catcher
from ieom.acts import approval, owing, reminders
from ieom.errors import BadInput, Conflict, Refused
from ieom.mail import sender
from ieom.mail.smtp import Account
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


def received(engine: Engine, folder: Path, kind: str, who: str = "az-1@embassy.example"):
    """A letter as a mail server got it."""
    with Catcher(folder) as catcher:
        sender.send_due(
            engine, Account("127.0.0.1", catcher.port, security="none"), mission=SLUG, now=lambda: EVENING
        )  # fmt: skip
    return message_from_bytes(next(folder.glob(f"*-{kind}-{who}.eml")).read_bytes(), policy=default)


def owed(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        return [(one.who, one.key) for one in owing.work(session, SLUG, at=EVENING) if one.about == "disowned"]


def told(engine: Engine, kind: str = "decision_contradicted") -> list[str]:
    with reading(engine) as session:
        return sorted(session.scalars(select(Letter.recipient).where(Letter.kind == kind)))


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


def test_an_approver_without_an_account_says_by_the_letter_s_link_that_what_was_recorded_is_not_theirs(
    asked: Engine, web: TestClient, tmp_path: Path
) -> None:
    act(asked, approval.record_decision, **{**PHONED, "who": "kg-1"})
    path = link_in(received(asked, tmp_path / "mail", "approval_recorded", "kg-1@embassy.example"))
    before = state(asked)
    for _ in range(100):
        page = web.get(path)
    assert state(asked) == before, "a mail scanner changes nothing"
    for said in ("Is this your decision?", "Changes asked for", "recorded by Mission coordinator", "&lt;b&gt;No.&lt;/b&gt;",
                 "It counts once another person has confirmed it"):  # fmt: skip
        assert said in page.text
    assert web.post(path, data={"contradict": "yes"}, headers={"origin": "https://else.example"}).status_code == 403
    with reading(asked) as session:
        read = list(approval.newest_round(session, SLUG).hashes.values())
    crossed = web.post(path, data={"decision": "approve", "hash": read}, headers=OURS)
    assert (crossed.status_code, decisions(asked)) == (409, [])
    assert "this link decides nothing" in crossed.text.lower()
    asks = link_in(letter(asked, who="kg-1@embassy.example"))
    crossed = web.post(asks, data={"contradict": "yes"}, headers=OURS)
    assert (crossed.status_code, ends(asked)) == (409, [""])
    assert "it contradicts nothing" in crossed.text
    assert web.get(f"{path}/statement-en.pdf").status_code == 404
    assert web.get(f"{path[:-2]}xx").status_code == 404
    turned = web.post(path, data={"contradict": "yes", "comment": "Not \u202eI"}, headers=OURS)
    assert (turned.status_code, ends(asked)) == (422, [""])
    answer = web.post(path, data={"contradict": "yes", "comment": "<i>Nobody</i> called."}, headers=OURS)
    assert answer.status_code == 303
    page = web.get(path).text
    assert "Embassy, kg-1 said on" in page
    assert "&lt;i&gt;Nobody&lt;/i&gt; called." in page
    assert "You are still asked to decide" in page
    again = web.post(path, data={"contradict": "yes"}, headers=OURS)
    assert again.status_code == 409
    assert "was said already" in again.text
    assert ends(asked) == ["contradicted"]
    assert told(asked) == ["az-1@embassy.example", "coordinator@secretariat.example"]
    assert "<i>Nobody</i> called" in words(letter(asked, kind="decision_contradicted"))
    assert owed(asked) == [("coordinator", "Embassy, kg-1")]
    with pytest.raises(Conflict, match=r"nothing to confirm: Embassy, kg-1 said .* not their decision"):
        act(asked, approval.confirm_decision, "deputy-coordinator", who="kg-1")
    act(asked, approval.decide, "kg-1", decision="approve")
    assert owed(asked) == []
    with reading(asked) as session:
        assert approval.newest_round(session, SLUG).status == "open", "nothing counted, nothing falls"


def test_what_was_confirmed_meanwhile_is_contradicted_by_that_link_and_the_round_is_void(
    asked: Engine, web: TestClient
) -> None:
    act(asked, approval.record_decision, **{**PHONED, "decision": "approve"})
    path = link_in(letter(asked, kind="approval_recorded"))
    act(asked, approval.confirm_decision, "deputy-coordinator", who="az-1")
    assert "It is on record as yours, and it counts." in web.get(path).text
    assert web.post(path, data={"contradict": "yes"}, headers=OURS).status_code == 303
    assert "holds no more" in web.get(path).text
    with reading(asked) as session:
        round_ = approval.newest_round(session, SLUG)
        assert (round_.status, round_.ended_why) == ("void", "Embassy, az-1 contradicted a recorded decision")
    assert told(asked) == ["coordinator@secretariat.example"], "the head said it"
    assert owed(asked) == [("coordinator", "Embassy, az-1")]
    with begin(asked) as session:
        approval.advance(session, SLUG, at=EVENING)
        assert approval.newest_round(session, SLUG).number == 2
    assert owed(asked) == [("coordinator", "Embassy, az-1")], "until they have decided"
    act(asked, approval.decide, "az-1", decision="approve")
    assert owed(asked) == []


def test_who_decided_by_a_forwarded_link_is_contradicted_by_the_receipt_s(coded: Engine, web: TestClient) -> None:
    code = code_in(letter(coded, "kg-1@embassy.example", "decision_code"))
    path = link_in(letter(coded, "kg-1@embassy.example"))
    page = web.post(path, data={"code": code}, headers=OURS).text
    digest = page.partition('name="hash" value="')[2][:64]
    web.post(path, data={"code": code, "hash": digest, "decision": "approve"}, headers=OURS)
    receipt = link_in(letter(coded, "kg-1@embassy.example", "decision_received"))
    assert "Which code was sent to you?" in web.get(receipt).text
    assert web.post(receipt, data={"contradict": "yes"}, headers=OURS).status_code == 403
    assert len(decisions(coded)) == 1
    done = web.post(receipt, data={"contradict": "yes", "code": code}, headers=OURS)
    assert "This decision counts for nothing" in done.text
    assert web.post(path, data={"contradict": "yes", "code": code}, headers=OURS).status_code == 409, "it decides only"
    with reading(coded) as session:
        assert approval.newest_round(session, SLUG).status == "void"
        assert told(coded) == ["az-1@embassy.example", "coordinator@secretariat.example"]


def test_a_link_to_contradict_ends_with_what_it_was_about(asked: Engine, web: TestClient) -> None:
    paths = []
    for who in ("az-1", "kg-1", "tr-1"):
        act(asked, approval.record_decision, **{**PHONED, "who": who})
        paths.append(link_in(letter(asked, f"{who}@embassy.example", "approval_recorded")))
    act(asked, approval.take_back, who="az-1", why="a slip")
    act(asked, approval.record_decision, **{**PHONED, "decision": "approve"})
    act(asked, approval.decide, "kg-1", decision="approve")
    act(asked, approval.stop, why="a name")
    before = state(asked)
    for path, said in zip(paths, ("taken back already", "Your own decision took its place", "has ended"), strict=True):
        assert said in web.get(path).text
        assert web.post(path, data={"contradict": "yes"}, headers=OURS).status_code == 409
    assert state(asked) == before
    with begin(asked) as session:  # by a hand that makes a link that contradicts one that decides
        session.execute(text("UPDATE decision_links SET purpose = 'decide'"))
    assert [web.get(path).status_code for path in paths] == [404] * 3
