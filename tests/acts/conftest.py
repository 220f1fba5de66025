"""The example mission as it stands in the afternoon of election day: appointed, met, observed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from conftest import brought
from evening import approved, asked, stages  # noqa: F401 - fixtures
from sqlalchemy import Engine

from ieom.acts import observation
from ieom.folder import read
from ieom.records.base import begin
from ieom.records.delegation import Member
from ieom.records.deployment import Team, Visit
from ieom.records.meetings import Meeting
from ieom.settings import ROOT

EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"
TOPICS = {
    "cec": ["cec_activities", "electoral_process", "preparations", "pandemic_measures"],
    "akimat": ["preparations", "pandemic_measures"],
}


@pytest.fixture
def assembled(engine: Engine, mission: str) -> str:
    """The delegation is appointed, the meetings are held, the teams and their visits are planned; no form is in."""
    brought(engine, "assembled", lambda: _assemble(engine, mission))
    return mission


def _assemble(engine: Engine, mission: str) -> None:
    folder, at = read(EXAMPLE), datetime(2020, 8, 10, 4, 0, tzinfo=UTC)
    with begin(engine) as session:
        for row in folder.delegation:
            session.add(
                Member(mission=mission, status="appointed", nominated_at=at, appointed_at=at, **row.model_dump())
            )
        for row in folder.meetings:
            told = row.model_dump(exclude={"attendees", "starts", "ends"})
            session.add(
                Meeting(
                    mission=mission, **told, starts_at=folder.facts.moment(row.starts), ends_at=folder.facts.moment(row.ends),
                    status="held", topics=TOPICS.get(row.code, []),
                )
            )  # fmt: skip
        for row in folder.teams:
            session.add(Team(mission=mission, code=row.team, reserve=row.reserve))
        session.flush()
        for row in folder.routes:
            told = row.model_dump(exclude={"due"})
            session.add(Visit(mission=mission, **told, due_at=folder.facts.moment(row.due)))


def form(kind: str) -> dict[str, object]:
    """The example's form of this kind."""
    for path in sorted((EXAMPLE / "submissions").glob("*.json")):
        document: dict[str, object] = json.loads(path.read_text("utf-8"))
        if document["form"] == kind:
            return document
    raise LookupError(kind)


@pytest.fixture
def observed(engine: Engine, assembled: str) -> str:
    """The four forms of the example are in, since 15:50 of election day in Nur-Sultan."""
    brought(engine, "observed", lambda: _observe(engine, assembled))
    return assembled


def _observe(engine: Engine, assembled: str) -> None:
    with begin(engine) as session:
        for hour, kind in ((4, "opening"), (7, "voting"), (9, "closing"), (9, "counting")):
            at = datetime(2020, 8, 12, hour, 50, tzinfo=UTC)
            receipt = observation.submit(session, assembled, by="kg-1", at=at, document=form(kind))
            assert receipt.problem is None, receipt.problem
