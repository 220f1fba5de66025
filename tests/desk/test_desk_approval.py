"""Approval at the desk: deciding on the text that was read, by whom it belongs to, and what others do for them."""

from __future__ import annotations

import re
import threading

import pytest
from conftest import open_example
from desks import Desk, browser
from evening import SLUG, Doing
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ieom.acts import accounts, approval, drafting, reminding
from ieom.acts.rounds import open_round
from ieom.errors import Conflict
from ieom.records import approvals, drafts, missions
from ieom.records.approvals import ApprovalSeat, Decision
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.statements import Override, ReadyMark, StatementVersion
from ieom.rules.roles import Role
from ieom.rules.statement import content_hash, sentence_hash

PAGE = f"/missions/{SLUG}/approval"


def read(desk: Desk) -> list[str]:
    """The hashes that the page's forms carry."""
    return sorted(set(re.findall(r'name="read" value="([0-9a-f]{64})"', desk.head_of_mission.get(PAGE).text)))


def decided(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        rows = session.execute(
            select(ApprovalSeat.who, Decision.decision).join(Decision, Decision.seat == ApprovalSeat.id)
        )
        return sorted(rows.tuples().all())


def test_an_approver_decides_on_the_text_that_the_page_showed(desk_asked: Desk) -> None:
    hashes = read(desk_asked)
    page = desk_asked.head_of_mission.get(PAGE).text
    assert "Your decision is awaited" in page
    assert hashes[0][:16] in page
    asked = re.search(r'<details class="act"><summary>Approve</summary>(.*?)</details>', page, re.DOTALL)
    assert asked is not None, "the first click asks a second question"
    assert re.search(r"<button>I approve version \d+ of the statement</button>", asked[1])
    assert f"fingerprint <code>{hashes[0][:16]}" in asked[1]
    other = desk_asked.head_of_mission.post(f"{PAGE}/decide", {"decision": "approve", "read": "0" * 64})
    assert other.status_code == 409
    assert "another one than the one you read here" in other.text
    assert decided(desk_asked.engine) == []
    answer = desk_asked.head_of_mission.post(f"{PAGE}/decide", {"decision": "approve", "read": hashes})
    assert "1 of 5 have approved" in answer.text
    again = desk_asked.head_of_mission.post(f"{PAGE}/decide", {"decision": "approve", "read": hashes})
    assert "a decision is never changed" in again.text
    assert decided(desk_asked.engine) == [("az-1", "approve")]


def test_a_comment_and_changes_need_words_and_show_them_as_typed(desk_asked: Desk) -> None:
    form = {"decision": "approve_with_comment", "read": read(desk_asked)}
    assert desk_asked.approver.post(f"{PAGE}/decide", form).status_code == 409
    desk_asked.approver.post(f"{PAGE}/decide", {**form, "comment": "<script>alert(1)</script>"})
    page = desk_asked.coordinator.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    words = {"decision": "changes", "read": read(desk_asked), "comment": "the second paragraph"}
    desk_asked.head_of_mission.post(f"{PAGE}/decide", words)
    do = Doing(desk_asked.engine)
    do.advance(approval)
    assert "changes were asked for" in desk_asked.coordinator.get(PAGE).text


def test_nobody_decides_who_has_no_seat(desk_asked: Desk) -> None:
    form = {"decision": "approve", "read": read(desk_asked)}
    for role in ("coordinator", "drafter", "press_officer", "auditor", "delegation_member", "administrator"):
        answer = getattr(desk_asked, role).post(f"{PAGE}/decide", form)
        assert answer.status_code in {403, 404}, role
        assert "Your decision is awaited" not in getattr(desk_asked, role).get(PAGE).text
    with begin(desk_asked.engine) as session:  # a drafter who is made an approver has no seat for that
        accounts.give_role(
            session, by="desk-1", at=missions.real_now(), account=desk_asked.accounts["drafter"], role=Role.APPROVER,
            mission=SLUG, code="drafter",
        )  # fmt: skip
    answer = desk_asked.drafter.post(f"{PAGE}/decide", form)
    assert answer.status_code == 409
    assert "has no seat" in answer.text
    assert decided(desk_asked.engine) == []


def test_a_decision_by_telephone_is_recorded_by_one_confirmed_by_another_and_contradicted_by_its_approver(
    desk_asked: Desk,
) -> None:
    form = {
        "who": "secretary-general", "decision": "approve", "channel": "telephone", "read": read(desk_asked),
        "evidence": "The coordinator called the office at 18:10.",
    }  # fmt: skip
    assert desk_asked.coordinator.post(f"{PAGE}/record", {**form, "evidence": " "}).status_code == 422
    page = desk_asked.coordinator.post(f"{PAGE}/record", {**form, "comment": "<i>yes</i>"}).text
    assert "another person confirms" in page
    assert 'Remind now<span class="unseen">: Secretary General' in page, "nothing is decided yet"
    own = desk_asked.approver.get(PAGE).text
    assert "Your decision is awaited" in own
    assert "was entered by Mission coordinator: approves, by telephone. It waits for confirmation" in own
    assert "“&lt;i&gt;yes" in own
    assert "Take it back" not in desk_asked.drafter.get(PAGE).text
    assert desk_asked.drafter.post(f"{PAGE}/take-back", {"who": "secretary-general", "why": "x"}).status_code == 409
    back = {"who": "secretary-general", "why": "Another <b>person</b> called."}
    page = desk_asked.coordinator.post(f"{PAGE}/take-back", back).text
    assert "Taken back by Mission coordinator: Another &lt;b&gt;person&lt;/b&gt; called." in page
    late = desk_asked.drafter.post(f"{PAGE}/confirm", {"who": "secretary-general"})
    assert late.status_code == 409
    assert "There is nothing to confirm: it was taken back by Mission coordinator" in late.text
    desk_asked.coordinator.post(f"{PAGE}/record", form)
    desk_asked.approver.post(f"{PAGE}/contradict", {"why": "Not I."})
    assert "1 of 5" not in desk_asked.coordinator.get(PAGE).text
    page = desk_asked.coordinator.post(f"{PAGE}/record", form).text
    assert "Not theirs, they said: “Not I.”" in page
    assert "Round 1: 0 of 5 have approved" in page, "what was not confirmed yet voids nothing"
    mine = desk_asked.coordinator.post(f"{PAGE}/confirm", {"who": "secretary-general"})
    assert "Another person than the one who recorded" in mine.text
    assert "Confirmed; the decision counts" in desk_asked.drafter.post(
        f"{PAGE}/confirm", {"who": "secretary-general"}
    ).text  # fmt: skip
    assert "This decision is not mine" in desk_asked.approver.get(PAGE).text
    desk_asked.head_of_mission.post(f"{PAGE}/decide", {"decision": "approve", "read": read(desk_asked)})
    assert "which holds no more" not in desk_asked.coordinator.get(PAGE).text
    void = desk_asked.approver.post(f"{PAGE}/contradict", {"why": "I was not called."}).text
    assert "approves: on the text of this round, which holds no more" in void, "the head's, who decided beside"
    assert "is void" in void
    assert "I was not called." in void


def test_a_reminder_now_is_one_letter_and_not_a_second_one_at_once(desk_asked: Desk) -> None:
    do = Doing(desk_asked.engine)
    page = desk_asked.coordinator.post(f"{PAGE}/remind", {"who": "tr-1"})
    assert "A reminder is written" in page.text
    again = desk_asked.coordinator.post(f"{PAGE}/remind", {"who": "tr-1"})
    assert "a quarter of an hour" in again.text
    with reading(desk_asked.engine) as session:
        rows = session.scalars(select(Letter).where(Letter.occasion.contains(":by-hand:"))).all()
        assert [(row.recipient, row.state) for row in rows] == [("observer.1@turkey.example", "queued")]
    do(approval.decide, "tr-1", decision="approve")
    none = desk_asked.coordinator.post(f"{PAGE}/remind", {"who": "tr-1"})
    assert "nothing is awaited of them" in none.text
    with pytest.raises(Conflict):
        do(reminding.remind, "coordinator", who="secretary-general")
        do(reminding.remind, "coordinator", who="secretary-general")
    do(reminding.remind, "coordinator", who="secretary-general", to="deputy-secretary-general")


def test_a_stopped_round_is_asked_for_again_and_shows_what_changed_since(desk_asked: Desk) -> None:
    do = Doing(desk_asked.engine)
    old = read(desk_asked)
    stopped = desk_asked.head_of_mission.post(f"{PAGE}/stop", {"why": "A name is to be looked up.", "sure": "true"})
    assert "Round 1 is stopped" in stopped.text
    do(
        drafting.edit, "drafter", paragraph="place", why="shorter",
        text="The Mission observed the elections in Nur-Sultan.",
    )  # fmt: skip
    assert "open finding" in desk_asked.drafter.post(f"{PAGE}/ask").text
    with begin(desk_asked.engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=do.now))
    assert "Approval is asked for again" in desk_asked.drafter.post(f"{PAGE}/ask").text
    do.advance(approval)
    page = desk_asked.head_of_mission.get(PAGE).text
    assert "What changed since you were asked in round 1" in page
    assert re.search(r"<del>.*</del>", page)
    changes = page.partition('<ol class="changes">')[2].partition("</ol>")[0]
    keys = [one["key"] for one in row.content["paragraphs"]]
    assert f'<span class="kicker">Paragraph {keys.index("place") + 1}</span>' in changes, "as the text counts it"
    assert not re.search(r'<span class="kicker">[a-z_]+<', changes), "no name of ours"
    recorded = desk_asked.drafter.get(PAGE).text.partition('id="record-paragraph"')[2].partition("</select>")[0]
    assert f'<option value="place">{keys.index("place") + 1}. The Mission observed the elections in' in recorded
    late = desk_asked.head_of_mission.post(f"{PAGE}/decide", {"decision": "approve", "read": old})
    assert "another one than the one you read here" in late.text
    assert decided(desk_asked.engine) == []


def test_an_editorial_correction_is_proposed_by_the_head_and_agreed_to_by_its_hash(desk_approved: Desk) -> None:
    with reading(desk_approved.engine) as session:
        content = session.scalars(
            select(StatementVersion).order_by(StatementVersion.number.desc())
        ).first().content  # fmt: skip
    one = next(one for one in content["paragraphs"] if " the " in one["text"])
    form = {"paragraph": one["key"], "second": "secretary-general", "text": one["text"] + " The end was calm."}
    asked_again = desk_approved.drafter.post(f"{PAGE}/ask")
    assert "was asked about in round 1, which is approved" in asked_again.text
    more = desk_approved.head_of_mission.post(f"{PAGE}/correct", form)
    assert "more than an editorial correction" in more.text
    form["text"] = one["text"].replace(" the ", " ", 1)
    assert "Proposed" in desk_approved.head_of_mission.post(f"{PAGE}/correct", form).text
    page = desk_approved.approver.get(PAGE).text
    digest = re.search(r'name="read" value="([0-9a-f]{64})"', page)
    assert digest
    assert desk_approved.approver.post(f"{PAGE}/agree", {"read": "0" * 64}).status_code == 409
    done = desk_approved.approver.post(f"{PAGE}/agree", {"read": digest[1]})
    assert "is the approved text now" in done.text


def small_round(session: Session, slug: str, author: str = "drafter") -> list[str]:
    """An open round on a text of one sentence, everybody asked."""
    at = missions.now(session, slug)
    content = {
        "title": "STATEMENT", "election": "of the example", "marking": "", "kind": "preliminary", "language": "en",
        "paragraphs": [{"key": "place", "text": "The Mission observed.", "sentences": []}],
    }  # fmt: skip
    digest = content_hash(content)
    session.add(
        StatementVersion(
            mission=slug, number=1, language="en", kind="preliminary", content=content, content_hash=digest, by=author,
            at=at, why="", evidence_digest="", cut_off=at, chain_head="",
        )
    )  # fmt: skip
    session.add(ReadyMark(mission=slug, content_hash=digest, by="drafter", at=at))
    session.flush()
    round_ = open_round(session, slug, by="clock", at=at)
    for seat in session.scalars(select(ApprovalSeat)):
        seat.asked_at = at
    return list(round_.hashes.values())


def test_of_decisions_at_the_same_instant_each_seat_has_one_and_the_second_is_told(either: Engine) -> None:
    slug = open_example(either)
    with begin(either) as session:
        hashes = small_round(session, slug)
        made = {}
        for role, code in (("head", "az-1"), ("holder", "secretary-general"), ("deputy", "deputy-secretary-general")):
            row = accounts.make(session, by="desk-1", at=missions.real_now(), name=role, email=f"{role}@desk.example")
            kind = Role.HEAD_OF_MISSION if role == "head" else Role.APPROVER
            accounts.give_role(
                session, by="desk-1", at=missions.real_now(), account=row.id, role=kind, mission=slug, code=code
            )
            made[role] = row.id
    clients = {role: browser(either, role, account) for role, account in made.items()}
    forms = {role: {"csrf": client.token(), "decision": "approve", "read": hashes} for role, client in clients.items()}
    gate, answers = threading.Barrier(3), {}

    def decide(role: str) -> None:
        gate.wait()
        answers[role] = clients[role].client.post(
            f"/missions/{slug}/approval/decide", data=forms[role], headers={"origin": "http://testserver"},
            follow_redirects=False,
        )  # fmt: skip

    threads = [threading.Thread(target=decide, args=(role,)) for role in clients]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers["head"].status_code == 303, answers["head"].text
    assert sorted(answers[role].status_code for role in ("holder", "deputy")) == [303, 409]
    late = next(answers[role] for role in ("holder", "deputy") if answers[role].status_code == 409)
    assert "decided already in round 1" in late.text
    assert decided(either) == [("az-1", "approve"), ("secretary-general", "approve")]
    with reading(either) as session:
        assert [one.status for one in approvals.rounds(session, slug)] == ["open"]


def test_who_wrote_the_text_can_not_be_the_only_one_to_approve_it(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        hashes = small_round(session, mission, author="az-1")
        round_ = approvals.rounds(session, mission)[0]
        round_.rule = {**round_.rule, "quorum": 1}
    desk = Desk(engine)
    answer = desk.head_of_mission.post(f"{PAGE}/decide", {"decision": "approve", "read": hashes})
    assert "1 of 5 have approved" in answer.text
    with begin(engine) as session:
        approval.advance(session, mission, at=missions.now(session, mission))
    assert "1 of 5 have approved" in desk.coordinator.get(PAGE).text
    desk.approver.post(f"{PAGE}/decide", {"decision": "approve", "read": hashes})
    with begin(engine) as session:
        approval.advance(session, mission, at=missions.now(session, mission))
        assert [one.status for one in approvals.rounds(session, mission)] == ["approved"]


def test_a_sentence_that_stands_in_somebodys_name_is_said_before_the_buttons(desk_asked: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        row = drafts.newest(session, SLUG, "en")
        assert row is not None
        said = row.content["paragraphs"][-1]["sentences"][0]["text"]
        session.add(
            Override(
                mission=SLUG, sentence_hash=sentence_hash(said), finding="unsupported", by="drafter",
                why="All teams <b>said</b> so.", at=missions.now(session, SLUG),
            )
        )  # fmt: skip
    page = desk_asked.head_of_mission.get(PAGE).text
    assert "2 sentences stand in somebody" in page, "the example has one already"
    assert page.index("All teams &lt;b&gt;said&lt;/b&gt; so.") < page.index('value="approve"')
    assert "All teams &lt;b&gt;said" in desk_asked.auditor.get(PAGE).text


def test_what_approval_is_asked_for_is_named_by_version_and_language(desk_asked: Desk) -> None:
    do = Doing(desk_asked.engine)
    with begin(desk_asked.engine) as session:
        facts = missions.facts(session, SLUG).model_copy(update={"languages": ("en", "tr")})
        missions.revise(session, SLUG, facts, by="coordinator", at=do.now, kind="languages", reason="two languages")
    row = do(drafting.edit, "drafter", paragraph="courtesy", text="", why="left out")
    texts = {one["key"]: f"[tr] {one['text']}" for one in row.content["paragraphs"]}
    do(drafting.translate, "drafter", language="tr", texts=texts, title="AÇIKLAMA")
    do.advance(approval)
    page = " ".join(re.sub("<[^>]+>", " ", desk_asked.drafter.get(PAGE).text).split())
    assert f"Ask for approval of version {row.number} in English and version 1 in Turkish" in page
