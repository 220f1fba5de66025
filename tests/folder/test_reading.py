import shutil
from pathlib import Path

import pytest

from ieom.errors import Faults
from ieom.folder import check, read
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "mission")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def said(folder: Path) -> list[str]:
    return [str(fault) for fault in check(folder)]


def test_the_example_has_no_fault() -> None:
    folder = read(EXAMPLE)
    assert [row.code for row in folder.delegation] == ["az-1", "az-2", "kg-1", "tr-1", "uz-1"]
    assert folder.nominee("az-1").name == "Rashad Mammadov"
    assert (len(folder.meetings), len(folder.stations), len(folder.media)) == (3, 1, 24)


def test_the_example_names_nobody_but_those_of_the_published_text() -> None:
    folder = read(EXAMPLE)
    named = {row.name for row in folder.delegation} | {row.counterpart_name for row in folder.meetings}
    named |= {office.name for office in folder.facts.offices} | {row.name for row in folder.media}
    assert named - {""} == {"Rashad Mammadov", "Konstantin Petrov", "Malika Bekturova"}


def test_every_address_of_the_example_is_at_an_example_domain() -> None:
    folder = read(EXAMPLE)
    addresses = [row.email for row in folder.media] + [row.email for row in folder.delegation]
    addresses += [office.email for office in folder.facts.offices]
    assert all(address.endswith(".example") for address in addresses)


def test_all_faults_of_all_files_are_said_at_once(folder: Path) -> None:
    change(folder / "mission.toml", 'title = "Elections', 'titel = "x"\ntitle = "Elections')
    change(folder / "stations.csv", "regular,21,yes", "regular,many,perhaps")
    change(folder / "media.csv", "newsdesk@world-wire.example", "newsdesk at world-wire")
    change(folder / "routes.csv", "team-1,1,ns-1", "team-1,1,ns-9")
    faults = said(folder)
    assert faults == [
        "mission.toml, titel: is not a field of this file; correct the spelling or remove it",
        "stations.csv, row 2, registered: 'many' is to be a whole number",
        "stations.csv, row 2, relevant: 'perhaps' is to be yes or no",
        "media.csv, row 2, email: 'newsdesk at world-wire' is not an e-mail address: "
        "An email address must have an @-sign.",
        "routes.csv, row 2, station: 'ns-9' is not a station of stations.csv",
    ]
    with pytest.raises(Faults) as raised:
        read(folder)
    assert [str(fault) for fault in raised.value.faults] == faults


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("mission.toml", 'zone = "Asia/Almaty"', 'zone = "Asia/Nowhere"', "zone: 'Asia/Nowhere' is not a time zone"),
        ("mission.toml", "quota = 2", 'quota = "2"', "states[1].quota: '2' is to be a whole number, without quotes"),
        ("mission.toml", "quota = 2", "quota = -1", "states[1].quota: '-1' is to be at least 0"),
        ("mission.toml", "received_on = 2020-07-03", "received_on = 5", "invitation.received_on: '5' is to be a date"),
        ("mission.toml", "received_on = 2020-07-03", "", "invitation.received_on: is missing; write it"),
        ("mission.toml", "2020-07-24T18:00:00", "2020-07-24T18:00:00Z", "nominations_due: has a time zone"),
        ("mission.toml", "2020-07-24T18:00:00", "2020-09-24T18:00:00", "nominations_due: 2020-09-24 is after election"),
        ("mission.toml", 'code = "KG"', 'code = "AZ"', "states: has 'AZ' 2 times; keep one of them"),
        ("mission.toml", 'code = "drafter"', 'code = "coordinator"', "offices: has 'coordinator' 2 times"),
        ("mission.toml", 'deputy = "coordinator"', 'deputy = "cook"', "offices[4].deputy: 'cook' is not the code"),
        ("mission.toml", 'who = "tr-1"', 'who = "tr-7"', "approval.seats[3].who: 'tr-7' is neither in delegation.csv"),
        ("mission.toml", 'state = "TR"\n\n[[app', 'state = "KG"\n\n[[app', "the state TR has no seat while other"),
        ("mission.toml", 'quorum = "all"', "quorum = 9", "approval.quorum: 9 of 5 seats can't be"),
        ("mission.toml", 'quorum = "all"', 'quorum = "most"', "approval.quorum: 'most' is to be"),
        ("mission.toml", "head_of_mission", "other", "approval.seats: has no head_of_mission"),
        ("mission.toml", "2020-08-12T20:00:00", "2020-08-12T12:00:00", "begins before station 'ns-1' has closed"),
        ("mission.toml", "https://secretariat.example/unsub", "http://secretariat.example/unsub", "https://"),
        ("mission.toml", 'reply_to = "press', 'reply_to = "a\\nBcc: b', "release.reply_to: "),
        ("mission.toml", 'host_state = "KZ"', 'host_state = "QQ"', "host_state: 'QQ' has no entry in names.toml"),
        ("mission.toml", 'host_state = "KZ"', 'host_state = "UZ"', "states[4].code: is the host state"),
        ("mission.toml", 'languages = ["en"]', 'languages = ["fr"]', "languages: 'fr' is not one of"),
        ("mission.toml", "polls_close = 14:00:00", "polls_close = 09:00:00", "is not after polls_open"),
        ("mission.toml", 'slug = "', "slug = ", "can't be read: "),
        ("delegation.csv", "kg-1,KG", "az-1,KG", "delegation.csv, row 4, code: 'az-1' stands in row 2 already"),
        ("delegation.csv", "kg-1,KG,observer", "kg-1,KG,head", "row 4, role: 'az-1' is the head of mission already"),
        ("delegation.csv", "kg-1,KG", "kg-1,HU", "row 4, state: 'HU' is not among the states"),
        ("delegation.csv", "kg-1,KG", "kg-1,TR", "row 5, state: TR may send 1; this one is over its quota"),
        ("delegation.csv", "kg-embassy", "kg-embasy", "row 4, body: 'kg-embasy' has no entry in names.toml"),
        ("delegation.csv", "kg-1,KG,observer", "kg-1,KG,watcher", "row 4, role: 'watcher' is to be one of"),
        ("delegation.csv", "kg-1,KG", "coordinator,KG", "row 4, code: 'coordinator' is an office's code"),
        ("meetings.csv", "az-1 az-2 kg-1", "az-1 az-9 kg-1", "row 2, attendees: 'az-9' is not in delegation.csv"),
        ("meetings.csv", "2020-08-11 11:00", "2020-08-11 09:00", "row 3, ends: is not after the meeting's start"),
        ("meetings.csv", "2020-08-11 11:00", "2020-08-11 11:00+06:00", "row 3, ends: '2020-08-11 11:00+06:00' has a t"),
        ("meetings.csv", "2020-08-11 11:00", "11 August", "row 3, ends: '11 August' is to be a local time"),
        ("stations.csv", "10:00,14:00", "10:00,09:00", "row 2, closes: 09:00:00 is not after the opening"),
        (
            "stations.csv",
            "10:00,14:00",
            "10:00+06:00,14:00",
            "row 2, opens: '10:00+06:00' is to be a local time of day",
        ),
        ("stations.csv", "nur-sultan", "nur-sultn", "row 2, city: 'nur-sultn' has no entry in names.toml"),
        ("stations.csv", "regular", "tent", "row 2, kind: 'tent' is to be one of"),
        ("stations.csv", "name,", "", "stations.csv, row 1, name: is missing in the header"),
        ("stations.csv", "region", "regoin", "row 1, regoin: is not a column of this file; the columns are code,"),
        ("stations.csv", "region", "city", "row 1, city: stands twice in the header"),
        ("stations.csv", ",21,yes", ",21", "row 2: has 9 fields where the header has 10"),
        ("stations.csv", ",21,yes", ",21,yes,extra", "row 2: has 11 fields where the header has 10"),
        ("stations.csv", "the polling station", '"the polling station', "row 2: a quotation mark is opened"),
        ("teams.csv", "tr-1 uz-1", "tr-1 kg-1", "teams.csv, row 3, members: 'kg-1' is in team-1 already"),
        ("routes.csv", "team-2,1", "team-7,1", "routes.csv, row 4, team: 'team-7' is not a team of teams.csv"),
        ("routes.csv", "team-1,2", "team-1,1", "routes.csv, row 3, team: 'team-1, 1' stands in row 2 already"),
        (
            "routes.csv",
            "2020-08-12 10:45",
            "2020-08-21 10:45",
            "row 2, due: 2020-08-21 does not belong to election day",
        ),
        ("media.csv", "foreign@kyrgyz-wire", "foreign@azerbaijan-wire", "row 8, email: 'foreign@azerbaijan-wire.exam"),
        ("media.csv", "foreign@kyrgyz-wire.example", '"a@b.example\nBcc: c@d.example"', "holds a line break"),
        ("media.csv", "foreign@kyrgyz-wire.example", "", "row 8, email: is empty; fill it in"),
        (
            "teams.csv",
            "Opening and counting",
            "Opening \u202eand",
            "holds a sign that is not seen (U+202e right-to-left",
        ),
        ("media.csv", "kind", "kind,", "(no name): is not a column of this file"),
    ],
)
def test_a_fault_is_said_with_its_place_and_what_to_do(folder: Path, file: str, old: str, new: str, says: str) -> None:
    change(folder / file, old, new)
    faults = said(folder)
    assert any(says in fault and fault.startswith(file) for fault in faults), faults
    assert len(faults) <= 6, faults


def test_spreadsheets_byte_order_mark_semicolons_and_line_ends_are_accepted(folder: Path) -> None:
    file = folder / "stations.csv"
    text = "code;name;city;relevant\r\nns-1;the polling station, in Nur-Sultan;nur-sultan;yes\r\n\r\n"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    station = read(folder).stations[0]
    assert (station.name, station.opens, station.zone) == ("the polling station, in Nur-Sultan", None, None)


def test_hours_as_spreadsheets_write_them_are_accepted(folder: Path) -> None:
    change(folder / "stations.csv", "10:00,14:00", "9:00,14:00:00")
    change(folder / "routes.csv", "2020-08-12 10:45", "2020-08-12 9:45")
    read_ = read(folder)
    assert (str(read_.stations[0].opens), str(read_.routes[0].due)) == ("09:00:00", "2020-08-12 09:45:00")


def test_remarks_are_passed_over_and_rows_still_counted_as_a_person_counts_them(folder: Path) -> None:
    file = folder / "stations.csv"
    header, row = file.read_text("utf-8").splitlines()
    file.write_text(
        f'# our stations, "all"\n{header}\n# one, "unclosed\n"# padded by a spreadsheet",,,\n{row}\n', "utf-8"
    )
    assert len(read(folder).stations) == 1
    change(file, "regular", "tent")
    assert said(folder)[0].startswith("stations.csv, row 5, kind")


def test_a_quoted_text_may_hold_a_line_that_looks_like_a_remark(folder: Path) -> None:
    file = folder / "teams.csv"
    change(file, "Opening and counting", '"Opening\n# and counting"')
    assert said(folder) == ["teams.csv, row 2, note: holds a line break; write it on one line"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("code,name\n".encode("utf-16"), "stations.csv: is written in UTF-16; save it as 'CSV UTF-8'"),
        (b"code,name,city\nns-1,Stra\xdfe,nur-sultan\n", "stations.csv, row 2: is not UTF-8 (byte 0xdf)"),
        (
            b"code,name,city\nns-1,\x00,nur-sultan\n",
            "stations.csv, row 2: is neither an Excel workbook nor a text file",
        ),
        (b"", "stations.csv, row 1: is empty; its first row is the header"),
    ],
)
def test_a_file_that_is_no_utf8_text_says_how_to_save_it(folder: Path, raw: bytes, says: str) -> None:
    (folder / "stations.csv").write_bytes(raw)
    assert said(folder)[0].startswith(says)


def test_missing_and_misspelt_files_are_named(folder: Path) -> None:
    (folder / "stations.csv").rename(folder / "station.csv")
    (folder / "mission.toml").unlink()
    faults = said(folder)
    assert faults[0].startswith("mission.toml: is missing; it has the mission's facts")
    assert any(fault.startswith("stations.csv: is missing; its header is code,name") for fault in faults)
    assert any(fault.startswith("station.csv: is not a file of a mission folder") for fault in faults)


def test_tables_that_a_mission_does_not_have_yet_may_be_left_out(folder: Path) -> None:
    for name in ("meetings.csv", "routes.csv", "checkins.csv", "teams.csv"):
        (folder / name).unlink()
    assert read(folder).teams == ()


def test_a_folder_that_is_none_says_how_to_make_one(tmp_path: Path) -> None:
    assert said(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: is no folder"]
    with pytest.raises(Faults) as raised:
        read(tmp_path / "nowhere")
    assert raised.value.faults[0].command == "'ieom new' makes one"


def test_the_hash_of_a_folder_follows_its_content_alone(folder: Path) -> None:
    before = read(folder).sha256
    assert read(EXAMPLE).sha256 == before
    change(folder / "media.csv", "Dear editors", "Dear editor")
    assert read(folder).sha256 != before
