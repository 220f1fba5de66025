import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from ieom.errors import BadInput, Conflict
from ieom.folder import open_mission, read
from ieom.records import audit, missions, stations
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.media import MediaContact
from ieom.records.meetings import Meeting
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
AT = datetime(2020, 7, 6, 4, tzinfo=UTC)
SLUG = "kazakhstan-senate-2020"


def opened(engine: Engine, folder: Path = EXAMPLE, **options: str) -> str:
    with begin(engine) as session:
        return open_mission(session, read(folder), by="coordinator", at=AT, **options).slug


def test_an_opened_mission_has_its_facts_stations_and_media_contacts(either: Engine) -> None:
    opened(either)
    with reading(either) as session:
        assert missions.facts(session, SLUG) == read(EXAMPLE).facts
        station = stations.of(session, SLUG)[0]
        assert (station.code, station.zone, station.opens, station.registered) == ("ns-1", "Asia/Almaty", time(10), 21)
        assert session.scalar(select(func.count()).select_from(MediaContact)) == 24


def test_nobody_is_a_member_and_no_meeting_is_asked_for_by_opening_alone(engine: Engine) -> None:
    opened(engine)
    with reading(engine) as session:
        assert session.scalars(select(Member)).all() == []
        assert session.scalars(select(Meeting)).all() == []


def test_opening_leaves_one_row_of_identifiers_in_the_chain(engine: Engine) -> None:
    opened(engine)
    with reading(engine) as session:
        rows = list(audit.rows(session, SLUG))
    assert [(row.act, row.by, row.at) for row in rows] == [("MissionOpened", "coordinator", AT)]
    sha256 = read(EXAMPLE).sha256
    assert rows[0].what == {"folder_sha256": sha256, "stage": "delegation", "stations": 1, "media": 24}


def test_the_same_folder_again_changes_nothing(engine: Engine) -> None:
    opened(engine)
    with reading(engine) as session:
        before = missions.get(session, SLUG).revision
    opened(engine)
    with reading(engine) as session:
        assert missions.get(session, SLUG).revision == before
        assert len(list(audit.rows(session, SLUG))) == 1


def test_another_content_under_the_same_name_is_a_conflict_with_advice(engine: Engine, tmp_path: Path) -> None:
    opened(engine)
    other = shutil.copytree(EXAMPLE, tmp_path / "other")
    with (other / "media.csv").open("a", encoding="utf-8") as file:
        file.write("late@late.example,A late outlet,,,en,,online,,,\n")
    with pytest.raises(Conflict, match="record what changed") as raised:
        opened(engine, other)
    assert "ieom media" in raised.value.command


def test_a_mission_may_enter_at_any_stage_but_once(engine: Engine) -> None:
    opened(engine, stage="drafting")
    with reading(engine) as session:
        assert missions.get(session, SLUG).starts_at_stage == "drafting"
    with pytest.raises(Conflict, match="'drafting', not 'delegation'"):
        opened(engine)
    with pytest.raises(BadInput, match="no stage"):
        opened(engine, stage="cooking")


def test_nothing_is_half_opened(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_args: object, **_options: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "append", lost)
    with pytest.raises(OSError, match="full"):
        opened(engine)
    with reading(engine) as session:
        assert missions.all_slugs(session) == []
        assert session.scalars(select(MediaContact)).all() == []


MISSION = """
slug = "turkey-2015"
title = "General elections and a referendum"
host_state = "TR"
zone = "Europe/Istanbul"
base_city = "ankara"
organisation = "turkic-council"
languages = ["en", "tr"]
nominations_due = 2015-10-15T18:00:00
polls_open = 08:00:00
polls_close = 17:00:00
[invitation]
received_on = 2015-09-15
from_body = "turkic-council"
[election]
title = "General elections and a referendum"
[[election.contests]]
code = "assembly"
title = "Grand National Assembly"
kind = "parliamentary"
contestants = ["List A", "List B"]
[[election.contests]]
code = "referendum"
title = "Referendum on the Constitution"
kind = "referendum"
[[election.rounds]]
number = 1
voting_days = [2015-10-31, 2015-11-01]
[[offices]]
code = "coordinator"
office = "Coordinator"
[[offices]]
code = "secretary-general"
office = "Secretary General"
[approval]
order = "in_order"
quorum = {quorum}
{seats}
[release]
press_conference = 2015-11-02T11:00:00
from_name = "Mission"
from_email = "press@secretariat.example"
reply_to = "press@secretariat.example"
unsubscribe_url = "https://secretariat.example/u"
{states}
"""
STATES = ("AZ", "HU", "KZ", "KG", "UZ")


def seat(who: str, capacity: str, state: str = "") -> str:
    return f'[[approval.seats]]\nwho = "{who}"\ncapacity = "{capacity}"\nstate = "{state}"\n'


@pytest.mark.parametrize("approvers", [2, 7])
def test_a_large_mission_in_another_country_needs_no_code(engine: Engine, tmp_path: Path, approvers: int) -> None:
    folder = tmp_path / "turkey-2015"
    folder.mkdir()
    seats = seat("az-0", "head_of_mission", "AZ") + seat("secretary-general", "secretary_general")
    if approvers == 7:
        seats += "".join(seat(f"{state.lower()}-1", "member_state", state) for state in STATES)
    states = "".join(
        f'[[states]]\ncode = "{state}"\nquota = 10\ncontact_office = "Embassy"\n'
        f'contact_email = "embassy@{state.lower()}.example"\n'
        for state in STATES
    )
    text = MISSION.format(quorum='"all"' if approvers == 2 else 5, seats=seats, states=states)
    (folder / "mission.toml").write_text(text, "utf-8")
    people = [
        f"{state.lower()}-{n},{state},{'head' if (state, n) == ('AZ', 0) else 'observer'},Observer {n}"
        for state in STATES
        for n in range(10)
    ]
    (folder / "delegation.csv").write_text("\n".join(["code,state,role,office", *people]), "utf-8")
    rows = [
        f"ps-{n},Polling station {n},Ankara,{'' if n % 3 else 'Asia/Nicosia'},07:00,{16 + n % 2}:00" for n in range(170)
    ]
    (folder / "stations.csv").write_text("\n".join(["code,name,city,zone,opens,closes", *rows]), "utf-8")
    (folder / "media.csv").write_text("email,outlet\n" + "\n".join(f"desk@o{n}.example,Outlet {n}" for n in range(214)))
    pairs = [f"team-{n},{STATES[n % 5].lower()}-{n // 5} {STATES[(n + 1) % 5].lower()}-{n // 5 + 5}" for n in range(25)]
    (folder / "teams.csv").write_text("\n".join(["team,members", *pairs]), "utf-8")
    stops = [f"team-{n % 25},{n // 25 + 1},ps-{n},voting,2015-11-01 {8 + n // 25}:30" for n in range(170)]
    (folder / "routes.csv").write_text("\n".join(["team,position,station,form,due", *stops]), "utf-8")

    assert opened(engine, folder) == "turkey-2015"
    with reading(engine) as session:
        facts, rows_ = missions.facts(session, "turkey-2015"), stations.of(session, "turkey-2015")
        assert len(rows_) == 170
        assert len(facts.approval.seats) == approvers
        assert facts.voting_days == (date(2015, 10, 31), date(2015, 11, 1))
        closings = {facts.closes(row.closes, row.zone) for row in rows_}
    # on that day Turkey had put off winter time by two weeks: Istanbul was at UTC+3, Nicosia at UTC+2
    day = datetime(2015, 11, 1, tzinfo=UTC)
    assert closings == {day + timedelta(hours=hours) for hours in (13, 14, 15)}
