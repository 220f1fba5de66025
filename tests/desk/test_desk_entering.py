"""Entering the desk, by password and by a one-time link; and what a stranger is told."""

from __future__ import annotations

import pytest
from desks import PASSWORD, Desk
from evening import SLUG
from sqlalchemy import Engine, select, update
from starlette.testclient import TestClient

from desk.web import asking
from desk.web.app import web
from ieom.acts import accounts as acts
from ieom.records import accounts, missions
from ieom.records.accounts import Account, DeskSession, Grant
from ieom.records.base import begin, reading

HERE = {"origin": "http://testserver"}


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return TestClient(web(engine), raise_server_exceptions=False)


def first(engine: Engine, client: TestClient) -> None:
    with begin(engine) as session:
        token = acts.first_link(session, at=missions.real_now())
    answer = client.post(
        "/enter/link",
        data={"t": token, "name": "Mission coordinator", "email": "Coordinator@Desk.example", "password": PASSWORD, "again": PASSWORD},
        headers=HERE,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def test_the_first_start_makes_one_administrator_by_a_link_that_works_once(engine: Engine, client: TestClient) -> None:
    with begin(engine) as session:
        token = acts.first_link(session, at=missions.real_now())
    assert client.get(f"/enter/link?t={token}").status_code == 200
    data = {"t": token, "name": "One", "email": "one@desk.example", "password": PASSWORD, "again": PASSWORD}
    assert client.post("/enter/link", data=data, headers=HERE).status_code == 200
    assert client.post("/enter/link", data={**data, "email": "two@desk.example"}, headers=HERE).status_code == 404
    with begin(engine) as session:
        assert acts.first_link(session, at=missions.real_now()) is None
        assert [row.email for row in session.scalars(select(Account))] == ["one@desk.example"]


def test_a_password_that_is_no_good_is_said_beside_its_field_and_the_link_stays_good(
    engine: Engine, client: TestClient
) -> None:
    with begin(engine) as session:
        token = acts.first_link(session, at=missions.real_now())
    data = {"t": token, "name": "The <office>", "email": "one@desk.example", "password": PASSWORD, "again": PASSWORD}
    for field, typed, says in (
        ("password", {"password": "short", "again": "short"}, "Choose at least 12 characters"),
        ("again", {"again": PASSWORD + "x"}, "The two passwords differ"),
        ("password", {"password": ""}, "Choose at least 12 characters"),
    ):
        answer = client.post("/enter/link", data={**data, **typed}, headers=HERE)
        assert answer.status_code == 422
        assert f'id="{field}-wrong">{says}' in answer.text
        assert answer.text.count('-wrong">') == 1
        assert 'value="The &lt;office&gt;"' in answer.text
        assert f'name="t" value="{token}"' in answer.text
        assert PASSWORD not in answer.text
    assert client.post("/enter/link", data={**data, "t": "x", "again": ""}, headers=HERE).status_code == 404
    assert client.post("/enter/link", data=data, headers=HERE).status_code == 200


def test_who_has_left_is_a_stranger_again_even_with_the_old_cookie(engine: Engine, client: TestClient) -> None:
    first(engine, client)
    stolen = client.cookies["desk"]
    page = client.get("/").text
    token = page.split('data-token="')[1].split('"')[0]
    client.post("/leave", data={"csrf": token}, headers=HERE)
    client.cookies.set("desk", stolen)
    assert client.get("/", follow_redirects=False).headers["location"] == "/enter?to=/"


def test_address_or_password_is_wrong_and_never_which(engine: Engine, client: TestClient) -> None:
    first(engine, client)
    client.cookies.clear()
    one = client.post("/enter", data={"email": "nobody@desk.example", "password": PASSWORD}, headers=HERE)
    other = client.post("/enter", data={"email": "coordinator@desk.example", "password": "wrong"}, headers=HERE)
    assert one.status_code == other.status_code == 422
    assert one.text.replace("nobody@", "coordinator@") == other.text
    right = client.post(
        "/enter",
        data={"email": "coordinator@desk.example", "password": PASSWORD, "to": "/missions/x"},
        headers=HERE,
        follow_redirects=False,
    )
    assert (right.status_code, right.headers["location"]) == (303, "/missions/x")
    assert "HttpOnly" in right.headers["set-cookie"]
    assert "SameSite=lax" in right.headers["set-cookie"]


def test_guessing_stops_even_with_the_right_password_at_last(engine: Engine, client: TestClient) -> None:
    first(engine, client)
    client.cookies.clear()
    for _ in range(acts.ATTEMPTS):
        client.post("/enter", data={"email": "coordinator@desk.example", "password": "wrong"}, headers=HERE)
    answer = client.post("/enter", data={"email": "coordinator@desk.example", "password": PASSWORD}, headers=HERE)
    assert "too many wrong attempts" in answer.text
    assert "desk" not in client.cookies


def test_guesses_from_elsewhere_keep_nobody_out(engine: Engine, client: TestClient) -> None:
    first(engine, client)
    guesser = TestClient(web(engine), client=("192.0.2.7", 5000))
    for _ in range(acts.ATTEMPTS + 1):
        said = guesser.post("/enter", data={"email": "coordinator@desk.example", "password": "wrong"}, headers=HERE)
    assert "too many wrong attempts" in said.text
    client.cookies.clear()
    data = {"email": "coordinator@desk.example", "password": PASSWORD}
    assert client.post("/enter", data=data, headers=HERE, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("header", ["origin", "referer"])
def test_an_address_that_is_none_comes_from_elsewhere(engine: Engine, client: TestClient, header: str) -> None:
    assert client.post("/enter", data={"email": "a"}, headers={header: "http://["}).status_code == 403


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/[", "http://["]
)
def test_entering_leads_nowhere_else(engine: Engine, client: TestClient, to: str) -> None:
    first(engine, client)
    data = {"email": "coordinator@desk.example", "password": PASSWORD, "to": to}
    assert client.post("/enter", data=data, headers=HERE, follow_redirects=False).headers["location"] == "/"


def test_a_mission_looks_like_nonsense_to_a_stranger(desk_opened: Desk) -> None:
    assert desk_opened.coordinator.get(f"/missions/{SLUG}").status_code == 200
    assert "Who may: approver" in desk_opened.administrator.get(f"/missions/{SLUG}").text
    for path in (f"/missions/{SLUG}", "/missions/nonsense", f"/missions/{SLUG}/now"):
        assert desk_opened.stranger.get(path, follow_redirects=False).status_code == 303
    assert desk_opened.coordinator.get("/missions/nonsense").status_code == 404


def test_holding_is_the_coordinators_and_comes_from_a_page_of_ours(desk_opened: Desk, engine: Engine) -> None:
    path, why = f"/missions/{SLUG}/hold", {"why": "The road is closed <b>today</b>."}
    assert desk_opened.auditor.post(path, why).status_code == 403
    forged = desk_opened.coordinator.client.post(path, data=why, headers={"origin": "https://evil.example"})
    assert forged.status_code == 403
    without = desk_opened.coordinator.client.post(path, data=why, headers=HERE)
    assert without.status_code == 403
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "open"
    held = desk_opened.coordinator.post(path, why)
    assert "The mission is held" in held.text
    assert "closed &lt;b&gt;today" in held.text
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "held"


def test_a_session_that_ended_while_the_form_was_open_does_nothing(desk_opened: Desk, engine: Engine) -> None:
    client = desk_opened.coordinator
    token = client.token()
    with begin(engine) as session:
        for row in session.scalars(select(DeskSession)):
            row.ended_at = missions.real_now()
    answer = client.client.post(f"/missions/{SLUG}/hold", data={"why": "x", "csrf": token}, headers=HERE)
    assert answer.status_code == 401
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "open"


def test_what_is_typed_is_kept_for_its_writer_alone(desk_opened: Desk) -> None:
    place = f"/missions/{SLUG}#-missions-{SLUG}-hold-why"
    answer = desk_opened.coordinator.post("/kept", {"place": place, "text": "Half a </textarea> sentence"})
    assert answer.status_code == 204
    page = desk_opened.coordinator.get(f"/missions/{SLUG}").text
    assert "Half a &lt;/textarea&gt; sentence" in page
    assert "Half a" not in desk_opened.drafter.get(f"/missions/{SLUG}").text
    anew = TestClient(web(desk_opened.engine), cookies=dict(desk_opened.coordinator.client.cookies))
    assert "Half a &lt;/textarea&gt; sentence" in anew.get(f"/missions/{SLUG}").text, (
        "another server, as after a restart"
    )


def test_of_what_is_typed_and_not_sent_the_oldest_go(desk_opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page, typed = f"/missions/{SLUG}", desk_opened.coordinator
    token = typed.token()

    def keep(place: str, text: str) -> int:
        return typed.post("/kept", {"csrf": token, "place": place, "text": text}).status_code

    def kept() -> list[str]:
        with reading(desk_opened.engine) as session:
            return sorted(accounts.kept(session, desk_opened.accounts["coordinator"], "/"))

    with begin(desk_opened.engine) as session:
        accounts.keep_text(session, desk_opened.accounts["coordinator"], "contacts-file:1", "x", at=missions.real_now())
    monkeypatch.setattr(asking, "KEPT_PLACES", 3)
    for number in range(1, 6):
        assert keep(f"{page}#{number}", "Half a sentence") == 204
    assert kept() == [f"{page}#{number}" for number in (3, 4, 5)]
    assert "3 texts are kept" in typed.get("/me").text
    assert keep(f"{page}#3", "A whole one") == 204
    assert keep(f"{page}#6", "Half") == 204
    assert kept() == [f"{page}#{number}" for number in (3, 5, 6)], "what is typed anew is not old"
    monkeypatch.setattr(asking, "KEPT_TEXT", 1_000)
    assert keep(f"{page}#7", "x" * 990) == 204
    assert kept() == [f"{page}#6", f"{page}#7"]
    assert keep(f"{page}#8", "x" * 200_001) == 422, "the longest that is kept at all"
    assert keep("contacts-file:1", "not typed on a page") == 422
    with reading(desk_opened.engine) as session:
        assert accounts.kept_text(session, desk_opened.accounts["coordinator"], "contacts-file:1") == "x"


def test_every_answer_keeps_a_browser_from_doing_more_than_showing_it(desk_opened: Desk) -> None:
    for path in ("/", "/enter", "/nothing", f"/missions/{SLUG}", "/static/desk.css"):
        headers = desk_opened.coordinator.get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_what_was_taken_is_kept_no_longer_and_what_was_refused_is(desk_opened: Desk) -> None:
    place = f"/missions/{SLUG}#-missions-{SLUG}-hold-why"
    desk_opened.coordinator.post("/kept", {"place": place, "text": "Typed some time before it was sent."})
    refused = desk_opened.coordinator.post(f"/missions/{SLUG}/hold", {"why": "", "kept": place})
    assert refused.status_code == 422
    assert "Typed some time" in desk_opened.coordinator.get(f"/missions/{SLUG}").text
    desk_opened.drafter.post("/leave", {"kept": place})
    assert "Typed some time" in desk_opened.coordinator.get(f"/missions/{SLUG}").text, "another's is not touched"
    desk_opened.coordinator.post(f"/missions/{SLUG}/hold", {"why": "Typed some time before.", "kept": place})
    desk_opened.coordinator.post(f"/missions/{SLUG}/go-on", {"why": "It is clear."})
    page = desk_opened.coordinator.get(f"/missions/{SLUG}").text
    assert "It has not been sent" not in page
    assert f'name="kept" value="{place}"' in page


def test_who_must_enter_first_comes_to_the_very_page_asked_for(desk_opened: Desk) -> None:
    to = desk_opened.stranger.get(f"/missions/{SLUG}/statement?edit=voting", follow_redirects=False).headers["location"]
    assert to == f"/enter?to=/missions/{SLUG}/statement%3Fedit%3Dvoting"


def test_a_role_that_a_hand_wrote_into_the_records_lets_nobody_act(desk_opened: Desk, engine: Engine) -> None:
    with begin(engine) as session:
        session.execute(update(Grant).where(Grant.code == "coordinator").values(code="secretary-general"))
    said = desk_opened.coordinator.post(f"/missions/{SLUG}/hold", {"why": "Wait."})
    assert said.status_code == 409
    assert "not in the record of acts" in said.text
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "open"


def test_a_strangers_body_is_small(desk_opened: Desk) -> None:
    data = {"email": "a@b.example", "password": "x" * 200_000}
    answer = desk_opened.stranger.client.post("/enter", data=data, headers={"origin": "http://testserver"})
    assert answer.status_code == 413


def test_a_text_with_a_sign_that_no_record_can_hold_is_refused(desk_opened: Desk, engine: Engine) -> None:
    said = desk_opened.coordinator.post(f"/missions/{SLUG}/hold", {"why": "Wait\x00."})
    assert said.status_code == 422
    assert "a sign that can" in said.text
    with reading(engine) as session:
        assert missions.get(session, SLUG).state == "open"
