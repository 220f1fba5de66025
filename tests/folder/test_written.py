"""A mission's folder written from facts, packed and taken apart."""

from __future__ import annotations

import io
import tomllib
import zipfile
from pathlib import Path

import pytest

from ieom.errors import BadInput
from ieom.folder import read
from ieom.folder.written import mission_toml, pack, unpack, write
from ieom.rules.mission import MissionFacts
from ieom.settings import settings


@pytest.fixture
def example() -> Path:
    return settings().config_dir / "missions" / "kazakhstan-senate-2020"


def zipped(files: dict[str, str | bytes], *, link: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if name == link:
                info.external_attr = 0o120777 << 16
            box.writestr(info, content)
    return out.getvalue()


def test_facts_written_as_a_folder_are_read_as_they_were(example: Path, tmp_path: Path) -> None:
    known = read(example)
    hard = known.facts.model_copy(update={"title": 'A "title"\\ with\ttab, \x7f and «қазақша»'})
    for facts in (known.facts, hard):
        found = MissionFacts.model_validate(tomllib.loads(mission_toml(facts)))
        assert found == facts
    write(tmp_path, known.facts, known.delegation)
    again = read(tmp_path)
    assert (again.facts, again.delegation, again.stations) == (known.facts, known.delegation, ())


def test_a_folder_packed_and_taken_apart_is_the_same_mission(example: Path, tmp_path: Path) -> None:
    assert unpack(pack(example), tmp_path) == []
    assert read(tmp_path).sha256 == read(example).sha256
    inside = zipped(
        {f"kz/{p.name}": p.read_bytes() for p in example.iterdir() if p.is_file()} | {"__MACOSX/x.bin": "x"}
    )
    (tmp_path / "other").mkdir()
    assert unpack(inside, tmp_path / "other") == ["acts.toml", "departures.md"]
    assert read(tmp_path / "other").sha256 == read(example).sha256


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped({"mission.toml": "", "../evil.csv": "x"}), "outside the folder"),
        (zipped({"mission.toml": "", "/etc/evil.csv": "x"}), "outside the folder"),
        (zipped({"mission.toml": "", "..\\evil.csv": "x"}), "outside the folder"),
        (zipped({"mission.toml": "/etc/passwd"}, link="mission.toml"), "is a link"),
        (zipped({"mission.toml": "", "run.exe": "x"}), "does not belong"),
        (zipped({"stations.csv": "code"}), "holds no mission.toml"),
        (zipped({"a/mission.toml": "", "b/mission.toml": ""}), "2 missions"),
        (zipped({"a/mission.toml": "", "stations.csv": ""}), "beside the mission's folder"),
        (zipped({"mission.toml": b"#" * 20_000_000}), "far more"),
        (zipped({}), "no file"),
        (b"PK\x03\x04 and nothing", "can't be unpacked"),
    ],
)
def test_what_is_no_mission_folder_is_refused_and_nothing_is_written(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(BadInput, match=says):
        unpack(data, tmp_path / "in")
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]
