"""The desk's own fixtures."""

from __future__ import annotations

import pytest
from browsers import browser  # noqa: F401 - a fixture
from desks import Desk, desk_approved, desk_asked  # noqa: F401 - fixtures
from evening import approved, asked, stages  # noqa: F401 - fixtures
from sqlalchemy import Engine


@pytest.fixture
def desk_opened(engine: Engine, mission: str) -> Desk:
    """The desk over the example mission, just opened."""
    return Desk(engine)
