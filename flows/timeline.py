"""The timeline as Prefect shows it: an artifact of the run, a view and never the record."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from prefect.artifacts import create_table_artifact

from ieom.records import missions
from ieom.records.base import reading
from ieom.rules.timeline import TITLES, Standing
from tasks.stage import records

_shown: dict[str, tuple[Standing, ...]] = {}


def show_timeline(mission: str, stood: Sequence[Standing]) -> None:
    """Publish the table when it says something new; times in the host country's zone."""
    if _shown.get(mission) == tuple(stood):
        return
    _shown[mission] = tuple(stood)
    with reading(records()) as session:
        zone = ZoneInfo(missions.facts(session, mission).zone)
    create_table_artifact(
        key=f"timeline-{mission}"[:255],
        table=[
            {
                "Stage": TITLES[s.stage],
                "State": str(s.state),
                "Where it stands": s.says,
                "Until": s.until.astimezone(zone).strftime("%-d %B %Y, %H:%M") if s.until else "",
            }
            for s in stood
        ],
        description=f"Timeline of {mission}; times in {zone.key}",
    )
