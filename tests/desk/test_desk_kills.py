"""kill -9 of the desk in the middle of an act, just before its commit and just after: it is there wholly or not at all, the
chain is whole, and doing it again does it once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import open_example
from desks import Desk
from evening import SLUG, Doing
from falling import HERE, killed_at_its_commit
from sqlalchemy import Engine, select

from ieom.acts import approval, distribution, vault
from ieom.acts import audit as audit_acts
from ieom.records import audit, drafts
from ieom.records.audit import AuditRow
from ieom.records.base import reading

ROOM = multiprocessing.get_context("forkserver")
ROOM.set_forkserver_preload(["desk.web.app", "starlette.testclient"])


@dataclass(frozen=True)
class Act:
    """What somebody does at the desk, and the act that it leaves in the chain."""

    role: str
    path: str
    data: Callable[[Engine], dict[str, Any]]
    leaves: str
    stage: str = "asked"
    files: dict[str, tuple[str, bytes]] | None = None
    once: bool = True
    """Whether doing it again changes nothing; a paper that is sent again is kept again."""


def _seen(engine: Engine) -> str:
    """The hash of the statement's newest version."""
    with reading(engine) as session:
        row = drafts.newest(session, SLUG)
        assert row is not None
        return row.content_hash


def _asked_about(engine: Engine) -> dict[str, Any]:
    with reading(engine) as session:
        round_ = approval.newest_round(session, SLUG)
        assert round_ is not None
        return {"decision": "approve", "read": list(round_.hashes.values())}


def _prepared(engine: Engine) -> dict[str, Any]:
    Doing(engine)(distribution.prepare, "press-officer")
    return {}


def _all_readable(engine: Engine) -> None:
    """Every paper that the records name is there, whole."""
    for paper in _papers(engine):
        data = Doing(engine)(vault.read, "coordinator", item=paper, why="a test")
        assert data.startswith(b"\xff\xd8\xff\xe0")


def _papers(engine: Engine) -> list[str]:
    with reading(engine) as session:
        found = vault.of(session, SLUG)
        return [one.id for one in found if one.member == "kg-1" and one.item == "photo" and one.erased_at is None]


ACTS = {
    "hold": Act("coordinator", "/hold", lambda _: {"why": "The road is closed."}, "MissionHeld"),
    "statement_edit": Act(
        "drafter",
        "/statement/edit",
        lambda engine: {"paragraph": "voting", "begun": _seen(engine), "text": "Written in the moment of the fall."},
        "VersionWritten",
    ),
    "upload": Act(
        "coordinator", "/delegation/kg-1/items/photo", lambda _: {}, "PersonalPaperStored", once=False,
        files={"paper": ("photo.jpg", b"\xff\xd8\xff\xe0" + b"0" * 2000)},
    ),
    "approval": Act("head_of_mission", "/approval/decide", _asked_about, "StatementDecided"),
    "release": Act("coordinator", "/release/1/go", _prepared, "ReleaseGo", "approved"),
}  # fmt: skip


def _count(engine: Engine, leaves: str) -> int:
    with reading(engine) as session:
        assert audit_acts.faults(session, SLUG) == []
        rows = session.scalars(select(AuditRow.id).where(AuditRow.mission == SLUG, AuditRow.act == leaves))
        assert audit.head(session, SLUG) is not None
        return len(rows.all())


ONE_OF_EACH = {
    ("hold", "after"),
    ("statement_edit", "before"),
    ("upload", "after"),
    ("approval", "before"),
    ("release", "after"),
}
"""Tried in every run; the other moment of each is tried in a thorough one."""


@pytest.mark.parametrize(
    ("what", "when"),
    [
        pytest.param(what, when, marks=() if (what, when) in ONE_OF_EACH else pytest.mark.thorough)
        for what in ACTS
        for when in ("before", "after")
    ],
)
def test_an_act_is_there_wholly_or_not_at_all(what: str, when: str, request: pytest.FixtureRequest) -> None:
    _falls(request.getfixturevalue(ACTS[what].stage), what, when)


@pytest.mark.postgres
@pytest.mark.thorough
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_act_is_there_wholly_or_not_at_all_on_postgresql(postgres: Engine, when: str) -> None:
    open_example(postgres)
    _falls(postgres, "hold", when)


def _falls(engine: Engine, what: str, when: str) -> None:
    """The desk falls at an act's commit; what is there then, and once the act was done again."""
    act, desk = ACTS[what], Desk(engine)
    browser = getattr(desk, act.role)
    data, before = act.data(engine), _count(engine, act.leaves)
    told = {"csrf": browser.token(), **data}
    process = ROOM.Process(
        target=killed_at_its_commit,
        args=(
            engine.url.render_as_string(hide_password=False),
            {key: value for key, value in os.environ.items() if key.startswith("IEOM_")},
            browser.client.cookies["desk"], f"/missions/{SLUG}{act.path}", told, act.files, when,
        ),
    )  # fmt: skip
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert _count(engine, act.leaves) == before + (when == "after")
    browser.client.post(f"/missions/{SLUG}{act.path}", data=told, files=act.files, headers=HERE)
    if what == "upload":
        _all_readable(engine)
    expected = before + 1 if act.once else before + 1 + (when == "after")
    assert _count(engine, act.leaves) == expected, "done again, it is done once"
