"""The mission's lists at the desk: out to Excel, back, looked at, taken in."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from desks import Desk
from evening import SLUG
from openpyxl import load_workbook
from sqlalchemy import Engine, event, select

from ieom.acts import delegation
from ieom.folder import read
from ieom.mail.letters import message_bytes
from ieom.records import meetings, members, missions, stations, teams
from ieom.records.base import begin, reading
from ieom.records.delegation import Member
from ieom.records.letters import Letter
from ieom.settings import settings

AT = f"/missions/{SLUG}/lists"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def desk(desk_opened: Desk, engine: Engine) -> Desk:
    """The desk before the election, the delegation of the folder nominated."""
    folder = read(settings().config_dir / "missions" / SLUG)
    with begin(engine) as session:
        missions.get(session, SLUG).simulated_now = at = datetime(2020, 8, 1, 9, tzinfo=UTC)
        for row in folder.delegation:
            delegation.nominate(
                session, SLUG, by="coordinator", at=at, member=row.code, **row.model_dump(exclude={"code"})
            )
    return desk_opened


def book(desk: Desk, name: str):
    answer = desk.coordinator.get(f"{AT}/{name}.xlsx")
    assert answer.headers["content-disposition"].startswith("attachment")
    return load_workbook(io.BytesIO(answer.content))


def send(desk: Desk, name: str, what: object):
    out = io.BytesIO()
    if isinstance(what, bytes):
        out.write(what)
    else:
        what.save(out)
    return desk.coordinator.post(f"{AT}/{name}", files={"file": (f"{name}.xlsx", out.getvalue(), EXCEL)})


def confirm(desk: Desk, name: str, page: str, **changed: str):
    rows = html.unescape(re.search(r'<textarea name="rows"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)[1])
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    return desk.coordinator.post(f"{AT}/{name}/take", {"rows": rows, "digest": digest, **changed})


def test_stations_go_out_come_back_changed_and_are_taken_as_looked_at(desk: Desk, engine: Engine) -> None:
    sheet = book(desk, "stations")
    unchanged = send(desk, "stations", sheet)
    assert "there is nothing to take in" in unchanged.text
    first = sheet.active["A2"].value
    sheet.active["B2"] = "=Another name"
    sheet.active["B2"].data_type = "s"
    sheet.active.append(["new-1", "School <b>1</b>", "Shymkent", "", "", None, None, "regular", 900, "yes"])
    shown = send(desk, "stations", sheet)
    assert "1 new, 1 changed" in shown.text
    assert "<ins>=Another name</ins>" in shown.text
    with reading(engine) as session:
        before = len(stations.of(session, SLUG))
    done = confirm(desk, "stations", shown.text)
    assert "1 new, 1 changed" in done.text
    with reading(engine) as session:
        found = {row.code: row for row in stations.of(session, SLUG)}
        assert len(found) == before + 1
        assert found[first].name == "=Another name"
        facts = missions.facts(session, SLUG)
        assert (found["new-1"].opens, found["new-1"].zone) == (facts.polls_open, facts.zone)
    assert "&lt;b&gt;" not in desk.coordinator.get(AT).text
    plain = desk.coordinator.get(f"{AT}/stations.csv").content.decode("utf-8-sig")
    assert "'=Another name" in plain


def test_what_was_not_looked_at_or_has_changed_since_is_not_taken(desk: Desk, engine: Engine) -> None:
    sheet = book(desk, "stations")
    sheet.active["B2"] = "Another name"
    shown = send(desk, "stations", sheet).text
    assert confirm(desk, "stations", shown, digest="0" * 64).status_code == 409
    assert confirm(desk, "stations", shown, rows="code,name,city\nx,Not looked at,Shymkent\n").status_code == 409
    assert confirm(desk, "stations", shown).status_code == 200
    assert confirm(desk, "stations", shown).status_code == 409
    new = send(desk, "stations", b"code,name,city\nx-1,School,Shymkent\n").text
    assert confirm(desk, "stations", new, rows="code,name,city\nx-1,Another,Shymkent\n").status_code == 409
    assert confirm(desk, "stations", new).status_code == 200


def test_every_wrong_row_is_named_and_nothing_can_be_taken(desk: Desk, engine: Engine) -> None:
    sheet = book(desk, "stations")
    sheet.active.append(["bad code!", "", "Shymkent"])
    sheet.active.append(["new-2", "School", "no-such-city"])
    answer = send(desk, "stations", sheet)
    assert answer.status_code == 422
    last = sheet.active.max_row
    said = re.findall(r'<th scope="row">row (\d+)</th><td>(\w*)</td>', answer.text)
    assert {(str(last - 1), "code"), (str(last - 1), "name"), (str(last), "")} <= set(said)
    assert "Take it in" not in answer.text


def test_meetings_are_asked_for_moved_and_attended_by_a_list(desk: Desk, engine: Engine) -> None:
    sheet = book(desk, "meetings")
    assert [cell.value for cell in sheet.active[1]][:3] == ["code", "kind", "body"]
    start, end = datetime.fromisoformat("2020-08-11T09:00"), datetime.fromisoformat("2020-08-11T10:00")
    sheet.active.append(["cec", "meeting", "kz-cec", "", "", "Chairman", "Hall", start, end, "kg-1 az-1"])
    shown = send(desk, "meetings", sheet)
    assert "1 new" in shown.text
    assert confirm(desk, "meetings", shown.text).status_code == 200
    again = book(desk, "meetings")
    again.active["G2"], again.active["I2"], again.active["J2"] = (
        "Office",
        datetime.fromisoformat("2020-08-11T10:30"),
        "az-1",
    )
    assert confirm(desk, "meetings", send(desk, "meetings", again).text).status_code == 200
    with reading(engine) as session:
        (row,) = meetings.of(session, SLUG)
        assert (row.place, row.starts_at, row.ends_at.minute) == ("Office", datetime(2020, 8, 11, 3, tzinfo=UTC), 30)
        assert [one.member for one in meetings.attendees(session, SLUG, "cec")] == ["az-1"]
    again.active["F2"] = "Somebody else"
    assert "cancel the meeting and ask for another" in send(desk, "meetings", again).text


def test_a_plan_is_laid_down_list_by_list_and_what_a_list_leaves_out_is_removed(desk: Desk, engine: Engine) -> None:
    folder = settings().config_dir / "missions" / SLUG
    for name in ("teams", "routes", "checkins"):
        shown = send(desk, name, (folder / f"{name}.csv").read_bytes())
        assert confirm(desk, name, shown.text).status_code == 200
    with reading(engine) as session:
        stops = teams.visits(session, SLUG)
        assert stops
        assert teams.every_check_in(session, SLUG)
    sheet = book(desk, "routes")
    assert "nothing to take in" in send(desk, "routes", sheet).text
    sheet.active.delete_rows(2)
    shown = send(desk, "routes", sheet).text
    assert "1 removed" in shown
    assert confirm(desk, "routes", shown).status_code == 200
    with reading(engine) as session:
        assert len(teams.visits(session, SLUG)) == len(stops) - 1
        assert teams.crew(session, SLUG)


def test_people_are_added_by_a_list_and_none_is_changed_by_one(desk: Desk, engine: Engine) -> None:
    sheet = book(desk, "delegation")
    sheet.active.append(["driver-9", "", "driver", "Driver of the mission"])
    assert confirm(desk, "delegation", send(desk, "delegation", sheet).text).status_code == 200
    with reading(engine) as session:
        assert "driver-9" in {row.code for row in members.of(session, SLUG)}
    sheet.active["D2"] = "Another office"
    assert "not changed by a list" in send(desk, "delegation", sheet).text


def test_what_is_no_list_is_refused(desk: Desk) -> None:
    for name, data in (
        ("stations", b"%PDF-1.7"),
        ("stations", b"<!doctype html><script>"),
        ("stations", b"code,name,city\n"),
    ):
        assert send(desk, name, data).status_code == 422
    assert send(desk, "nonsense", b"a,b\n1,2\n").status_code == 404
    assert desk.coordinator.get(f"{AT}/nonsense.xlsx").status_code == 404
    assert desk.coordinator.get(f"{AT}/stations.exe").status_code == 404
    assert "Send one back" not in desk.auditor.get(AT).text


def test_a_longer_list_is_looked_at_with_no_more_questions_to_the_records(desk: Desk, engine: Engine) -> None:
    asked: list[int] = []

    def looked(rows: int) -> int:
        asked.clear()
        lines = "".join(f"s-{n},School {n},Shymkent\n" for n in range(rows))
        assert send(desk, "stations", f"code,name,city\n{lines}".encode()).status_code == 200
        return len(asked)

    event.listen(engine, "before_cursor_execute", lambda *_: asked.append(1))
    few = looked(3)
    assert looked(300) <= few


def test_what_only_goes_out_does_not_come_back_and_says_in_words_what_it_holds(desk: Desk) -> None:
    wrote = {"counterpart": "state-kg", "kind": "note_verbale", "subject": "letter", "text": "The Mission asks."}
    assert desk.coordinator.post(f"/missions/{SLUG}/correspondence/write", wrote).status_code == 200
    header, row = ([cell.value for cell in one] for one in book(desk, "correspondence").active)
    assert header[:5] == ["Number", "In or out", "Kind", "Date", "From or to"]
    assert row[1:3] == ["ours", "note verbale"]
    assert "Kyrgyz" in row[4]
    assert row[5] == "letter", "what somebody wrote is no code"
    assert row[8] == "for signature"
    assert desk.coordinator.get(f"{AT}/correspondence.csv").content.startswith(b"\xef\xbb\xbfNumber,")
    assert send(desk, "correspondence", b"code\nx\n").status_code == 404


def test_states_and_offices_come_back_with_a_look_and_revise_the_facts(desk: Desk, engine: Engine) -> None:
    with reading(engine) as session:
        before = len(missions.revisions(session, SLUG))
    sheet = book(desk, "states")
    kg = next(row for row in sheet.active.iter_rows(min_row=2) if row[0].value == "KG")
    kg[1].value, kg[3].value = 3, "new@kyrgyz-republic.example"
    looked = send(desk, "states", sheet)
    assert "1 changed" in looked.text
    assert "<ins>new@kyrgyz-republic.example</ins>" in looked.text
    with reading(engine) as session:
        assert len(missions.revisions(session, SLUG)) == before, "nothing is changed by a look"
    assert confirm(desk, "states", looked.text).status_code == 200
    looked = send(desk, "offices", b"code,salutation,name\ndrafter,Dear <b>Ms Drafter,Ada\n")
    assert confirm(desk, "offices", looked.text).status_code == 200
    with reading(engine) as session:
        facts = missions.facts(session, SLUG)
        state = next(one for one in facts.states if one.code == "KG")
        assert (state.quota, state.contact_email) == (3, "new@kyrgyz-republic.example")
        office = facts.office("drafter")
        assert (office.salutation, office.name, office.email) == (
            "Dear <b>Ms Drafter",
            "Ada",
            "drafter@secretariat.example",
        )
        assert office.deputy == "deputy-coordinator"
        assert len(missions.revisions(session, SLUG)) == before + 2
    page = desk.coordinator.get(f"/missions/{SLUG}/facts").text
    assert "who is written to at states and offices" in page
    assert "<ins>new@kyrgyz-republic.example</ins>" in page
    acts = html.unescape(desk.coordinator.get(f"/missions/{SLUG}/audit").text)
    assert "Mission coordinator revises by a list how Embassy of the Kyrgyz Republic" in acts
    assert "nothing to take in" in send(desk, "states", sheet).text


@pytest.mark.parametrize(("name", "rows", "says"), [
    ("states", "code,quota\nHU,2\n", "a state joins and withdraws on the page Facts"),
    ("states", "code,quota\nKG,0\n", "at least the 1 who are nominated"),
    ("states", "code,quota\nKG,\n", "how many observers"),
    ("states", "code,contact_email\nKG,\n", "who is written to at the state"),
    ("states", "code,contact_email\nKG,nowhere\n", "is not an e-mail address"),
    ("states", "code,withdrew_on\nKG,2020-08-01\n", "not changed by a list"),
    ("offices", "code,office\nchief,Chief\n", "a list changes offices and adds none"),
    ("offices", "code,email\ndrafter,\n", "not taken away"),
    ("offices", "code,office\ndrafter,\n", "write how papers call it"),
    ("offices", "code,deputy\ndrafter,coordinator\n", "not changed by a list"),
])  # fmt: skip
def test_what_a_list_cant_say_of_states_and_offices_is_refused(
    desk: Desk, engine: Engine, name: str, rows: str, says: str
) -> None:
    with reading(engine) as session:
        before = missions.facts(session, SLUG)
    answer = send(desk, name, rows.encode())
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    with reading(engine) as session:
        assert missions.facts(session, SLUG) == before


def test_a_state_that_a_list_leaves_out_still_takes_part(desk: Desk, engine: Engine) -> None:
    assert confirm(desk, "states", send(desk, "states", b"code,quota\nKG,4\n").text).status_code == 200
    with reading(engine) as session:
        assert {one.code for one in missions.facts(session, SLUG).states} == {"AZ", "KG", "TR", "UZ"}


def test_an_approver_s_address_that_a_list_changes_is_told_to_others(desk: Desk, engine: Engine) -> None:
    rows = b"code,email\nsecretary-general,other@secretariat.example\n"
    with begin(engine) as session:
        facts = missions.facts(session, SLUG)
        assert "secretary-general" in {one.who for one in facts.approval.seats}
        head = session.get_one(Member, (SLUG, "az-1"))
        head.status, head.role, head.email = "appointed", "head", "head@azerbaijan.example"
    assert confirm(desk, "offices", send(desk, "offices", rows).text).status_code == 200
    with reading(engine) as session:
        told = session.scalars(select(Letter).where(Letter.kind == "address_corrected")).all()
        assert [one.recipient for one in told] == ["head@azerbaijan.example"]
        said = message_from_bytes(message_bytes(session, told[0]), policy=default).get_body(("plain",)).get_content()
        assert "other@secretariat.example" in said
    assert desk.auditor.post(f"{AT}/offices", files={"file": ("offices.csv", rows, "text/csv")}).status_code == 403


def test_a_column_that_the_file_has_not_stays_as_it_stands(desk: Desk, engine: Engine) -> None:
    first = send(desk, "stations", b"code,name,city,registered,opens\nx-1,School,Shymkent,20,06:30\n")
    assert confirm(desk, "stations", first.text).status_code == 200
    again = send(desk, "stations", b"code,name,city\nx-1,Another school,Shymkent\n")
    assert "registered" not in again.text
    assert confirm(desk, "stations", again.text).status_code == 200
    with reading(engine) as session:
        row = next(one for one in stations.of(session, SLUG) if one.code == "x-1")
        assert (row.name, row.registered, row.opens.hour) == ("Another school", 20, 6)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_empty_list_goes_out_with_an_example_that_is_not_taken_in(desk: Desk, engine: Engine, ending: str) -> None:
    page = html.unescape(desk.coordinator.get(AT).text)
    assert "parted by blanks, commas or semicolons" in page
    assert "opening, voting, closing, counting or tabulation" in page
    for name, first in {
        "teams": "team-1", "routes": "team-1", "checkins": "team-1", "meetings": "cec",
    }.items():  # fmt: skip
        data = desk.coordinator.get(f"{AT}/{name}.{ending}").content
        if ending == "xlsx":
            header, example = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(data)).active]
        else:
            header, example = [line.split(",") for line in data.decode("utf-8-sig").splitlines()]
        assert example[0] == f"# Example: {first}"
        assert len(example) == len(header)
        day = {"teams": "", "meetings": "2020-08-11"}.get(name, "2020-08-12")
        assert day in str(example), "the mission's own days"
        back = desk.coordinator.post(f"{AT}/{name}", files={"file": (f"{name}.{ending}", data, EXCEL)})
        assert back.status_code == 422
        assert "The file holds no row under its header" in back.text
    full = {"teams": b"team,members\n# Example: team-1,az-1 kg-1\nteam-1,az-1 kg-1\n"}
    assert confirm(desk, "teams", send(desk, "teams", full["teams"]).text).status_code == 200
    with reading(engine) as session:
        assert teams.crew(session, SLUG) == {"team-1": ["az-1", "kg-1"]}
    assert "Example" not in desk.coordinator.get(f"{AT}/teams.csv").text


def test_members_may_be_parted_by_commas_and_times_written_with_dots(desk: Desk, engine: Engine) -> None:
    crews = b'team,members\nteam-1,"az-1, kg-1"\nteam-2,tr-1; uz-1\n'
    assert confirm(desk, "teams", send(desk, "teams", crews).text).status_code == 200
    owed = b"team,due\nteam-1,12.08.2020 9:00\nteam-2,2020-08-12 9:00\n"
    assert confirm(desk, "checkins", send(desk, "checkins", owed).text).status_code == 200
    with reading(engine) as session:
        assert teams.crew(session, SLUG) == {"team-1": ["az-1", "kg-1"], "team-2": ["tr-1", "uz-1"]}
        assert {row.due_at for row in teams.every_check_in(session, SLUG)} == {datetime(2020, 8, 12, 3, tzinfo=UTC)}
    for wrong in ("32.08.2020 09:00", "08/12/2020 09:00", "12.8.20 09:00", "12.13.2020 09:00"):
        answer = send(desk, "checkins", f"team,due\nteam-1,{wrong}\n".encode())
        assert answer.status_code == 422, wrong
        assert "is to be a local time such as" in answer.text


def test_nothing_is_shown_as_removed_while_something_is_wrong_with_the_file(desk: Desk) -> None:
    folder = settings().config_dir / "missions" / SLUG
    for name in ("teams", "checkins"):
        confirm(desk, name, send(desk, name, (folder / f"{name}.csv").read_bytes()).text)
    plain = send(desk, "teams", b"hello")
    assert plain.status_code == 422
    assert "removed" not in plain.text.partition("<h1>")[2]
    late = send(desk, "checkins", b"team,due\nteam-1,2020-08-12 noon\nteam-2,2020-08-12 21:00\n")
    assert late.status_code == 422
    assert "team-2, 2020-08-12 21:00" in late.text, "what is new is still shown"
    assert "removed" not in late.text.partition("<h1>")[2]
    tables = {"teams_": b"hello", "routes": b"team,position,station,form,due\n", "check_ins": b"team,due\n"}
    plan = desk.coordinator.post(
        f"/missions/{SLUG}/deployment/plan", files={name: (f"{name}.csv", data) for name, data in tables.items()}
    )
    assert plan.status_code == 422
    assert "removed" not in plan.text.partition("<h1>")[2]


def test_what_is_wrong_with_a_short_name_is_said_in_words(desk: Desk) -> None:
    said = html.unescape(send(desk, "teams", b"team,members\nTeam A,Azer Aliev kg-1\nteam-1,az-1 k\xc3\xa4-1\n").text)
    assert "'Team A' has signs that can't stand here; use letters, digits, dots and hyphens alone, and no blank" in said
    assert "members, entry 2" in said
    assert not re.search(r"\^\[|members\[", said)
    state = html.unescape(send(desk, "delegation", b"code,state,role,office\nx-1,Kyrgyz,observer,Embassy\n").text)
    assert "'Kyrgyz' is to be a state's two capital letters, such as KZ" in state


def test_the_states_of_a_mission_that_has_none_go_out_as_a_header_alone(desk: Desk, engine: Engine) -> None:
    with begin(engine) as session:
        facts = missions.facts(session, SLUG).model_copy(update={"states": ()})
        missions.revise(
            session, SLUG, facts, by="coordinator", at=missions.now(session, SLUG), kind="joined", reason=""
        )
    assert [row[0].value for row in book(desk, "states").active] == ["code"]
    page = html.unescape(desk.coordinator.get(AT).text)
    assert "the example" not in page.partition("<h2>States</h2>")[2].partition("</li>")[0]
