"""A mission folder read whole: the mission file and its tables, with everything that is wrong with them at once."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ieom.errors import Fault, Faults
from ieom.folder.cross import Tables, disagreements
from ieom.folder.faults import cell, translate, where
from ieom.folder.names import load_names
from ieom.folder.rows import (
    CheckInRow,
    DelegationRow,
    FileRow,
    MediaRow,
    MeetingRow,
    RouteRow,
    StationRow,
    TeamRow,
    columns,
    required,
)
from ieom.folder.tables import Row, decode, read_table
from ieom.rules.mission import MissionFacts
from ieom.rules.names import Names

MISSION_FILE = "mission.toml"
NEEDED = (StationRow, DelegationRow, MediaRow)
"""Tables that every folder has, be it with a header alone; the others may be left out."""
TABLES: tuple[type[FileRow], ...] = (
    DelegationRow,
    MeetingRow,
    StationRow,
    TeamRow,
    RouteRow,
    CheckInRow,
    MediaRow,
)
TO_FILL_IN = "FILL IN"
"""What `ieom new` writes where only a person knows the answer."""

R = TypeVar("R", bound=FileRow)


@dataclass(frozen=True)
class MissionFolder:
    """A folder without a fault. `sha256` covers the mission file and the tables, in the order of their names."""

    path: Path
    facts: MissionFacts
    delegation: tuple[DelegationRow, ...]
    meetings: tuple[MeetingRow, ...]
    stations: tuple[StationRow, ...]
    teams: tuple[TeamRow, ...]
    routes: tuple[RouteRow, ...]
    check_ins: tuple[CheckInRow, ...]
    media: tuple[MediaRow, ...]
    names: Names
    sha256: str

    def nominee(self, code: str) -> DelegationRow:
        """The row of a person in delegation.csv. Raises KeyError."""
        return next((row for row in self.delegation if row.code == code), None) or _nobody(code)

    def completed(self, act: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of an act (`room.name`), with what stands in the folder's tables where `given` leaves it out:
        a person's row for `delegation.nominate`, a meeting's for `meetings.request`, the plan for `deployment.plan`.
        Times become UTC, by the zone of the host country or of the station. Raises KeyError for an unknown code."""
        if act == "delegation.nominate":
            return {**self.nominee(given["member"]).model_dump(exclude={"code"}), **given}
        if act == "meetings.request":
            row = next((row for row in self.meetings if row.code == given["meeting"]), None)
            if row is None:
                raise KeyError(f"meetings.csv has no '{given['meeting']}'")
            times = {"starts": self.facts.moment(row.starts), "ends": self.facts.moment(row.ends)}
            return {**row.model_dump(exclude={"code"}), **times, **given}
        if act == "deployment.plan":
            return {**self.plan(), **given}
        return dict(given)

    def plan(self) -> dict[str, list[dict[str, Any]]]:
        """Teams, routes and check-ins as `deployment.plan` takes them, times in UTC."""
        zones = {row.code: row.zone or self.facts.zone for row in self.stations}
        return {
            "teams": [row.model_dump() for row in self.teams],
            "routes": [
                {**row.model_dump(), "due": self.facts.moment(row.due, zones[row.station])} for row in self.routes
            ],
            "check_ins": [{**row.model_dump(), "due": self.facts.moment(row.due)} for row in self.check_ins],
        }


def _nobody(code: str) -> DelegationRow:
    raise KeyError(f"delegation.csv has no '{code}'")


def read(folder: Path, *, names: Path | None = None) -> MissionFolder:
    """The folder of a mission. Raises `Faults` with every fault of every file; a folder with one fault is not read
    in part. `names` is another names.toml than the installation's."""
    result, faults = _read(Path(folder), names)
    if faults or result is None:
        raise Faults(faults)
    return result


def check(folder: Path, *, names: Path | None = None) -> list[Fault]:
    """Everything that is wrong with a folder; an empty list when nothing is."""
    return _read(Path(folder), names)[1]


def _read(folder: Path, names_path: Path | None) -> tuple[MissionFolder | None, list[Fault]]:
    if not folder.is_dir():
        return None, [Fault(str(folder), "is no folder", command="'ieom new' makes one")]
    faults: list[Fault] = []
    try:
        names = load_names(names_path)
    except Faults as problem:
        return None, list(problem.faults)
    facts = _facts(folder / MISSION_FILE, faults)
    codes: dict[str, frozenset[str]] = {}
    tables = Tables(
        delegation=_table(folder, DelegationRow, faults, codes),
        meetings=_table(folder, MeetingRow, faults, codes),
        stations=_table(folder, StationRow, faults, codes),
        teams=_table(folder, TeamRow, faults, codes),
        routes=_table(folder, RouteRow, faults, codes),
        check_ins=_table(folder, CheckInRow, faults, codes),
        media=_table(folder, MediaRow, faults, codes),
        codes=codes,
    )
    known = {kind.FILE for kind in TABLES}
    faults.extend(
        Fault(path.name, f"is not a file of a mission folder; those are {', '.join(sorted(known))}")
        for path in sorted(folder.glob("*.csv"))
        if path.name not in known
    )
    faults.extend(disagreements(facts, tables, names))
    if facts is None or faults:
        return None, _once(faults)
    result = MissionFolder(
        path=folder,
        facts=facts,
        delegation=_rows(tables.delegation),
        meetings=_rows(tables.meetings),
        stations=_rows(tables.stations),
        teams=_rows(tables.teams),
        routes=_rows(tables.routes),
        check_ins=_rows(tables.check_ins),
        media=_rows(tables.media),
        names=names,
        sha256=digest(folder),
    )
    return result, []


def _rows(table: Sequence[tuple[int, R]]) -> tuple[R, ...]:
    return tuple(row for _number, row in table)


_FILL = "is still to be filled in"


def _once(faults: list[Fault]) -> list[Fault]:
    """Each fault once; a place that is still to be filled in without what follows from its emptiness."""
    unfilled = {(fault.file, fault.row, fault.column) for fault in faults if fault.says.startswith(_FILL)}
    return [
        fault
        for fault in dict.fromkeys(faults)
        if fault.says.startswith(_FILL) or (fault.file, fault.row, fault.column) not in unfilled
    ]


def _facts(path: Path, faults: list[Fault]) -> MissionFacts | None:
    if not path.exists():
        faults.append(
            Fault(
                MISSION_FILE,
                "is missing; it has the mission's facts",
                command="'ieom new' writes one with every field explained",
            )
        )
        return None
    text = decode(MISSION_FILE, path.read_bytes())
    if isinstance(text, Fault):
        faults.append(text)
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        faults.append(Fault(MISSION_FILE, f"can't be read: {problem}; mend that line"))
        return None
    faults.extend(Fault(MISSION_FILE, _fill(text), column=where(place)) for place, text in _to_fill_in(data, ()))
    try:
        facts = MissionFacts.model_validate(_tuples(data), strict=True)
    except ValidationError as problem:
        faults.extend(translate(MISSION_FILE, problem))
        return None
    return facts


def _tuples(value: Any) -> Any:
    """Lists as tuples, which a strict check wants; strict, because a number is not to pass for a date."""
    if isinstance(value, list):
        return tuple(_tuples(part) for part in value)
    if isinstance(value, dict):
        return {key: _tuples(part) for key, part in value.items()}
    return value


def _to_fill_in(value: Any, place: tuple[int | str, ...]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    if isinstance(value, str) and TO_FILL_IN in value:
        yield place, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _to_fill_in(part, (*place, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _to_fill_in(part, (*place, index))


def _fill(text: str) -> str:
    """What to say of a place still open, with the hint that the new folder gave there."""
    return f"{_FILL}{text.replace(TO_FILL_IN, '', 1)}"


def read_rows(path: Path, kind: type[R]) -> list[R]:
    """The rows of one table alone, be its file called as it may. Raises `Faults` with every fault."""
    faults: list[Fault] = []
    rows = _checked(path, kind, faults, {})
    if faults:
        raise Faults(_once(faults))
    return [row for _number, row in rows]


def _table(folder: Path, kind: type[R], faults: list[Fault], codes: dict[str, frozenset[str]]) -> list[tuple[int, R]]:
    path = folder / kind.FILE
    if path.exists():
        return _checked(path, kind, faults, codes)
    if kind not in NEEDED:
        codes[kind.FILE] = frozenset()
    if kind in NEEDED:
        faults.append(Fault(kind.FILE, f"is missing; its header is {','.join(columns(kind))}"))
    return []


def _checked(path: Path, kind: type[R], faults: list[Fault], codes: dict[str, frozenset[str]]) -> list[tuple[int, R]]:
    before = len(faults)
    rows = read_table(path, columns(kind), required(kind), faults)
    if len(faults) == before:  # a row that could not be read may hold any code
        codes[kind.FILE] = frozenset(row.cells.get(kind.KEY[0], "") for row in rows)
    return checked_rows(path.name, rows, kind, faults)


def checked_rows(file: str, rows: Sequence[Row], kind: type[R], faults: list[Fault]) -> list[tuple[int, R]]:
    """Rows with what their columns may hold, each with its number; what is wrong with the others goes to `faults`."""
    found: list[tuple[int, R]] = []
    keys: dict[tuple[str, ...], int] = {}
    for row in rows:
        unfilled = [name for name, cell in row.cells.items() if TO_FILL_IN in cell]
        faults.extend(Fault(file, _fill(row.cells[name]), row.number, name) for name in unfilled)
        filled = {name: cell for name, cell in row.cells.items() if cell}
        key = tuple(filled.get(name, "").casefold() for name in kind.KEY)
        first = keys.setdefault(key, row.number) if all(key) else row.number
        if first != row.number:
            twice = ", ".join(filled[name] for name in kind.KEY)
            says = f"'{twice}' stands in row {first} already; keep one of them"
            faults.append(Fault(file, says, row.number, kind.KEY[0]))
        try:
            found.append((row.number, kind.model_validate(filled)))
        except ValidationError as problem:
            for fault in translate(file, problem, row=row.number, path=cell):
                says = fault.says.replace("is missing; write it", "is empty; fill it in")  # the column is there
                faults.append(Fault(fault.file, says, fault.row, fault.column))
    return found


def digest(folder: Path) -> str:
    """SHA-256 of the mission file and the tables: name, length and bytes of each."""
    total = hashlib.sha256()
    for name in sorted({MISSION_FILE, *(kind.FILE for kind in TABLES)}):
        path = folder / name
        if path.exists():
            raw = path.read_bytes()
            total.update(f"{name}\n{len(raw)}\n".encode())
            total.update(raw)
    return total.hexdigest()
