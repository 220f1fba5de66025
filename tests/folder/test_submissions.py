"""Forms in files: JSON, a phone's XML, tables through a mapping; what is wrong with them is said at once."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ieom.errors import BadInput, Fault, Faults
from ieom.folder.forms import load_forms, xform
from ieom.folder.submissions import read_json, read_submissions, read_xml
from ieom.rules.submissions import normal
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020" / "submissions"
INSTANCE = """<?xml version="1.0" encoding="UTF-8"?>
<data xmlns:orx="http://openrosa.org/xforms" id="voting" version="1">
  <team>team-2</team><station>ns-1</station>
  <arrival>2020-08-12T11:40:00.000+06:00</arrival><departure>2020-08-12T12:50:00.000+06:00</departure>
  <start>2020-08-12T11:39:00.000+06:00</start>
  <people><registered_voters>21</registered_voters><unauthorised_persons>police other</unauthorised_persons></people>
  <full_access>yes</full_access><comment>&lt;none&gt; &amp; nothing</comment><photo/>
  <orx:meta><orx:instanceID>uuid:7</orx:instanceID></orx:meta>
</data>"""
MAPPING = """
instance_id = { columns = ["id"] }
team = { constant = "team-1" }
station = { columns = ["centre", "room"], join = "/", fold = "upper" }
arrived_at = { columns = ["came"], zone = "Asia/Almaty" }

[codes.seen]
Ja = "observed"
Nein = "none"

[[form]]
code = "voting"
[form.answers]
group_voting = { column = "family", codes = "seen" }
voted_so_far = { column = "voted" }

[[form]]
code = "counting"
[form.answers]
valid = { column = "valid" }
count_difficulty = { constant = "none" }
"""
TABLE = """id;centre;room;came;family;voted;valid
1; a1 ;x;2020-08-12 10:00;JA;12;
2;a1;X;;nein;ca. 20;18
3;b2;;;weiss nicht;;
4;b2;;;;;
"""


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "mapping.toml").write_text(MAPPING, "utf-8")
    (tmp_path / "table.csv").write_text("\ufeff" + TABLE, "utf-8")
    return tmp_path / "table.csv", tmp_path / "mapping.toml"


def wrong(path: Path, mapping: Path | None = None) -> list[str]:
    with pytest.raises(Faults) as caught:
        read_submissions([path], mapping=mapping)
    return [str(fault) for fault in caught.value.faults]


def test_the_examples_forms_are_read_as_they_stand() -> None:
    batch = read_submissions(sorted(EXAMPLE.glob("*.json")))
    assert [document["form"] for document in batch.documents] == ["closing", "counting", "opening", "voting"]
    for document in batch.documents:
        form, faults = normal(document, load_forms(), stations={"ns-1"}, teams=set())
        assert faults == ()
        assert form is not None


def test_a_phones_instance_becomes_the_form_that_a_file_would_have(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(INSTANCE, "utf-8")
    (document,) = read_submissions([tmp_path / "a.xml"]).documents
    same = {
        "instance_id": "uuid:7", "form": "voting", "team": "team-2", "station": "ns-1",
        "arrived_at": "2020-08-12T11:40+06:00", "departed_at": "2020-08-12T12:50+06:00",
        "answers": {
            "registered_voters": 21, "unauthorised_persons": ["police", "other"], "full_access": "yes",
            "comment": "<none> & nothing",
        },
    }  # fmt: skip
    forms = [normal(one, load_forms(), stations={"ns-1"}, teams=set()) for one in (document, same)]
    assert [faults for _, faults in forms] == [(), ()]
    assert forms[0][0] == forms[1][0]


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "forms").glob("*.csv")), ids=lambda path: path.stem)
def test_the_instance_of_each_forms_own_xform_is_read_with_its_code(path: Path) -> None:
    from xml.etree import ElementTree

    tree = ElementTree.fromstring(xform(path))
    instance = next(element for element in tree.iter() if element.get("id") == path.stem)
    faults: list[Fault] = []
    (document,) = read_xml("x.xml", ElementTree.tostring(instance, "unicode"), faults)
    assert faults == []
    assert (document["form"], document["answers"]) == (path.stem, {})


BOMB = """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><data id="voting"><team>&b;</team></data>"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><data id="voting"><team>&a;</team></data>"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "declares a document type or entities"),
        (OUTSIDE, "declares a document type or entities"),
        ("<!DOCTYPE x><data/>", "declares a document type or entities"),
        ("<data><team></data>", "is no XML: mismatched tag"),
        ("", "is no XML"),
        ("<data id='voting'><team>a</team><team>b</team></data>", "answers team twice"),
        ('<?xml version="1.0" encoding="utf-16"?><data/>', "is no XML"),
    ],
)
def test_xml_that_is_no_form_is_said_and_no_entity_is_ever_resolved(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.xml").write_text(text, "utf-8")
    assert says in wrong(tmp_path / "a.xml")[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "a.json, row 1: is no JSON"),
        ("[1, {}]", "a.json, row 1: is no form"),
        ('{"form": "voting", "form": "opening"}', "says form twice"),
        ('{"answers": {"queue": 1, "queue": 2}}', "says queue twice"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_no_form_is_said(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.json").write_text(text, "utf-8")
    assert any(says in one for one in wrong(tmp_path / "a.json"))


def test_files_that_cannot_be_read_are_named_all_at_once_and_nothing_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", "utf-8")
    (tmp_path / "b.xml").write_text("<", "utf-8")
    (tmp_path / "c.docx").write_bytes(b"PK")
    (tmp_path / "d.json").write_bytes('{"team": "Zürich"}'.encode("latin-1"))
    (tmp_path / "e.json").write_text(json.dumps({"form": "voting"}), "utf-8")
    with pytest.raises(Faults) as caught:
        read_submissions(sorted(tmp_path.iterdir()))
    assert [fault.file for fault in caught.value.faults] == ["a.json", "b.xml", "c.docx", "d.json"]


def test_a_row_becomes_a_form_of_each_kind_that_it_answers(table: tuple[Path, Path]) -> None:
    batch = read_submissions([table[0]], mapping=table[1])
    said = [(d["instance_id"], d["form"], d["station"], d["answers"]) for d in batch.documents]
    assert said == [
        ("1#voting", "voting", "A1/X", {"group_voting": "observed", "voted_so_far": "12"}),
        ("2#voting", "voting", "A1/X", {"group_voting": "none"}),
        ("2#counting", "counting", "A1/X", {"valid": "18", "count_difficulty": "none"}),
        ("3#voting", "voting", "B2/", {}),
    ]
    assert batch.documents[0]["arrived_at"] == "2020-08-12T10:00:00+06:00"
    assert batch.documents[0]["source"]["row"] == 2
    assert batch.documents[0]["source"]["cells"]["family"] == "JA"


def test_cells_that_are_no_answer_are_counted_and_stay_in_the_source(table: tuple[Path, Path]) -> None:
    batch = read_submissions([table[0]], mapping=table[1])
    assert batch.off_code == {"voted_so_far": Counter({"ca. 20": 1}), "group_voting": Counter({"weiss nicht": 1})}
    assert batch.documents[1]["source"]["cells"]["voted"] == "ca. 20"


def test_no_row_is_lost_that_says_anything_and_the_others_are_named(table: tuple[Path, Path]) -> None:
    batch = read_submissions([table[0]], mapping=table[1])
    assert batch.silent == (("table.csv", (5,)),)
    row = batch.documents[-1]
    assert (row["unread"], row["source"]["row"]) == ({"family": "weiss nicht"}, 4)
    form, faults = normal(row, load_forms(), stations={row["station"]}, teams=set())
    assert form is None
    assert faults == ("the column 'family' says 'weiss nicht', which is no answer that is known",)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("family;", "familie;"), ["family: is no column of this table"]),
        (("1; a1", "2; a1"), ["row 3: has the id of row 2"]),
        (("1; a1", "; a1"), ["row 2: has no instance id"]),
        (("b2;;;weiss", ";;;weiss"), ["row 4: has no station"]),
        (("2020-08-12 10:00", "noon"), ["row 2, came: 'noon' is no moment"]),
        ((";18\n", ";18;7\n"), ["row 3: has 8 cells, the header 7"]),
        (("JA;12", 'JA;"12'), ["can't be read as a table"]),
    ],
)
def test_a_broken_table_is_said_by_row_and_column(
    table: tuple[Path, Path], change: tuple[str, str], says: list[str]
) -> None:
    assert change[0] in TABLE
    table[0].write_text(TABLE.replace(*change), "utf-8")
    found = wrong(*table)
    for one in says:
        assert any(one in fault for fault in found), found


def test_every_fault_of_a_table_is_said_at_once(table: tuple[Path, Path]) -> None:
    table[0].write_text(
        TABLE.replace("1; a1", "; a1").replace("2020-08-12 10:00", "noon").replace(";18\n", ";18;7\n"), "utf-8"
    )
    assert len(wrong(*table)) == 3


def test_a_local_time_without_a_zone_is_refused_when_the_mapping_names_none(table: tuple[Path, Path]) -> None:
    table[1].write_text(MAPPING.replace(', zone = "Asia/Almaty"', ""), "utf-8")
    assert wrong(*table) == [
        "table.csv, row 2, came: the time '2020-08-12 10:00' has no zone, and the mapping names none"
    ]


def test_a_table_without_a_mapping_is_refused_with_what_to_do(table: tuple[Path, Path]) -> None:
    with pytest.raises(BadInput, match="needs a mapping file") as raised:
        read_submissions([table[0]])
    assert "--mapping" in raised.value.command


def test_every_fault_of_a_mapping_is_said_at_once(table: tuple[Path, Path]) -> None:
    mapping = (
        MAPPING.replace("group_voting =", "family_voting =")
        .replace('Ja = "observed"', 'Ja = "yes"')
        .replace('"none" }', '"grave" }')
    )
    table[1].write_text(mapping + '[[form]]\ncode = "lunch"\n[form.answers]\n', "utf-8")
    found = wrong(*table)
    assert "mapping.toml: the form 'voting' has no question 'family_voting'" in found
    assert "mapping.toml: counting.count_difficulty: 'grave' is none of none, some, serious" in found
    assert any("there is no form 'lunch'" in one for one in found)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('"Asia/Almaty"', '"Almaty"'), "not a time zone"),
        (('constant = "team-1"', 'constant = ""'), "either columns or a constant"),
        (("instance_id =", "instance ="), "instance_id"),
        (('codes = "seen"', 'codes = "heard"'), r"no [codes.heard]"),
        (("[[form]]", "[[form]"), "can't be read as TOML"),
        (('Ja = "observed"', 'Ja = "yes"'), "'yes' is none of none, reported_to_us, observed"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(table: tuple[Path, Path], change: tuple[str, str], says: str) -> None:
    assert change[0] in MAPPING
    table[1].write_text(MAPPING.replace(*change), "utf-8")
    assert any(says in one for one in wrong(*table))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(st.text(max_size=6), min_size=7, max_size=7), max_size=4))
def test_a_table_is_taken_whole_or_refused_with_faults(table: tuple[Path, Path], cells: list[list[str]]) -> None:
    import csv

    with table[0].open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, delimiter=";").writerows([TABLE.splitlines()[0].split(";"), *cells])
    try:
        batch = read_submissions([table[0]], mapping=table[1])
    except Faults:
        return
    for document in batch.documents:
        form, faults = normal(document, load_forms(), stations={document["station"]}, teams=set())
        assert bool(faults) == ("unread" in document)
        assert (form is None) == bool(faults)


@given(text=st.text())
def test_no_text_makes_the_readers_fail(text: str) -> None:
    faults: list[Fault] = []
    for read in (read_json, read_xml):
        assert faults.clear() is None
        documents = read("x", text, faults)
        assert bool(documents) != bool(faults) or text.strip() in {"[]", "[ ]"}


def test_a_number_of_thousands_of_digits_is_kept_as_it_was_written() -> None:
    faults: list[Fault] = []
    (found,) = read_json("a.json", '{"answers": {"registered_voters": ' + "9" * 6000 + ', "queue": -21}}', faults)
    assert found["answers"] == {"registered_voters": "9" * 6000, "queue": -21}
    assert not faults
