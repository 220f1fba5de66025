"""An open round, and the public site that its links lead to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from links import BASE, round_asked
from sqlalchemy import Engine
from starlette.testclient import TestClient

from desk.public.app import public
from desk.public.site import records
from ieom.settings import settings


@pytest.fixture(autouse=True)
def address(own_state, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEOM_DECIDE_URL", BASE)
    settings.cache_clear()


@pytest.fixture
def asked(engine: Engine, mission: str) -> Engine:
    round_asked(engine)
    return engine


@pytest.fixture
def coded(engine: Engine, mission: str) -> Engine:
    round_asked(engine, asks="code")
    return engine


@pytest.fixture
def web(engine: Engine) -> Iterator[TestClient]:
    own_engine = records(str(engine.url))
    with TestClient(public(own_engine), base_url="https://press.example", follow_redirects=False) as client:
        yield client
    own_engine.dispose()
