"""What the record bears: every name, date, place and number that a paper of a mission may hold."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.folder.names import load_names
from ieom.records import members, missions, stations
from ieom.records.meetings import Meeting
from ieom.records.submissions import Submission
from ieom.rules.consistency import Record


def record(session: Session, mission: str) -> Record:
    """What a paper of this mission may name, as the records are now."""
    facts, names = missions.facts(session, mission), load_names()
    on, zone = facts.election_day, ZoneInfo(facts.zone)
    people = [row for row in members.of(session, mission) if row.name]
    query = select(Meeting).where(Meeting.mission == mission, Meeting.status == "held")
    held = session.scalars(query).all()
    visited = select(Submission.form, Submission.station).where(Submission.mission == mission).distinct()
    by_form: dict[str, set[str]] = {}
    for form, station in session.execute(visited).tuples():
        by_form.setdefault(form, set()).add(station)
    seen = {station for form, there in by_form.items() if form != "tabulation" for station in there}

    def called(city: str) -> str:
        return names.short(city, on=on) if city in names else city

    observers = members.observers(session, mission)
    return Record(
        persons={row.name: row.honorific for row in people}
        | {row.counterpart_name: row.counterpart_honorific for row in held if row.counterpart_name},
        dates=frozenset(
            {
                *facts.voting_days,
                facts.release.press_conference.date(),
                *(row.starts_at.astimezone(zone).date() for row in held),
                *([facts.observation_from] if facts.observation_from else []),
            }
        ),
        places=dict(Counter(called(row.city) for row in stations.of(session, mission) if row.code in seen)),
        numbers=frozenset({len(observers)}),
        states=frozenset(names.running(row.state, on=on) for row in observers if row.state),
        observed=bool(seen),
        names=names,
        on=on,
        sampled=bool(facts.station_choice),
        titles={row.name: row.title for row in people if row.title},
        other_places=frozenset({called(facts.base_city)}),
        by_phase=frozenset(len(there) for there in by_form.values()),
    )
