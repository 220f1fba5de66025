"""A list that went out to Excel and came back: what it would change in the records. The look and the taking share one plan, so
that one is what the other does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ieom.errors import BadInput, Conflict
from ieom.folder.rows import FileRow, columns
from ieom.records import missions
from ieom.rules.mission import MissionFacts

Values = dict[str, Any]
Key = tuple[Any, ...]
Wrong = Callable[[Values, Values | None], str]


@dataclass(frozen=True)
class Line:
    """What becomes of one row. `state`: new, changed, unchanged, removed, wrong."""

    row: int | None
    key: str
    state: str
    changes: tuple[tuple[str, Any, Any], ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Look:
    """What a file that came back would change."""

    lines: tuple[Line, ...]
    values: tuple[Values, ...] = ()
    """What each row of the file comes to, with what stands where the file has no such column."""

    def of(self, state: str) -> list[Line]:
        """The lines in a state."""
        return [line for line in self.lines if line.state == state]

    def shown(self, *, wrong: bool) -> list[Line]:
        """The lines that change something. While something is `wrong` with the file nothing is said to be removed: what
        stands may be in a row that could not be read."""
        states = {"new", "changed"} if wrong else {"new", "changed", "removed"}
        return [line for line in self.lines if line.state in states]

    @property
    def digest(self) -> str:
        """By which it is known that neither the file nor the records have changed since the look."""
        said = [(line.key, line.state, line.changes, line.says) for line in self.lines]
        return hashlib.sha256(repr((said, self.values)).encode()).hexdigest()


@dataclass(frozen=True)
class Table:
    """What a list's file may hold: its columns, and which of them it may change."""

    name: str
    title: str
    kind: type[FileRow]
    changeable: frozenset[str]
    """Columns of a row that stands already; what another one says is refused."""
    instead: str = ""
    """What to do where a column can't be changed."""
    whole: bool = False
    """The file is the whole list: what it leaves out is removed."""

    def key(self, values: Mapping[str, Any]) -> Key:
        """What no two rows share."""
        return tuple(values[name] for name in self.kind.KEY)


@dataclass(frozen=True, kw_only=True)
class Listed(Table):
    """One list of a mission: what stands in the records, and how a file is taken."""

    standing: Callable[[Session, MissionFacts], list[Values]]
    take: Callable[[Session, MissionFacts, str, datetime, Sequence[Values], Look], object]
    wrong: Callable[[Session, MissionFacts], Wrong] = lambda *_: lambda *_: ""
    """Tells why a row can't be taken, given what stands under its key."""
    adds: bool = True
    """A row may be new."""
    usual: Callable[[MissionFacts], Values] = lambda _: {}
    """What a row has where it leaves something out."""


def look(
    session: Session, mission: str, listed: Listed, rows: Sequence[tuple[int | None, FileRow]], header: Collection[str]
) -> Look:
    """What taking these rows would change. A column that the file has not (`header`) stays as it stands."""
    facts = missions.facts(session, mission)
    return compared(
        listed,
        listed.standing(session, facts),
        rows,
        header,
        wrong=listed.wrong(session, facts),
        usual=listed.usual(facts),
    )


def compared(
    table: Table, standing: Sequence[Values], rows: Sequence[tuple[int | None, FileRow]], header: Collection[str], *,
    wrong: Wrong, usual: Values,
) -> Look:  # fmt: skip
    """The same, of whatever stands."""
    there = {table.key(values): values for values in standing}
    lines: list[Line] = []
    taken: list[Values] = []
    for number, row in rows:
        values = filled(usual, row)
        key = table.key(values)
        old = there.pop(key, None)
        values |= {name: old[name] for name in values if old is not None and name not in header}
        taken.append(values)
        changes = tuple((n, old[n], values[n]) for n in columns(table.kind) if old is not None and old[n] != values[n])
        fixed = [name for name, _old, _new in changes if name not in table.changeable]
        says = (f"{', '.join(fixed)}: {table.instead}" if fixed else "") or (
            wrong(values, old) if old is None or changes else ""
        )
        state = "wrong" if says else "new" if old is None else "changed" if changes else "unchanged"
        lines.append(Line(number, _said(key), state, changes, says))
    lines.extend(
        Line(None, _said(key), "removed" if table.whole and not values.get("_stays") else "unchanged")
        for key, values in there.items()
    )
    return Look(tuple(lines), tuple(taken))


def take(
    session: Session, mission: str, listed: Listed, rows: Sequence[FileRow], header: Collection[str], *, by: str, at: datetime,
    digest: str,
) -> Look:  # fmt: skip
    """Take the rows, if that still does what was looked at; else `Conflict`. Nothing is taken when a row is wrong."""
    facts, seen = (
        missions.facts(session, mission),
        look(session, mission, listed, [(None, row) for row in rows], header),
    )
    unchanged(seen, digest)
    listed.take(session, facts, by, at, seen.values, seen)
    return seen


def unchanged(seen: Look, digest: str) -> None:
    """Raises `Conflict` where this is not what was looked at any more, `BadInput` where a row is wrong."""
    if seen.digest != digest:
        raise Conflict("the records have changed since you looked; nothing was taken in: send the file again and look")
    if seen.of("wrong"):
        raise BadInput("a row is wrong; nothing was taken in: mend it and send the file again")


def filled(usual: Values, row: FileRow) -> Values:
    """A row of a file with what it leaves out."""
    said = {name: usual.get(name) if value is None else value for name, value in row.model_dump().items()}
    return {name: tuple(sorted(set(value))) if isinstance(value, tuple) else value for name, value in said.items()}


def _said(key: Key) -> str:
    return ", ".join(
        f"{one:%Y-%m-%d %H:%M}" if isinstance(one, datetime) else str(one) for one in key if one is not None
    )
