"""The forms compile to XForms, ask what the observation guide names, and faults of a form are all said."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ieom.errors import Faults
from ieom.folder.forms import load_forms, xform
from ieom.rules.forms import HEAD
from ieom.settings import ROOT

FORMS = sorted((ROOT / "config" / "forms").glob("*.csv"))
HEAD_QUESTIONS = (
    *HEAD, "station_kind", "setting", "registered_voters", "commission_present", "commission_women", "party_agents",
    "citizen_observers_present", "international_observers_present", "accessible_unaided", "observers_restricted",
    "observers_restricted_text", "full_access", "information_given", "unauthorised_persons", "unauthorised_interfered",
    "overall", "comment", "photo",
)  # fmt: skip
SMALL = """survey,,,,
,type,name,label,required
,text,team,Team,yes
,text,station,Station,yes
,dateTime,arrival,Arrival,
,dateTime,departure,Departure,
{row}
choices,,,,
,list_name,name,label,
,yes_no,yes,Yes,
settings,,,,
,form_title,form_id,version,default_language
,Small,small,1,en
"""


def test_there_is_a_form_for_each_phase_and_for_incidents() -> None:
    assert [path.stem for path in FORMS] == ["closing", "counting", "incident", "opening", "tabulation", "voting"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_each_form_compiles_to_an_xform_with_an_element_for_every_question(path: Path) -> None:
    tree = ElementTree.fromstring(xform(path))
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    form = load_forms()[path.stem]
    assert set(form.questions) <= names
    binds = {
        element.get("nodeset", "").rpartition("/")[2]: element.get("type")
        for element in tree.iter()
        if "nodeset" in element.attrib
    }
    assert binds["arrival"] == "dateTime"
    assert "instanceID" in names


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_each_form_begins_with_the_same_head(path: Path) -> None:
    questions = load_forms()[path.stem].questions
    assert [name for name in HEAD_QUESTIONS if name not in questions] == []
    assert questions["team"].required
    assert questions["station"].required


def test_irregularities_are_never_asked_without_heard_apart_from_seen() -> None:
    voting = load_forms()["voting"].questions
    seen = [q for q in voting.values() if "observed" in q.choices]
    assert len(seen) == 11
    for question in seen:
        assert question.choices == ("none", "reported_to_us", "observed")
        assert voting[f"{question.name}_count"].kind == "integer"
        assert voting[f"{question.name}_text"].kind == "text"
    incident = load_forms()["incident"].questions
    assert incident["incident_seen"].choices == incident["incident_heard"].choices
    assert len(incident["incident_seen"].choices) == 23


def test_every_fault_of_a_form_is_said_at_once(tmp_path: Path) -> None:
    rows = ",barcode,code,Code,\n,select_one colours,colour,Colour,\n,text,team,Again,"
    (tmp_path / "other.csv").write_text(SMALL.format(row=rows), "utf-8")
    with pytest.raises(Faults) as caught:
        load_forms(tmp_path)
    said = [fault.says for fault in caught.value.faults]
    assert len(said) == 4
    assert any("type 'barcode'" in one for one in said)
    assert any("choices 'colours'" in one for one in said)
    assert any("'team' stands twice" in one for one in said)
    assert any("form_id is 'small'" in one for one in said)


def test_a_form_without_its_head_is_refused(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text(
        SMALL.format(row=",text,why,Why?,").replace(",text,station,Station,yes\n", ""), "utf-8"
    )
    with pytest.raises(Faults, match="'station' is not asked"):
        load_forms(tmp_path)


def test_an_installation_lays_a_form_of_its_own_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text(SMALL.format(row=",select_one yes_no,ink,Ink used?,"), "utf-8")
    assert load_forms(tmp_path)["small"].questions["ink"].choices == ("yes",)


def test_a_form_that_cannot_be_compiled_is_named(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    path.write_text(SMALL.format(row=",begin group,open,Never closed,"), "utf-8")
    with pytest.raises(Faults, match=r"small\.csv"):
        xform(path)
