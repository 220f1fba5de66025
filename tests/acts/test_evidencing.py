"""What a statement rests on: a hand in the records of forms, answers and names is found before anybody approves or releases."""

from __future__ import annotations

import contextlib

import pytest
from evening import SLUG, Doing
from sqlalchemy import Engine, select, text

from ieom.acts import audit as chain
from ieom.acts import debriefing, distribution, drafting, evidencing
from ieom.errors import Refused, Tampered
from ieom.records import drafts
from ieom.records.base import begin, reading
from ieom.records.submissions import Correction, Submission

HANDS = {
    "UPDATE answers SET value = 'no' WHERE question = 'full_access' AND value = 'yes'": "answers of the form",
    "DELETE FROM answers WHERE id IN (SELECT min(id) FROM answers)": "answers of the form",
    "INSERT INTO answers (mission, submission, station, question, value) SELECT mission, submission, station, question,"
    " 'x' FROM answers LIMIT 1": "answers of the form",
    "UPDATE submissions SET content_hash = 'x' WHERE id = (SELECT max(id) FROM submissions)": "another than the one",
    "UPDATE submissions SET team = 'x' WHERE id = (SELECT max(id) FROM submissions)": "another than the one",
    "UPDATE submissions SET original = replace(original, 'uuid:', 'UUID:')": "another than the one",
    "DELETE FROM flags; DELETE FROM answers WHERE submission = (SELECT max(id) FROM submissions); DELETE FROM corrections"
    " WHERE submission = (SELECT max(id) FROM submissions); DELETE FROM submissions WHERE id = (SELECT max(id) FROM"
    " submissions)": "forms were taken in, and",
    "INSERT INTO overrides (mission, sentence_hash, finding, by, why, at) VALUES ('kazakhstan-senate-2020', 'x', 'y',"
    " 'az-1', 'z', '2020-08-12 10:00:00')": "a sentence is let stand by name",
    "INSERT INTO attestations (mission, claim, by, at, why) VALUES ('kazakhstan-senate-2020', 'scope', 'az-1',"
    " '2020-08-12 10:00:00', '')": "something is attested by name",
    "INSERT INTO set_asides (mission, question, submission, by, why, at) SELECT mission, 'vote_buying', id, 'az-1', 'z',"
    " '2020-08-12 10:00:00' FROM submissions LIMIT 1": "an irregularity is set aside",
    "DELETE FROM corrections": "corrections are on record",
}


def faults(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return evidencing.faults(session, SLUG)


@pytest.mark.parametrize("sql", HANDS, ids=lambda sql: " ".join(sql.split()[:4]))
def test_a_hand_in_what_a_statement_rests_on_is_found_and_nothing_goes_on(approved: Engine, sql: str) -> None:
    do = Doing(approved)
    with reading(approved) as session:
        form = session.scalars(select(Submission).where(Submission.form == "voting").order_by(Submission.id)).first()
        assert form is not None
        instance = form.instance_id
    do(
        debriefing.correct,
        "coordinator",
        instance=instance,
        question="citizen_observers_present",
        new="not_observed",
        why="misheard",
    )
    assert faults(approved) == []
    with begin(approved) as session:
        for one in sql.split(";"):
            session.execute(text(one))
    assert any(HANDS[sql] in one for one in faults(approved)), faults(approved)
    with reading(approved) as session:
        assert any(HANDS[sql] in one for one in chain.verified(session, SLUG))
    with pytest.raises(Tampered, match="what the statement rests on"):
        do(distribution.prepare, "press-officer")


def test_nobody_is_asked_to_approve_what_rests_on_changed_answers(asked: Engine) -> None:
    do = Doing(asked)
    do(drafting.edit, "drafter", paragraph="place", text="The Mission observed the vote.", why="shorter")
    with begin(asked) as session:
        session.execute(text("UPDATE answers SET value = 'no' WHERE question = 'full_access' AND value = 'yes'"))
        row = drafts.newest(session, SLUG)
        assert row is not None
    with pytest.raises(Tampered, match="answers of the form"):
        do(drafting.ready, "drafter")


def test_what_people_lawfully_do_with_forms_is_no_fault(approved: Engine) -> None:
    """Several choices corrected in another order than they are kept, a text with blanks, the same question twice."""
    do = Doing(approved)
    with reading(approved) as session:
        form = session.scalars(select(Submission).where(Submission.form == "voting").order_by(Submission.id)).first()
        assert form is not None
        instance = form.instance_id
    for question, new in (
        ("unauthorised_persons", "police military"), ("unauthorised_persons", "military police"),
        ("observers_restricted", "yes"), ("observers_restricted_text", "two of us, at the door, for an hour"),
    ):  # fmt: skip
        with contextlib.suppress(Refused):  # it stands so already
            do(debriefing.correct, "coordinator", instance=instance, question=question, new=new, why="misheard")
    with reading(approved) as session:
        assert session.query(Correction).count() >= 3
    assert faults(approved) == []
