"""A mission replayed on a simulated clock: the acts of people from `acts.toml` at their times, through the functions
that the command line calls; everything else is the software's own doing.

The clock stands in the records, and each act carries its place in the script as its key, so that a rehearsal that was
killed goes on where it stopped and does nothing twice.
"""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from ieom.acts import rehearsing
from ieom.errors import BadInput
from ieom.folder import MissionFolder
from ieom.records import missions
from ieom.records.audit import AuditRow
from ieom.records.base import begin, reading

ROOMS = (
    "approval", "correspondence", "counting", "delegation", "deployment", "distribution", "drafting", "letters",
    "meetings", "mission", "observation", "vault",
)  # fmt: skip


@dataclass(frozen=True)
class ScriptedAct:
    """What a person does at a moment (UTC): `do` is `room.act` below `ieom.acts`."""

    number: int
    at: datetime
    by: str
    do: str
    arguments: dict[str, Any]

    @property
    def ref(self) -> str:
        """The key under which the audit chain knows this act."""
        return f"script:{self.number}"


def script(folder: MissionFolder) -> list[ScriptedAct]:
    """The acts of a mission folder, in the order of their times. Raises `BadInput` naming the act that can't be."""
    path = Path(folder.path) / "acts.toml"
    if not path.exists():
        raise BadInput(
            f"{folder.path} has no acts.toml: only a mission whose people's acts are written down is replayed"
        )
    rows = tomllib.loads(path.read_text("utf-8"))["act"]
    acts = []
    for number, row in enumerate(rows, start=1):
        room, _, _name = row["do"].partition(".")
        if room not in ROOMS:
            raise BadInput(f"acts.toml, act {number}: '{row['do']}' is no act that a person can do")
        given = {key: _value(folder, key, value) for key, value in row.get("with", {}).items()}
        arguments = folder.completed(row["do"], given)
        acts.append(ScriptedAct(number, folder.facts.moment(row["at"]), row["by"], row["do"], arguments))
    return sorted(acts, key=lambda act: (act.at, act.number))


def _value(folder: MissionFolder, key: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return folder.facts.moment(value)
    if key == "document":
        return json.loads((Path(folder.path) / value).read_text("utf-8"))
    return value


def perform(engine: Engine, mission: str, act: ScriptedAct) -> None:
    """Do one act in a transaction of its own."""
    room, _, name = act.do.partition(".")
    function = getattr(importlib.import_module(f"ieom.acts.{room}"), name)
    with begin(engine) as session:
        missions.lock(session, mission)
        function(session, mission, by=act.by, at=act.at, ref=act.ref, **act.arguments)


def pending(engine: Engine, mission: str, acts: Sequence[ScriptedAct]) -> list[ScriptedAct]:
    """The acts that are not in the audit chain yet."""
    with reading(engine) as session:
        done = set(session.scalars(select(AuditRow.ref).where(AuditRow.mission == mission, AuditRow.ref.is_not(None))))
    return [act for act in acts if act.ref not in done]


def set_clock(engine: Engine, mission: str, to: datetime) -> None:
    """Move the mission's simulated present to a moment (UTC); it never goes back."""
    with begin(engine) as session:
        row = missions.lock(session, mission)
        if row.simulated_now is None:
            rehearsing.begin(session, mission, by="clock", at=to)
        elif to > row.simulated_now:
            row.simulated_now = to.astimezone(UTC)


def next_moment(engine: Engine, mission: str, acts: Sequence[ScriptedAct]) -> datetime | None:
    """The next moment at which somebody does something (UTC): a person by the script, or the software by the wake-up
    it asked for; None when nobody will any more."""
    left = pending(engine, mission, acts)
    with reading(engine) as session:
        row = missions.get(session, mission)
        now = missions.now(session, mission)
    moments = [act.at for act in left[:1]] + ([row.wake_at] if row.wake_at is not None else [])
    if row.revision != row.walked_revision:  # something happened since the last walk
        moments.append(now)
    return max(min(moments), now) if moments else None


def live(
    engine: Engine, mission: str, acts: Sequence[ScriptedAct], walk: Callable[[str], object], moment: datetime
) -> None:
    """Live one moment (UTC): the acts of people up to it, then the software's walk."""
    set_clock(engine, mission, moment)
    for act in pending(engine, mission, acts):
        if act.at <= moment:
            perform(engine, mission, act)
    walk(mission)


def steps(
    engine: Engine, mission: str, acts: Sequence[ScriptedAct], walk: Callable[[str], object]
) -> Iterator[datetime]:
    """Live the mission from where it stands until nothing is owed any more; yields each moment lived (UTC)."""
    with reading(engine) as session:
        now = missions.now(session, mission)
    live(engine, mission, acts, walk, now)  # people first: the invitation is registered before states are called
    while (moment := next_moment(engine, mission, acts)) is not None:
        live(engine, mission, acts, walk, moment)
        yield moment
