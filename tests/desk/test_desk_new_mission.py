"""A new mission at the desk, from the form and from a packed folder."""

from __future__ import annotations

import html
import io
import re
import zipfile
from pathlib import Path

import pytest
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from ieom.acts import accounts, approval, counting, delegation, distribution, drafting, meetings, observation
from ieom.folder.written import pack
from ieom.records import members, missions, stations
from ieom.records.base import begin, reading
from ieom.rules.roles import Role
from ieom.rules.timeline import Stage
from ieom.settings import settings

ZIP = ("folder.zip", "application/zip")
FILLED = {
    "title": 'Presidential "Election" <b>2027</b>', "host_state": "KZ", "zone": "Asia/Almaty",
    "election.voting_days[1]": "2027-06-06", "base_city": "nur-sultan", "organisation": "turkic-council",
    "invitation.from_body": "kz-mfa", "invitation.received_on": "2027-04-01", "languages": "en", "election.round": "1",
    "polls_open": "07:00", "polls_close": "20:00", "election.contests[1].code": "main",
    "election.contests[1].kind": "presidential", "election.contests[1].contestants": "One party\nAnother, party",
    "states[1].code": "AZ", "states[1].quota": "2", "states[1].contact_office": "Embassy of Azerbaijan",
    "states[1].contact_email": "embassy@azerbaijan.example",
    "offices[1].code": "coordinator", "offices[1].office": "Mission coordinator", "offices[1].email": "c@s.example",
    "delegation[1].code": "az-1", "delegation[1].role": "head", "delegation[1].state": "AZ",
    "delegation[1].office": "Head of mission", "approval.order": "side_by_side", "approval.quorum": "all",
    "approval.seats[1].capacity": "head_of_mission", "approval.seats[1].who": "az-1",
    "release.from_name": "Observation Mission", "release.from_email": "press@s.example",
    "release.reply_to": "press@s.example", "release.unsubscribe_url": "https://s.example/u", "release.go": "by_time",
    "retention_days": "180", "stage": "observation", "nominate": "yes",
}  # fmt: skip


@pytest.fixture
def desk(engine: Engine, mission: str) -> Desk:
    """A coordinator for all missions, beside the mission's own people."""
    made = Desk(engine)
    with begin(engine) as session:
        at = missions.real_now()
        accounts.give_role(
            session, by="desk-1", at=at, account=made.accounts["press_officer"], role=Role.COORDINATOR, mission="", code="press-officer"
        )  # fmt: skip
    return made


def slugs(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return missions.all_slugs(session)


def test_a_mission_is_opened_from_the_form_at_any_stage(desk: Desk, engine: Engine) -> None:
    page = desk.press_officer.get("/missions/new").text
    assert 'value="Mission coordinator"' in page
    looked = desk.press_officer.post("/missions/new", {**FILLED, "do": "look"})
    assert "Nothing is wrong" in looked.text
    assert slugs(engine) == [SLUG]
    other = {"invitation.from_body": "other", "offices[8].code": "host", "offices[8].office": "Speaker's office",
             "offices[8].body": "other", "offices[8].email": "speaker@assembly.example"}  # fmt: skip
    for name in ("", "kz-parliment", "the Nat\u0456onal Assembly"):
        wrong = desk.press_officer.post(
            "/missions/new", {**FILLED, **other, "invitation.from_name": name, "do": "open"}
        )
        assert wrong.status_code == 422, name
    named = {**FILLED, **other, "invitation.from_name": "the <i>National</i> Assembly of Atlantis"}
    opened = desk.press_officer.post("/missions/new", {**named, "do": "open"})
    assert str(opened.url.path) == "/missions/kz-2027"
    assert "&lt;b&gt;2027" in opened.text
    with reading(engine) as session:
        facts, row = missions.facts(session, "kz-2027"), missions.get(session, "kz-2027")
        assert row.starts_at_stage == "observation"
        assert facts.invitation.from_body == named["invitation.from_name"]
        assert facts.office("host").body == named["invitation.from_name"]
        assert missions.facts(session, SLUG).invitation.from_body == "kz-mfa", "another mission's stays"
        assert facts.title == FILLED["title"]
        assert facts.election.contests[0].contestants == ("One party", "Another, party")
        assert (str(facts.release.press_conference), str(facts.nominations_due)) == (
            "2027-06-06 21:00:00",
            "2027-05-16 18:00:00",
        )
        assert [one.code for one in members.of(session, "kz-2027")] == ["az-1"]
    page = desk.press_officer.get("/missions/kz-2027/facts").text
    assert "&lt;i&gt;National&lt;/i&gt; Assembly of Atlantis" in page
    again = desk.press_officer.post("/missions/new", {**FILLED, "do": "open"})
    assert again.status_code == 422
    assert "is open already" in again.text


@pytest.mark.parametrize("stage", list(Stage))
def test_each_stage_can_be_the_first_and_its_pages_are_there(desk: Desk, engine: Engine, stage: Stage) -> None:
    opened = desk.press_officer.post("/missions/new", {**FILLED, "stage": stage.value, "do": "open"})
    assert str(opened.url.path) == "/missions/kz-2027", stage
    with begin(engine) as session:
        assert missions.get(session, "kz-2027").starts_at_stage == stage.value
        at = missions.now(session, "kz-2027")
        for part in (delegation, meetings, observation, counting, drafting, approval, distribution):
            part.advance(session, "kz-2027", at=at)
    for page in ("", "/delegation", "/meetings", "/observation", "/statement", "/approval", "/release", "/deployment"):
        assert desk.press_officer.get(f"/missions/kz-2027{page}").status_code == 200, page


def test_every_fault_is_said_by_its_field_and_nothing_typed_is_lost(desk: Desk, engine: Engine) -> None:
    wrong = {
        **FILLED, "do": "open", "slug": "new", "zone": "Mars/Base", "states[1].quota": "many", "states[1].contact_email": "",
        "states[4].code": "KG", "states[4].contact_office": "Embassy of Kyrgyzstan", "states[4].quota": "",
        "delegation[1].office": "", "release.go": "",
    }  # fmt: skip
    answer = desk.press_officer.post("/missions/new", wrong)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    for field, says in {
        "slug": "address of the desk's own", "zone": "is not a time zone", "states-1-quota": "whole number",
        "states-1-contact_email": "is empty", "states-2-quota": "is empty", "delegation-1-office": "is empty",
    }.items():  # fmt: skip
        found = re.search(rf'id="{field}-wrong">([^<]*)<', page)
        assert found is not None, field
        assert says in found[1].lower()
    listed = re.findall(r'<li><a href="#([^"]*)">([^<]*)</a>', page)
    assert ("zone", "Time zone of the host country") in listed
    assert ("states-2-quota", "State 2: How many at most") in listed
    assert ("delegation-1-office", "Person 1: Office") in listed
    assert all(f'id="{anchor}"' in page for anchor, _label in listed)
    assert not [label for _anchor, label in listed if label[0].islower() or "_" in label]
    assert 'value="Embassy of Kyrgyzstan"' in page
    assert "Another, party" in page
    assert slugs(engine) == [SLUG]
    late = desk.press_officer.post("/missions/new", {**FILLED, "do": "open", "invitation.received_on": "2027-07-01"})
    assert "is after election day" in re.search(r'id="invitation-received_on-wrong">([^<]*)<', late.text)[1]


BEGUN = {
    "offices[6].code": "host-mfa", "offices[6].salutation": "Excellency", "offices[7].code": "host-cec",
    "offices[7].salutation": "Excellency",
}  # fmt: skip


def test_rows_with_nothing_but_what_they_begin_with_are_empty_and_stay(desk: Desk, engine: Engine) -> None:
    looked = desk.press_officer.post("/missions/new", {**FILLED, **BEGUN, "do": "look"})
    assert "Nothing is wrong" in looked.text
    for page in (looked.text, desk.press_officer.get("/missions/new").text):
        assert 'value="host-mfa"' in page
        assert 'value="host-cec"' in page
    opened = desk.press_officer.post("/missions/new", {**FILLED, **BEGUN, "do": "open"})
    assert opened.url.path == "/missions/kz-2027"
    with reading(engine) as session:
        assert [one.code for one in missions.facts(session, "kz-2027").offices] == ["coordinator"]


def test_the_role_that_the_first_person_begins_with_outlives_a_check(desk: Desk) -> None:
    begun = {name: "" for name in FILLED if name.startswith("delegation")} | {"delegation[1].role": "head"}
    looked = desk.press_officer.post("/missions/new", {**FILLED, **begun, "do": "look"})
    for page in (looked.text, desk.press_officer.get("/missions/new").text):
        role = re.search(r'<select id="delegation-1-role".*?</select>', page)
        assert role is not None
        assert '<option value="head" selected>' in role[0]
    assert 'id="delegation-1-' not in "".join(re.findall(r"id=\S+-wrong", looked.text))


def test_more_rows_come_without_a_script_and_keep_what_was_typed(desk: Desk) -> None:
    page = desk.press_officer.post("/missions/new", {**FILLED, "do": "more:states"}).text
    assert page.count('name="states[') == 4 * 4
    assert 'value="Embassy of Azerbaijan"' in page
    assert "to be mended" not in page


def zipped(folder: Path, **changed: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(pack(folder))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(f"kz/{name}", changed.get(name.partition(".")[0], text.replace(SLUG, "kz-again")))
    return out.getvalue()


def test_a_packed_folder_is_shown_before_it_is_opened(desk: Desk, engine: Engine) -> None:
    example = settings().config_dir / "missions" / SLUG
    known = desk.press_officer.post("/missions/new/folder", files={"file": (ZIP[0], pack(example), ZIP[1])})
    assert "is open already" in html.unescape(known.text)
    shown = desk.press_officer.post("/missions/new/folder", files={"file": (ZIP[0], zipped(example), ZIP[1])})
    assert "Nothing is wrong with this folder" in shown.text
    assert slugs(engine) == [SLUG]
    kept, sha256 = (re.search(rf'name="{name}" value="([^"]*)"', shown.text)[1] for name in ("folder", "sha256"))
    data = {"folder": kept, "sha256": sha256, "stage": "meetings", "nominate": "yes"}
    assert desk.press_officer.post("/missions/new/open", {**data, "sha256": "0" * 64}).status_code == 409
    assert desk.press_officer.post("/missions/new/open", {**data, "stage": "never"}).status_code == 422
    assert slugs(engine) == [SLUG]
    assert desk.press_officer.post("/missions/new/open", data).url.path == "/missions/kz-again"
    with reading(engine) as session:
        assert len(stations.of(session, "kz-again")) == len(stations.of(session, SLUG))
        assert members.of(session, "kz-again")


def test_a_folder_with_faults_names_each_by_file_row_and_column(desk: Desk, engine: Engine) -> None:
    example = settings().config_dir / "missions" / SLUG
    data = zipped(example, stations='code,name,city,registered\n<script>,"S",C,many\n', teams="team\n")
    answer = desk.press_officer.post("/missions/new/folder", files={"file": (ZIP[0], data, ZIP[1])})
    assert answer.status_code == 422
    for cells in (("stations.csv", "2", "registered"), ("stations.csv", "2", "code"), ("teams.csv", "1", "members")):
        assert re.search(
            r"<th scope=\"row\">{}</th><td class=\"number\">{}</td><td>{}</td>".format(*cells), answer.text
        )
    assert "<script>," not in answer.text
    assert slugs(engine) == [SLUG]


def test_what_is_no_folder_is_refused(desk: Desk, engine: Engine) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("mission.toml", b"#" * 70_000_000)
    for data, says in (
        (out.getvalue(), "unpacks to far more"),
        (b"%PDF-1.7", "is not a .zip"),
        (b"PK\x03\x04", "is not a .zip"),
    ):
        answer = desk.press_officer.post("/missions/new/folder", files={"file": (ZIP[0], data, ZIP[1])})
        assert answer.status_code == 422
        assert says in html.unescape(answer.text)


def test_only_a_coordinator_for_all_or_an_administrator_begins_a_mission(engine: Engine, mission: str) -> None:
    here = Desk(engine)
    assert here.coordinator.get("/missions/new").status_code == 403
    assert "/missions/new" not in here.coordinator.get("/").text
    assert here.administrator.get("/missions/new").status_code == 200
    opened = here.administrator.post("/missions/new", {**FILLED, "do": "open"})
    assert opened.url.path == "/"
    assert "The mission is open" in opened.text
    assert slugs(engine) == [SLUG, "kz-2027"]


def test_what_was_typed_is_there_when_one_comes_back_until_the_mission_opens(desk: Desk, engine: Engine) -> None:
    part = {name: value for name, value in FILLED.items() if name != "host_state"}
    assert desk.press_officer.post("/missions/new", {**part, "do": "look"}).status_code == 422
    page = desk.press_officer.get("/missions/new").text
    assert "was kept and stands here" in page
    assert 'value="Embassy of Azerbaijan"' in page
    assert "Embassy of Azerbaijan" not in desk.administrator.get("/missions/new").text
    desk.press_officer.post("/missions/new", {**FILLED, "do": "open"})
    assert slugs(engine) == [SLUG, "kz-2027"]
    assert "was kept" not in desk.press_officer.get("/missions/new").text
    desk.press_officer.post("/kept", {"place": "/missions/new", "text": "title=Half+a+title&states%5B1%5D.code=AZ"})
    assert 'value="Half a title"' in desk.press_officer.get("/missions/new").text
    desk.press_officer.post("/missions/new", {"do": "anew"})
    assert "Half a title" not in desk.press_officer.get("/missions/new").text


def test_the_time_zone_is_chosen_by_its_city_and_left_out_it_is_the_host_states(desk: Desk, engine: Engine) -> None:
    page = html.unescape(desk.press_officer.get("/missions/new").text)
    assert "Nothing is sent by opening it" not in page
    assert "begins with its delegation, whoever is nominated below is told within minutes" in page
    assert '<option value="Asia/Bishkek">Kyrgyzstan: Bishkek</option>' in page
    assert '<option value="Asia/Almaty">Kazakhstan: Almaty</option>' in page
    for host, zone in {"KG": "Asia/Bishkek", "UZ": "Asia/Tashkent", "KZ": "Asia/Almaty"}.items():
        asked = {
            **FILLED,
            "host_state": host,
            "zone": "",
            "slug": f"zone-{host.lower()}",
            "stage": "observation",
            "do": "open",
        }
        opened = desk.press_officer.post("/missions/new", asked)
        assert opened.status_code == 200, host
        with reading(engine) as session:
            assert missions.facts(session, f"zone-{host.lower()}").zone == zone
    several = desk.press_officer.post("/missions/new", {**FILLED, "host_state": "RU", "zone": "", "do": "look"})
    assert several.status_code == 422
    assert re.search(r'id="zone-wrong">Is empty', several.text, re.IGNORECASE)
