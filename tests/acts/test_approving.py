"""Deciding on the statement, and releasing what was approved: the mission lived to the evening of 12 August 2020."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from evening import EVENING, SLUG, Doing, letters, ready, release_letters
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DatabaseError

from ieom.acts import approval, distribution, drafting, redating
from ieom.acts import letters as letter_acts
from ieom.errors import Conflict, NotFound, Refused, Tampered
from ieom.mail.identity import identity, secret
from ieom.mail.letters import message_bytes
from ieom.records import drafts, missions
from ieom.records.approvals import Decision
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.records.media import MediaContact
from ieom.records.statements import ReadyMark


def test_a_second_decision_is_refused_and_says_who_decided_when(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "kg-1", decision="approve")
    with pytest.raises(Conflict, match="kg-1 decided already in round 1: approve"):
        do(approval.decide, "kg-1", decision="changes", comment="no")


def test_a_decision_is_a_row_that_the_database_refuses_to_change(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "kg-1", decision="approve")
    with pytest.raises(DatabaseError, match="never changed"), begin(asked) as session:
        session.execute(text("UPDATE decisions SET decision = 'changes'"))


def test_an_approval_for_another_text_is_refused(asked: Engine) -> None:
    with pytest.raises(Refused, match="names another text"):
        Doing(asked)(approval.decide, "kg-1", decision="approve", version_hash="0123456789abcdef")


def test_a_stranger_decides_nothing(asked: Engine) -> None:
    with pytest.raises(Refused, match="'drafter' has no seat"):
        Doing(asked)(approval.decide, "drafter", decision="approve")


def test_an_edit_voids_every_approval(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "kg-1", decision="approve")
    do(
        drafting.edit,
        "drafter",
        paragraph="place",
        text="The Mission observed the elections in Nur-Sultan.",
        why="shorter",
    )
    do.advance(approval)
    assert do.round() == "void"


def test_an_approval_by_telephone_counts_only_once_another_person_confirmed_it(asked: Engine) -> None:
    do = Doing(asked)
    for who in ("az-1", "kg-1", "tr-1", "secretary-general"):
        do(approval.decide, who, decision="approve")
    do(approval.record_decision, "coordinator", who="uz-1", decision="approve", channel="telephone", evidence="a call")
    do.advance(approval)
    assert do.round() == "open"
    with pytest.raises(Refused, match="another person"):
        do(approval.confirm_decision, "coordinator", who="uz-1")
    do(approval.confirm_decision, "deputy-coordinator", who="uz-1")
    do.advance(approval)
    assert do.round() == "approved"


def test_the_approver_is_told_of_a_recorded_decision_and_may_contradict_it(approved: Engine) -> None:
    do = Doing(approved)
    with reading(approved) as session:
        told = session.scalars(select(Letter).where(Letter.kind == "approval_recorded")).one()
        assert told.recipient == "observer.1@uzbekistan.example"
    do(approval.contradict, "uz-1", why="I said no such thing")
    assert do.round() == "void"
    with pytest.raises(Refused, match="no text is approved"):
        do(distribution.prepare, "press-officer")


def test_one_who_asks_for_changes_ends_the_round(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "tr-1", decision="changes", comment="the second paragraph")
    do.advance(approval)
    assert do.round() == "changes_asked"


def test_nothing_goes_before_the_press_conference_and_everything_at_it(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING - timedelta(seconds=1))
    assert letters(approved) == 0
    do.advance(distribution, EVENING)
    do.advance(distribution, EVENING)
    assert letters(approved) == 24


def test_who_prepared_a_release_does_not_send_it(approved: Engine) -> None:
    do = Doing(approved)
    do(distribution.prepare, "press-officer")
    with pytest.raises(Refused, match="another person sends it"):
        do(distribution.go, "press-officer")


@pytest.mark.parametrize(
    "name",
    ["statement-en.txt", "statement-en.pdf", "press-release-en.txt", "press-release-en.pdf", "statement-en.docx"],
)
def test_a_paper_that_differs_by_one_byte_is_not_released(approved: Engine, name: str) -> None:
    do = Doing(approved)
    ready(do)
    path = distribution.folder(SLUG, 1) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Tampered, match="nothing was released"):
        do.advance(distribution, EVENING)
    assert letters(approved) == 0


def test_a_text_changed_in_the_database_is_not_released(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    with begin(approved) as session:
        session.execute(text("DROP TRIGGER statement_versions_no_update"))
        session.execute(text("UPDATE statement_versions SET content = replace(content, 'were open', 'were very open')"))
    with pytest.raises(Tampered, match="no longer has its hash"):
        do.advance(distribution, EVENING)
    assert letters(approved) == 0


def test_a_finding_that_turned_after_the_approval_holds_the_release_until_the_head_decides(approved: Engine) -> None:
    from ieom.acts import observation

    do = Doing(approved)
    ready(do)
    document = {
        "instance_id": "late-1", "form": "voting", "team": "team-2", "station": "ns-1",
        "arrived_at": "2020-08-12T11:00+06:00", "departed_at": "2020-08-12T11:30+06:00",
        "answers": {"campaign_material_inside": "yes", "campaign_material_outside": "no"},
    }  # fmt: skip
    do(observation.submit, "tr-1", document=document)
    do.advance(drafting)
    stood = do.advance(distribution, EVENING)
    assert "2 findings turned after the approval" in stood.says
    assert letters(approved) == 0
    with pytest.raises(Refused, match="only the head of mission"):
        do(drafting.settle_turned, "coordinator", claim="no_campaign_material", why="x")
    with reading(approved) as session:
        digest = next(iter(approval.approved_round(session, SLUG).hashes.values()))
        turned = {row.claim for row in drafts.unsettled(session, SLUG, digest)}
    for claim in turned:
        do(drafting.settle_turned, "az-1", claim=claim, why="Taken up in the supplement.")
    do.advance(distribution, EVENING)
    assert letters(approved) == 24


def test_a_stopped_release_goes_on_from_where_it_stopped(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do(distribution.stop, "coordinator", why="a call from the head")
    with reading(approved) as session:
        assert set(session.scalars(select(Letter.state).where(Letter.kind == "release"))) == {"stopped"}
    do.now = EVENING
    do(distribution.go_on, "coordinator")
    assert letters(approved) == 24
    assert release_letters(approved) == {"queued"}


def stopped_midway(engine: Engine) -> Doing:
    """A release whose letters are written, stopped before they left."""
    do = Doing(engine)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    do(distribution.stop, "coordinator", why="a call from the head")
    return do


def test_a_stopped_release_whose_text_was_edited_does_not_go_on(approved: Engine) -> None:
    do = stopped_midway(approved)
    do(drafting.edit, "drafter", **comma(approved))
    with pytest.raises(Refused, match="can't go on: the text was edited since it was approved"):
        do(distribution.go_on, "coordinator")
    assert release_letters(approved) == {"stopped"}


def test_a_stopped_release_whose_approval_was_contradicted_does_not_go_on(approved: Engine) -> None:
    do = stopped_midway(approved)
    do(approval.contradict, "uz-1", why="That was not my word.")
    with pytest.raises(Refused, match="can't go on: no text is approved"):
        do(distribution.go_on, "coordinator")
    assert release_letters(approved) == {"stopped"}


def test_a_stopped_release_waits_for_a_press_conference_that_was_moved_meanwhile(approved: Engine) -> None:
    do = stopped_midway(approved)
    do(redating.move_press_conference, "coordinator", to=EVENING + timedelta(days=1), reason="The head is delayed.")
    with pytest.raises(Refused, match="can't go on: the press conference has not begun"):
        do(distribution.go_on, "coordinator")
    do.now = EVENING + timedelta(days=1)
    do(distribution.go_on, "coordinator")
    assert release_letters(approved) == {"queued"}


TAMPERINGS = {
    "a round is called approved": [
        "UPDATE approval_rounds SET status = 'approved', ended_at = opened_at",
    ],
    "decisions are written by hand": [
        "INSERT INTO decisions (seat, content_hash, hashes, decision, paragraph, by, at, comment, channel, evidence, "
        "recorded_by) SELECT s.id, json_extract(r.hashes, '$.en'), r.hashes, 'approve', '', s.who, r.opened_at, '', "
        "'in_person', '', s.who FROM approval_seats s JOIN approval_rounds r ON r.id = s.round",
    ],
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_an_approval_that_nobody_gave_and_that_stands_in_the_database_releases_nothing(asked: Engine, how: str) -> None:
    do = Doing(asked)
    with begin(asked) as session:
        for sql in TAMPERINGS[how]:
            session.execute(text(sql))
    do.advance(approval)
    assert do.round() == "approved"
    with pytest.raises(Tampered, match="the chain of acts does not"):
        do(distribution.prepare, "press-officer")


def test_a_decision_turned_round_in_the_database_after_the_release_was_prepared_releases_nothing(
    approved: Engine,
) -> None:
    do = Doing(approved)
    ready(do)
    with begin(approved) as session:
        session.execute(text("DROP TRIGGER decisions_no_update"))
        session.execute(text("UPDATE decisions SET decision = 'abstain' WHERE by = 'kg-1'"))
    with pytest.raises(Tampered, match="no act is the decision of kg-1, 'abstain'"):
        do.advance(distribution, EVENING)
    assert letters(approved) == 0


def test_a_chain_with_an_edited_act_releases_nothing(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    with begin(approved) as session:
        session.execute(text("DROP TRIGGER audit_rows_no_update"))
        session.execute(text("UPDATE audit_rows SET by = 'kg-1' WHERE act = 'StatementDecided' AND by = 'tr-1'"))
    with pytest.raises(Tampered, match="was edited"):
        do.advance(distribution, EVENING)
    assert letters(approved) == 0


def paragraph(engine: Engine, key: str) -> str:
    with reading(engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        return next(one["text"] for one in row.content["paragraphs"] if one["key"] == key)


def comma(engine: Engine) -> dict[str, str]:
    before = paragraph(engine, "courtesy")
    return {
        "paragraph": "courtesy",
        "text": before.replace("of the elections will further", "of the elections, will further"),
    }


def test_anything_more_than_an_editorial_correction_is_refused(approved: Engine) -> None:
    do = Doing(approved)
    found = "The Mission found evidence."
    with pytest.raises(Refused, match="it touches a negation"):
        do(approval.editorial_correction, "az-1", second="kg-1", paragraph="intervention", text=found)
    with pytest.raises(Refused, match="head of mission"):
        do(approval.editorial_correction, "kg-1", second="tr-1", **comma(approved))
    with pytest.raises(Refused, match="no other approver"):
        do(approval.editorial_correction, "az-1", second="az-1", **comma(approved))


def test_an_editorial_correction_holds_once_the_second_approver_agreed_to_its_hash(approved: Engine) -> None:
    do, before = Doing(approved), paragraph(approved, "courtesy")
    with reading(approved) as session:
        decided = session.scalars(select(Decision.id)).all()
    row = do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))
    new_hash = row.new_hash
    do.advance(approval)
    assert paragraph(approved, "courtesy") == before
    with pytest.raises(Refused, match="waits for kg-1, not for tr-1"):
        do(approval.agree, "tr-1", version_hash=new_hash)
    with pytest.raises(Refused, match="waits for kg-1, not for az-1"):
        do(approval.agree, "az-1", version_hash=new_hash)
    with pytest.raises(Refused, match="has the hash"):
        do(approval.agree, "kg-1", version_hash="0" * 16)
    do(approval.agree, "kg-1", version_hash=new_hash[:16])
    do.advance(approval)
    assert do.round() == "approved"
    assert paragraph(approved, "courtesy") == comma(approved)["text"] != before
    with reading(approved) as session:
        round_ = approval.approved_round(session, SLUG)
        assert round_ is not None
        assert round_.hashes == {"en": new_hash}
        assert session.scalars(select(Decision.id)).all() == decided
        kinds = session.execute(select(Letter.kind, Letter.recipient).where(Letter.kind.startswith("editorial"))).all()
        assert sorted(kind for kind, _ in kinds) == ["editorial_difference"] * 5 + ["editorial_proposed"]
        assert ("editorial_proposed", "observer.1@kyrgyz-republic.example") in kinds


def test_a_proposed_correction_can_be_dropped_and_another_made(approved: Engine) -> None:
    do = Doing(approved)
    do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))
    with pytest.raises(Conflict, match="waits for kg-1"):
        do(approval.editorial_correction, "az-1", second="tr-1", **comma(approved))
    with pytest.raises(Refused, match="between az-1 and kg-1"):
        do(approval.drop, "tr-1")
    do(approval.drop, "kg-1")
    do(approval.editorial_correction, "az-1", second="tr-1", **comma(approved))


def test_a_release_prepared_before_a_correction_does_not_go(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    row = do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))
    do(approval.agree, "kg-1", version_hash=row.new_hash)
    assert "prepared from another text" in do.advance(distribution, EVENING).says
    assert letters(approved) == 0
    ready(do)
    do.advance(distribution, EVENING)
    assert letters(approved) == 24


def test_a_release_that_has_gone_is_not_corrected(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    with pytest.raises(Refused, match="the release has gone"):
        do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))


def test_a_release_that_was_stopped_on_its_way_is_not_corrected_either(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do(distribution.stop, "press-officer", why="a slip was seen")
    with pytest.raises(Refused, match="the release has gone"):
        do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))


def test_an_edit_keeps_what_was_approved_from_going_before_anything_else_has_run(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    words = "The Mission observed the elections in Nur-Sultan."
    do(drafting.edit, "drafter", paragraph="place", text=words, why="shorter")
    assert "edited since" in do.advance(distribution, EVENING).says
    assert letters(approved) == 0


def test_a_decision_on_a_text_edited_meanwhile_is_refused(asked: Engine) -> None:
    do = Doing(asked)
    words = "The Mission observed the elections in Nur-Sultan."
    do(drafting.edit, "drafter", paragraph="place", text=words, why="shorter")
    with pytest.raises(Refused, match="the text was edited since round 1 began"):
        do(approval.decide, "kg-1", decision="approve")


def others_approve(do: Doing, *but: str) -> None:
    for who in ("az-1", "kg-1", "tr-1", "uz-1", "secretary-general"):
        if who not in but:
            do(approval.decide, who, decision="approve")
    do.advance(approval)


def asked_again(do: Doing) -> None:
    """The drafter asks for approval of the newest text, and the round goes out."""
    with begin(do.engine) as session:  # what the linter says of a text is another test's
        row = drafts.newest(session, SLUG)
        assert row is not None
        mark = drafting.is_ready(session, SLUG, row.content_hash)
        do.now += timedelta(minutes=1)
        if mark is None:
            session.add(ReadyMark(mission=SLUG, content_hash=row.content_hash, by="drafter", at=do.now))
        else:
            mark.at = do.now
    do.advance(approval)


def test_a_state_that_abstains_leaves_the_round_to_the_others(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "uz-1", decision="abstain")
    others_approve(do, "uz-1")
    assert do.round() == "approved"


def test_a_state_that_dissociates_itself_is_in_the_text_before_it_is_approved(asked: Engine) -> None:
    do = Doing(asked)
    with pytest.raises(Refused, match="from which paragraph"):
        do(approval.decide, "uz-1", decision="dissociate", comment="all of it")
    do(approval.decide, "uz-1", decision="dissociate", paragraph="conclusion")
    others_approve(do, "uz-1")
    assert do.round() == "changes_asked"
    with reading(asked) as session:
        told = session.scalars(select(Letter).where(Letter.kind == "round_ended")).one()
        assert told.recipient == "drafter@secretariat.example"
        words = message_from_bytes(message_bytes(session, told), policy=default).get_body(("plain",)).get_content()
        row = drafts.newest(session, SLUG)
        assert row is not None
        texts = {one["key"]: one["text"] for one in row.content["paragraphs"]}
    where = f"from paragraph {list(texts).index('conclusion') + 1} (“{texts['conclusion'][:30]}"
    assert f"Republic of Uzbekistan dissociates itself {where}" in " ".join(words.split())
    assert f"dissociates the state {where}" in " ".join(words.split())
    do(drafting.dissociate, "drafter", state="UZ", paragraph="conclusion")
    asked_again(do)
    assert do.round() == "open"
    do(approval.decide, "uz-1", decision="dissociate", paragraph="conclusion")
    others_approve(do, "uz-1")
    assert do.round() == "approved"
    do(distribution.prepare, "press-officer")
    text_ = (distribution.folder(SLUG, 1) / "statement-en.txt").read_text("utf-8")
    assert "[The Republic of Uzbekistan dissociates itself from this paragraph.]" in text_


def test_a_paragraph_left_out_as_agreed_carries_the_dissociation_too(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "uz-1", decision="dissociate", paragraph="courtesy", comment="omit")
    do.advance(approval)
    do(drafting.dissociate, "drafter", state="UZ", paragraph="courtesy", how="omission")
    asked_again(do)
    do(approval.decide, "uz-1", decision="dissociate", paragraph="courtesy")
    others_approve(do, "uz-1")
    assert do.round() == "approved"


def test_the_composition_the_rule_and_the_text_follow_a_state_that_withdraws(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.decide, "uz-1", decision="withdraw")
    assert do.round() == "stopped"
    with reading(asked) as session:
        facts = missions.facts(session, SLUG)
        assert next(state for state in facts.states if state.code == "UZ").withdrew_on is not None
        assert "UZ" not in {seat.state for seat in facts.approval.seats}
        member = session.get(Member, (SLUG, "uz-1"))
        assert member is not None
        assert member.status == "withdrawn"
    assert "Uzbekistan" in paragraph(asked, "composition")
    do(drafting.draft, "drafter", why="without Uzbekistan")
    assert "Uzbekistan" not in paragraph(asked, "composition")
    asked_again(do)
    others_approve(do, "uz-1")
    assert do.round() == "approved"


def test_a_withdrawal_by_telephone_has_no_effect_before_it_is_confirmed(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.record_decision, "coordinator", who="uz-1", decision="withdraw", channel="telephone", evidence="a call")
    assert do.round() == "open"
    do(approval.confirm_decision, "deputy-coordinator", who="uz-1")
    assert do.round() == "stopped"


def test_asked_again_at_the_very_moment_of_the_stop_a_new_round_begins(asked: Engine) -> None:
    do = Doing(asked)
    with begin(asked) as session:  # a rehearsal's clock stands still between the two
        approval.stop(session, SLUG, by="coordinator", at=do.now, why="A slip.")
        drafting.ready(session, SLUG, by="drafter", at=do.now)
    do.advance(approval)
    assert do.round() == "open"


def test_a_stopped_round_is_followed_by_another_when_approval_is_asked_for_again(asked: Engine) -> None:
    do = Doing(asked)
    do(approval.stop, "coordinator", why="the Secretary General travels")
    do.advance(approval)
    assert do.round() == "stopped"
    do(drafting.ready, "drafter")
    do.advance(approval)
    with reading(asked) as session:
        row = approval.newest_round(session, SLUG)
        assert row is not None
        assert (row.number, row.status) == (2, "open")
        asked_of = session.scalars(select(Letter).where(Letter.occasion == "approval:2:kg-1")).one()
        assert b"takes the place of round 1" in asked_of.head.replace(b"\r\n", b" ")


def ruled(do: Doing, **rule: object) -> None:
    """The round so far is stopped, the mission's rule becomes another, and approval is asked for again."""
    do(approval.stop, "coordinator", why="another rule")
    with begin(do.engine) as session:
        facts = missions.facts(session, SLUG)
        new = facts.model_copy(update={"approval": facts.approval.model_copy(update=rule)})
        missions.revise(session, SLUG, new, by="coordinator", at=do.now, kind="rule", reason="another rule")
    do(drafting.ready, "drafter")
    do.advance(approval)


def test_in_order_one_is_asked_after_another_and_a_quorum_with_the_head_suffices(asked: Engine) -> None:
    do = Doing(asked)
    ruled(do, order="in_order", quorum=2)

    def asked_of() -> list[str]:
        with reading(asked) as session:
            query = select(Letter.occasion).where(Letter.occasion.startswith("approval:2:")).order_by(Letter.id)
            return [occasion.rpartition(":")[2] for occasion in session.scalars(query)]

    assert asked_of() == ["az-1"]
    with pytest.raises(Refused, match="not this seat's turn"):
        do(approval.decide, "kg-1", decision="approve")
    do(approval.decide, "az-1", decision="approve")
    do.advance(approval)
    assert asked_of() == ["az-1", "kg-1"]
    do(approval.decide, "kg-1", decision="approve")
    do.advance(approval)
    assert do.round() == "approved"
    assert asked_of() == ["az-1", "kg-1"]


def test_a_deputy_named_beforehand_decides_for_the_seat(asked: Engine) -> None:
    do = Doing(asked)
    row = do(approval.decide, "deputy-secretary-general", decision="approve")
    assert row.by == "deputy-secretary-general"
    with pytest.raises(Conflict, match="by deputy-secretary-general"):
        do(approval.decide, "secretary-general", decision="approve")


def test_a_decision_covers_the_hash_of_each_authentic_language(asked: Engine) -> None:
    do = Doing(asked)
    with reading(asked) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        texts = {one["key"]: f"[ru] {one['text']}" for one in row.content["paragraphs"]}
        facts = missions.facts(session, SLUG)
    with begin(asked) as session:
        both = facts.model_copy(update={"languages": ("en", "ru")})
        missions.revise(session, SLUG, both, by="coordinator", at=do.now, kind="languages", reason="two languages")
    do(drafting.translate, "drafter", language="ru", texts=texts, title="Russian text")
    with begin(asked) as session:
        for language in ("en", "ru"):
            version = drafts.newest(session, SLUG, language)
            assert version is not None
            if drafting.is_ready(session, SLUG, version.content_hash) is None:
                mark = ReadyMark(mission=SLUG, content_hash=version.content_hash, by="drafter", at=do.now)
                session.add(mark)
    do.advance(approval)
    with reading(asked) as session:
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        assert set(round_.hashes) == {"en", "ru"}
        letter = session.scalars(select(Letter).where(Letter.occasion == f"approval:{round_.number}:kg-1")).one()
        papers = message_bytes(session, letter)
        assert b"statement-en-v" in papers
        assert b"statement-ru-v1.pdf" in papers
        hashes = round_.hashes
    decided = do(approval.decide, "kg-1", decision="approve", version_hash=hashes["ru"][:12])
    assert decided.hashes == hashes


def test_a_press_conference_that_moves_moves_the_release(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do(redating.move_press_conference, "coordinator", to=EVENING + timedelta(hours=1), reason="the hall is taken")
    do.advance(distribution, EVENING + timedelta(minutes=59))
    assert letters(approved) == 0
    do.advance(distribution, EVENING + timedelta(hours=1))
    assert letters(approved) == 24


def test_a_release_that_goes_by_hand_goes_when_a_person_says_so_and_not_beforehand(approved: Engine) -> None:
    do = Doing(approved)
    with begin(approved) as session:
        facts = missions.facts(session, SLUG)
        by_hand = facts.model_copy(update={"release": facts.release.model_copy(update={"go": "by_hand"})})
        missions.revise(session, SLUG, by_hand, by="coordinator", at=do.now, kind="by_hand", reason="a live conference")
    do(distribution.prepare, "press-officer")
    with pytest.raises(Refused, match="say go once the press conference has begun"):
        do(distribution.go, "coordinator")
    do.advance(distribution, EVENING)
    assert letters(approved) == 0
    do.now = EVENING
    do(distribution.go, "coordinator")
    do.advance(distribution)
    assert letters(approved) == 24


def test_a_translation_that_nobody_approved_is_marked_and_goes_with_the_authentic_text(approved: Engine) -> None:
    do = Doing(approved)
    with begin(approved) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        texts = {one["key"]: f"[{one['key']}]" for one in row.content["paragraphs"]}
        reader = session.scalars(select(MediaContact).order_by(MediaContact.email)).first()
        assert reader is not None
        reader.language, email = "tr", reader.email
    do(drafting.translate, "drafter", language="tr", texts=texts, title="Statement in Turkish")
    do.advance(approval)
    assert do.round() == "approved", "a translation voids nothing"
    release = do(distribution.prepare, "press-officer")
    assert set(release.translations) == {"tr"}
    assert "Unofficial translation" in (distribution.folder(SLUG, 1) / "statement-tr.txt").read_text("utf-8")
    do(distribution.go, "coordinator")
    do.advance(distribution, EVENING)
    with reading(approved) as session:
        query = select(Letter).where(Letter.kind == "release")
        there = {letter.recipient: message_bytes(session, letter) for letter in session.scalars(query)}
    theirs = there.pop(email)
    assert all(name in theirs for name in (b"statement-tr-unofficial-translation.pdf", b"statement-en.pdf"))
    plain = message_from_bytes(theirs, policy=default).get_body(("plain",)).get_content()
    assert "gayriresmî çeviridir" in " ".join(plain.split())
    assert len(there) == 23
    assert not any(b"statement-tr" in message for message in there.values())


def test_a_translation_of_an_older_text_is_left_out(approved: Engine) -> None:
    do = Doing(approved)
    with reading(approved) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        texts = {one["key"]: f"[{one['key']}]" for one in row.content["paragraphs"]}
    do(drafting.translate, "drafter", language="tr", texts=texts, title="Statement in Turkish")
    corrected = do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))
    do(approval.agree, "kg-1", version_hash=corrected.new_hash)
    assert do(distribution.prepare, "press-officer").translations == {}


def test_each_letter_has_its_reader_s_salutation_and_a_way_to_unsubscribe(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    with reading(approved) as session:
        contacts = {c.email: c for c in session.scalars(select(MediaContact))}
        rows = session.scalars(select(Letter).where(Letter.kind == "release")).all()
        read = [(row, message_from_bytes(message_bytes(session, row), policy=default)) for row in rows]
    for row, message in read:
        plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
        greeting = contacts[row.recipient].salutation
        assert plain.splitlines()[0] == f"{greeting},"
        assert f"<p>{greeting},</p>" in html
        link = message["List-Unsubscribe"].strip().strip("<>")
        assert link.startswith("https://")
        assert link in plain
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert [part.get_filename() for part in message.iter_attachments()] == [
            "press-release-en.pdf",
            "statement-en.pdf",
        ]
        token = contacts[row.recipient].token
        made = identity(secret(), SLUG, row.occasion, row.recipient, row.envelope_from, token)
        assert message["Message-ID"] == row.message_id == made
        assert made != identity(b"of others", SLUG, row.occasion, row.recipient, row.envelope_from, token)
    assert len({message["List-Unsubscribe"] for _, message in read}) == len(read) == 24


def test_every_letter_is_laid_out_for_reading(approved: Engine) -> None:
    do = Doing(approved)
    row = do(approval.editorial_correction, "az-1", second="kg-1", **comma(approved))
    do(approval.agree, "kg-1", version_hash=row.new_hash)
    ready(do)
    do.advance(distribution, EVENING)
    with reading(approved) as session:
        query = select(Letter).where(Letter.mission == SLUG).order_by(Letter.id)
        read = [
            (letter.kind, message_from_bytes(message_bytes(session, letter), policy=default))
            for letter in session.scalars(query)
        ]
    assert len({kind for kind, _ in read}) > 15
    for kind, message in read:
        plain, html = (message.get_body((part,)).get_content() for part in ("plain", "html"))
        lines = plain.splitlines()
        long = [line for line in lines if len(line) > 78 and " " in line.strip()]
        assert not long, f"{kind}: {long}"
        assert "\n\n\n" not in "\n".join(lines), kind
        assert lines[lines.index("-- ") - 1] == "", kind
        assert not any(line.endswith(" ") for line in lines if line != "-- "), kind
        assert "(Nur-" not in [line[-5:] for line in lines], kind
        assert '<meta name="viewport"' in html, kind
        assert "None" not in plain, kind


def test_who_unsubscribed_gets_no_release_and_is_not_named_in_the_chain(approved: Engine) -> None:
    do = Doing(approved)
    with reading(approved) as session:
        email = session.scalars(select(MediaContact.email).order_by(MediaContact.email)).first()
        assert email is not None
    with pytest.raises(NotFound, match="not among the media contacts"):
        do(letter_acts.unsubscribe, "press-officer", email="nobody@outlet.example")
    do(letter_acts.unsubscribe, "press-officer", email=email.upper())
    ready(do)
    do.advance(distribution, EVENING)
    assert letters(approved) == 23
    with reading(approved) as session:
        chain = [str(what) for what in session.scalars(select(AuditRow.what))]
    assert not any(email in what for what in chain)


def test_who_unsubscribed_while_the_release_was_stopped_gets_nothing_when_it_goes_on(approved: Engine) -> None:
    do = stopped_midway(approved)
    with reading(approved) as session:
        email = session.scalars(select(MediaContact.email).order_by(MediaContact.email)).first()
    assert email is not None
    assert do(letter_acts.unsubscribe, "press-officer", email=email) == 1
    do(distribution.go_on, "coordinator")
    with reading(approved) as session:
        state = select(Letter.state).where(Letter.kind == "release", Letter.recipient == email)
        assert session.scalars(state).one() == "cancelled"
