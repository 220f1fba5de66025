"""A mission's facts at the desk, and the acts that revise them."""

from __future__ import annotations

import html
from datetime import UTC, datetime

import pytest
from desks import Desk
from evening import SLUG
from sqlalchemy import Engine

from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.settings import settings

AT = f"/missions/{SLUG}/facts"
WHY = {"why": "Decision 12 <of> the commission."}


@pytest.fixture(autouse=True)
def before_the_election(engine: Engine, mission: str) -> None:
    with begin(engine) as session:
        missions.get(session, mission).simulated_now = datetime(2020, 8, 1, 9, tzinfo=UTC)


def facts(engine: Engine):
    with reading(engine) as session:
        return missions.facts(session, SLUG), missions.get(session, SLUG).state


def test_what_is_recorded_changes_the_facts_and_says_why_below(desk_opened: Desk, engine: Engine) -> None:
    do = desk_opened.coordinator.post
    assert do(f"{AT}/postpone", {"day": "2020-08-19", **WHY}).status_code == 200
    assert str(facts(engine)[0].election_day) == "2020-08-19"
    assert do(f"{AT}/extend", {"minutes": "30", **WHY}).status_code == 200
    assert facts(engine)[0].round_observed.extended_by_minutes == 30
    page = desk_opened.coordinator.get(AT).text
    assert "the voting was moved" in page
    assert "Decision 12 &lt;of&gt; the commission." in page
    assert "<del>2020-08-12</del>" in page
    assert "<ins>2020-08-19</ins>" in page


def test_a_state_joins_and_withdraws(desk_opened: Desk, engine: Engine) -> None:
    joins = {"state": "HU", "quota": "2", "office": "Embassy of Hungary", "email": "embassy@hungary.example", **WHY}
    do = desk_opened.coordinator.post
    assert do(f"{AT}/state-joins", {**joins, "email": "nowhere"}).status_code == 422
    assert do(f"{AT}/state-joins", {**joins, "decides": "hu-1"}).status_code == 200
    assert "HU" in {one.code for one in facts(engine)[0].states}
    assert do(f"{AT}/state-withdraws", {"state": "HU", **WHY}).status_code == 200
    assert "withdrew" in desk_opened.coordinator.get(AT).text


def test_the_observation_is_suspended_the_mission_evacuated_and_resumed(desk_opened: Desk, engine: Engine) -> None:
    for act, state in (("suspend", "suspended"), ("evacuate", "evacuated"), ("resume", "open")):
        assert desk_opened.coordinator.post(f"{AT}/{act}", WHY).status_code == 200
        assert facts(engine)[1] == state


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("postpone", {"day": "2020-08-12"}),
        ("postpone", {"day": "soon"}),
        ("extend", {"minutes": "-5"}),
        ("extend", {"minutes": "30", "station": "nowhere"}),
        ("press-conference", {"to": "2020-08-01T10:00+02:00"}),
        ("round", {"number": "2", "day": "2020-08-26", "press": "2020-08-26T21:00", "earlier": "x"}),
        ("head", {"member": "nobody"}),
        ("state-withdraws", {"state": "XX"}),
        ("suspend", {"why": " "}),
        ("resume", {}),
    ],
)
def test_what_cant_be_is_refused_and_changes_nothing(desk_opened: Desk, engine: Engine, act: str, data: dict) -> None:
    before = facts(engine)
    assert desk_opened.coordinator.post(f"{AT}/{act}", {**WHY, **data}).status_code in {404, 409, 422}
    assert facts(engine) == before


def test_who_reads_sees_no_button(desk_opened: Desk) -> None:
    page = desk_opened.auditor.get(AT)
    assert html.escape("Elections of Deputies of the Senate") in page.text
    assert "facts/postpone" not in page.text
    assert "facts/postpone" in desk_opened.coordinator.get(AT).text


def test_how_links_to_decide_are_secured_is_said_and_changed(
    desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", "https://press.example/")
    settings.cache_clear()
    do, approval = desk_opened.coordinator, f"/missions/{SLUG}/approval"
    for page in (AT, approval):
        assert "approvers decide with the link alone" in do.get(page).text
    assert do.post(f"{AT}/links", {"asks": "nothing", **WHY}).status_code == 422
    refused = do.post(f"{AT}/links", {"asks": "log-in", **WHY})
    assert refused.status_code == 409
    assert "ask your operator" in refused.text
    assert do.post(f"{AT}/links", {"asks": "code", **WHY}).status_code == 200
    assert facts(engine)[0].approval.link_asks == "code"
    for page in (AT, approval):
        assert "approvers decide with the link and a code" in do.get(page).text
    assert "how the links to decide are secured" in do.get(AT).text
    record = do.get(f"/missions/{SLUG}/audit").text
    assert "ask for a code from a letter of its own" in record
    assert desk_opened.auditor.post(f"{AT}/links", {"asks": "nothing", **WHY}).status_code == 403
    assert "facts/links" not in desk_opened.auditor.get(AT).text


def test_links_that_went_are_not_secured_otherwise_while_their_round_is_open(desk_asked: Desk) -> None:
    answer = desk_asked.coordinator.post(f"{AT}/links", {"asks": "code", **WHY})
    assert answer.status_code == 409
    assert "is open: its letters are out" in answer.text
    with reading(desk_asked.engine) as session:
        assert missions.facts(session, SLUG).approval.link_asks == "nothing"
    page = desk_asked.coordinator.get(f"/missions/{SLUG}/approval").text
    assert "can be changed when the round has ended" in page
    assert "Letters to approvers hold no link here" in page
