"""A page that is written once for many readers: each sees the own name, has the own token, and no other's words or buttons."""

from __future__ import annotations

import re

import pytest
from desks import Browser, Desk
from evening import SLUG
from sqlalchemy import Engine, event, select
from starlette.testclient import TestClient

from desk.web.app import web
from ieom.acts import accounts as acts
from ieom.records import missions
from ieom.records.accounts import Grant
from ieom.records.base import begin
from ieom.rules.roles import Role

PAGES = [f"/missions/{SLUG}", f"/missions/{SLUG}/statement", f"/missions/{SLUG}/observation"]


@pytest.fixture
def readers(desk_asked: Desk) -> dict[str, Browser]:
    """Browsers at one desk: two observers, one of whose names is not plain, a coordinator and the head of mission."""
    engine, at = desk_asked.engine, missions.real_now()
    made = {"observer": desk_asked.accounts["delegation_member"], **desk_asked.accounts}
    with begin(engine) as session:
        row = acts.make(session, by="desk-1", at=at, name='Observer <2> & "more"', email="observer.2@desk.example")
        acts.give_role(
            session, by="desk-1", at=at, account=row.id, role=Role.DELEGATION_MEMBER, mission=SLUG, code="kg-2"
        )
        made["other"] = row.id
        tokens = {
            who: acts.begin_session(session, account=made[who], at=at)[0]
            for who in ("observer", "other", "coordinator", "head_of_mission")
        }
    app, found = web(engine), {}
    for who, token in tokens.items():
        found[who] = Browser(TestClient(app), who)
        found[who].client.cookies.set("desk", token)
    return found


def tokens_of(page: str) -> set[str]:
    return set(re.findall(r'(?:name="csrf" value|data-token)="([^"]*)"', page))


@pytest.mark.parametrize("path", PAGES)
def test_each_reader_has_the_own_name_and_token(readers: dict[str, Browser], path: str) -> None:
    first, second = readers["observer"].get(path).text, readers["other"].get(path).text
    again = readers["observer"].get(path).text
    assert '<a href="/me">Observer</a>' in first
    assert '<a href="/me">Observer &lt;2&gt; &amp; &#34;more&#34;</a>' in second
    assert len(tokens_of(first)) == len(tokens_of(second)) == 1
    assert tokens_of(first) != tokens_of(second)
    assert again == first


@pytest.mark.parametrize("path", PAGES)
def test_a_page_looked_at_again_asks_for_little(readers: dict[str, Browser], asked: Engine, path: str) -> None:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    readers["observer"].get(path)
    event.listen(asked, "before_cursor_execute", note)
    readers["other"].get(path)
    event.remove(asked, "before_cursor_execute", note)
    assert len(said) <= 5, said


def test_the_buttons_are_those_of_the_readers_roles(readers: dict[str, Browser]) -> None:
    for path, act, who in [
        (PAGES[0], "/hold", "coordinator"),
        (PAGES[1], "/statement/draft", "coordinator"),
        (PAGES[2], "/observation/enter", "coordinator"),
    ]:
        for looks in ("observer", who, "other", who):
            assert (act in readers[looks].get(path).text) == (looks == who), (path, looks)


def test_what_only_the_head_of_mission_does_is_shown_to_nobody_else(readers: dict[str, Browser]) -> None:
    for looks in ("coordinator", "head_of_mission", "coordinator"):
        page = readers[looks].get(PAGES[1]).text
        assert ("/statement/attest" in page) == (looks == "head_of_mission"), looks


def test_words_begun_and_what_was_just_done_are_shown_to_one_alone(readers: dict[str, Browser]) -> None:
    coordinator, observer = readers["coordinator"], readers["observer"]
    place = f"{PAGES[1]}#en-voting-comment"
    coordinator.post("/kept", {"place": place, "text": "Only I have typed this."}, page=PAGES[1])
    assert "Only I have typed this." in coordinator.get(PAGES[1]).text
    assert "Only I have typed this." not in observer.get(PAGES[1]).text
    done = coordinator.post(f"{PAGES[0]}/hold", {"why": "Wait."}, page=PAGES[0])
    assert "The mission is held: no letter leaves" in done.text
    assert "The mission is held: no letter leaves" not in observer.get(PAGES[0]).text
    assert "The mission is held: no letter leaves" not in coordinator.get(PAGES[0]).text


def test_a_reader_whose_role_was_taken_sees_no_page(readers: dict[str, Browser], desk_asked: Desk) -> None:
    assert readers["other"].get(PAGES[0]).status_code == 200
    with begin(desk_asked.engine) as session:
        given = session.scalars(select(Grant).where(Grant.code == "kg-2")).one()
        acts.take_role(session, by="desk-1", at=missions.real_now(), grant=given.id)
    assert readers["other"].get(PAGES[0]).status_code == 404
