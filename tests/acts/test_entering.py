"""A mission may enter the system at any stage: what lies before owes nothing, what lies after is done as ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from ieom.acts import (
    approval,
    counting,
    delegation,
    distribution,
    drafting,
    meetings,
    observation,
    reminders,
)
from ieom.folder import open_mission, read
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.records.missions import Mission
from ieom.records.statements import ReadyMark
from ieom.rules.timeline import Stage, State
from ieom.settings import ROOT

FOLDER = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
ROOMS = {
    Stage.DELEGATION: delegation, Stage.MEETINGS: meetings, Stage.OBSERVATION: observation, Stage.COUNTING: counting,
    Stage.DRAFTING: drafting, Stage.APPROVAL: approval, Stage.DISTRIBUTION: distribution,
}  # fmt: skip
EVENING = datetime(2020, 8, 12, 10, tzinfo=UTC)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_mission_enters_at_each_stage_and_owes_nothing_of_those_before(engine: Engine, stage: Stage) -> None:
    folder = read(FOLDER)
    with begin(engine) as session:
        open_mission(session, folder, by="coordinator", at=EVENING, stage=stage)
    stood = []
    for room in ROOMS.values():
        with begin(engine) as session:
            stood.append(room.advance(session, folder.facts.slug, at=EVENING))
    before = list(Stage).index(stage)
    assert [one.state for one in stood[:before]] == [State.DONE] * before
    assert all("entered the system after this stage" in one.says for one in stood[:before])
    if stage is not Stage.MEETINGS:  # a mission that begins on the evening of the vote has met nobody, and that is that
        assert stood[before].state is not State.DONE
    with begin(engine) as session:
        reminders.advance(session, folder.facts.slug, at=EVENING)
    with reading(engine) as session:
        kinds = set(session.scalars(select(Letter.kind)))
    assert not kinds & {"call_for_nominations", "reminder_nominations", "reminder_accreditation"}


def test_an_approval_given_before_the_mission_entered_is_recorded_with_its_evidence(
    engine: Engine, observed: str
) -> None:
    with begin(engine) as session:
        session.get_one(Mission, observed).starts_at_stage = str(Stage.DISTRIBUTION)
        version = drafting.draft(session, observed, by="drafter", at=EVENING)
        assert approval.advance(session, observed, at=EVENING).state is State.DONE
        session.add(ReadyMark(mission=observed, content_hash=version.content_hash, by="drafter", at=EVENING))
        session.flush()
        approval.advance(session, observed, at=EVENING)
        seats = [seat.who for seat in missions.facts(session, observed).approval.seats]
        for who in seats:
            words = {"who": who, "decision": "approve", "channel": "paper", "evidence": f"sheet signed by {who}"}
            approval.record_decision(session, observed, by="coordinator", at=EVENING, **words)
            approval.confirm_decision(session, observed, by="deputy-coordinator", at=EVENING, who=who)
        assert approval.advance(session, observed, at=EVENING).says.startswith("Round 1: approved by 5 of 5")
        assert "prepared" in distribution.advance(session, observed, at=EVENING).says
