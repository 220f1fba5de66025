"""The desk's own fixtures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsers import browser  # noqa: F401 - a fixture
from desks import Desk, desk_approved, desk_asked  # noqa: F401 - fixtures
from evening import SLUG, approved, asked, stages  # noqa: F401 - fixtures
from sqlalchemy import Engine

from ieom.records import drafts
from ieom.records.base import reading
from ieom.records.statements import StatementVersion


@pytest.fixture
def desk_opened(engine: Engine, mission: str) -> Desk:
    """The desk over the example mission, just opened."""
    return Desk(engine)


@pytest.fixture
def version(asked: Engine) -> Callable[[], StatementVersion]:  # noqa: F811 - pytest's way
    """The statement's newest version, whenever it is called."""

    def newest() -> StatementVersion:
        with reading(asked) as session:
            row = drafts.newest(session, SLUG)
            assert row is not None
            return row

    return newest
