"""Links that decide nothing: looked at, altered, made up, sent by another site, out of date, written by a hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from links import (
    EVENING,
    OURS,
    SLUG,
    approve,
    ask,
    decisions,
    hidden,
    letter,
    link_in,
    resting,
    state,
)
from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from ieom.acts import approval, composition, deciding_by_link, delegation
from ieom.acts.owing import work
from ieom.acts.proving import witnessed
from ieom.errors import Refused, Tampered
from ieom.records import missions
from ieom.records.approvals import Decision
from ieom.records.base import begin, reading
from ieom.records.decision_links import DecisionLink
from ieom.records.delegation import Member
from ieom.records.statements import ReadyMark
from ieom.rules.timeline import State


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
    assert web.post(path, data={}, headers={"origin": "null", "sec-fetch-site": "same-origin"}).status_code == 200
    # An older browser under no-referrer, or a mail program's own window.
    assert web.post(path, data=data, headers={"origin": "null"}).status_code == 303


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


def test_words_changed_and_changed_back_are_told_by_the_version_that_was_asked_about(
    asked: Engine, web: TestClient
) -> None:
    from ieom.acts.versions import write

    with begin(asked) as session:
        for minutes, words in ((1, {"conduct": "Otherwise."}), (2, {})):  # versions 2, and 3 with the words of 1
            write(
                session, SLUG, resting(**words), by="drafter", at=EVENING + timedelta(minutes=minutes), digest="", why="",
                based_on=None, ref=None,
            )  # fmt: skip
    with begin(asked) as session:
        ask_again(session)
    assert "1 paragraph, against version 1" in web.get(link_in(letter(asked))).text


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


def test_whoever_left_the_mission_reads_and_decides_nothing_and_somebody_else_is_asked(
    asked: Engine, web: TestClient
) -> None:
    path = link_in(letter(asked, "kg-1@embassy.example"))
    data = {"hash": hidden(web.get(path).text), "decision": "approve"}
    with begin(asked) as session:
        delegation.leave(session, SLUG, by="coordinator", at=EVENING, member="kg-1", how="withdrawn")
    page = web.get(path).text
    assert "You are not asked any more" in page
    assert "Opening attended" not in page
    answer = web.post(path, data=data, headers=OURS)
    assert (answer.status_code, decisions(asked)) == (409, [])
    assert "Decide" not in answer.text
    assert web.get(f"{path}/statement-en.pdf").status_code in {404, 409, 410}
    with begin(asked) as session:
        with pytest.raises(Refused, match="has left the mission"):
            approval.decide(session, SLUG, by="kg-1", at=EVENING, decision="approve")
        stood = approval.advance(session, SLUG, at=EVENING)
        assert (stood.state, stood.waits_for) == (State.WAITING, ("coordinator",))
        assert "Embassy, kg-1, who left the mission" in stood.says
        assert ("approver left", "Embassy, kg-1") in [(one.about, one.key) for one in work(session, SLUG, at=EVENING)]
        person = {
            "mission": SLUG,
            "code": "kg-2",
            "role": "observer",
            "status": "appointed",
            "nominated_at": EVENING,
            "email": "kg-2@embassy.example",
        }
        session.add(
            Member(
                **person,
                state="KG",
                office="Embassy, kg-2",
                honorific="",
                name="",
                title="",
                body="",
                language="en",
                salutation="",
            )
        )
        session.flush()
        for old, new, says in (
            ("kg-1", "press-officer", "same state"), ("kg-1", "tr-1", "has a seat already"), ("az-1", "secretary-general", "the head's"), ("kg-9", "kg-2", "has no seat"),
            ("tr-1", "secretary-general", "has a seat already"),
        ):  # fmt: skip
            with pytest.raises(Refused, match=says):
                composition.approver_replaced(session, SLUG, by="coordinator", at=EVENING, old=old, new=new, reason="x")
        composition.approver_replaced(
            session, SLUG, by="coordinator", at=EVENING, old="kg-1", new="kg-2", reason="left"
        )
        approval.advance(session, SLUG, at=EVENING)
        assert ("round ended", "1") in [(one.about, one.key) for one in work(session, SLUG, at=EVENING)]
        session.scalars(select(ReadyMark)).one().at = EVENING + timedelta(minutes=1)  # the drafter asks again
        approval.advance(session, SLUG, at=EVENING + timedelta(minutes=1))
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        assert (round_.number, round_.status) == (2, "open")
        assert "kg-2" in [seat.who for seat, _state, _row in approval.seats(session, round_)]
    assert "Do you approve" in web.get(link_in(letter(asked, "kg-2@embassy.example"))).text


def test_a_decision_given_before_somebody_left_counts_and_holds_nobody_up(asked: Engine, web: TestClient) -> None:
    approve(web, link_in(letter(asked, "kg-1@embassy.example")))
    with begin(asked) as session:
        delegation.leave(session, SLUG, by="coordinator", at=EVENING, member="kg-1", how="withdrawn")
        assert "approver left" not in [one.about for one in work(session, SLUG, at=EVENING)]
        assert "who left the mission" not in approval.advance(session, SLUG, at=EVENING).says
    for who in ("az-1", "tr-1", "uz-1"):
        approve(web, link_in(letter(asked, f"{who}@embassy.example")))
    with begin(asked) as session:
        approval.decide(session, SLUG, by="secretary-general", at=EVENING, decision="approve")
        approval.advance(session, SLUG, at=EVENING)
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        assert round_.status == "approved"
        assert "approver left" not in [one.about for one in work(session, SLUG, at=EVENING)]


def test_in_a_closed_mission_nothing_is_decided(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    data = {"hash": hidden(web.get(path).text), "decision": "approve"}
    with begin(asked) as session:
        missions.get(session, SLUG).state = "closed"
    assert web.post(path, data=data, headers=OURS).status_code == 409
    assert decisions(asked) == []


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
