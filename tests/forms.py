"""Observers' forms for tests of the desk: as a file brings them, and as they are typed from paper."""

from __future__ import annotations

from datetime import UTC, datetime

from evening import SLUG
from sqlalchemy import Engine

from ieom.acts import observation
from ieom.records.base import begin

OBSERVATION = f"/missions/{SLUG}/observation"
TYPED = {
    "form": "counting", "instance": "paper:typed", "team": "team-2", "station": "ns-1", "arrival": "2020-08-12T14:00",
    "departure": "2020-08-12T15:20", "q.received": "25", "q.issued": "21", "q.unused": "3", "q.spoiled": "0",
    "q.unauthorised_persons": ["police", "other"], "q.comment": "<script>alert(1)</script>",
}  # fmt: skip
LATE = {
    "instance_id": "late-1", "form": "voting", "team": "team-2", "station": "ns-1",
    "arrived_at": "2020-08-12T11:00+06:00", "departed_at": "2020-08-12T11:30+06:00",
    "answers": {"campaign_material_inside": "yes", "campaign_material_outside": "no"},
}  # fmt: skip
"""Of election day, come late: it contradicts what the statement says."""
ENTER = f"{OBSERVATION}/enter"
AT = datetime(2020, 8, 12, 11, 30, tzinfo=UTC)


def document(number: int, **more: object) -> dict[str, object]:
    answers = {"group_voting": "observed", "vote_buying": "reported_to_us", "overcrowded": "no", "comment": "=1+1"}
    return {
        "instance_id": f"paper:{number}", "form": "voting", "team": "team-2", "station": "ns-1",
        "arrived_at": "2020-08-12T10:00+06:00", "departed_at": "2020-08-12T10:30+06:00",
        "answers": answers, **more,
    }  # fmt: skip


def come(engine: Engine, *documents: dict[str, object]) -> None:
    with begin(engine) as session:
        observation.submit_many(session, SLUG, by="coordinator", at=AT, documents=documents)
