"""The form of a new mission: what stands in it at first, and what was typed as facts, each fault by its field.

A field is called as the mission file calls its place (`states[2].quota`), so that a fault of the file is one of the field.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desk.web.zones import usual
from ieom.errors import Fault, Faults
from ieom.folder import check
from ieom.folder.faults import translate
from ieom.folder.making import NOMINATION_DAYS, OFFICES
from ieom.folder.reading import MISSION_FILE, checked_rows
from ieom.folder.rows import DelegationRow
from ieom.folder.tables import Row
from ieom.folder.written import write
from ieom.rules.mission import MissionFacts
from ieom.rules.names import written

OTHER = "other"
"""Chosen in the place of a code: the name is written out."""
ROWS = {
    "election.contests": 1, "election.voting_days": 2, "states": 5, "offices": 8, "delegation": 2, "approval.seats": 4,
    "legal_references": 1, "outside_sources": 1,
}  # fmt: skip
"""Rows that each list begins with, filled or not."""
MORE, MOST = 3, 60
"""Rows that 'More rows' adds; rows that a list may have."""
USUAL = {"offices": {"body", "salutation"}, "delegation": {"role"}, "election.contests": {"suffrage"}}
"""Fields that a row has by itself: a row with no other is empty."""
AUTHORITIES: tuple[dict[str, str], ...] = (
    {"code": "host-mfa", "salutation": "Excellency"},
    {"code": "host-cec", "salutation": "Excellency"},
)
"""Offices of the host state that rows are begun for; whoever writes to them fills in which they are."""
PLACE = re.compile(r"([a-z_.]+)\[(\d{1,3})\](?:\.([a-z_]+))?")
FOLLOWS = {
    "zone": {"host_state", "election.rounds[1].voting_days", "election.rounds[1].voting_days[1]"},
    "slug": {"host_state", "election.rounds[1].voting_days", "election.rounds[1].voting_days[1]"},
    "release.press_conference": {"election.rounds[1].voting_days", "election.rounds[1].voting_days[1]"},
}
"""Fields that follow from others where they are left empty."""
PRESS_HOUR, NOMINATION_HOUR = time(21), time(18)


@dataclass
class Typed:
    """What was typed, as the page shows it again: values by field, how many rows each list has, what is wrong."""

    values: dict[str, str]
    rows: dict[str, int]
    faults: list[Fault]

    def said(self, name: str) -> list[str]:
        """What is wrong with a field."""
        return [fault.says for fault in self.faults if field_of(fault) == name]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Every fault that the form shows by a field or list, with that one's name."""
        return [(name, one.says) for one in self.faults if (name := field_of(one)) in self._shown()]

    @property
    def elsewhere(self) -> list[Fault]:
        """Faults that no field and no list of the form shows."""
        shown = self._shown()
        return [one for one in self.faults if field_of(one) not in shown]

    def _shown(self) -> set[str]:
        return {*self.values, *ROWS, *(name.rpartition(".")[0] for name in self.values if "]." in name)}


def field_of(fault: Fault) -> str:
    """The field that a fault belongs to."""
    if fault.file == DelegationRow.FILE and fault.row is not None:
        return f"delegation[{fault.row - 1}].{fault.column}"
    column = (fault.column or "").replace("election.rounds[1].number", "election.round")
    return column.replace("election.rounds[1].voting_days", "election.voting_days")


def fresh() -> Typed:
    """The form as it is first shown."""
    values = {
        "organisation": "turkic-council", "languages": "en", "polls_open": "07:00", "polls_close": "20:00",
        "retention_days": "180", "election.short_title": "the Elections", "election.round": "1",
        "approval.order": "side_by_side", "approval.quorum": "all", "release.go": "by_time", "stage": "delegation", "nominate": "yes",
        "election.contests[1].code": "main", "election.contests[1].suffrage": "direct", "delegation[1].role": "head",
        "approval.seats[1].capacity": "head_of_mission", "approval.seats[2].who": "secretary-general",
        "approval.seats[2].capacity": "secretary_general",
    }  # fmt: skip
    for number, office in enumerate((*OFFICES, *AUTHORITIES), start=1):
        said = {"salutation": "Dear colleague", "body": "turkic-council" if number <= len(OFFICES) else "", **office}
        values |= {f"offices[{number}].{name}": value for name, value in said.items()}
    return Typed(values, dict(ROWS), [])


def typed(form: Mapping[str, Any]) -> Typed:
    """What a form was sent with: rows are counted anew, after the filled ones those that only have what every row has."""
    flat: dict[str, str] = {}
    lists: dict[str, dict[int, dict[str, str]]] = {name: {} for name in ROWS}
    for name, value in form.items():
        if not isinstance(value, str) or name in {"csrf", "do"}:
            continue
        place = PLACE.fullmatch(name)
        if place is not None and place[1] in lists:
            lists[place[1]].setdefault(int(place[2]), {})[place[3] or ""] = value.strip()
        elif re.fullmatch(r"[a-z_.]{1,60}", name):
            flat[name] = value.strip()
    rows = dict(ROWS)
    for name, found in lists.items():
        said = [row for _, row in sorted(found.items()) if any(row.values())]
        # The filled ones first: a fault of the file counts those alone.
        kept = sorted(said, key=lambda row: _empty(name, row))[:MOST]
        for number, row in enumerate(kept, start=1):
            flat |= {f"{name}[{number}]" + (f".{key}" if key else ""): value for key, value in row.items()}
        rows[name] = max(min(len(found), MOST), len(kept), 1)
    do = str(form.get("do", ""))
    if do.startswith("more:") and (more := do.removeprefix("more:")) in rows:
        rows[more] = min(rows[more] + MORE, MOST)
    return Typed(flat, rows, [])


def looked_at(what: Typed, folder: Path) -> MissionFacts | None:
    """Write what was typed as a mission's folder and check it as any other; what is wrong goes to `what.faults`. The facts
    when nothing is."""
    data = _nested(what.values)
    _inviting(data, what)
    rows = [Row(number + 1, cells) for number, cells in _rows(what.values, "delegation")]
    people = [row for _number, row in checked_rows(DelegationRow.FILE, rows, DelegationRow, what.faults)]
    try:
        facts = MissionFacts.model_validate(data)
    except ValidationError as problem:
        found = translate(MISSION_FILE, problem)
        missing = {fault.column for fault in found}
        for fault in found:
            if fault.column in FOLLOWS and missing & FOLLOWS[fault.column] and not what.values.get(fault.column):
                continue  # it follows from what is missing, once that is there
            says = fault.says.replace("is missing; write it", "is empty; fill it in")
            what.faults.append(Fault(fault.file, says, fault.row, fault.column))
        return None
    if what.faults:
        return None
    try:
        write(folder, facts, people)
        what.faults.extend(check(folder))
    except Faults as problem:
        what.faults.extend(problem.faults)
    return None if what.faults else facts


def _inviting(data: dict[str, Any], what: Typed) -> None:
    """Put the name that was written out in the place of 'other': of the body that invites, and of offices that are its own."""
    name = str(data["invitation"].pop("from_name", "")).strip()
    asked = data["invitation"].get("from_body") == OTHER
    if asked and not written(name):
        says = "write the name of the body that invites, whole and as it stands in a sentence"
        what.faults.append(Fault(MISSION_FILE, says, column="invitation.from_name"))
    if asked and name:
        data["invitation"]["from_body"] = name
    for office in data["offices"]:
        if office.get("body") == OTHER:
            office["body"] = name if asked else ""


def new_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of its own for one check, gone afterwards."""
    return tempfile.TemporaryDirectory(prefix="ieom-new-")


def _nested(values: Mapping[str, str]) -> dict[str, Any]:
    """Fields as the mission file nests them; what is empty is left out, what follows from election day filled in."""
    data: dict[str, Any] = {"invitation": {}, "election": {}, "approval": {}, "release": {}}
    for name, value in values.items():
        if not value or "[" in name or name in {"stage", "nominate", "quorum"}:
            continue
        where, _, key = name.rpartition(".")
        (data.setdefault(where, {}) if where else data)[key] = value
    data["languages"] = values.get("languages", "").replace(",", " ").split() or ["en"]
    days = [row[""] for _, row in _rows(values, "election.voting_days") if row.get("")]
    number = values.get("election.round") or "1"
    data["election"]["rounds"] = [{"number": number, "voting_days": days}]
    data["election"]["contests"] = [_contest(row, values) for _, row in _rows(values, "election.contests")]
    data["states"] = [row for _, row in _rows(values, "states")]
    data["offices"] = [row for _, row in _rows(values, "offices")]
    seats = [row for _, row in _rows(values, "approval.seats")]
    head = next((row.get("code", "") for _, row in _rows(values, "delegation") if row.get("role") == "head"), "")
    data["approval"]["seats"] = [
        {
            **({"who": head} if head and seat.get("capacity") == "head_of_mission" else {}),
            **seat,
            "deputies": seat.get("deputies", "").replace(",", " ").split(),
        }
        for seat in seats
    ]
    quorum = values.get("approval.quorum", "")
    data["approval"]["quorum"] = int(quorum) if quorum.isdecimal() and len(quorum) < 4 else quorum or "all"
    for name in ("legal_references", "outside_sources"):
        data[name] = {row.get("claim", ""): row.get("text", "") for _, row in _rows(values, name)}
    _by_default(data, days)
    return data


def _by_default(data: dict[str, Any], days: list[str]) -> None:
    data["election"].setdefault("title", data.get("title", ""))
    try:
        day = max(date.fromisoformat(one) for one in days)
    except ValueError:
        return
    data["release"].setdefault("press_conference", datetime.combine(day, PRESS_HOUR).isoformat())
    due = datetime.combine(day - timedelta(days=NOMINATION_DAYS), NOMINATION_HOUR)
    data.setdefault("nominations_due", due.isoformat())
    host = str(data.get("host_state", ""))
    if host:
        data.setdefault("slug", f"{host.lower()}-{day.year}")
    if zone := usual(host, day):
        data.setdefault("zone", zone)


def _contest(row: dict[str, str], values: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = dict(row)
    said["contestants"] = [one.strip() for one in row.get("contestants", "").splitlines() if one.strip()]
    said.setdefault("title", values.get("title", ""))
    return said


def _rows(values: Mapping[str, str], name: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a list, each with its number and its filled fields; a place that only has what every row has is none."""
    found: dict[int, dict[str, str]] = {}
    for field, value in values.items():
        place = PLACE.fullmatch(field)
        if place is not None and place[1] == name and value:
            found.setdefault(int(place[2]), {})[place[3] or ""] = value
    return [(number, row) for number, row in sorted(found.items()) if not _empty(name, row)]


def _empty(name: str, row: Mapping[str, str]) -> bool:
    """Whether a row only has what it has by itself."""
    begun = {one["code"] for one in AUTHORITIES} if name == "offices" else set()
    usual = USUAL.get(name, set())
    return not any(value for key, value in row.items() if key not in usual and not (key == "code" and value in begun))
