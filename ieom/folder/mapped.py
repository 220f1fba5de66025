"""A mapping file: which column of a table answers which question of which form, and what its codes mean.

It is TOML that a person writes; nothing in it is evaluated.

    instance_id = { columns = ["form_id"] }
    team = { constant = "citizen-observers" }
    station = { columns = ["centre_no", "station_no"], join = "/", fold = "upper" }
    arrived_at = { columns = ["arrived"], zone = "Europe/Belgrade" }

    [codes.seen]                 # cell -> answer; cells are compared without case and surrounding blanks
    yes = "observed"
    no = "none"

    [[form]]                     # one row makes a form of each kind that it has an answer to
    code = "voting"
    [form.answers]
    group_voting = { column = "family_voting", codes = "seen" }
    voted_so_far = { column = "voted_by_13" }
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Mapping as AnyMapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ieom.errors import Fault, Faults
from ieom.folder.faults import translate
from ieom.folder.tables import decode
from ieom.rules.forms import HEAD, Form
from ieom.rules.mission import Zone


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Built(_Part):
    """A value from one or several columns, joined, or the same for every row."""

    columns: tuple[str, ...] = ()
    join: str = " "
    fold: Literal["none", "upper", "lower"] = "none"
    constant: str = ""
    zone: Zone | None = None
    """Zone of a local time; without it the cell must name its own."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Built:
        if bool(self.columns) == bool(self.constant):
            raise ValueError("name either columns or a constant")
        return self

    def of(self, cells: AnyMapping[str, str]) -> str:
        """The value in a row; empty when every cell is."""
        if self.constant:
            return self.constant
        parts = [cells.get(column, "").strip() for column in self.columns]
        text = self.join.join(parts) if any(parts) else ""
        return {"none": text, "upper": text.upper(), "lower": text.lower()}[self.fold]


class Asked(_Part):
    """Where an answer comes from: a column, read by a code list or as it stands; or a constant."""

    column: str = ""
    codes: str = ""
    constant: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Asked:
        if bool(self.column) == bool(self.constant):
            raise ValueError("name either a column or a constant")
        return self


class MappedForm(_Part):
    """A form made out of a row; not made from a row without an answer to it, unless `always`."""

    code: str
    always: bool = False
    answers: dict[str, Asked]


class Mapping(_Part):
    """A whole mapping file."""

    instance_id: Built
    team: Built
    station: Built
    arrived_at: Built | None = None
    departed_at: Built | None = None
    codes: dict[str, dict[str, str]] = {}
    form: tuple[MappedForm, ...] = Field(min_length=1)

    def columns(self) -> list[str]:
        """Every column that is named."""
        built = [
            part for part in (self.instance_id, self.team, self.station, self.arrived_at, self.departed_at) if part
        ]
        named = [column for part in built for column in part.columns]
        return list(dict.fromkeys([*named, *(a.column for f in self.form for a in f.answers.values() if a.column)]))


def read_mapping(file: str, data: bytes, forms: AnyMapping[str, Form]) -> Mapping:
    """The mapping file, checked against the forms. Raises `Faults`: unknown keys, forms, questions, codes, answers."""
    text = decode(file, data)
    if isinstance(text, Fault):
        raise Faults([text])
    try:
        found = Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise Faults([Fault(file, f"can't be read as TOML: {problem}")]) from None
    except ValidationError as problem:
        raise Faults(translate(file, problem)) from None
    faults = []
    for made in found.form:
        form = forms.get(made.code)
        if form is None:
            faults.append(Fault(file, f"there is no form '{made.code}'; there are {', '.join(forms)}"))
            continue
        for name, asked in made.answers.items():
            question = form.questions.get(name)
            if question is None or name in HEAD:
                faults.append(Fault(file, f"the form '{made.code}' has no question '{name}'"))
            elif asked.codes and asked.codes not in found.codes:
                faults.append(Fault(file, f"{made.code}.{name}: there is no [codes.{asked.codes}]"))
            else:
                answers = (
                    found.codes[asked.codes].values() if asked.codes else [asked.constant] if asked.constant else []
                )
                wrong = [fault for answer in answers if (fault := question.fault(answer))]
                faults += [Fault(file, f"{made.code}.{name}: {fault}") for fault in wrong]
    if faults:
        raise Faults(faults)
    return found


def documents(
    file: str,
    text: str,
    mapping: Mapping,
    forms: AnyMapping[str, Form],
    faults: list[Fault],
    off: dict[str, Counter[str]],
    silent: list[int],
) -> list[dict[str, Any]]:
    """The forms in a table's text. Faults are added to `faults`, cells that are no answer counted in `off`, and to `silent`
    the numbers of the rows that say nothing in any column that answers a question: they make no form."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    codes = {
        name: {cell.strip().casefold(): answer for cell, answer in table.items()}
        for name, table in mapping.codes.items()
    }
    header: list[str] = []
    made: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            if not header:
                header = [cell.strip() for cell in row]
                missing = [column for column in mapping.columns() if column not in header]
                faults += [
                    Fault(file, "is no column of this table, but the mapping names it", number, c) for c in missing
                ]
                faults += [
                    Fault(file, "stands twice in the header", number, c)
                    for c, n in Counter(header).items()
                    if n > 1 and c
                ]
                continue
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                faults.append(Fault(file, f"has {len(row)} cells, the header {len(header)}", number))
                continue
            cells = dict(zip(header, row, strict=True))
            found = _row(file, number, cells, mapping, forms, codes, seen, faults, off)
            made += found
            if not found:
                silent.append(number)
    except csv.Error as problem:
        faults.append(Fault(file, f"can't be read as a table: {problem}", number + 1))
    return made


def _row(
    file: str, number: int, cells: dict[str, str], mapping: Mapping, forms: AnyMapping[str, Form],
    codes: AnyMapping[str, AnyMapping[str, str]], seen: dict[str, int], faults: list[Fault], off: dict[str, Counter[str]],
) -> list[dict[str, Any]]:  # fmt: skip
    """The forms of one row. Where it makes none, but says something that is no answer, it makes forms that can't be taken:
    they are kept aside with what it said, and a person reads them."""
    said = {
        "instance_id": mapping.instance_id.of(cells),
        "team": mapping.team.of(cells),
        "station": mapping.station.of(cells),
    }
    faults += [Fault(file, f"has no {key.replace('_', ' ')}", number) for key, value in said.items() if not value]
    if said["instance_id"] in seen:
        faults.append(Fault(file, f"has the id of row {seen[said['instance_id']]}: {said['instance_id']}", number))
    seen.setdefault(said["instance_id"], number)
    times = {}
    for key, built in (("arrived_at", mapping.arrived_at), ("departed_at", mapping.departed_at)):
        if built is not None:
            times[key] = _moment(file, number, built, cells, faults)
    made, unread = [], []
    for part in mapping.form:
        answers: dict[str, str] = {}
        unknown: dict[str, str] = {}
        for name, asked in part.answers.items():
            cell = cells.get(asked.column, "").strip() if asked.column else asked.constant
            if not cell:
                continue
            question = forms[part.code].questions[name]
            answer = codes[asked.codes].get(cell.casefold()) if asked.codes else cell
            if answer is None or question.fault(answer):
                off.setdefault(name, Counter())[cell] += 1
                unknown[asked.column] = cell
            else:
                answers[name] = answer
        one = said["instance_id"] if len(mapping.form) == 1 else f"{said['instance_id']}#{part.code}"
        source = {"file": file, "row": number, "cells": {key: cell for key, cell in cells.items() if cell}}
        document = {**said, "instance_id": one, "form": part.code, **times, "answers": answers, "source": source}
        if part.always or any(asked.column and name in answers for name, asked in part.answers.items()):
            made.append(document)
        elif unknown:
            unread.append({**document, "unread": unknown})
    return made or unread


def _moment(file: str, number: int, built: Built, cells: AnyMapping[str, str], faults: list[Fault]) -> str | None:
    text = built.of(cells)
    column = ", ".join(built.columns)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        faults.append(Fault(file, f"'{text}' is no moment; write it like 2020-08-12T10:05+06:00", number, column))
        return None
    if found.tzinfo is None and built.zone is None:
        faults.append(Fault(file, f"the time '{text}' has no zone, and the mapping names none", number, column))
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(str(built.zone)))).isoformat()
