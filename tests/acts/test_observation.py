"""Forms come in: taken once, kept aside when they can't be, flagged, corrected with both answers kept; what is owed."""

import json
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from ieom.acts import counting, deployment, observation
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder import MissionFolder, open_mission, read
from ieom.records import audit, schema, submissions
from ieom.records.base import begin, connect
from ieom.records.delegation import Member
from ieom.records.observation import MemberReport
from ieom.records.stations import PollingStation
from ieom.records.submissions import Answer, Correction, Flag, QuarantinedForm, Submission
from ieom.rules.timeline import State
from ieom.settings import ROOT

SLUG = "kazakhstan-senate-2020"
EXAMPLE = ROOT / "config" / "missions" / SLUG
NOON = datetime(2020, 8, 12, 6, tzinfo=UTC)
CLOSE = datetime(2020, 8, 12, 8, tzinfo=UTC)


def document(name: str, **changes: Any) -> dict[str, Any]:
    given = json.loads((EXAMPLE / "submissions" / f"{name}.json").read_text("utf-8"))
    answers = {**given["answers"], **changes.pop("answers", {})}
    return {**given, **changes, "answers": answers}


@cache
def the_folder() -> MissionFolder:
    return read(EXAMPLE)


def planned(engine: Engine) -> Engine:
    folder = the_folder()
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=datetime(2020, 7, 6, tzinfo=UTC))
    with begin(engine) as session:
        for row in folder.delegation:
            session.add(
                Member(
                    mission=SLUG, code=row.code, role=row.role, office=row.office, status="appointed",
                    nominated_at=datetime(2020, 7, 10, tzinfo=UTC),
                )
            )  # fmt: skip
        session.flush()
        deployment.plan(session, SLUG, by="coordinator", at=datetime(2020, 8, 7, tzinfo=UTC), **folder.plan())
    return engine


@pytest.fixture
def records(engine: Engine) -> Engine:
    return planned(engine)


@pytest.fixture
def both(either: Engine) -> Engine:
    return planned(either)


def submit(engine: Engine, form: dict[str, Any], *, at: datetime = NOON, **options: Any) -> observation.Receipt:
    with begin(engine) as session:
        return observation.submit(session, SLUG, by="kg-1", at=at, document=form, **options)


def count(engine: Engine, table: Any) -> int:
    with begin(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def acts(engine: Engine) -> list[str]:
    with begin(engine) as session:
        return [row.act for row in audit.rows(session, SLUG)]


def test_a_form_is_taken_with_its_answers_and_one_row_in_the_chain(both: Engine) -> None:
    receipt = submit(both, document("opening-team-1"))
    assert receipt.problem is None
    assert receipt.submission is not None
    assert receipt.submission.arrived_at == datetime(2020, 8, 12, 3, 25, tzinfo=UTC)
    assert acts(both)[-1] == "FormReceived"
    assert count(both, Answer) == len(document("opening-team-1")["answers"])
    assert count(both, Flag) == 0


def test_what_a_form_leaves_out_is_flagged_and_the_example_s_forms_leave_out_nothing(both: Engine) -> None:
    names = ("opening-team-1", "voting-team-2", "closing-team-2", "counting-team-1")
    with begin(both) as session:
        observation.submit_many(session, SLUG, by="kg-1", at=NOON, documents=[document(name) for name in names])
    assert count(both, Flag) == 0
    thin = document("counting-team-1", instance_id="thin", arrived_at=None, departed_at=None, station="far")
    thin["answers"] = {"issued": 21}
    tabled = {
        **thin,
        "instance_id": "tabled",
        "form": "closing",
        "source": {"file": "a.csv", "row": 2, "cells": {"a": "1"}},
    }
    tabled["answers"] = {}
    told = {**thin, "instance_id": "told", "form": "incident", "answers": {"incident_seen": "intimidation"}}
    with begin(both) as session:
        session.add(
            PollingStation(
                mission=SLUG,
                code="far",
                name="Far",
                city="nur-sultan",
                zone="Asia/Almaty",
                opens=time(7),
                closes=time(20),
            )
        )
        session.flush()
        assert observation.submit_many(session, SLUG, by="kg-1", at=NOON, documents=[thin, tabled, told]).new == 3
        found = {(row.instance_id, flag.check, flag.detail) for row, flag in submissions.flagged(session, SLUG)}
    away = "the plan sends team-1 to other stations"
    assert found == {
        ("thin", "mostly_empty", "48 of 49 questions have no answer"),
        ("thin", "no_arrival", "no time of arrival is given"), ("thin", "not_planned", away), ("tabled", "not_planned", away),
    }  # fmt: skip


def test_the_same_form_again_changes_nothing_whatever_way_it_comes(both: Engine) -> None:
    submit(both, document("opening-team-1"))
    before = acts(both)
    same = document(
        "opening-team-1", arrived_at="2020-08-12T03:25:00Z", answers={"registered_voters": "21"}, source="phone"
    )
    receipt = submit(both, same)
    assert receipt.again
    assert (count(both, Submission), acts(both)) == (1, before)


def test_other_content_under_the_same_id_is_a_conflict_and_is_kept_aside(both: Engine) -> None:
    submit(both, document("opening-team-1"))
    other = document("opening-team-1", answers={"opened": "15_30"})
    receipt = submit(both, other)
    assert isinstance(receipt.problem, Conflict)
    assert "came before with other content" in str(receipt.problem)
    with begin(both) as session:
        (kept,) = submissions.quarantined(session, SLUG)
        assert kept.document["answers"]["opened"] == "15_30"
        assert session.scalars(select(Answer.value).where(Answer.question == "opened")).all() == ["on_time"]
    assert acts(both)[-1] == "FormQuarantined"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"station": "ns-9"}, "there is no station 'ns-9'"),
        ({"team": "team-9"}, "there is no team 'team-9'"),
        ({"arrived_at": "2020-08-12T09:25"}, "has no zone"),
        ({"answers": {"colour": "red"}}, "no question 'colour'"),
        ({"answers": {"full_access": "often"}}, "'often' is none of"),
        ({"answers": {"comment": "a \x00 b \ud800", "full_access": "often"}}, "'often' is none of"),
    ],
)
def test_a_form_that_cannot_be_taken_is_never_lost(both: Engine, changes: dict[str, Any], says: str) -> None:
    receipt = submit(both, document("opening-team-1", **changes))
    assert isinstance(receipt.problem, BadInput)
    assert says in str(receipt.problem)
    assert count(both, Submission) == 0
    submit(both, document("opening-team-1", **changes))
    assert count(both, QuarantinedForm) == 1
    assert acts(both).count("FormQuarantined") == 1


def test_a_form_kept_aside_is_taken_when_a_person_amends_it(both: Engine) -> None:
    submit(both, document("opening-team-1", station="ns-9"))
    with begin(both) as session:
        content = submissions.quarantined(session, SLUG)[0].content_hash
        amended = {"by": "coordinator", "at": NOON, "content": content[:12]}
        with pytest.raises(BadInput, match="say why"):
            observation.settle(session, SLUG, **amended, why=" ", document=document("opening-team-1"))
        with pytest.raises(BadInput, match="there is no station 'ns-8'"):
            observation.settle(
                session, SLUG, **amended, why="mistyped", document=document("opening-team-1", station="ns-8")
            )
        assert submissions.quarantined(session, SLUG)
        row = observation.settle(session, SLUG, **amended, why="the team mistyped", document=document("opening-team-1"))
        assert row.settled_as == document("opening-team-1")["instance_id"]
        assert submissions.quarantined(session, SLUG) == []
        with pytest.raises(Refused, match="was settled"):
            observation.settle(session, SLUG, **amended, why="again")
        with pytest.raises(NotFound):
            observation.settle(session, SLUG, by="coordinator", at=NOON, content="zz", why="none")
    assert count(both, Submission) == 1
    assert acts(both)[-1] == "QuarantineSettled"


def test_a_form_kept_aside_can_be_put_away_and_is_still_there(records: Engine) -> None:
    submit(records, document("opening-team-1", station="ns-9"))
    with begin(records) as session:
        content = submissions.quarantined(session, SLUG)[0].content_hash
        observation.settle(session, SLUG, by="coordinator", at=NOON, content=content, why="a trial form")
        assert [row.settled_why for row in submissions.quarantined(session, SLUG, settled=True)] == ["a trial form"]


def test_a_form_by_telephone_says_who_dictated_it_to_whom_and_when(records: Engine) -> None:
    with pytest.raises(BadInput, match="who dictated it"):
        submit(records, document("closing-team-2"), channel="telephone", dictated_by="tr-1")
    with pytest.raises(BadInput, match="not by 'pigeon'"):
        submit(records, document("closing-team-2"), channel="pigeon")
    row = submit(
        records,
        document("closing-team-2"),
        channel="telephone",
        dictated_by="tr-1",
        dictated_to="coordinator",
        dictated_at=CLOSE,
    ).submission
    assert row is not None
    assert (row.channel, row.dictated_by, row.dictated_to, row.dictated_at) == (
        "telephone",
        "tr-1",
        "coordinator",
        CLOSE,
    )


@pytest.mark.parametrize("changes", [{}, {"station": "ns-9"}])
def test_an_act_with_the_same_key_happens_once(records: Engine, changes: dict[str, Any]) -> None:
    for _ in range(2):
        submit(records, document("opening-team-1", **changes), ref="script:1")
    assert len([act for act in acts(records) if act.startswith("Form")]) == 1
    submit(records, document("opening-team-1", **changes), ref="script:2")
    with begin(records) as session:
        assert audit.happened(session, SLUG, "script:2")
    assert acts(records)[-1] == "FormCameAgain"


def test_odd_figures_are_taken_and_flagged_and_the_flag_goes_with_the_correction(both: Engine) -> None:
    form = document("counting-team-1", answers={"received": 26})
    assert submit(both, form, at=CLOSE + timedelta(hours=2)).problem is None
    with begin(both) as session:
        assert [flag.check for _, flag in submissions.flagged(session, SLUG)] == ["ballots_balance"]
        observation.correct(
            session, SLUG, by="kg-1", at=CLOSE + timedelta(hours=3), instance=form["instance_id"], question="received",
            new="25", why="read from the photograph",
        )  # fmt: skip
        assert submissions.flagged(session, SLUG) == []
        kept = session.scalars(select(Correction)).one()
        assert (kept.old, kept.new, kept.why) == ("26", "25", "read from the photograph")
        assert submissions.by_instance(session, SLUG, form["instance_id"]).original["answers"]["received"] == 26  # type: ignore[union-attr]
    assert acts(both)[-1] == "AnswerCorrected"


def test_teams_that_disagree_are_flagged_until_one_of_them_corrects(both: Engine) -> None:
    submit(both, document("opening-team-1"))
    submit(both, document("opening-team-1", instance_id="two", team="team-2", answers={"opened": "15_30"}))
    with begin(both) as session:
        assert [(row.instance_id, flag.check) for row, flag in submissions.flagged(session, SLUG)] == [
            ("two", "teams_disagree")
        ]
        first = document("opening-team-1")["instance_id"]
        observation.correct(
            session, SLUG, by="az-1", at=NOON, instance=first, question="opened", new="15_30", why="clock slow"
        )
        assert submissions.flagged(session, SLUG) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"instance": "nobody"}, "no form has the id"),
        ({"why": " "}, "needs the team's reason"),
        ({"question": "colour"}, "no question 'colour'"),
        ({"question": "station"}, "no question 'station' that can be corrected"),
        ({"new": "often"}, "'often' is none of"),
        ({"new": ""}, "is empty"),
        ({"new": "yes"}, "is 'yes' already"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_changes_nothing(
    records: Engine, change: dict[str, str], says: str
) -> None:
    submit(records, document("opening-team-1"))
    good = {
        "instance": document("opening-team-1")["instance_id"],
        "question": "full_access",
        "new": "no",
        "why": "told late",
    }
    with begin(records) as session, pytest.raises((BadInput, NotFound, Refused), match=says):
        observation.correct(session, SLUG, by="az-1", at=NOON, **{**good, **change})
    assert count(records, Correction) == 0


def test_a_question_with_several_answers_is_corrected_as_a_whole(records: Engine) -> None:
    submit(records, document("opening-team-1"))
    instance = document("opening-team-1")["instance_id"]
    with begin(records) as session:
        observation.correct(
            session,
            SLUG,
            by="az-1",
            at=NOON,
            instance=instance,
            question="unauthorised_persons",
            new="police campaigner",
            why="x",
        )
        values = session.scalars(select(Answer.value).where(Answer.question == "unauthorised_persons")).all()
    assert sorted(values) == ["campaigner", "police"]


def test_a_report_against_a_member_is_written_down_without_its_text_in_the_chain(records: Engine) -> None:
    with begin(records) as session:
        observation.report_member(session, SLUG, by="coordinator", at=NOON, member="az-2", what="spoke to a voter")
        with pytest.raises(NotFound):
            observation.report_member(session, SLUG, by="coordinator", at=NOON, member="zz-9", what="?")
        row = list(audit.rows(session, SLUG))[-1]
        assert (row.act, row.what) == ("MemberReported", {"member": "az-2"})
    assert count(records, MemberReport) == 1


def test_many_forms_are_taken_like_one_each(both: Engine) -> None:
    names = ("opening-team-1", "voting-team-2", "closing-team-2", "counting-team-1")
    good = [document(name) for name in names]
    clash = document("opening-team-1", answers={"opened": "15_30"})
    odd = document("counting-team-1", instance_id="odd", team="team-2", answers={"in_box": 22})
    with begin(both) as session:
        taken = observation.submit_many(
            session, SLUG, by="coordinator", at=CLOSE + timedelta(hours=2),
            documents=[*good, good[0], clash, odd, document("opening-team-1", instance_id="lost", station="ns-9")],
        )  # fmt: skip
    assert (taken.new, taken.again, len(taken.problems)) == (5, 1, 2)
    with begin(both) as session:
        checks = {(row.instance_id, flag.check) for row, flag in submissions.flagged(session, SLUG)}
        assert len(submissions.quarantined(session, SLUG)) == 2
        again = observation.submit_many(session, SLUG, by="coordinator", at=CLOSE, documents=good)
    assert {check for instance, check in checks if instance == "odd"} == {
        "box_against_issued", "valid_and_invalid", "teams_disagree",
    }  # fmt: skip
    assert {instance for instance, _ in checks} == {"odd"}
    assert (again.new, again.again) == (0, 4)
    assert submit(both, document("opening-team-1", instance_id="later")).problem is None
    assert acts(both).count("FormsReceived") == 1


def test_one_by_one_and_all_at_once_leave_the_same_records(records: Engine, tmp_path: Path) -> None:
    other = connect(f"sqlite:///{tmp_path / 'other.db'}")
    schema.metadata.create_all(other)
    planned(other)
    forms = [
        document(
            "counting-team-1",
            instance_id=f"c{number}",
            team=f"team-{number % 2 + 1}",
            answers={"valid": 19 + number % 3},
        )
        for number in range(6)
    ]
    for form in forms:
        submit(records, form, at=NOON)
    with begin(other) as session:
        observation.submit_many(session, SLUG, by="kg-1", at=NOON, documents=forms)
    rows = []
    for engine in (records, other):
        with begin(engine) as session:
            rows.append(
                (
                    sorted(session.execute(select(Answer.submission, Answer.question, Answer.value)).tuples()),
                    sorted(session.execute(select(Flag.submission, Flag.check, Flag.detail)).tuples()),
                    list(session.execute(select(Submission.instance_id, Submission.content_hash)).tuples()),
                )
            )
    other.dispose()
    assert rows[0] == rows[1]
    assert rows[0][1]


def standing(engine: Engine, at: datetime, stage: Any = observation) -> Any:
    with begin(engine) as session:
        return stage.advance(session, SLUG, at=at)


def test_the_observation_is_done_when_the_polls_have_closed_and_every_planned_form_is_in(records: Engine) -> None:
    assert standing(records, datetime(2020, 8, 11, tzinfo=UTC)).state is State.NOT_DUE
    submit(records, document("opening-team-1"))
    submit(records, document("voting-team-2"))
    late = standing(records, CLOSE + timedelta(hours=1))
    assert (late.state, late.waits_for) == (State.WORKING, ("team-2",))
    assert "team-2 (closing)" in late.says
    submit(records, document("closing-team-2"))
    assert standing(records, CLOSE - timedelta(minutes=1)).state is State.WORKING
    assert standing(records, CLOSE).state is State.DONE


def test_a_stop_struck_by_name_is_not_waited_for(records: Engine) -> None:
    submit(records, document("opening-team-1"))
    submit(records, document("voting-team-2"))
    assert standing(records, CLOSE).state is State.WORKING
    with begin(records) as session:
        deployment.strike_visit(session, SLUG, by="coordinator", at=CLOSE, team="team-2", position=2, why="road closed")
    assert standing(records, CLOSE).state is State.DONE


def test_without_a_single_form_the_observation_is_never_done(records: Engine) -> None:
    with begin(records) as session:
        for team, position in (("team-1", 1), ("team-2", 1), ("team-2", 2)):
            deployment.strike_visit(
                session, SLUG, by="coordinator", at=CLOSE, team=team, position=position, why="recalled"
            )
    found = standing(records, CLOSE + timedelta(days=1))
    assert (found.state, found.waits_for) == (State.WAITING, ("coordinator",))


def test_the_count_is_done_with_its_form_or_when_somebody_says_not_to_wait(records: Engine) -> None:
    assert standing(records, NOON, counting).state is State.NOT_DUE
    assert standing(records, CLOSE + timedelta(hours=1), counting).state is State.WORKING
    with begin(records) as session:
        with pytest.raises(BadInput, match="say why"):
            counting.leave_unfinished(session, SLUG, by="az-1", at=CLOSE, why="")
        counting.leave_unfinished(session, SLUG, by="az-1", at=CLOSE, why="the count goes on until morning")
    left = standing(records, CLOSE + timedelta(hours=1), counting)
    assert left.state is State.DONE
    assert "preliminary" in left.says
    submit(records, document("counting-team-1"), at=CLOSE + timedelta(hours=2))
    assert "nothing is missing" in standing(records, CLOSE + timedelta(hours=2), counting).says


def test_a_count_that_was_struck_from_the_plan_is_not_waited_for(records: Engine) -> None:
    with begin(records) as session:
        deployment.strike_visit(
            session, SLUG, by="coordinator", at=CLOSE, team="team-1", position=2, why="not admitted"
        )
    found = standing(records, CLOSE + timedelta(hours=1), counting)
    assert (found.state, "was not observed" in found.says) == (State.DONE, True)
