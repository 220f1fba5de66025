from datetime import UTC, datetime, timedelta

from ieom.rules.deployment import PlannedTeam, faults

NINE = datetime(2020, 8, 12, 3, tzinfo=UTC)
PLACES = {"a": "almaty", "b": "almaty"}


def team(code: str, *members: str, **more: object) -> PlannedTeam:
    return PlannedTeam(code, tuple((one, one[:2].upper()) for one in members), **{"stops": (), **more})  # type: ignore[arg-type]


def test_a_plan_of_mixed_pairs_has_no_fault() -> None:
    assert faults([team("t1", "kg-1", "tr-1"), team("t2", "kg-2", "az-1"), team("r", "uz-1", reserve=True)], {}) == []


def test_observers_go_in_pairs_whoever_drives_them() -> None:
    assert faults([team("t1", "kg-1", staff=("driver-1",)), team("t2")], {}) == [
        "t1 has one observer; observers go in pairs",
        "t2 has no observer; observers go in pairs",
    ]


def test_a_pair_of_one_state_is_mixed_where_there_are_several() -> None:
    assert faults([team("t1", "kg-1", "kg-2"), team("t2", "tr-1", "az-1")], {}) == [
        "t1: all of one state (KG); mix the nationalities"
    ]
    assert faults([team("t1", "kg-1", "kg-2")], {}) == []


def test_nobody_is_in_two_teams_and_nobody_who_left_in_any() -> None:
    found = faults([team("t1", "kg-1", "tr-1"), team("t2", "kg-1", "az-1")], {}, gone={"az-1": "withdrawn"})
    assert found == ["kg-1 is in 2 teams", "t2: az-1 has withdrawn; send another in their place"]


def test_two_stations_need_the_time_to_travel_between_them() -> None:
    stops = (("a", "opening", NINE), ("b", "voting", NINE + timedelta(minutes=10)), ("x", "closing", NINE + timedelta(hours=9)))  # fmt: skip
    assert faults([team("t1", "kg-1", "tr-1", stops=stops)], PLACES) == [
        "t1: there is no station 'x'",
        "t1: a and b within 15 minutes",
    ]
