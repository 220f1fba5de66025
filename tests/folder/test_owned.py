"""A file of the secretariat's that can't be used: said in one line with its place; what was read well before goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ieom.errors import Faults
from ieom.folder.names import load_names, names_wrong
from ieom.folder.timeline import load_timeline
from ieom.settings import ROOT, settings

NAMES = (ROOT / "config" / "names.toml").read_text("utf-8")
LINES = NAMES.splitlines()


def line_of(begins: str) -> int:
    return next(number for number, line in enumerate(LINES, start=1) if line.startswith(begins))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('[entries.KZ]\nkind = "state"', '[entries.KZ]\nkind "state"',
         f"config/names.toml, line {line_of('[entries.KZ]') + 1}: is not written as TOML"),
        ('[entries.KG]\nkind = "state"', '[entries.KG]\nkind = "land"',
         f"config/names.toml, line {line_of('[entries.KG]') + 1}, entries.KG.kind: 'land' is to be one of"),
        ('{ until = 2022-06-01, official = "Republic of Turkey",', '{ until = 2022-06-01, oficial = "Republic of Turkey",',
         f"config/names.toml, line {line_of('[entries.TR]') + 3}, entries.TR.names.en[1].official: is missing; write it"),
        ('en = ["AZ", "HU"', 'en = ["AZ", "XX"', "config/names.toml: precedence.en lists XX, which has no entry"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in NAMES
    (tmp_path / "config").mkdir()
    path = tmp_path / "config" / "names.toml"
    path.write_text(NAMES.replace(old, new, 1), "utf-8")
    with pytest.raises(Faults) as said:
        load_names(path)
    assert any(str(one).startswith(says) for one in said.value.faults), str(said.value)
    path.write_bytes("é".encode("latin-1"))
    with pytest.raises(Faults, match="save it as UTF-8"):
        load_names(path)


def test_a_line_of_the_timeline_is_found_too(tmp_path: Path) -> None:
    text = (ROOT / "config" / "timeline.toml").read_text("utf-8")
    path = tmp_path / "timeline.toml"
    path.write_text(text.replace('to = "nominee"', "to = 7"), "utf-8")
    line = next(number for number, said in enumerate(text.splitlines(), start=1) if said.startswith('to = "nominee"'))
    with pytest.raises(Faults, match=rf"timeline.toml, line {line}, reminder\[2\].to: "):
        load_timeline(path)


def test_a_process_goes_on_with_what_it_read_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "names.toml"
    monkeypatch.setenv("IEOM_CONFIG_DIR", str(tmp_path))
    settings.cache_clear()
    path.write_text("entries = 3", "utf-8")
    with pytest.raises(Faults):
        load_names()
    path.write_text(NAMES, "utf-8")
    os.utime(path, ns=(1, 1))
    good = load_names()
    assert names_wrong() == ""
    path.write_text(NAMES + "\n]", "utf-8")
    assert load_names() is good
    assert f"line {len(LINES) + 2}: is not written as TOML" in names_wrong()
    path.write_text(NAMES.replace("Republic of Kazakhstan", "Kazakh Republic"), "utf-8")
    assert names_wrong() == ""
    assert load_names() is not good
