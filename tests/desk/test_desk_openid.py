"""Entering by an account at the organisation's OpenID provider, a real one on a port: who is let in, and everything that is
refused, each with its own sentence and nobody entered."""

from __future__ import annotations

import html
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from browsers import served
from desks import Browser, people
from desks import browser as entered_browser
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from provider import CLIENT, SECRET, Provider, provided
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from desk.web.app import web
from ieom.acts import accounts as acts
from ieom.acts import challenges
from ieom.records import contact_acts, missions
from ieom.records.accounts import Account, DeskSession
from ieom.records.base import begin, reading
from ieom.records.passkeys import OpenIdSubject
from ieom.settings import settings

SITE = "https://desk.example"
PERSON = {"sub": "0815", "email": "coordinator@desk.example", "email_verified": True}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provided() as made:
        yield made


@pytest.fixture
def provider(running: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The provider as it is when nothing is wrong, named in the settings."""
    for one in fields(Provider):
        if one.name not in {"issuer", "codes", "asked"}:
            value = one.default_factory() if callable(one.default_factory) else one.default
            setattr(running, one.name, value)
    running.person = dict(PERSON)
    told = {
        "OIDC_ISSUER": running.issuer,
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET,
        "DESK_URL": f"{SITE}/",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"IEOM_{name}", value)
    settings.cache_clear()
    return running


def opened(engine: Engine) -> SimpleNamespace:
    made = people(engine, mission="", roles=("administrator", "coordinator", "drafter"))
    return SimpleNamespace(engine=engine, app=web(engine), accounts=made)


@pytest.fixture
def desk(provider: Provider, sqlite: Engine) -> SimpleNamespace:
    return opened(sqlite)


@pytest.fixture
def each(provider: Provider, either: Engine) -> SimpleNamespace:
    return opened(either)


def stranger(desk: SimpleNamespace) -> TestClient:
    return TestClient(desk.app, base_url=SITE, raise_server_exceptions=False)


def sent(client: TestClient, to: str = "/me") -> str:
    """Where the desk sends a browser."""
    page = client.post("/enter/openid", data={"to": to}, headers={"origin": SITE}).text
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def came(address: str) -> str:
    """Where the provider sends it back."""
    return httpx.get(address).headers["location"]


def hold(client: TestClient, holder: str) -> None:
    """The browser has this cookie again, and no other."""
    client.cookies.clear()
    client.cookies.set("__Host-openid", holder, domain="desk.example")


def enter(client: TestClient) -> Any:
    return client.get(came(sent(client)), follow_redirects=False)


def nobody(desk: SimpleNamespace, answer: Any) -> bool:
    with reading(desk.engine) as session:
        none = session.scalars(select(DeskSession)).all() == []
    return bool(none and answer.status_code == 422 and "__Host-desk" not in answer.headers.get("set-cookie", ""))


def test_who_has_an_account_enters_and_is_bound_the_first_time(each: SimpleNamespace, provider: Provider) -> None:
    client = stranger(each)
    assert "Enter by 127.0.0.1" in client.get("/enter?to=/me").text
    for _ in range(2):
        answer = enter(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
        assert "Mission coordinator" in client.get("/me").text
        client.cookies.clear()
    number = each.accounts["coordinator"]
    with reading(each.engine) as session:
        bound = session.scalars(select(OpenIdSubject)).all()
        assert [(one.account, one.issuer, one.subject) for one in bound] == [(number, provider.issuer, "0815")]
        head = contact_acts.head(session)
        assert head is not None
        assert (head.act, head.by) == ("OpenIdBound", f"desk-{number}")
        assert "0815" not in str(head.what)


def test_the_address_may_come_from_userinfo_of_the_same_person(desk: SimpleNamespace, provider: Provider) -> None:
    provider.userinfo = True
    assert enter(stranger(desk)).status_code == 303
    provider.bend = lambda claims: claims.update(sub="another")
    answer = enter(stranger(desk))
    assert answer.status_code == 422
    assert "speaks of two persons" in answer.text


def other_claims(**claims: Any) -> Callable[[Provider], None]:
    def bent(provider: Provider) -> None:
        provider.bend = lambda found: found.update(claims)

    return bent


def without(name: str) -> Callable[[Provider], None]:
    def bent(provider: Provider) -> None:
        provider.bend = lambda found: found.pop(name)

    return bent


def signed(key: str, **header: str) -> Callable[[Provider], None]:
    def bent(provider: Provider) -> None:
        provider.key, provider.header = getattr(provider, key), {"kid": "one", **header}

    return bent


def person(**claims: Any) -> Callable[[Provider], None]:
    return lambda provider: provider.person.update(claims)


WRONG = {
    "nonce": (other_claims(nonce="of another browser"), "answers another question than this browser"),
    "no nonce": (without("nonce"), "answers another question than this browser"),
    "audience": (other_claims(aud="another site"), "was made for another site"),
    "audiences": (other_claims(aud=[CLIENT, "another site"]), "was made for another site"),
    "audience, we the party": (other_claims(aud="another site", azp=CLIENT), "was made for another site"),
    "issuers": (lambda one: other_claims(iss=[one.issuer, "https://evil.example"])(one), "comes from another provider"),
    "issuer": (other_claims(iss="https://evil.example"), "comes from another provider"),
    "no issuer": (without("iss"), "comes from another provider"),
    "run out": (other_claims(exp=int(time.time()) - 3600), "has run out"),
    "no end": (without("exp"), "has run out"),
    "another's key": (signed("other", alg="RS256"), "is not signed by its provider"),
    "our own secret": (signed("shared", alg="HS256"), "is not signed by its provider"),
    "alg none": (signed("own", alg="none"), "is not signed by its provider"),
    "unverified": (person(email_verified=False), "has not verified your e-mail address"),
    "not said": (person(email_verified="yes"), "has not verified your e-mail address"),
    "no address": (person(email=""), "has not verified your e-mail address"),
    "no account": (
        person(email="stranger@desk.example"),
        "no account at the desk has the address stranger@desk.example",
    ),
}


def test_whatever_is_wrong_is_said_and_nobody_enters(desk: SimpleNamespace, provider: Provider) -> None:
    for name, (bend, says) in WRONG.items():
        provider.bend, provider.key, provider.person = lambda claims: None, None, dict(PERSON)
        provider.header = {"alg": "RS256", "kid": "one"}
        bend(provider)
        answer = enter(stranger(desk))
        assert nobody(desk, answer), name
        assert says in html.unescape(answer.text).replace("No account", "no account"), name
    with reading(desk.engine) as session:
        assert session.scalars(select(OpenIdSubject)).all() == []
        assert len(session.scalars(select(Account)).all()) == 3


def test_an_answer_is_taken_once_by_the_browser_that_asked_in_time(
    each: SimpleNamespace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "took too long, was used already, or began in another browser"
    client, thief = stranger(each), stranger(each)
    back = came(sent(client))
    assert nobody(each, answer := thief.get(back, follow_redirects=False)), "another browser"
    assert said in answer.text
    sent(thief)
    assert nobody(each, thief.get(back, follow_redirects=False)), "another browser's state"
    holder = client.cookies["__Host-openid"]
    wrong = client.get(re.sub("state=[^&]+", "state=altered", back), follow_redirects=False)
    assert nobody(each, wrong)
    assert said in wrong.text
    hold(client, holder)
    assert nobody(each, client.get(back, follow_redirects=False)), "used up by the wrong state"
    late = came(sent(client))
    now = missions.real_now
    with monkeypatch.context() as patch:
        patch.setattr(missions, "real_now", lambda: now() + challenges.ALIVE)
        assert nobody(each, client.get(late, follow_redirects=False))
    right = came(sent(client))
    holder = client.cookies["__Host-openid"]
    assert client.get(right, follow_redirects=False).status_code == 303
    hold(client, holder)
    again = client.get(right, follow_redirects=False)
    assert (again.status_code, said in again.text) == (422, True)


def test_a_code_that_was_used_or_made_up_is_not_taken(desk: SimpleNamespace, provider: Provider) -> None:
    client = stranger(desk)
    back = came(sent(client))
    answer = client.get(re.sub("code=[^&]+", "code=altered", back), follow_redirects=False)
    assert nobody(desk, answer)
    assert "does not take back what it gave this browser" in answer.text
    refused = came(sent(client)).replace("code=", "error=access_denied&no=")
    assert "has let nobody in" in client.get(refused, follow_redirects=False).text
    mixed = came(sent(client)) + "&iss=https://evil.example"
    assert "comes from another provider" in client.get(mixed, follow_redirects=False).text


def test_a_closed_account_and_another_person_with_its_address_stay_out(
    desk: SimpleNamespace, provider: Provider
) -> None:
    assert enter(stranger(desk)).status_code == 303
    provider.person["sub"] = "4711"
    answer = enter(stranger(desk))
    assert (answer.status_code, "is another person" in answer.text) == (422, True)
    provider.person.update(sub="0815", email="drafter@desk.example")
    answer = enter(stranger(desk))
    assert (answer.status_code, "has another account" in answer.text) == (422, True)
    with begin(desk.engine) as session:
        acts.close(session, by="desk-1", at=missions.real_now(), account=desk.accounts["coordinator"])
        assert session.scalars(select(OpenIdSubject)).all() == []
    provider.person = dict(PERSON)
    answer = enter(stranger(desk))
    assert (answer.status_code, "No account at the desk" in answer.text) == (422, True)


def test_an_administrator_says_whose_an_account_is(desk: SimpleNamespace, provider: Provider) -> None:
    made = entered_browser(desk.engine, "administrator", desk.accounts["administrator"])
    client = stranger(desk)
    client.cookies.set("__Host-desk", made.client.cookies["desk"])
    administrator, page = Browser(client, "administrator"), f"/accounts/{desk.accounts['coordinator']}"
    assert "nobody's there yet" in html.unescape(administrator.get(page).text)
    assert "is that person" in administrator.post(f"{page}/openid", {"subject": "4711"}).text
    assert "one person's there, since" in html.unescape(administrator.get(page).text)
    assert enter(stranger(desk)).status_code == 422
    assert administrator.post(f"{page}/openid", {"subject": "x" * 256}).status_code == 422
    assert "nobody's until" in html.unescape(administrator.post(f"{page}/openid", {"subject": ""}).text)
    assert enter(stranger(desk)).status_code == 303
    log = html.unescape(administrator.get("/accounts/log").text)
    assert "says that the account 'Mission coordinator' is nobody's yet" in log


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)  # fmt: skip
def test_a_provider_that_describes_itself_wrongly_is_gone_to_by_nobody(
    desk: SimpleNamespace, provider: Provider, says: dict[str, Any]
) -> None:
    provider.says = says
    answer = stranger(desk).post("/enter/openid", headers={"origin": SITE})
    assert (answer.status_code, "does not answer as a log-in does" in answer.text) == (422, True)
    assert "http-equiv" not in answer.text


def test_one_that_is_away_is_said_and_the_password_works_on(
    desk: SimpleNamespace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # listens to nobody
        monkeypatch.setenv("IEOM_OIDC_ISSUER", f"http://127.0.0.1:{taken.getsockname()[1]}")
        settings.cache_clear()
        answer = stranger(desk).post("/enter/openid", headers={"origin": SITE})
    assert (answer.status_code, "does not answer as a log-in does" in answer.text) == (422, True)
    assert 'name="password"' in answer.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", ""), ("OIDC_CLIENT_ID", ""), ("OIDC_CLIENT_SECRET", ""), ("OIDC_ISSUER", "http://login.example"),
        ("DESK_URL", "https://another.example/"),
    ],
)  # fmt: skip
def test_it_is_offered_only_where_it_is_wholly_set(
    desk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"IEOM_{name}", value)
    settings.cache_clear()
    client = stranger(desk)
    assert "log-in" not in client.get("/enter").text
    assert client.post("/enter/openid", headers={"origin": SITE}).status_code == 404
    assert client.get("/enter/openid/back").status_code == 404


def test_settings_say_what_is_missing_and_no_secret(desk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    made = entered_browser(desk.engine, "administrator", desk.accounts["administrator"])
    page = made.get("/settings").text
    assert f"{SITE}/enter/openid/back" in page
    assert SECRET not in page
    partly = "it is set up in part only; ask your operator to finish it"
    assert partly not in page
    assert "IEOM_OIDC_CLIENT_ID" not in page
    monkeypatch.setenv("IEOM_OIDC_CLIENT_ID", "")
    settings.cache_clear()
    page = made.get("/settings").text
    assert partly in page
    assert "IEOM_OIDC_CLIENT_ID" in page, "the operator is told which"


@pytest.mark.chromium
@pytest.mark.timeout(400)
def test_one_enters_so_in_a_browser(
    sqlite: Engine, provider: Provider, browser: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(sqlite, mission="", roles=("coordinator",))
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    base = f"http://localhost:{taken.getsockname()[1]}"
    monkeypatch.setenv("IEOM_DESK_URL", f"{base}/")
    settings.cache_clear()
    with served(web(sqlite), taken):
        context = browser.new_context(viewport={"width": 390, "height": 850})
        page = context.new_page()
        page.goto(f"{base}/enter?to=/me")
        page.get_by_role("button", name="Enter by 127.0.0.1").click()
        page.wait_for_url(f"{base}/me")
        expect(page.get_by_role("heading", name="Mission coordinator")).to_be_visible()
        context.close()
    assert "/authorize" in provider.asked
