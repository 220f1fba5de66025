"""A decision by link: taken once, on the text that was shown, with a receipt; for a deputy, after its time, by all five."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from links import (
    EVENING,
    OURS,
    SLUG,
    approve,
    decisions,
    letter,
    link_in,
    round_asked,
    words,
)
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from ieom.acts import approval
from ieom.records import missions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.decision_links import DecisionLink
from ieom.records.letters import Letter
from ieom.records.statements import Override
from ieom.rules.statement import sentence_hash
from ieom.settings import settings


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
    assert "it may be contradicted until the statement is released" in " ".join(told.split())
    assert "ieom " not in told


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
    turned = approve(web, path, "approve_with_comment", "Paid: \u202e001 tenge").text
    assert "After &#39;Paid:&#39; stands a sign that is not seen (U+202e right-to-left override)" in turned
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


def test_after_its_time_a_decision_is_still_taken(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked, "kg-1@embassy.example"))
    with begin(asked) as session:
        missions.get(session, SLUG).simulated_now = EVENING + timedelta(hours=2)
    assert "was to be decided by 12 August 2020, 19:30 Nur-Sultan, and still is awaited" in web.get(path).text
    assert "asked of you for the Kyrgyz Republic" in web.get(path).text
    assert approve(web, path).status_code == 303


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
    assert "please tell the Mission coordinator by telephone" in " ".join(words(letter(engine)).split())
    assert "ieom " not in words(letter(engine))
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


def test_who_approves_is_told_of_every_sentence_that_stands_in_somebodys_name(
    engine: Engine, mission: str, web: TestClient
) -> None:
    with begin(engine) as session:
        session.add(
            Override(
                mission=SLUG, sentence_hash=sentence_hash("It was calm."), finding="unsupported", by="drafter",
                why="All teams <b>said</b> so.", at=EVENING,
            )
        )  # fmt: skip
    round_asked(engine)
    asked = letter(engine)
    told = " ".join(words(asked).split())
    assert "1 sentence" not in told
    assert "The following sentence stands in somebody's name although the Mission's checks object" in told
    assert "“It was calm.” (no form supports it): in the name of" in told
    assert "because: All teams <b>said</b> so." in told
    page = web.get(link_in(asked)).text
    assert "1 sentence stands in somebody" in page
    assert "All teams &lt;b&gt;said&lt;/b&gt; so." in page
    assert page.index("All teams") < page.index('value="approve"')


def test_two_texts_are_told_of_together_and_what_a_state_can_do_otherwise_as_in_the_letter(
    engine: Engine, mission: str, web: TestClient
) -> None:
    with begin(engine) as session:
        for sentence in ("It was calm.", "The weather was fine."):
            session.add(
                Override(
                    mission=SLUG, sentence_hash=sentence_hash(sentence), finding="unsupported", by="drafter", why="So it was.",
                    at=EVENING,
                )
            )  # fmt: skip
    round_asked(engine, second="tr", other="The weather was fine.")
    asked = letter(engine, "kg-1@embassy.example")
    told = " ".join(words(asked).split())
    assert "The following sentences stand in somebody's name" in told
    elsewhere = "To abstain, to dissociate your state from a paragraph or to withdraw, speak with the secretariat: it records that for you."
    assert elsewhere in told
    assert "your state may also" not in told
    page = web.get(link_in(asked)).text
    assert "2 sentences stand in somebody" in page
    assert page.count("You were not asked about an earlier version") == 1
    assert elsewhere in page


def test_fingerprints_are_folded_away_with_what_they_are_for(asked: Engine, web: TestClient) -> None:
    path = link_in(letter(asked))
    for page in (web.get(path).text, approve(web, path) and web.get(path).text):
        assert re.search("<code>[0-9a-f]{64}</code>", page)
        assert not re.search("<code>[0-9a-f]{64}</code>", re.sub("<details.*?</details>", "", page, flags=re.DOTALL))
        assert "prove later which text" in page
