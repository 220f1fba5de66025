from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from ieom.acts import deployment
from ieom.acts import mission as mission_acts
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder import read
from ieom.records import missions, teams
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.deployment import CheckIn, Team, Visit
from ieom.settings import ROOT

SLUG = "kazakhstan-senate-2020"
EXAMPLE = read(ROOT / "config" / "missions" / SLUG)
AUGUST = datetime(2020, 8, 7, 4, tzinfo=UTC)
NOON = datetime(2020, 8, 12, 6, 30, tzinfo=UTC)
"""The second check-in of the example's teams."""


def do(engine: Engine, act: Any, *, at: datetime = AUGUST, **words: Any) -> Any:
    with begin(engine) as session:
        return act(session, SLUG, by="coordinator", at=at, **words)


def plan(engine: Engine, at: datetime = AUGUST, **changed: Any) -> list[str]:
    odd: list[str] = do(engine, deployment.plan, at=at, **{**EXAMPLE.plan(), "station_choice": "by lot", **changed})
    return odd


@pytest.fixture(autouse=True)
def members(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        for row in EXAMPLE.delegation:
            told = row.model_dump()
            session.add(Member(mission=mission, status="appointed", nominated_at=AUGUST, appointed_at=AUGUST, **told))


def test_the_plan_is_laid_down_with_pairs_routes_reserves_and_check_ins(engine: Engine) -> None:
    assert plan(engine) == []
    with reading(engine) as session:
        assert teams.crew(session, SLUG) == {
            "reserve-1": ["az-2"],
            "team-1": ["az-1", "kg-1"],
            "team-2": ["tr-1", "uz-1"],
        }
        assert [row.code for row in teams.of(session, SLUG) if row.reserve] == ["reserve-1"]
        assert len(teams.visits(session, SLUG)) == 4
        assert [row.due_at for row in teams.check_ins(session, SLUG, "team-1")][1] == NOON
        assert missions.facts(session, SLUG).station_choice == "by lot"


def test_a_plan_that_does_not_say_how_stations_were_chosen_is_remarked_on(engine: Engine) -> None:
    [odd] = plan(engine, station_choice="")
    assert odd.startswith("how the stations were chosen is not written down")


def test_everything_unknown_in_a_plan_is_said_at_once_and_nothing_is_laid_down(engine: Engine) -> None:
    routes = [{"team": "team-9", "position": 1, "station": "zz", "form": "opening", "due": NOON}]
    with pytest.raises(BadInput) as caught:
        plan(engine, teams=[{"team": "team-1", "members": ["xx-1"]}], routes=routes, check_ins=[])
    assert "nobody has the code 'xx-1'; there is no station 'zz'; there is no team 'team-9'" in str(caught.value)
    with reading(engine) as session:
        assert session.scalars(select(Team)).all() == []


def test_another_plan_keeps_what_teams_did_under_the_first(engine: Engine) -> None:
    plan(engine)
    do(engine, deployment.check_in, at=NOON - timedelta(hours=1), team="team-1")
    do(engine, deployment.strike_visit, team="team-2", position=1, why="the road is closed")
    plan(engine, at=NOON)
    with reading(engine) as session:
        made = [row for row in session.scalars(select(CheckIn)) if row.made_at]
        assert [(row.team, row.by) for row in made] == [("team-1", "coordinator")]
        assert [row.struck_why for row in session.scalars(select(Visit)) if row.struck_at] == ["the road is closed"]
    with pytest.raises(BadInput, match="team-1 has checked in already and can't be left out"):
        plan(engine, at=NOON, teams=[{"team": "team-2", "members": ["tr-1"]}], routes=[], check_ins=[])


def test_a_check_in_settles_what_is_owed_or_else_the_next(engine: Engine) -> None:
    plan(engine)
    do(engine, deployment.check_in, at=NOON + timedelta(minutes=5), team="team-1")
    with reading(engine) as session:
        assert [row.due_at for row in teams.check_ins(session, SLUG, "team-1") if row.made_at is None] == [
            NOON + timedelta(hours=3)
        ]
        assert {row.team for row in teams.missed_check_ins(session, SLUG, at=NOON)} == {"team-2"}
    do(engine, deployment.check_in, at=NOON + timedelta(minutes=30), team="team-1")
    with reading(engine) as session:
        assert all(row.made_at for row in teams.check_ins(session, SLUG, "team-1"))
    do(engine, deployment.check_in, at=NOON + timedelta(hours=9), team="team-1", note="back at the hotel")
    with reading(engine) as session:
        last = teams.check_ins(session, SLUG, "team-1")[-1]
    assert (last.made_at, last.note) == (NOON + timedelta(hours=9), "back at the hotel"), (
        "what no plan asks for is kept too"
    )


def test_a_reserve_is_called_up_and_a_stranger_is_not(engine: Engine) -> None:
    plan(engine)
    do(engine, deployment.reassign, member="az-2", team="team-2")
    with reading(engine) as session:
        assert teams.crew(session, SLUG)["team-2"] == ["az-2", "tr-1", "uz-1"]
    with pytest.raises(Refused, match="'xx-1' is no member"):
        do(engine, deployment.reassign, member="xx-1", team="team-2")
    with pytest.raises(NotFound, match="there is no team 'team-9'"):
        do(engine, deployment.reassign, member="az-2", team="team-9")


def test_the_plan_shows_whose_state_withdrew(engine: Engine) -> None:
    plan(engine)
    do(engine, mission_acts.state_withdraws, state="UZ", reason="note of the ministry")
    with reading(engine) as session:
        assert "team-2: uz-1 has withdrawn; send another in their place" in deployment.check(session, SLUG)


def test_a_stop_is_due_in_the_time_of_its_own_station(engine: Engine) -> None:
    abroad = EXAMPLE.stations[0].model_copy(update={"zone": "Europe/Istanbul"})
    folder = type(EXAMPLE)(**{**vars(EXAMPLE), "stations": (abroad,)})
    assert folder.plan()["routes"][0]["due"] - EXAMPLE.plan()["routes"][0]["due"] == timedelta(hours=3)
