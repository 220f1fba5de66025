"""A correction, a second one, a withdrawal: to whom they go, and what they say of the letter before."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from evening import EVENING, SLUG, Doing, ready
from releases import (
    WITHDRAWN,
    approved_by,
    edited_and_approved,
    hash_of,
    of,
    out,
    row_of,
    sent,
    states,
    tried,
    written,
)
from sqlalchemy import Engine, select, text, update

from ieom.acts import distribution, doubt, drafting, returns
from ieom.acts import letters as letter_acts
from ieom.acts.releasing import ReleaseGo
from ieom.acts.verifying import verify
from ieom.errors import BadInput, Conflict, Refused, Tampered
from ieom.mail import outbox
from ieom.mail.answers import Outcome, What
from ieom.mail.bounces import Report
from ieom.records import audit, drafts, releases
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.media import MediaContact
from ieom.records.releases import ReleaseApproval
from ieom.rules.doubt import Verdict
from ieom.rules.statement import paragraph_text
from ieom.rules.timeline import State

# ------------------------------------------------------------------ correction, withdrawal


def test_an_edit_after_the_release_and_a_new_round_make_a_correction(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    edited_and_approved(do)
    stood = do.advance(distribution)
    assert stood.state is State.WAITING
    assert "its release is to be prepared" in stood.says
    with pytest.raises(Refused, match="release 1 is public"):
        do(distribution.prepare, "press-officer", kind="statement")
    row = do(distribution.prepare, "press-officer")
    assert (row.kind, row.number) == ("correction", 2)
    assert "corrects the one of 12 August 2020, 20:00" in (
        distribution.folder(SLUG, 2) / "press-release-en.txt"
    ).read_text("utf-8")
    with reading(approved) as session:
        before = paragraph_text(drafts.number(session, SLUG, 1, "en").content, "place")
    now = "The Mission observed the elections in Nur-Sultan."
    release = " ".join((distribution.folder(SLUG, 2) / "press-release-en.txt").read_text("utf-8").split())
    assert f"Paragraph 3 said: “{before}” It says now: “{now}”" in release
    do(distribution.go, "coordinator")
    do.advance(distribution)
    first, second = of(approved, 1), of(approved, 2)
    assert set(first) == set(second)
    for message in (*second.values(), *of(approved, 2, "release_official").values()):
        for kind in ("plain", "html"):
            told = " ".join(html.unescape(re.sub("<[^>]+>", " ", message.get_body((kind,)).get_content())).split())
            assert f"3. The text released before: {before} 3. The corrected text: {now}" in told
            assert "In conclusion" not in told
    for email, message in second.items():
        assert message["Subject"].startswith("Correction: Turkic Council: Statement on")
        assert message["In-Reply-To"] == message["References"] == first[email]["Message-ID"]
        assert message["Message-ID"] != first[email]["Message-ID"]
    official = of(approved, 2, "release_official")
    assert set(official) == set(of(approved, 1, "release_official"))
    assert all(one["Subject"].startswith("Correction: statement of the") for one in official.values())
    with reading(approved) as session:
        rows = releases.of(session, SLUG)
        assert [one.id for one in releases.about(session, rows[0].id, "correction")] == [rows[1].id]


def test_what_would_keep_the_press_release_back_is_said_before_anybody_approves(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    do(drafting.edit, "drafter", paragraph="composition", text="The Mission had five members.", why="shorter")
    with reading(approved) as session:
        version = drafts.newest(session, SLUG)
        assert version is not None
        found = drafting.lint(session, SLUG, version, at=do.now)
    for one in found:
        do(drafting.override, "az-1", finding=one.code, sentence=one.sentence, why="it is so")
    with pytest.raises(Refused, match=r"the press release, .*'the Republic of Uzbekistan': only the release names it"):
        do(drafting.ready, "drafter")


def test_a_correction_goes_to_exactly_those_who_got_or_may_have_got_the_first(approved: Engine) -> None:
    do = Doing(approved)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    with begin(approved) as session:
        rows = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.recipient)).all()
        fates = ["sent", "in_doubt", "refused", "bounced", "deferred", "queued", "late", "cancelled", "sent"]
        for row, state in zip(rows, fates, strict=False):
            row.state = state
            if state in {"sent", "bounced"}:  # both were taken once; the one came back
                session.add(LetterAttempt(letter=row.id, at=do.now, connection="1/1", outcome="sent"))
        named = {state: row.recipient for row, state in zip(rows, fates[:-1], strict=False)}
        gone = rows[len(fates) - 1].recipient
        for row in rows[len(fates) :]:
            row.state = "refused"
        new = MediaContact(
            key="new@outlet.example", email="new@outlet.example", outlet="New", token="new-one", added_at=do.now
        )
        session.add(new)
        session.flush()
        session.execute(text("INSERT INTO mission_media (mission, contact) VALUES (:m, :c)"), {"m": SLUG, "c": new.id})
    do(letter_acts.unsubscribe, "press-officer", email=gone)
    edited_and_approved(do)
    ready(do)
    do.advance(distribution)
    found = of(approved, 2)
    corrected = {email for email, message in found.items() if message["Subject"].startswith("Correction")}
    assert corrected == {named["sent"], named["in_doubt"], named["bounced"]}, "a report of a bounce may be forged"
    plain = set(found) - corrected
    assert plain == {named["deferred"], named["queued"], named["late"]}, "their first letter is the corrected text"
    assert all(found[email]["In-Reply-To"] is None for email in plain)
    before = states(approved, 1)
    assert {before[email] for email in plain} == {"cancelled"}
    with reading(approved) as session:
        assert distribution.unwritten(session, releases.one(session, SLUG, 2)) == 1  # who unsubscribed


def test_a_second_correction_answers_both_letters_of_a_reader(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    for number, words in (
        (2, "The Mission observed the elections in Nur-Sultan."),
        (3, "The Mission was in Nur-Sultan."),
    ):
        edited_and_approved(do, words)
        ready(do)
        do.advance(distribution)
        sent(do, number)
    letters_ = [of(approved, number) for number in (1, 2, 3)]
    for email, third in letters_[2].items():
        ids = [one[email]["Message-ID"] for one in letters_[:2]]
        assert third["References"].split() == ids
        assert third["In-Reply-To"] == ids[1]


def test_a_withdrawal_needs_the_head_and_a_second_approver_and_stops_what_has_not_left(approved: Engine) -> None:
    do = Doing(approved)
    with pytest.raises(Refused, match="nothing is public that a withdrawal could concern"):
        written(do, "withdrawal", WITHDRAWN)
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    with begin(approved) as session:
        rows = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.recipient)).all()
        tried(session, [row.id for row in rows[:5]])
        got = {row.recipient for row in rows[:5]}
    number = written(do, "withdrawal", WITHDRAWN)
    approved_by(do, number, "az-1")
    do(distribution.go, "coordinator", number=number)
    assert "a second approver has not approved it" in do.advance(distribution).says
    with pytest.raises(Conflict, match="az-1 has approved"):
        approved_by(do, number, "az-1")
    with pytest.raises(Refused, match="or another approver of the round, not by drafter"):
        approved_by(do, number, "drafter")
    approved_by(do, number, "kg-1")
    do.advance(distribution)
    found = of(approved, number)
    assert set(found) == got
    assert {one["Subject"] for one in found.values()} == {
        "Withdrawal: Turkic Council: The statement of 12 August 2020 is withdrawn"
    }
    assert all(one["In-Reply-To"] for one in found.values())
    assert {state for email, state in states(approved, 1).items() if email not in got} == {"cancelled"}
    with reading(approved) as session:
        assert releases.withdrawn(session, releases.one(session, SLUG, 1).id)
    with pytest.raises(Refused, match="withdrawn already"):
        written(do, "withdrawal", WITHDRAWN, concerns=1)


# ------------------------------------------------------------------ what was on its way, or in doubt, when it began


def withdrawn(do: Doing) -> int:
    """The newest public text is withdrawn; the withdrawal's number."""
    number = written(do, "withdrawal", WITHDRAWN)
    approved_by(do, number, "az-1", "kg-1")
    do(distribution.go, "coordinator", number=number)
    do.now += timedelta(minutes=1)
    do.advance(distribution)
    assert row_of(do.engine, number).started_at is not None
    return number


def on_its_way(do: Doing) -> outbox.Due:
    """The statement's letters have gone, save one whose final dot is about to be sent."""
    ready(do)
    do.advance(distribution, EVENING)
    do.now = EVENING
    with begin(do.engine) as session:
        (due,) = outbox.lease(session, SLUG, at=do.now, most=1, lease_id="one")
        assert outbox.mark_transmitting(session, due)
        tried(session, list(session.scalars(select(Letter.id).where(Letter.state == "queued"))))
    return due


def letter_of(engine: Engine, number: int) -> Letter:
    with reading(engine) as session:
        return session.get_one(Letter, number)


@pytest.mark.parametrize("what", [What.DEFERRED, What.BACK])
def test_a_letter_put_off_after_its_statement_was_withdrawn_does_not_go_again(approved: Engine, what: What) -> None:
    do = Doing(approved)
    due = on_its_way(do)
    number = withdrawn(do)
    with begin(approved) as session:
        outbox.settle(session, due.id, Outcome(what, 451, "later"), at=do.now, by="1/1", lease_id="one")
        hour = do.now + timedelta(hours=1)
        assert due.id not in [one.id for one in outbox.lease(session, SLUG, at=hour, most=99, lease_id="two")]
    letter = letter_of(approved, due.id)
    assert (letter.state, letter.answer) == ("cancelled", f"release {number}, a withdrawal, took its place")
    found = of(approved, number, due.kind)
    assert due.recipient in found, "it was on its way when the withdrawal began: its reader is told"


def test_a_letter_in_doubt_of_a_withdrawn_statement_goes_again_by_nobody_s_word(approved: Engine) -> None:
    do = Doing(approved)
    due = on_its_way(do)
    with begin(approved) as session:
        assert outbox.recover(session, SLUG, at=do.now) == 1
    number = withdrawn(do)
    why = f"release {number}, a withdrawal, took its place"
    with pytest.raises(Refused, match=why):
        do(letter_acts.settle, "press-officer", letter=due.id, how="resend")
    again = {due.id: Verdict("again", "the log has no such letter")}
    for policy in ("resend", "reconcile"):
        with begin(approved) as session:
            asked = doubt.case(session, SLUG)
            settled = (
                doubt.resend(session, SLUG, by="clock", at=do.now)
                if policy == "resend"
                else doubt.reconcile(session, SLUG, by="clock", at=do.now, asked=asked, found=again)
            )
            assert settled.cancelled == [due.id]
        letter = letter_of(approved, due.id)
        assert (letter.state, letter.answer) == ("cancelled", why)
        with begin(approved) as session:
            session.execute(update(Letter).where(Letter.id == due.id).values(state="in_doubt"))


def test_a_letter_put_back_by_hand_after_a_withdrawal_is_not_leased_and_is_taken_back(approved: Engine) -> None:
    do = Doing(approved)
    due = on_its_way(do)
    number = withdrawn(do)
    with begin(approved) as session:
        session.execute(update(Letter).where(Letter.id == due.id).values(state="leased", lease="three"))
        assert not outbox.mark_transmitting(session, replace(due, lease="three"))
        session.execute(update(Letter).where(Letter.id == due.id).values(state="queued", lease=None))
        assert due.id not in [one.id for one in outbox.lease(session, SLUG, at=do.now, most=99, lease_id="four")]
        outbox.recover(session, SLUG, at=do.now)
    assert letter_of(approved, due.id).answer == f"release {number}, a withdrawal, took its place"


@pytest.mark.parametrize("status", ["5.0.0", "5.1.1"])
def test_a_bounce_keeps_no_withdrawal_from_a_reader_unless_the_address_is_dead(approved: Engine, status: str) -> None:
    do = Doing(approved)
    out(do)
    with begin(approved) as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "release").order_by(Letter.id)).first()
        assert letter is not None
        reader = letter.recipient
        report = Report("bounce", (letter.message_id,), frozenset({reader}), "failed", status, "gone")
        assert returns.take_in(session, SLUG, by="clock", at=do.now, letter=letter.id, report=report, source="one")
    number = withdrawn(do)
    found = of(approved, number)
    with reading(approved) as session:
        left = distribution.unwritten(session, releases.one(session, SLUG, number))
    assert (reader in found, left) == ((True, 0) if status == "5.0.0" else (False, 1))


def test_a_hand_that_adds_a_deputy_to_a_seat_makes_no_second_approver_of_a_withdrawal(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    number = written(do, "withdrawal", WITHDRAWN)
    approved_by(do, number, "az-1")
    with begin(approved) as session:
        session.execute(text("UPDATE approval_seats SET deputies = '[\"intruder\"]' WHERE who = 'kg-1'"))
    with pytest.raises(Tampered, match="with other seats"):
        approved_by(do, number, "intruder")
    with begin(approved) as session:
        session.add(
            ReleaseApproval(
                release=releases.one(session, SLUG, number).id,
                by="intruder",
                at=do.now,
                digest=hash_of(approved, number),
            )
        )
    with pytest.raises(Tampered, match="with other seats"):
        do.advance(distribution)


# ------------------------------------------------------------------ what comes too late


def test_nothing_goes_about_a_release_that_was_withdrawn_meanwhile(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    clarified = written(do, "clarification", "The annex\n\nThe annex is on the website of the Mission.\n")
    approved_by(do, clarified, "az-1")
    do(distribution.go, "coordinator", number=clarified)
    do(distribution.stop, "coordinator", number=clarified)
    edited_and_approved(do)
    corrected = do(distribution.prepare, "press-officer").number
    number = withdrawn(do)
    with pytest.raises(Refused, match=f"release {corrected} can't go: release 1 is withdrawn already"):
        do(distribution.go, "coordinator", number=corrected)
    do(distribution.go_on, "coordinator", number=clarified)
    with begin(approved) as session:  # a go that was said in time, and one that a hand wrote
        row = releases.one(session, SLUG, corrected)
        audit.append(session, SLUG, by="coordinator", at=do.now, act=ReleaseGo(corrected))
        row.sent_by = "coordinator"
    do.now += timedelta(minutes=1)
    assert do.advance(distribution).says.count("release 1 is withdrawn already") == 2
    for late in (corrected, clarified):
        assert row_of(approved, late).started_at is None
    for kind in ("clarification", "withdrawal"):
        with pytest.raises(Refused, match="release 1 is withdrawn already"):
            written(do, kind, WITHDRAWN, concerns=1)
    with pytest.raises(Refused, match="a withdrawal is not withdrawn"):
        written(do, "withdrawal", WITHDRAWN, concerns=number)
    anew = do(distribution.prepare, "press-officer")
    assert (anew.kind, row_of(approved, corrected).status) == ("statement", "dropped")


def test_a_withdrawal_that_is_ready_together_with_a_correction_goes_first_and_alone(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    edited_and_approved(do)
    corrected = do(distribution.prepare, "press-officer").number
    do(distribution.go, "coordinator", number=corrected)
    number = written(do, "withdrawal", WITHDRAWN)
    do(distribution.go, "coordinator", number=number)
    approved_by(do, number, "az-1", "kg-1")
    says = do.advance(distribution).says
    assert row_of(approved, number).started_at is not None
    assert row_of(approved, corrected).started_at is None
    assert "release 1 is withdrawn already" in says
    assert says.count(f"Release {number} (withdrawal)") == 1


def test_which_release_is_withdrawn_is_asked_when_several_are_public(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    number = written(do, "clarification", "The annex\n\nThe annex is on the website of the Mission.\n")
    do(distribution.go, "coordinator", number=number)
    approved_by(do, number, "az-1")
    do.advance(distribution)
    with pytest.raises(BadInput, match=r"say which one this .*: 1 \(statement\), 2 \(clarification\)"):
        written(do, "withdrawal", WITHDRAWN)
    with reading(approved) as session:
        assert (
            row_of(approved, written(do, "withdrawal", WITHDRAWN, concerns=1)).concerns
            == releases.one(session, SLUG, 1).id
        )


def test_a_withdrawal_of_what_was_corrected_meanwhile_is_prepared_again_about_the_correction(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    first = written(do, "withdrawal", WITHDRAWN)
    approved_by(do, first, "az-1", "kg-1")
    edited_and_approved(do)
    do(distribution.prepare, "press-officer")
    do(distribution.go, "coordinator", number=3)
    do.advance(distribution)
    with pytest.raises(Refused, match="corrected by release 3; prepare the withdrawal again about release 3"):
        do(distribution.go, "coordinator", number=first)
    with pytest.raises(Refused, match="prepare the clarification again about release 3"):
        written(do, "clarification", WITHDRAWN, concerns=1)
    number = withdrawn(do)
    assert row_of(approved, first).status == "dropped"
    with reading(approved) as session:
        assert releases.withdrawn(session, row_of(approved, 1).id)
        for release in (1, 3):
            paper = distribution.folder(SLUG, release) / "statement-en.pdf"
            told = verify(session, paper.read_bytes())
            assert told.later is not None
            assert (told.later.release, told.later.kind) == (number, "withdrawal")
    with begin(
        approved
    ) as session:  # records in which the withdrawal concerns the first and a correction stands beside
        releases.one(session, SLUG, number).concerns = row_of(approved, 1).id
        session.flush()
        for release in (1, 3):
            told = verify(session, (distribution.folder(SLUG, release) / "statement-en.pdf").read_bytes())
            assert told.says[0].startswith("It was withdrawn")
