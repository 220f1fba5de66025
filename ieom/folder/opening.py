"""A checked folder taken into the records, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, Conflict
from ieom.folder.reading import MissionFolder
from ieom.folder.rows import MediaRow
from ieom.records import audit, contact_acts, media, missions, suppressions
from ieom.records.audit import AuditRow
from ieom.records.missions import Mission
from ieom.records.stations import PollingStation
from ieom.rules.contacts import Given, plan
from ieom.rules.timeline import Stage


@dataclass(frozen=True)
class MissionOpened:
    """A mission entered the records from a folder with this hash, at this stage."""

    folder_sha256: str
    stage: str
    stations: int
    media: int


def open_mission(
    session: Session, folder: MissionFolder, *, by: str, at: datetime, stage: str = Stage.DELEGATION
) -> Mission:
    """Take the mission's facts, polling stations and media contacts into the records, in the caller's transaction.

    Persons, meetings and teams of the folder are not records yet: a nomination, a request, a plan makes them so, with
    the rows of the folder. `stage` is where the mission enters; earlier stages owe nothing. The same folder again
    changes nothing; another one under the same name is a `Conflict`.
    """
    if stage not in set(Stage):
        raise BadInput(f"'{stage}' is no stage; write one of {', '.join(Stage)}")
    slug = folder.facts.slug
    standing = session.get(Mission, slug)
    if standing is not None:
        _same(session, folder, standing, stage)
        return standing
    mission = Mission(slug=slug, opened_at=at, starts_at_stage=str(stage))
    session.add(mission)
    session.flush()
    missions.revise(session, slug, folder.facts, by=by, at=at, kind="opened", reason="")
    for station in folder.stations:
        session.add(
            PollingStation(
                mission=slug,
                code=station.code,
                name=station.name,
                city=station.city,
                region=station.region,
                zone=station.zone or folder.facts.zone,
                opens=station.opens or folder.facts.polls_open,
                closes=station.closes or folder.facts.polls_close,
                kind=station.kind,
                registered=station.registered,
                relevant=station.relevant,
            )
        )
    contact_acts.lock(session)
    contacts = plan(given(folder.media), media.known(session), suppressions.reasons(session), media.lists(session))
    media.take(session, contacts, by=by, at=at)
    media.choose(session, slug, media.ids(session, {one.key for one in contacts.entries}))
    audit.append(
        session,
        slug,
        by=by,
        at=at,
        act=MissionOpened(folder.sha256, str(stage), len(folder.stations), len(folder.media)),
    )
    return mission


def given(rows: Sequence[MediaRow]) -> list[Given]:
    """Rows of media.csv for the plan: what they fill in."""
    found = []
    for number, row in enumerate(rows, start=2):
        said = {name: value for name, value in row.model_dump(exclude_unset=True).items() if value}
        found.append(Given(number, said.pop("email"), said))
    return found


def _same(session: Session, folder: MissionFolder, standing: Mission, stage: str) -> None:
    opened = session.scalars(
        select(AuditRow).where(AuditRow.mission == standing.slug, AuditRow.act == MissionOpened.__name__)
    ).one()
    if opened.what["folder_sha256"] != folder.sha256:
        raise Conflict(
            f"a mission '{standing.slug}' is open already, from a folder with other content; record what changed in "
            "the mission, or give this folder another slug",
            command="'ieom postpone', 'extend', 'state-joins' and others do; 'ieom media replace' and 'ieom stations' for lists",
        )
    if standing.starts_at_stage != stage:
        raise Conflict(
            f"'{standing.slug}' was opened at the stage '{standing.starts_at_stage}', not '{stage}'; "
            "a mission enters once"
        )
