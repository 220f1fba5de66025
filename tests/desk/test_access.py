"""Who may call what: every route of the desk is walked with every role and with none, against the one table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from desks import PEOPLE, Desk, every
from evening import SLUG
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from desk.web.access import FOR_ALL, MAY, ForAll, Open
from desk.web.app import application, web
from desk.web.asking import Guarded
from ieom.acts import accounts as acts
from ieom.records import missions
from ieom.records.base import begin
from ieom.rules.roles import Role

OTHERS = "another-mission"


def routes(engine: Engine) -> Iterator[tuple[str, str]]:
    """Every method and path that the application answers to."""
    for route in every(application(engine)):
        for method in sorted(getattr(route, "methods", None) or {"ANY"}):
            yield method, getattr(route, "path", str(route))


def address(path: str) -> str:
    """A path with something in the place of each parameter."""
    parts = [SLUG if part == "{mission}" else "1" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_every_route_stands_in_the_table_and_the_table_names_no_other(engine: Engine) -> None:
    assert {f"{method} {path}" for method, path in routes(engine)} == set(MAY)


def test_every_route_is_guarded(engine: Engine) -> None:
    assert [route for route in every(application(engine)) if not isinstance(route, Guarded)] == []


def test_a_route_that_the_table_does_not_name_is_answered_to_nobody(
    desk_opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk_opened.administrator.get("/accounts").status_code == 200
    monkeypatch.delitem(MAY, "GET /accounts")
    assert desk_opened.administrator.get("/accounts").status_code == 404


@dataclass
class Bare:
    """The desk with all that guards it, and nothing behind: a route that lets in answers 'in', whatever it would have
    done."""

    app: ASGIApp
    cookies: dict[str, str]
    tokens: dict[str, str]

    def ask(self, *questions: tuple[str, str, str, dict[str, str]]) -> list[httpx.Response]:
        """The answers to many at once (by role, '' being nobody; method; path; headers), asked from the desk's own page.
        In one loop: a thousand requests through `TestClient` take a quarter of a minute."""

        async def all_() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return [
                    await client.request(method, address(path), headers={**self._own(role), **headers})
                    for role, method, path, headers in questions
                ]

        return asyncio.run(all_())

    def _own(self, role: str) -> dict[str, str]:
        own = {"cookie": f"desk={self.cookies[role]}", "x-desk-token": self.tokens[role]} if role else {}
        return {"origin": "http://testserver", **own}


@pytest.fixture
def bare(desk_opened: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Bare:
    async def lets_in(request: Request) -> Response:
        return Response("in", media_type="text/plain")

    def nothing(route: APIRoute) -> Callable[[Request], Awaitable[Response]]:
        return lets_in

    monkeypatch.setattr(APIRoute, "get_route_handler", nothing)
    cookies, tokens = {}, {}
    with begin(engine) as session:
        for role, account in desk_opened.accounts.items():
            cookies[role], row = acts.begin_session(session, account=account, at=missions.real_now())
            tokens[role] = row.csrf
        for kind in sorted(set.union(*(set(who) for who in MAY.values() if isinstance(who, ForAll)))):
            at, code = missions.real_now(), "" if kind is Role.ADMINISTRATOR else f"{kind}-for-all"
            row = acts.make(session, by="desk-1", at=at, name=kind, email=f"{kind}@all.example")
            acts.give_role(session, by="desk-1", at=at, account=row.id, role=kind, code=code)
            cookies[f"{kind} for all"], entered = acts.begin_session(session, account=row.id, at=at)
            tokens[f"{kind} for all"] = entered.csrf
    return Bare(web(engine), cookies, tokens)


def test_every_route_with_every_role_and_with_none(bare: Bare, engine: Engine) -> None:
    questions = [(role, method, path, {}) for method, path in routes(engine) for role in ("", *PEOPLE)]
    wrong = []
    for (role, method, path, _), answer in zip(questions, bare.ask(*questions), strict=True):
        who = MAY[f"{method} {path}"]
        may = who is Open.ANYBODY or (bool(role) and (who is Open.ENTERED or Role(role) in who))
        if f"{method} {path}" in FOR_ALL:  # all but the administrator have their role in one mission
            may = role == "administrator" and not isinstance(who, Open) and Role.ADMINISTRATOR in who
        wanted = 200 if may else 403 if role else 303 if method == "GET" else 401
        if answer.status_code != wanted or (answer.text == "in") is not may:
            wrong.append(f"{method} {path} as {role or 'nobody'}: {answer.status_code}, not {wanted}")
    assert wrong == []


def test_what_is_every_missions_needs_the_role_for_all(bare: Bare, engine: Engine) -> None:
    for_all = [route.split(" ") for route in sorted(FOR_ALL)]
    roles = [role for role in bare.cookies if role.endswith(" for all")]
    questions = [(role, method, path, {}) for method, path in for_all for role in roles]
    wrong = [
        f"{method} {path} as {role}: {answer.status_code}"
        for (role, method, path, _), answer in zip(questions, bare.ask(*questions), strict=True)
        if (answer.text == "in") is not (Role(role.removesuffix(" for all")) in MAY[f"{method} {path}"])
    ]
    assert wrong == []
    assert {path for method, path in for_all if method == "POST"} >= {
        f"/media/contacts/{{number}}{act}" for act in ("", "/leave", "/suppress", "/lift", "/forget")
    }


def test_every_act_is_refused_from_another_origin_and_without_the_sessions_token(bare: Bare, engine: Engine) -> None:
    questions = []
    for method, path in routes(engine):
        who = MAY[f"{method} {path}"]
        if method == "GET":
            continue
        role = "coordinator" if isinstance(who, Open) else str(min(who))
        role = f"{role} for all" if f"{method} {path}" in FOR_ALL else role
        questions.append((role, method, path, {"origin": "https://evil.example"}))
        if who is not Open.ANYBODY:
            questions.append((role, method, path, {"x-desk-token": "stale"}))
    answers = zip(questions, bare.ask(*questions), strict=True)
    assert [(path, headers) for (_, _, path, headers), answer in answers if answer.status_code != 403] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"x-desk-token": ""},
        {"origin": "http://testserver.evil.example"}, {"origin": "http://testserver:8080"},
    ],
)  # fmt: skip
def test_what_a_page_elsewhere_can_send_changes_nothing(bare: Bare, headers: dict[str, str]) -> None:
    ours, elsewhere, anothers = bare.ask(
        ("administrator", "POST", "/accounts", {}),
        ("administrator", "POST", "/accounts", headers),
        ("administrator", "POST", "/accounts", {"x-desk-token": bare.tokens["auditor"]}),
    )
    assert (ours.text, elsewhere.status_code, anothers.status_code) == ("in", 403, 403)


def test_somebody_of_another_mission_is_told_no_more_than_that_nothing_is_there(
    bare: Bare, desk_opened: Desk, engine: Engine
) -> None:
    with begin(engine) as session:
        at = missions.real_now()
        row = acts.make(session, by="desk-1", at=at, name="Elsewhere", email="elsewhere@desk.example")
        session.add(acts.Grant(account=row.id, mission=OTHERS, role=Role.COORDINATOR, code="coordinator"))
        bare.cookies["other"], entered = acts.begin_session(session, account=row.id, at=at)
        bare.tokens["other"] = entered.csrf
    questions = [
        ("other", method, path, {})
        for method, path in routes(engine)
        if "{mission}" in path and not isinstance(MAY[f"{method} {path}"], Open)
    ]
    assert {answer.status_code for answer in bare.ask(*questions)} == {404}


def test_the_auditor_changes_nothing_and_the_administrator_reads_no_missions_papers() -> None:
    for route, who in MAY.items():
        if isinstance(who, Open):
            continue
        assert route.startswith("GET ") or Role.AUDITOR not in who, route
        assert "/missions/{mission}" not in route or Role.ADMINISTRATOR not in who, route
    assert set(PEOPLE) == set(Role)


def test_what_nobody_needs_a_role_for_is_little() -> None:
    """A route that joins these is one that a stranger calls: look at it twice."""
    strangers = {route for route, who in MAY.items() if who is Open.ANYBODY}
    assert {route.split("/")[1] for route in strangers} <= {"static", "enter", "decide", "nominate", "mail"}


def test_behind_tls_cookies_are_secure_and_browsers_are_told_to_stay_with_it(engine: Engine, desk_opened: Desk) -> None:
    with begin(engine) as session:
        token = acts.entry_link(session, by="desk-1", account=desk_opened.accounts["drafter"], at=missions.real_now())
    client = TestClient(web(engine), base_url="https://desk.example")
    chosen = {"t": token, "password": "a few words to remember", "again": "a few words to remember"}
    here = {"origin": "https://desk.example"}
    answer = client.post("/enter/link", data=chosen, headers=here, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-desk=")
    for flag in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert client.get("/me").status_code == 200
    plain = TestClient(web(engine))
    assert "strict-transport-security" not in plain.get("/enter").headers
    plain.cookies.set("__Host-desk", client.cookies["__Host-desk"])
    assert plain.get("/me", follow_redirects=False).status_code == 303


def test_no_page_runs_what_is_not_ours(desk_opened: Desk) -> None:
    policy = desk_opened.administrator.get("/accounts").headers["content-security-policy"]
    rules = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["form-action"] == rules["frame-ancestors"] == "'self'"
    assert "unsafe" not in policy
