from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import released
from sqlalchemy import Engine, select

from ieom.acts import mission as acts
from ieom.acts import witness
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.records import audit, missions, stations
from ieom.records.approvals import ApprovalRound
from ieom.records.base import begin, reading
from ieom.records.delegation import Member, StateCall, VaultItem
from ieom.records.deployment import CheckIn, Team, Visit
from ieom.records.media import MediaContact
from ieom.records.missions import MissionRevision
from ieom.records.releases import Release
from ieom.records.submissions import Submission
from ieom.rules.mission import MissionFacts

JULY = datetime(2020, 7, 10, 4, tzinfo=UTC)
MORNING = datetime(2020, 8, 12, 3, tzinfo=UTC)
CLOSE = datetime(2020, 8, 12, 8, tzinfo=UTC)
DAY = timedelta(days=1)
WHY = "resolution of the authorities"


local = datetime.fromisoformat


def do(engine: Engine, mission: str, act: Callable[..., Any], *, at: datetime = JULY, **arguments: Any) -> Any:
    with begin(engine) as session:
        return act(session, mission, **{"by": "coordinator", "at": at, "reason": WHY, **arguments})


def facts_of(engine: Engine, mission: str) -> MissionFacts:
    with reading(engine) as session:
        return missions.facts(session, mission)


@pytest.fixture
def deployed(engine: Engine, mission: str) -> str:
    """Members, a team with its visits and check-ins, a call, a round of approval, a prepared release, a paper kept."""
    with begin(engine) as session:
        for code, role in (("az-1", "head"), ("az-2", "observer"), ("kg-1", "observer"), ("tr-1", "observer")):
            session.add(
                Member(
                    mission=mission, code=code, state=code[:2].upper(), role=role, office=code, status="appointed",
                    nominated_at=JULY, appointed_at=JULY,
                )
            )  # fmt: skip
        session.add(Team(mission=mission, code="team-1"))
        session.flush()
        for position, (form, due) in enumerate(
            (("opening", MORNING + timedelta(hours=1)), ("closing", CLOSE), ("counting", CLOSE + timedelta(hours=2))), 1
        ):
            session.add(Visit(mission=mission, team="team-1", position=position, station="ns-1", form=form, due_at=due))
        for due in (MORNING, MORNING + DAY, CLOSE + timedelta(hours=1)):
            session.add(CheckIn(mission=mission, team="team-1", due_at=due))
        session.add(StateCall(mission=mission, state="TR", quota=1, due_at=datetime(2020, 7, 24, 12, tzinfo=UTC)))
        session.add(StateCall(mission=mission, state="KG", quota=1, due_at=JULY - DAY))
        for name, day in (("a", date(2021, 2, 8)), ("b", date(2020, 9, 1))):
            session.add(
                VaultItem(id=name, mission=mission, member="az-1", item="passport", stored_at=JULY, erase_on=day)
            )
        round_ = ApprovalRound(mission=mission, number=1, hashes={}, rule={}, opened_at=JULY, opened_by="drafter")
        session.add(round_)
        session.flush()
        session.add(
            Release(
                mission=mission, number=1, kind="statement", round=round_.id, hashes={}, papers={},
                prepared_by="press-officer", prepared_at=JULY,
                press_conference_at=datetime(2020, 8, 12, 14, tzinfo=UTC),
            )
        )  # fmt: skip
    return mission


def visits(engine: Engine) -> dict[str, datetime]:
    with reading(engine) as session:
        return {row.form: row.due_at for row in session.scalars(select(Visit))}


def check_ins(engine: Engine) -> list[datetime]:
    with reading(engine) as session:
        return sorted(session.scalars(select(CheckIn.due_at)))


def test_a_postponement_moves_all_that_hangs_on_the_day(engine: Engine, deployed: str) -> None:
    do(engine, deployed, acts.postpone, days=1)
    with reading(engine) as session:
        facts = missions.facts(session, deployed)
        station = stations.of(session, deployed)[0]
        calls = {row.state: row.due_at for row in session.scalars(select(StateCall))}
        erased = {row.id: row.erase_on for row in session.scalars(select(VaultItem))}
        release = session.scalars(select(Release)).one()
    assert facts.election_day == date(2020, 8, 13)
    assert facts.closes(station.closes, station.zone) == CLOSE + DAY
    assert release.press_conference_at == datetime(2020, 8, 13, 14, tzinfo=UTC)
    assert visits(engine) == {
        "opening": MORNING + timedelta(hours=25),
        "closing": CLOSE + DAY,
        "counting": CLOSE + timedelta(hours=26),
    }
    assert check_ins(engine) == [MORNING + DAY, CLOSE + timedelta(hours=25), MORNING + 2 * DAY]
    assert calls == {"TR": datetime(2020, 7, 25, 12, tzinfo=UTC), "KG": JULY - DAY}, "a term that has passed stays"
    assert erased == {"a": date(2021, 2, 9), "b": date(2020, 9, 1)}, "an item with a date of its own keeps it"


def test_a_postponement_on_the_morning_leaves_what_was_done(engine: Engine, deployed: str) -> None:
    do(engine, deployed, acts.postpone, days=7, at=MORNING + timedelta(hours=2))
    assert visits(engine)["opening"] == MORNING + timedelta(hours=1)
    assert visits(engine)["closing"] == CLOSE + 7 * DAY


def test_a_postponement_after_the_close_is_another_round(engine: Engine, deployed: str) -> None:
    with pytest.raises(Refused, match="another round"):
        do(engine, deployed, acts.postpone, days=7, at=CLOSE)


def test_an_extension_moves_the_close_and_what_is_due_from_it_on(engine: Engine, deployed: str) -> None:
    do(engine, deployed, acts.extend, minutes=30, at=MORNING)
    assert facts_of(engine, deployed).closes(time(14)) == CLOSE + timedelta(minutes=30)
    assert visits(engine) == {
        "opening": MORNING + timedelta(hours=1),
        "closing": CLOSE + timedelta(minutes=30),
        "counting": CLOSE + timedelta(minutes=150),
    }
    assert check_ins(engine) == [MORNING, CLOSE + timedelta(minutes=90), MORNING + DAY + timedelta(minutes=30)]


def test_an_extension_at_one_station_moves_that_station_alone(engine: Engine, deployed: str) -> None:
    row = {"code": "ns-2", "name": "Another", "city": "nur-sultan"}
    do_rows(engine, deployed, [row])
    do(engine, deployed, acts.extend, minutes=45, station="ns-2", at=MORNING)
    with reading(engine) as session:
        closes = {row.code: row.closes for row in stations.of(session, deployed)}
    assert closes == {"ns-1": time(14), "ns-2": time(14, 45)}
    assert visits(engine)["closing"] == CLOSE
    with pytest.raises(BadInput, match="after midnight"):
        do(engine, deployed, acts.extend, minutes=600, station="ns-2", at=MORNING)
    with pytest.raises(NotFound, match="no station 'ns-3'"):
        do(engine, deployed, acts.extend, minutes=5, station="ns-3", at=MORNING)


def test_a_second_round_moves_the_plan_and_is_refused_once_a_statement_went_out(engine: Engine, deployed: str) -> None:
    arguments = {
        "number": 2,
        "voting_days": [date(2020, 8, 26)],
        "press_conference": datetime(2020, 8, 26, 14, tzinfo=UTC),
    }
    do(engine, deployed, acts.set_round, at=MORNING - DAY, **arguments)
    assert facts_of(engine, deployed).election_day == date(2020, 8, 26)
    assert visits(engine)["closing"] == CLOSE + 14 * DAY
    with begin(engine) as session:
        released.begin(session, session.scalars(select(Release)).one(), CLOSE)
    with pytest.raises(Refused, match="mission of its own"):
        do(engine, deployed, acts.set_round, **{**arguments, "number": 3})


def test_a_second_round_is_a_mission_of_its_own_once_a_form_came_in(engine: Engine, deployed: str) -> None:
    with begin(engine) as session:
        session.add(
            Submission(
                mission=deployed, instance_id="uuid:1", form="opening", team="team-1", station="ns-1",
                received_at=MORNING, channel="file", content_hash="0" * 64, original={},
            )
        )  # fmt: skip
    told = {"number": 2, "voting_days": [date(2020, 8, 26)], "press_conference": datetime(2020, 8, 26, 14, tzinfo=UTC)}
    with pytest.raises(Refused, match=r"forms of this round are in; .* mission of its own"):
        do(engine, deployed, acts.set_round, at=MORNING, **told)
    assert facts_of(engine, deployed).election_day == date(2020, 8, 12)


def test_a_moved_press_conference_moves_the_prepared_release(engine: Engine, deployed: str) -> None:
    to = datetime(2020, 8, 12, 15, 30, tzinfo=UTC)
    do(engine, deployed, acts.move_press_conference, to=to, at=CLOSE)
    assert facts_of(engine, deployed).release.press_conference == local("2020-08-12 21:30")
    with begin(engine) as session:
        release = session.scalars(select(Release)).one()
        assert release.press_conference_at == to
        release.status = "going"
    with pytest.raises(BadInput, match="has passed"):
        do(engine, deployed, acts.move_press_conference, to=MORNING, at=CLOSE)
    with pytest.raises(Refused, match="going out"):
        do(engine, deployed, acts.move_press_conference, to=to + DAY, at=CLOSE)


def test_a_replaced_head_ends_the_round_and_takes_the_heads_seat(engine: Engine, deployed: str) -> None:
    do(engine, deployed, acts.replace_head, member="az-2")
    with reading(engine) as session:
        roles = {row.code: row.role for row in session.scalars(select(Member))}
        round_ = session.scalars(select(ApprovalRound)).one()
        seats = [(s.who, s.capacity) for s in missions.facts(session, deployed).approval.seats]
    assert (roles["az-1"], roles["az-2"]) == ("observer", "head")
    assert (round_.status, round_.ended_at) == ("stopped", JULY)
    assert seats[0] == ("az-2", "head_of_mission")
    with pytest.raises(Conflict, match="already"):
        do(engine, deployed, acts.replace_head, member="az-2")
    with pytest.raises(NotFound, match="no member 'uz-1'"):
        do(engine, deployed, acts.replace_head, member="uz-1")


def test_only_an_appointed_observer_becomes_head(engine: Engine, deployed: str) -> None:
    with begin(engine) as session:
        session.get_one(Member, (deployed, "kg-1")).status = "nominated"
        session.get_one(Member, (deployed, "tr-1")).role = "driver"
    for member, says in (("kg-1", "appoint them first"), ("tr-1", "no observer but driver")):
        with pytest.raises(Refused, match=says):
            do(engine, deployed, acts.replace_head, member=member)


def test_a_round_whose_statement_was_published_is_not_ended_afterwards(engine: Engine, deployed: str) -> None:
    with begin(engine) as session:
        session.scalars(select(ApprovalRound)).one().status = "approved"
        released.begin(session, session.scalars(select(Release)).one(), CLOSE)
    do(engine, deployed, acts.state_withdraws, state="TR", at=CLOSE + DAY)
    with reading(engine) as session:
        assert session.scalars(select(ApprovalRound)).one().status == "approved"


def test_a_state_that_withdraws_takes_its_members_its_seat_and_its_call_along(engine: Engine, deployed: str) -> None:
    do(engine, deployed, acts.state_withdraws, state="TR")
    with reading(engine) as session:
        assert session.get_one(Member, (deployed, "tr-1")).status == "withdrawn"
        assert session.get_one(StateCall, (deployed, "TR")).status == "withdrew"
        assert session.scalars(select(ApprovalRound)).one().status == "stopped"
        facts = missions.facts(session, deployed)
    assert "TR" not in {seat.state for seat in facts.approval.seats}
    with pytest.raises(Refused, match="replace the head first"):
        do(engine, deployed, acts.state_withdraws, state="AZ")
    with pytest.raises(Refused, match="takes no part"):
        do(engine, deployed, acts.state_withdraws, state="TR")


def test_a_state_that_joins_is_asked_and_has_a_seat(engine: Engine, mission: str) -> None:
    joining = {"state": "HU", "quota": 2, "contact_office": "Embassy", "contact_email": "embassy@hungary.example"}
    with pytest.raises(BadInput, match="who decides for HU"):
        do(engine, mission, acts.state_joins, **joining)
    do(engine, mission, acts.state_joins, **joining, decides="hu-1")
    facts = facts_of(engine, mission)
    assert (facts.states[-1].code, facts.states[-1].joined_on) == ("HU", date(2020, 7, 10))
    with pytest.raises(BadInput, match="already"):
        do(engine, mission, acts.state_joins, **joining, decides="hu-1")


def test_a_held_mission_goes_on_in_the_state_it_was_in(engine: Engine, mission: str) -> None:
    states = []
    for act in (acts.suspend, acts.hold, acts.go_on, acts.evacuate, acts.hold, acts.go_on, acts.resume):
        states.append(do(engine, mission, act).state)
    assert states == ["suspended", "held", "suspended", "evacuated", "held", "evacuated", "open"]
    with pytest.raises(Conflict, match="the mission is open"):
        do(engine, mission, acts.resume)


def test_a_mission_held_for_a_restored_backup_goes_on_once_a_person_has_looked(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        acts.hold(session, mission, by="coordinator", at=JULY, reason=WHY)
        witness.write(session, mission)
        session.rollback()
    with begin(engine) as session:
        row = missions.get(session, mission)
        row.state, row.held_why = "held", witness.restored(session, mission)
        assert row.held_why
    assert do(engine, mission, acts.go_on).state == "open"
    with reading(engine) as session:
        assert witness.restored(session, mission) is None


def test_every_act_is_a_dated_revision_and_one_row_in_the_chain_without_its_reason(
    engine: Engine, mission: str
) -> None:
    do(engine, mission, acts.postpone, days=2)
    do(engine, mission, acts.suspend, at=JULY + DAY)
    with reading(engine) as session:
        revisions = session.scalars(select(MissionRevision).order_by(MissionRevision.number)).all()
        rows = list(audit.rows(session, mission))
    assert [(row.number, row.kind, row.at, row.reason) for row in revisions[1:]] == [
        (2, "postponed", JULY, WHY),
        (3, "suspended", JULY + DAY, WHY),
    ]
    assert revisions[0].facts["election"]["rounds"][0]["voting_days"] == ["2020-08-12"], "nothing is overwritten"
    assert [row.act for row in rows] == ["MissionOpened", "ElectionPostponed", "ObservationSuspended"]
    assert rows[1].what == {"days": 2, "voting_days": ["2020-08-14"], "revision": 2}


def test_an_act_asked_for_twice_under_one_key_happens_once(engine: Engine, mission: str) -> None:
    for _ in range(2):
        do(engine, mission, acts.postpone, days=1, ref="script:7")
        do(engine, mission, acts.hold, ref="script:8")
    assert facts_of(engine, mission).election_day == date(2020, 8, 13)


def test_an_act_without_a_reason_is_refused(engine: Engine, mission: str) -> None:
    with pytest.raises(BadInput, match="reason is empty"):
        do(engine, mission, acts.hold, reason=" ")


def do_rows(engine: Engine, mission: str, rows: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with begin(engine) as session:
        return acts.renew_stations(session, mission, by="coordinator", at=JULY, rows=rows)


def test_stations_are_added_and_corrected_and_none_is_lost(engine: Engine, mission: str) -> None:
    row = {"code": "ns-2", "name": "Another", "city": "nur-sultan", "zone": None, "closes": time(15)}
    assert do_rows(engine, mission, [row]) == (("ns-2",), ())
    assert do_rows(engine, mission, [{**row, "name": "A corrected name"}]) == ((), ("ns-2",))
    with reading(engine) as session:
        rows = {s.code: (s.name, s.zone, s.opens, s.closes) for s in stations.of(session, mission)}
    assert rows["ns-2"] == ("A corrected name", "Asia/Almaty", time(10), time(15))
    assert "ns-1" in rows
    with pytest.raises(BadInput, match="not after"):
        do_rows(engine, mission, [{**row, "closes": time(9)}])


def test_the_media_list_is_replaced_and_the_chain_has_no_address(engine: Engine, mission: str) -> None:
    with reading(engine) as session:
        kept = session.scalars(select(MediaContact).order_by(MediaContact.email)).first()
    assert kept is not None
    contacts = [
        {"email": kept.email, "outlet": "A new name", "language": "en"},
        {"email": "new@outlet.example", "outlet": "New", "language": "en"},
    ]
    with begin(engine) as session:
        assert acts.renew_media(session, mission, by="press-officer", at=JULY, contacts=contacts) == (1, 1, 23)
    with begin(engine) as session:
        assert acts.renew_media(session, mission, by="press-officer", at=JULY, contacts=contacts) == (0, 0, 0)
        newest = audit.head(session, mission)
    assert newest is not None
    assert newest.what == {"added": 1, "changed": 1, "removed": 23}
    with begin(engine) as session, pytest.raises(BadInput, match="empty"):
        acts.renew_media(session, mission, by="press-officer", at=JULY, contacts=[])
