"""The deployment at the desk: the plan laid down from tables, check-ins, stops struck, sheets to print."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from ieom.records import missions, teams
from ieom.records.base import begin, reading
from ieom.records.deployment import TeamMember, Visit
from ieom.settings import settings

HERE = f"/missions/{SLUG}/deployment"


def tables() -> dict[str, tuple[str, bytes]]:
    folder = Path(settings().config_dir) / "missions" / SLUG
    named = {"teams_": "teams.csv", "routes": "routes.csv", "check_ins": "checkins.csv"}
    return {field: (name, (folder / name).read_bytes()) for field, name in named.items()}


@pytest.fixture
def desk(desk_asked: Desk) -> Desk:
    return desk_asked


def carried(page: str) -> dict[str, str]:
    """What the preview's own form sends on."""
    form = page[page.index('/deployment/plan/take"') :]
    texts = re.findall(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
    digest = re.search(r'name="digest" value="(\w+)"', form)
    assert digest
    return {name: html.unescape(text) for name, text in texts} | {"digest": digest[1]}


def test_a_plan_is_looked_at_then_laid_down_and_refused_whole_when_a_table_is_wrong(desk: Desk, asked: Engine) -> None:
    same = desk.coordinator.post(f"{HERE}/plan", files=tables()).text
    assert "there is nothing to lay down" in same
    name, data = tables()["teams_"]
    other = {
        **tables(),
        "teams_": (name, data.replace(b"team-2", b"team-7")),
        "routes": ("r.csv", b"team,position,station,form,due\n"),
    }
    other["check_ins"] = ("c.csv", b"team,due\nteam-7,2020-08-12 09:00\n")
    with reading(asked) as session:
        before = [row.code for row in teams.of(session, SLUG)]
        well = {row.team for row in teams.every_check_in(session, SLUG) if row.made_at}
    looked = desk.coordinator.post(f"{HERE}/plan", files=other)
    assert looked.status_code == 422
    assert "team-2 has checked in already and can&#39;t be left out" in looked.text
    assert "team-2" in well
    with begin(asked) as session:
        for row in teams.every_check_in(session, SLUG):
            row.made_at = None
    looked = desk.coordinator.post(f"{HERE}/plan", {"station_choice": "<b>By lot</b>"}, files=other)
    assert looked.status_code == 200
    assert "1 new, 0 changed, 2 unchanged, 1 removed" in looked.text
    assert "4 rows of the plan that stands are not in the table and are removed" in looked.text
    assert "&lt;b&gt;By lot&lt;/b&gt;" in looked.text
    with reading(asked) as session:
        assert [row.code for row in teams.of(session, SLUG)] == before, "nothing is laid down by looking"
    form = carried(looked.text)
    desk.coordinator.post(f"{HERE}/team-1/stops/1/strike", {"why": "the plan changes meanwhile"})
    desk.coordinator.post(f"{HERE}/reassign", {"member": "kg-1", "team": "reserve-1"})
    refused = desk.coordinator.post(f"{HERE}/plan/take", form)
    assert refused.status_code == 409
    assert "have changed since you looked" in refused.text
    form = carried(desk.coordinator.post(f"{HERE}/plan", {"station_choice": "<b>By lot</b>"}, files=other).text)
    assert desk.drafter.post(f"{HERE}/plan/take", form).status_code == 403
    assert "Planned: 3 teams, 0 stops, 1 check-ins" in desk.coordinator.post(f"{HERE}/plan/take", form).text
    with reading(asked) as session:
        assert [row.code for row in teams.of(session, SLUG)] == ["reserve-1", "team-1", "team-7"]
        assert missions.facts(session, SLUG).station_choice == "<b>By lot</b>"
    form = carried(desk.coordinator.post(f"{HERE}/plan", files=tables()).text)
    assert "Planned: 3 teams, 4 stops, 6 check-ins" in desk.coordinator.post(f"{HERE}/plan/take", form).text
    wrong = {**tables(), "teams_": ("teams.csv", b"team,members\nteam-1,nobody-9\n")}
    answer = desk.coordinator.post(f"{HERE}/plan", files=wrong)
    assert answer.status_code == 422
    assert "nobody-9" in answer.text
    page = {**tables(), "routes": ("routes.csv", b"<!doctype html><script>alert(1)</script>")}
    assert "is a web page" in desk.coordinator.post(f"{HERE}/plan", files=page).text
    with reading(asked) as session:
        assert [row.code for row in teams.of(session, SLUG)] == ["reserve-1", "team-1", "team-2"]


def test_a_member_checks_the_own_team_in_and_no_other(desk: Desk, asked: Engine) -> None:
    with begin(asked) as session:
        for row in teams.every_check_in(session, SLUG):
            row.made_at = None
    assert "has not checked in" in desk.auditor.get(HERE).text
    member = desk.delegation_member  # kg-1, of team-1
    assert "Check team-1 in now" in member.get(HERE).text
    assert "Check team-2 in now" not in member.get(HERE).text
    assert member.post(f"{HERE}/team-2/check-in").status_code == 409
    assert desk.press_officer.post(f"{HERE}/team-1/check-in").status_code == 403
    said = member.post(f"{HERE}/team-1/check-in", {"note": "<i>Tired</i>"}).text
    assert "team-1 has checked in" in said
    assert "&lt;i&gt;Tired" in said
    with reading(asked) as session:
        now = missions.now(session, SLUG)
        assert {row.team for row in teams.missed_check_ins(session, SLUG, at=now)} == {"team-2"}


def test_stops_are_struck_and_members_sent_elsewhere_by_the_coordinator(desk: Desk, asked: Engine) -> None:
    assert desk.drafter.post(f"{HERE}/team-1/stops/1/strike", {"why": "no"}).status_code == 403
    assert "is struck" in desk.coordinator.post(f"{HERE}/team-1/stops/1/strike", {"why": "The road is closed"}).text
    assert (
        "az-2 is in team-2 now" in desk.coordinator.post(f"{HERE}/reassign", {"member": "az-2", "team": "team-2"}).text
    )
    with reading(asked) as session:
        assert session.get_one(Visit, (SLUG, "team-1", 1)).struck_why == "The road is closed"
        assert session.get(TeamMember, (SLUG, "team-2", "az-2")) is not None
    sheet = desk.delegation_member.get(f"{HERE}/sheets?team=team-1").text
    assert "4. counting" not in sheet
    assert "2. counting" in sheet
    assert "1. opening" not in sheet
    assert 'id="sheet-team-2"' not in sheet
    assert desk.coordinator.get(f"{HERE}/sheets?team=nonsense").status_code == 404
