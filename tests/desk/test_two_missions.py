"""Two missions in one desk: whoever has a part in one alone does nothing in the other; and whoever has one in both finds
nothing of the other in the paths and forms of the one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from conftest import EXAMPLE
from desks import PEOPLE, Browser, browser, every, people
from evening import SLUG, at
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import Engine, select

from desk.web.access import MAY
from desk.web.app import application
from ieom.acts import accounts, nomination_links, rehearsing, vault
from ieom.folder import open_mission, read
from ieom.records import missions, schema
from ieom.records.base import begin, reading
from ieom.rules.roles import Role

OWN = "another-mission"
SHAPES = {"number", "hash", "code", "paper", "form"}


def shape(name: str) -> str:
    return (
        "number" if name.isdecimal() else "hash" if re.fullmatch("[0-9a-f]{24,64}", name) else
        "form" if name.startswith("uuid:") else "paper" if re.fullmatch(r"[A-Z]+\d\d[/-]\d+", name) else "code"
    )  # fmt: skip


def named(engine: Engine, mission: str) -> set[str]:
    """What a mission's objects are called: whatever of its rows can stand in a path or choose something in a form."""
    found: set[str] = set()
    with reading(engine) as session:
        for table in schema.metadata.sorted_tables:
            for column in table.columns if "mission" in table.columns and table.name != "audit_rows" else ():
                if column.name in {*NAMES, *(one.name for one in table.primary_key.columns)} - {"mission"}:
                    rows = session.scalars(select(column).where(table.columns["mission"] == mission))
                    found |= {str(one) for one in rows if isinstance(one, int | str)}
    return {one.replace("/", "-") if shape(one) == "paper" else one for one in found if one}


NAMES = {"number", "code", "instance_id", "contact", "digest", "member", "paragraph", "sha256", "key"}
"""Columns that name something, beside those of the primary key."""


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Every row of the other mission."""
    with reading(engine) as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table).where(table.columns["mission"] == SLUG))))
            for table in schema.metadata.sorted_tables
            if "mission" in table.columns and table.name != "grants"
        }


def filled(dependant: Dependant, name: str) -> Iterator[tuple[str, str]]:
    """Something for every field that a form has; what can name an object names this one."""
    for field in dependant.body_params:
        kind = field.field_info.annotation
        kind = next((one for one in get_args(kind) if one is not type(None)), kind) if get_origin(kind) else kind
        plain = "1" if kind in {int, float} else "true" if kind is bool else "something"
        yield field.alias, name if field.alias in CHOOSES else plain


KINDS = {
    "number": "number", "letters": "number", "release": "number", "letter": "number", "comment": "number", "form": "form",
    "position": "number", "item": "hash", "key": "hash", "content": "hash", "digest": "hash",
}  # fmt: skip
"""The shape of what stands in a place; everywhere else a code."""
ITS_OWN = {
    "/missions/{mission}/delegation/states/{state}/link/end",
    "/missions/{mission}/observation/files/{key}/drop",
}
"""A state is the same in both, and ends no link but this mission's; what is not there is put away already."""
CHOOSES = {
    "member", "form", "paragraph", "letters", "release", "who", "claim", "sentence", "finding", "code", "attendee", "add",
    "remove", "attended", "team", "station", "number", "digest", "question", "counterpart", "every", "keep",
}  # fmt: skip
"""Fields that choose an object."""


def posts(engine: Engine) -> list[APIRoute]:
    """Every route of a mission that acts."""
    found = [one for one in every(application(engine)) if isinstance(one, APIRoute) and "POST" in one.methods]
    return [one for one in found if "{mission}" in one.path and isinstance(MAY[f"POST {one.path}"], frozenset)]


def addressed(path: str, mission: str, name: str) -> str:
    return re.sub(r"{(\w+)(:path)?}", lambda part: mission if part[1] == "mission" else name, path)


def said(answer: Any, name: str) -> tuple[int, str]:
    alert = re.search(r'role="alert"[^>]*>(.*?)</', answer.text, re.DOTALL)
    return answer.status_code, " ".join((alert[1] if alert else "").replace(name or "\0", "NAME").split())


@pytest.fixture
def two(stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The example mission after its release, with a paper in the vault and a state's link; and one that was just opened,
    at the same moment."""
    monkeypatch.setenv("IEOM_VAULT_KEY", "cGFzc3BvcnRzLWFuZC1waG90b3MtMzItYnl0ZXMtbG8=")
    monkeypatch.setenv("IEOM_DECIDE_URL", "https://press.example/")
    engine = at("gone", stages, tmp_path, monkeypatch)
    folder = read(EXAMPLE)
    folder = replace(folder, facts=folder.facts.model_copy(update={"slug": OWN}), meetings=())
    with begin(engine) as session:
        now = missions.now(session, SLUG)
        vault.put(
            session, SLUG, by="coordinator", at=now, member="kg-1", item="photo", file=b"\xff\xd8\xffa photograph"
        )
        nomination_links.made(session, SLUG, "KG", at=now)
        open_mission(session, folder, by="coordinator", at=now)
        rehearsing.begin(session, OWN, by="coordinator", at=now)
    yield engine
    engine.dispose()


def post(who: Browser, path: str, token: str, data: dict[str, str]) -> Any:
    here = {"origin": "http://testserver"}
    return who.client.post(path, data={**data, "csrf": token}, headers=here, follow_redirects=False)


@pytest.mark.timeout(60)
def test_nobody_acts_in_a_mission_by_what_they_are_in_another(two: Engine) -> None:
    accounts_ = people(two, mission=OWN)
    desk = {role: browser(two, role, account) for role, account in accounts_.items()}
    tokens, before = {role: one.token() for role, one in desk.items()}, everything(two)
    theirs = named(two, SLUG) - named(two, OWN)
    assert {shape(one) for one in theirs} == SHAPES
    names = {kind: sorted(one for one in theirs if shape(one) == kind) for kind in SHAPES}
    wrong, asked_of = [], 0
    nowhere = said(post(desk["coordinator"], "/missions/no-such-mission/hold", tokens["coordinator"], {}), "")
    assert nowhere[0] == 404
    for route in posts(two):
        name = names["code"][0]
        path = addressed(route.path, SLUG, name)
        data = dict(filled(route.dependant, name))
        answer = post(desk["coordinator"], path, tokens["coordinator"], data)
        asked_of += 1
        if said(answer, name) != nowhere:
            wrong.append(f"{route.path} of a mission that is not theirs: {said(answer, name)}")
    assert (wrong, everything(two) == before, asked_of > 80) == ([], True, True)
    with begin(two) as session:
        for role, account in accounts_.items():
            _name, kind, code = PEOPLE[role]
            if kind is not Role.ADMINISTRATOR:
                accounts.give_role(session, by="desk-1", at=missions.real_now(), account=account, role=kind, mission=SLUG, code=code)  # fmt: skip
    before = everything(two)
    asked_of = 0
    for route in posts(two):
        who = MAY[f"POST {route.path}"]
        assert isinstance(who, frozenset)
        role = str(min(who))
        fields = CHOOSES & {one.alias for one in route.dependant.body_params}
        if "{" not in route.path.replace("{mission}", "") and not fields:
            continue
        places = {*fields, *re.findall(r"{(\w+)", route.path)}
        for kind in sorted({KINDS.get(place, "code") for place in places - {"mission"}} | ({"paper"} & places)):
            for name in names[kind][:1]:
                path, data = addressed(route.path, OWN, name), dict(filled(route.dependant, name))
                answer = post(desk[role], path, tokens[role], data)
                asked_of += 1
                if (
                    answer.status_code < 400
                    and route.path not in ITS_OWN
                    and "{" in route.path.replace("{mission}", "")
                ):
                    wrong.append(f"{route.path} with {name}: {answer.status_code}")
    after = everything(two)
    assert [table for table in before if after[table] != before[table]] == []
    assert (wrong, asked_of > 60) == ([], True)
