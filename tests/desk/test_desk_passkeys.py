"""Passkeys: added by their owner, entered by, removed; whatever is wrong with an answer lets nobody in, and is answered
alike."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from authenticator import PRESENT, VERIFIED, Device
from desks import PASSWORD, Browser, browser, people
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from desk.web.app import web
from ieom.acts import accounts as acts
from ieom.acts import challenges, passwords
from ieom.acts import passkeys as key_acts
from ieom.acts.attempts import ATTEMPTS
from ieom.records import accounts, contact_acts, missions, passkeys
from ieom.records.accounts import Account, DeskSession, FailedEntry
from ieom.records.base import begin, reading
from ieom.records.passkeys import Challenge, Passkey
from ieom.settings import settings

SITE = "https://desk.example"
HERE = {"origin": SITE}
NO = "This passkey lets nobody in here"
HASHED = passwords.hashed(PASSWORD)
NONSENSE = ("", "{", "[]", "null", '{"id": 1}', "[" * 15_000, '{"id": "' + "A" * 40 + '"}')


def opened(engine: Engine) -> SimpleNamespace:
    """The desk with a coordinator and a drafter, both with a password."""
    made = people(engine, mission="", roles=("coordinator", "drafter"))
    with begin(engine) as session:
        for row in session.scalars(select(Account)):
            row.password = HASHED
    return SimpleNamespace(engine=engine, app=web(engine), accounts=made)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk has an address of its own."""
    monkeypatch.setenv("IEOM_DESK_URL", f"{SITE}/")
    settings.cache_clear()


@pytest.fixture
def desk(named: None, sqlite: Engine) -> SimpleNamespace:
    return opened(sqlite)


@pytest.fixture
def each(named: None, either: Engine) -> SimpleNamespace:
    """The same over either database."""
    return opened(either)


def stranger(desk: SimpleNamespace) -> TestClient:
    return TestClient(desk.app, base_url=SITE, raise_server_exceptions=False, headers=HERE)


def at_desk(desk: SimpleNamespace, role: str) -> Browser:
    """A browser in which this person has entered."""
    entered = browser(desk.engine, role, desk.accounts[role])
    client = stranger(desk)
    client.cookies.set("__Host-desk", entered.client.cookies["desk"])
    return Browser(client, role)


def asked_to_add(one: Browser, name: str = "My telephone", password: str = PASSWORD) -> Any:
    return one.post("/me/passkeys/options", {"name": name, "password": password})


def added(desk: SimpleNamespace, role: str, device: Device | None = None) -> Device:
    """A device with a passkey for this person."""
    one, made = at_desk(desk, role), device or Device()
    answer = one.post("/me/passkeys", {"answer": made.make(asked_to_add(one).json(), SITE)})
    assert "The passkey &#39;My telephone&#39; is added" in answer.text
    return made


def options(client: TestClient) -> dict[str, Any]:
    return dict(client.post("/enter/passkey/options").json())


def hold(client: TestClient, holder: str) -> None:
    """The browser has this cookie again, and no other."""
    client.cookies.clear()
    client.cookies.set("__Host-entering", holder, domain="desk.example")


def enter(client: TestClient, answer: str) -> Any:
    return client.post("/enter/passkey", data={"answer": answer, "to": "/me"}, follow_redirects=False)


def refused(answer: Any) -> bool:
    return answer.status_code == 422 and NO in answer.text and "__Host-desk" not in answer.headers.get("set-cookie", "")


def test_who_added_a_passkey_enters_by_it_and_it_says_when(each: SimpleNamespace) -> None:
    device = added(each, "coordinator")
    assert "not used yet" in at_desk(each, "coordinator").get("/me").text
    client = stranger(each)
    asked = options(client)
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("desk.example", "required", [])
    answer = enter(client, device.answer(asked, SITE))
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    page = client.get("/me").text
    assert "Mission coordinator" in page
    assert "My telephone" in page
    assert "not used yet" not in page
    with reading(each.engine) as session:
        rows = [(one.act, one.what) for one in contact_acts.links(session)]
    number = each.accounts["coordinator"]
    assert rows[-1] == ("PasskeyAdded", {"account": number, "passkey": 1})


def test_a_device_that_did_not_see_its_owner_is_not_taken(desk: SimpleNamespace) -> None:
    one, device, client = at_desk(desk, "coordinator"), added(desk, "coordinator"), stranger(desk)
    for flags in (PRESENT, VERIFIED, 0):
        answer = one.post("/me/passkeys", {"answer": Device(flags=flags).make(asked_to_add(one).json(), SITE)})
        assert answer.status_code == 422
        assert f"does not fit {SITE}" in answer.text
        device.flags = flags
        assert refused(enter(client, device.answer(options(client), SITE)))


def test_an_answer_made_for_another_site_lets_nobody_in(desk: SimpleNamespace) -> None:
    one, device = at_desk(desk, "coordinator"), Device()
    asked = asked_to_add(one).json()
    assert one.post("/me/passkeys", {"answer": device.make(asked, "https://evil.example")}).status_code == 422
    device = added(desk, "coordinator")
    client = stranger(desk)
    assert refused(enter(client, device.answer(options(client), "https://evil.example")))
    assert refused(enter(client, device.answer({**options(client), "rpId": "evil.example"}, SITE)))


def test_an_answer_is_taken_once_from_the_browser_that_was_asked_and_in_time(
    each: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, client, other = added(each, "coordinator"), stranger(each), stranger(each)
    answer = device.answer(options(client), SITE)
    holder = client.cookies["__Host-entering"]
    options(other)
    assert refused(enter(other, answer))  # what another browser was asked
    assert enter(client, answer).status_code == 303
    hold(client, holder)
    assert refused(enter(client, answer))  # again
    late = device.answer(options(client), SITE)
    now = missions.real_now
    monkeypatch.setattr(missions, "real_now", lambda: now() + challenges.ALIVE)
    assert refused(enter(client, late))


def test_a_wrong_answer_uses_up_what_was_asked(each: SimpleNamespace) -> None:
    device, client = added(each, "coordinator"), stranger(each)
    asked = options(client)
    holder = client.cookies["__Host-entering"]
    assert refused(enter(client, device.answer(asked, SITE, signature="AAAA")))
    hold(client, holder)
    assert refused(enter(client, device.answer(asked, SITE)))
    one, made = at_desk(each, "drafter"), Device()
    asked = asked_to_add(one).json()
    assert one.post("/me/passkeys", {"answer": "{}"}).status_code == 422
    assert one.post("/me/passkeys", {"answer": made.make(asked, SITE)}).status_code == 409


def test_of_one_answer_sent_four_times_at_one_instant_one_enters(each: SimpleNamespace) -> None:
    device, site, together = added(each, "coordinator"), key_acts.Site("desk.example", SITE), threading.Barrier(4)
    with begin(each.engine) as session:
        at = missions.real_now()
        asked = json.loads(key_acts.ask_to_enter(session, holder="one browser", site=site, place="192.0.2.7", at=at))
        before = len(session.scalars(select(DeskSession)).all())
    answer = device.answer(asked, SITE)

    def once(_number: int) -> bool:
        together.wait()
        with begin(each.engine) as session:
            found = key_acts.enter(session, answer=answer, holder="one browser", site=site, at=missions.real_now())
        return found is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(once, range(4))) == [False, False, False, True]
    with reading(each.engine) as session:
        assert len(session.scalars(select(DeskSession)).all()) == before + 1


def test_a_removed_passkey_and_one_of_a_closed_account_let_nobody_in(each: SimpleNamespace) -> None:
    device, other = added(each, "coordinator"), added(each, "drafter")
    owner, client = at_desk(each, "coordinator"), stranger(each)
    assert owner.post("/me/passkeys/2/remove").status_code == 404  # the drafter's
    assert "The passkey is removed" in owner.post("/me/passkeys/1/remove").text
    assert refused(enter(client, device.answer(options(client), SITE)))
    with begin(each.engine) as session:
        acts.close(session, by="desk-1", at=missions.real_now(), account=each.accounts["drafter"])
        assert session.scalars(select(Passkey)).all() == []
    assert refused(enter(client, other.answer(options(client), SITE)))


def test_a_passkey_enters_its_own_account_alone(desk: SimpleNamespace) -> None:
    device, other, client = added(desk, "coordinator"), added(desk, "drafter"), stranger(desk)
    assert device.handle != other.handle
    assert refused(enter(client, device.answer(options(client), SITE, userHandle=other.handle)))
    mixed = json.loads(device.answer(options(client), SITE))
    mixed["id"] = mixed["rawId"] = other.id
    assert refused(enter(client, json.dumps(mixed)))
    thief = at_desk(desk, "drafter")
    again = thief.post("/me/passkeys", {"answer": device.make(asked_to_add(thief).json(), SITE)})
    assert again.status_code == 409
    owner, asked = at_desk(desk, "coordinator"), asked_to_add(thief).json()
    assert owner.post("/me/passkeys", {"answer": Device().make(asked, SITE)}).status_code == 409
    with reading(desk.engine) as session:
        assert [row.account for row in session.scalars(select(Passkey).order_by(Passkey.id))] == list(
            desk.accounts.values()
        )


def test_a_copied_device_is_found_by_its_counter(each: SimpleNamespace) -> None:
    device, client = added(each, "coordinator", Device(counts=True)), stranger(each)
    assert enter(client, device.answer(options(client), SITE)).status_code == 303
    device.counter -= 1
    assert refused(enter(client, device.answer(options(client), SITE)))
    assert enter(client, device.answer(options(client), SITE)).status_code == 303


def test_nonsense_is_answered_like_any_other_passkey(desk: SimpleNamespace) -> None:
    client = stranger(desk)
    for answer in NONSENSE:
        options(client)
        assert refused(enter(client, answer)), answer[:20]


def test_wrong_answers_in_a_passkeys_name_are_counted_against_it_alone(each: SimpleNamespace) -> None:
    device, other, client = added(each, "coordinator"), added(each, "drafter"), stranger(each)
    for _ in range(ATTEMPTS):
        assert refused(enter(client, device.answer(options(client), SITE, signature="AAAA")))
    assert "too many wrong attempts" in enter(client, device.answer(options(client), SITE)).text
    assert enter(client, other.answer(options(client), SITE)).status_code == 303


def test_junk_shuts_nobody_behind_the_same_address_out(each: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delegation's hotel is one address."""
    monkeypatch.setattr(challenges, "MOST", 3 * ATTEMPTS)
    device, client, junk = added(each, "coordinator"), stranger(each), stranger(each)
    for number in range(4 * ATTEMPTS):
        if number % 4 == 0:
            options(junk)  # asked for nobody's passkey; else nothing was asked at all
        assert refused(enter(junk, '{"id": "AAAA", "response": {"userHandle": "AAAA"}}'))
    with reading(each.engine) as session:
        assert session.scalars(select(FailedEntry)).all() == []
    data = {"email": "coordinator@desk.example", "password": PASSWORD}
    assert client.post("/enter", data=data, follow_redirects=False).status_code == 303
    with begin(each.engine) as session:
        at, site = missions.real_now(), key_acts.Site("desk.example", SITE)
        for number in range(challenges.MOST + 5):
            key_acts.ask_to_enter(session, holder=str(number), site=site, place="testclient", at=at)
    assert enter(client, device.answer(options(client), SITE)).status_code == 303
    with begin(each.engine) as session:
        assert len(session.scalars(select(Challenge)).all()) == challenges.MOST - 1, "the oldest went"
        key_acts.ask_to_enter(session, holder="later", site=site, place="192.0.2.7", at=at + timedelta(minutes=6))
        assert len(session.scalars(select(Challenge)).all()) == 1


def test_adding_one_needs_the_password_and_a_name(desk: SimpleNamespace) -> None:
    one = at_desk(desk, "coordinator")
    assert "name the passkey" in asked_to_add(one, name=" ").text.lower()
    assert "is another one; no passkey was added" in asked_to_add(one, password="wrong").text
    for _ in range(ATTEMPTS):
        last = asked_to_add(one, password="wrong")
    assert last.status_code == 409
    assert asked_to_add(one).status_code == 409
    with reading(desk.engine) as session:
        assert session.scalars(select(Passkey)).all() == []


def test_a_passkey_is_named_safely_and_an_administrator_removes_a_lost_one(desk: SimpleNamespace) -> None:
    one, device = at_desk(desk, "coordinator"), Device()
    asked = asked_to_add(one, name="<script>x</script>").json()
    page = one.post("/me/passkeys", {"answer": device.make(asked, SITE)}).text
    assert "<script>x" not in page
    with begin(desk.engine) as session:
        at = missions.real_now()
        row = acts.make(session, by="desk-1", at=at, name="Administrator", email="a@desk.example")
        acts.give_role(session, by="desk-1", at=at, account=row.id, role="administrator")
        desk.accounts["administrator"] = row.id
    administrator, page = at_desk(desk, "administrator"), f"/accounts/{desk.accounts['coordinator']}"
    assert "&lt;script&gt;x" in administrator.get(page).text
    assert at_desk(desk, "drafter").post(f"{page}/passkeys/1/remove").status_code == 403
    assert "nobody enters by it" in administrator.post(f"{page}/passkeys/1/remove").text
    assert "Administrator removes a passkey of the account" in administrator.get("/accounts/log").text
    with reading(desk.engine) as session:
        assert passkeys.of(session, desk.accounts["coordinator"]) == []


@pytest.mark.parametrize(
    ("address", "reached", "offered"),
    [
        ("https://desk.example/", "https://desk.example", True), ("https://desk.example/", "http://127.0.0.1:8000", False),
        ("", "http://localhost:8000", True), ("", "http://127.0.0.1:8000", False),
        ("https://192.0.2.7/", "https://192.0.2.7", False), ("http://desk.example/", "http://desk.example", False),
        ("https://desk.example:x/", "https://desk.example", False),
    ],
)  # fmt: skip
def test_passkeys_are_offered_where_browsers_keep_them(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, address: str, reached: str, offered: bool
) -> None:
    monkeypatch.setenv("IEOM_DESK_URL", address)
    settings.cache_clear()
    client = TestClient(web(sqlite), base_url=reached, headers={"origin": reached})
    assert ("Enter with a passkey" in client.get("/enter").text) is offered
    assert client.post("/enter/passkey/options").status_code == (200 if offered else 409)


def test_another_sites_page_asks_for_nothing(desk: SimpleNamespace) -> None:
    client = stranger(desk)
    assert client.post("/enter/passkey/options", headers={"origin": "https://evil.example"}).status_code == 403
    with reading(desk.engine) as session:
        assert session.scalars(select(Challenge)).all() == []
        assert session.scalars(select(DeskSession)).all() == []
        assert accounts.by_key(session, "coordinator@desk.example") is not None
