"""What the record bears: every name, date, place and number that a paper of a mission may hold."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from sqlalchemy import distinct, select
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
    seen = set(session.scalars(select(distinct(Submission.station)).where(Submission.mission == mission)))

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
    )
