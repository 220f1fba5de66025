import re
from datetime import date
from pathlib import Path

import pytest

from ieom.errors import BadInput
from ieom.folder import check, new, read

ANSWERS = {
    "base_city": "bishkek",
    "from_body": "kz-mfa",
    "kind": "referendum",
    "contact_office": "Embassy",
    "from_name": "Mission",
    "unsubscribe_url": "https://secretariat.example/u",
    "office": "Protocol",
    "body": "kz-cec",
    "who": "az-1",
}


def make(folder: Path, **changed: object) -> list[Path]:
    given = {
        "slug": "kyrgyz-referendum-2021",
        "host": "KG",
        "zone": "Asia/Bishkek",
        "title": 'Referendum "on the Constitution" – 2021\\',
        "election_day": date(2021, 4, 11),
        "states": ["AZ", "KZ"],
    }
    return new(folder, **{**given, **changed})  # type: ignore[arg-type]


def fill_in(file: Path) -> None:
    def answer(match: re.Match[str]) -> str:
        field = match[1]
        if "mail" in field or field == "reply_to":
            return f'{field} = "{field}@secretariat.example"'.replace("_", ".").replace(
                field.replace("_", "."), field, 1
            )
        return f'{field} = "{ANSWERS[field]}"'

    text = file.read_text("utf-8").replace(
        'received_on = "FILL IN: a date such as 2021-03-21, without quotation marks"', "received_on = 2021-03-01"
    )
    file.write_text(re.sub(r'(\w+) = "FILL IN[^"]*"', answer, text), "utf-8")


def test_a_fresh_folder_lacks_only_what_a_person_must_fill_in(tmp_path: Path) -> None:
    made = make(tmp_path / "new" / "mission")
    assert [path.name for path in made] == [
        "mission.toml", "delegation.csv", "meetings.csv", "stations.csv", "teams.csv", "routes.csv", "checkins.csv",
        "media.csv",
    ]  # fmt: skip
    faults = check(tmp_path / "new" / "mission")
    assert faults
    assert all("is still to be filled in" in fault.says for fault in faults), [str(fault) for fault in faults]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mission"]


def test_a_folder_filled_in_passes_the_check(tmp_path: Path) -> None:
    folder = tmp_path / "mission"
    make(folder)
    fill_in(folder / "mission.toml")
    with (folder / "delegation.csv").open("a", encoding="utf-8") as file:
        file.write("az-1,AZ,head,Head of Mission,H.E.,,Ambassador,az-embassy,head@azerbaijan.example,en,Excellency\n")
    assert [str(fault) for fault in check(folder)] == []
    facts = read(folder).facts
    assert facts.title == 'Referendum "on the Constitution" – 2021\\'
    assert facts.election_day == date(2021, 4, 11)


def test_without_states_the_file_shows_how_to_add_them(tmp_path: Path) -> None:
    make(tmp_path / "mission", states=[])
    assert "# [[states]]" in (tmp_path / "mission" / "mission.toml").read_text("utf-8")


def test_every_field_of_every_table_stands_in_its_header(tmp_path: Path) -> None:
    from ieom.folder.reading import TABLES
    from ieom.folder.rows import columns

    make(tmp_path / "mission")
    for kind in TABLES:
        header = (tmp_path / "mission" / kind.FILE).read_text("utf-8").splitlines()[0]
        assert header == ",".join(columns(kind)), kind.FILE


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"slug": "Kyrgyz Referendum"}, "no short name"),
        ({"host": "Kyrgyzstan"}, "no state's code"),
        ({"states": ["az"]}, "'az' is no state's code"),
        ({"zone": "Bishkek"}, "not a time zone"),
        ({"title": " "}, "title is empty"),
    ],
)
def test_what_can_not_be_a_mission_makes_no_folder(tmp_path: Path, changed: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        make(tmp_path / "mission", **changed)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path / "mission")
    before = (tmp_path / "mission" / "mission.toml").read_bytes()
    with pytest.raises(BadInput, match="holds something already"):
        make(tmp_path / "mission", title="Another")
    assert (tmp_path / "mission" / "mission.toml").read_bytes() == before


def test_a_full_disk_leaves_no_half_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def full(path: Path, *args: object, **options: object) -> int:
        if path.name == "stations.csv":
            raise OSError(28, "No space left on device")
        return write(path, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        make(tmp_path / "mission")
    assert list(tmp_path.iterdir()) == []
