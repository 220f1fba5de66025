"""The desk's own routes, asked anything by somebody who coordinates: whatever comes, the desk has an answer."""

from __future__ import annotations

import warnings
from typing import Any

import schemathesis
from desks import people
from evening import SLUG
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from sqlalchemy import Engine
from starlette.testclient import TestClient

from desk.web.app import application, web
from ieom.acts import accounts as acts
from ieom.records import missions
from ieom.records.base import begin

NOT_ASKED = {"/missions/{mission}/changes", "/leave"}
"""Routes whose answer goes on, and the one that ends the session."""
LIGHT = settings(
    max_examples=2, phases=[Phase.generate], database=None, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def test_whatever_a_coordinator_sends_the_desk_has_an_answer(asked: Engine) -> None:
    engine = asked  # the evening: there is something to ask about
    account = people(engine, roles=("coordinator",))["coordinator"]
    with begin(engine) as session:
        cookie, row = acts.begin_session(session, account=account, at=missions.real_now())
    own = {"cookie": f"desk={cookie}", "x-desk-token": row.csrf, "origin": "http://testserver"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an operation that FastAPI names twice
        schema = schemathesis.openapi.from_dict(application(engine).openapi())
    broken: list[str] = []
    answers: list[int] = []

    def ask(client: TestClient, case: Case) -> None:
        for name, value in (case.path_parameters or {}).items():
            if name == "mission":
                case.path_parameters[name] = SLUG
            elif isinstance(value, int) and len(answers) % 2:
                case.path_parameters[name] = 1
        told: dict[str, Any] = case.as_transport_kwargs(base_url="http://testserver")
        if isinstance(told.get("data"), str | bytes):
            told["content"] = told.pop("data")
        kept = {
            name: told[name] for name in ("params", "data", "content", "json", "files") if told.get(name) is not None
        }
        kind = {name: said for name, said in dict(told.get("headers") or {}).items() if name.lower() == "content-type"}
        answer = client.request(told["method"], told["url"], headers={**kind, **own}, follow_redirects=False, **kept)
        answers.append(answer.status_code)
        if answer.status_code >= 500:
            broken.append(f"{told['method']} {told['url']} {kept}: {answer.status_code}")

    with TestClient(web(engine), raise_server_exceptions=False) as client:
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path not in NOT_ASKED:
                LIGHT(given(case=operation.as_strategy())(lambda case: ask(client, case)))()
    assert not broken, "\n".join(broken)
    assert answers.count(200) > 20
    assert 401 not in answers
