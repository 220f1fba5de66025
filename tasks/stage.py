"""What every stage's task shares: the records, the transaction, and when trying again can help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from prefect.client.schemas.objects import State as RunState
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ieom.errors import IeomError
from ieom.records import migrate, missions
from ieom.records.base import begin, connect
from ieom.rules.timeline import Standing
from ieom.settings import settings

DELAYS = [2.0, 10.0, 60.0]
"""Seconds before each retry of a stage; what is still wrong then is taken up by the next run of the flow."""


class Advance(Protocol):
    """What a stage owes at a moment, written down; see docs/architecture.md."""

    def __call__(self, session: Session, mission: str, *, at: datetime) -> Standing: ...


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    engine = connect(url)
    migrate.upgrade(engine)
    return engine


def records() -> Engine:
    """The records of this installation."""
    return _engine(settings().database)


def walk(mission: str, advance: Advance) -> Standing:
    """One stage, in one transaction that holds the mission against every other writer."""
    with begin(records()) as session:
        missions.lock(session, mission)
        return advance(session, mission, at=missions.now(session, mission))


def can_help(_task: Any, _run: Any, state: RunState[Any]) -> bool:
    """Whether trying again can help: a database or server that did not answer, never a rule that said no."""
    try:
        state.result()
    except IeomError as error:
        return error.again
    except (OperationalError, ConnectionError, TimeoutError):
        return True
    except Exception:  # noqa: BLE001 - anything else is a defect, and a retry would hide it
        return False
    return False


RETRY: dict[str, Any] = {
    "retries": len(DELAYS),
    "retry_delay_seconds": DELAYS,
    "retry_jitter_factor": 0.3,
    "retry_condition_fn": can_help,
    "persist_result": False,
}

StageTask = Callable[[str], Standing]
