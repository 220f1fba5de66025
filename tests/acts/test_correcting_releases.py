"""A correction, a second one, a withdrawal: to whom they go, and what they say of the letter before."""

from __future__ import annotations

import pytest
from evening import EVENING, SLUG, Doing, ready
from releases import (
    WITHDRAWN,
    approved_by,
    edited_and_approved,
    of,
    out,
    sent,
    states,
    written,
)
from sqlalchemy import Engine, select, text

from ieom.acts import distribution
from ieom.acts import letters as letter_acts
from ieom.errors import Conflict, Refused
from ieom.records import releases
from ieom.records.base import begin, reading
from ieom.records.letters import Letter, LetterAttempt
from ieom.records.media import MediaContact
from ieom.rules.timeline import State

# ------------------------------------------------------------------ correction, withdrawal


def test_an_edit_after_the_release_and_a_new_round_make_a_correction(approved: Engine) -> None:
    do = Doing(approved)
    out(do)
    edited_and_approved(do)
    stood = do.advance(distribution)
    assert stood.state is State.WAITING
    assert "'ieom release prepare' makes its release" in stood.says
    with pytest.raises(Refused, match="release 1 is public"):
        do(distribution.prepare, "press-officer", kind="statement")
    row = do(distribution.prepare, "press-officer")
    assert (row.kind, row.number) == ("correction", 2)
    assert "corrects the one of 12 August 2020, 20:00" in (
        distribution.folder(SLUG, 2) / "press-release-en.txt"
    ).read_text("utf-8")
    do(distribution.go, "coordinator")
    do.advance(distribution)
    first, second = of(approved, 1), of(approved, 2)
    assert set(first) == set(second)
    for email, message in second.items():
        assert message["Subject"].startswith("Correction: Turkic Council Statement on")
        assert message["In-Reply-To"] == message["References"] == first[email]["Message-ID"]
        assert message["Message-ID"] != first[email]["Message-ID"]
    official = of(approved, 2, "release_official")
    assert set(official) == set(of(approved, 1, "release_official"))
    assert all(one["Subject"].startswith("Correction: statement of the") for one in official.values())
    with reading(approved) as session:
        rows = releases.of(session, SLUG)
        assert [one.id for one in releases.about(session, rows[0].id, "correction")] == [rows[1].id]


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
    assert corrected == {named["sent"], named["in_doubt"]}
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
        for row in rows[:5]:
            row.state = "sent"
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
