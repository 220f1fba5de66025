"""Stage 4, counting: closing and counting forms with the reconciliation figures. A count that is not finished gives a
preliminary statement, without sentences on the count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts.observation import forms_standing, last_close
from ieom.errors import BadInput
from ieom.records import audit, missions
from ieom.rules.timeline import Stage, Standing, State, owes

COUNT = {"counting", "tabulation"}


@dataclass(frozen=True)
class CountLeftUnfinished:
    """A person declared that the statement does not wait for the count."""

    why: str = "recorded"


def leave_unfinished(
    session: Session, mission: str, *, by: str, at: datetime, why: str, ref: str | None = None
) -> None:
    """Don't wait for the count: the statement becomes a preliminary one, to be supplemented."""
    if not why.strip():
        raise BadInput("say why the statement does not wait for the count")
    row = missions.lock(session, mission)
    if row.count_left_at is not None or (ref and audit.happened(session, mission, ref)):
        return
    row.count_left_at, row.count_left_why = at, why
    audit.append(session, mission, by=by, at=at, act=CountLeftUnfinished(), ref=ref)


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Where the observation of the count stands."""
    row = missions.get(session, mission)
    if not owes(Stage.COUNTING, row.starts_at_stage):
        return Standing(Stage.COUNTING, State.DONE, "The mission entered the system after this stage.")
    close = last_close(session, mission)
    stood = forms_standing(session, mission, Stage.COUNTING, COUNT, at=at, opens=close, closes=close)
    if row.count_left_at is not None and not stood.done:
        return Standing(Stage.COUNTING, State.DONE, "Not waited for: the statement is preliminary, to be supplemented.")
    return stood
