"""The example's acts are what the acts of people really take, at times that can be."""

import importlib
import inspect
import json

import pytest

from desk.rehearsal import ScriptedAct, script
from ieom.folder import read
from ieom.folder.forms import load_forms
from ieom.rules.checks import Seen, flags
from ieom.rules.submissions import normal
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
ACTS = script(read(EXAMPLE))


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.number}-{act.do}")
def test_each_act_is_one_that_a_person_can_do(act: ScriptedAct) -> None:
    room, _, name = act.do.partition(".")
    function = getattr(importlib.import_module(f"ieom.acts.{room}"), name)
    inspect.signature(function).bind(None, "mission", by=act.by, at=act.at, ref=act.ref, **act.arguments)


def test_whoever_acts_is_in_the_mission() -> None:
    folder = read(EXAMPLE)
    known = {row.code for row in folder.delegation} | {office.code for office in folder.facts.offices}
    assert {act.by for act in ACTS} <= known


def test_the_mission_is_lived_from_the_invitation_to_the_evening_of_election_day_and_the_badges_return() -> None:
    folder = read(EXAMPLE)
    assert ACTS[0].do == "correspondence.received"
    assert ACTS[0].at.date() == folder.facts.invitation.received_on


def test_the_observers_forms_are_in_order_and_without_a_flag() -> None:
    folder = read(EXAMPLE)
    stations, teams = {row.code for row in folder.stations}, {row.team for row in folder.teams}
    files = sorted((EXAMPLE / "submissions").glob("*.json"))
    assert len(files) == len(folder.routes)
    for file in files:
        form, wrong = normal(json.loads(file.read_text("utf-8")), load_forms(), stations=stations, teams=teams)
        assert wrong == (), file.name
        assert form is not None
        seen = Seen(form.instance_id, form.form, form.team, form.station, form.arrived_at, form.departed_at,
                    dict(form.answers))  # fmt: skip
        assert flags(seen) == [], file.name
        assert any(
            (stop.team, stop.station, stop.form) == (form.team, form.station, form.form) for stop in folder.routes
        )
