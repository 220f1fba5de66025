"""The timeline as Prefect shows it: the run's name and an artifact of it, a view and never the record."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from prefect.artifacts import create_table_artifact
from prefect.runtime import flow_run

from ieom.records import missions
from ieom.records.base import reading
from ieom.rules.timeline import TITLES, Standing
from tasks.stage import records

MOMENT = "%-d %B %Y, %H:%M"

_shown: dict[str, tuple[Standing, ...]] = {}


def run_name() -> str:
    """A run's name in Prefect's pages: the mission and its present moment, in the host country's time."""
    mission = str(flow_run.get_parameters()["mission"])
    with reading(records()) as session:
        if mission not in missions.all_slugs(session):
            return mission  # the run itself says what is wrong with it
        zone = ZoneInfo(missions.facts(session, mission).zone)
        return f"{mission}, {missions.now(session, mission).astimezone(zone).strftime(MOMENT)}"


def show_timeline(mission: str, stood: Sequence[Standing]) -> None:
    """Publish the table when it says something new; times in the host country's zone."""
    if _shown.get(mission) == tuple(stood):
        return
    _shown[mission] = tuple(stood)
    with reading(records()) as session:
        facts = missions.facts(session, mission)
    zone = ZoneInfo(facts.zone)
    create_table_artifact(
        key=f"timeline-{mission}"[:255],
        table=[
            {
                "Stage": TITLES[s.stage],
                "State": str(s.state),
                "Where it stands": s.says,
                "Until": s.until.astimezone(zone).strftime(MOMENT) if s.until else "",
            }
            for s in stood
        ],
        description=f"{facts.title}: the timeline; times in {zone.key}",
    )
