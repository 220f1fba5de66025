"""Files with observers' forms: JSON, XForm instance XML, and CSV tables through a mapping file.

A reader gives documents as `acts.observation.submit` takes them. It raises `Faults` with everything that is wrong with
a file's making (nothing of it is then taken); what a form says is not its business.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ieom.errors import BadInput, Fault, Faults
from ieom.folder.forms import load_forms
from ieom.folder.mapped import Mapping as ColumnMapping
from ieom.folder.mapped import documents, load_mapping
from ieom.folder.tables import decode
from ieom.rules.forms import Form

Document = dict[str, Any]
NO_ANSWERS = {"start", "end", "today", "deviceid", "instanceName", "audit"}
"""Elements that a phone adds by itself."""
LONGEST = 300
"""Digits of a number; no figure of an election comes near."""


@dataclass(frozen=True)
class Batch:
    """What files held. `off_code` counts, by question, cells of a table that are no answer to it; they stand in the
    document's `source` all the same."""

    documents: tuple[Document, ...]
    off_code: Mapping[str, Counter[str]] = field(default_factory=dict)


def read_submissions(
    paths: Sequence[Path], *, mapping: Path | None = None, forms: Mapping[str, Form] | None = None
) -> Batch:
    """Every form in `paths`. Tables (.csv) need a `mapping`. Raises `Faults` with what is wrong with all of them."""
    forms = forms or load_forms()
    faults: list[Fault] = []
    found: list[Document] = []
    off: dict[str, Counter[str]] = {}
    columns: ColumnMapping | None = None
    if mapping is not None:
        try:
            columns = load_mapping(mapping, forms)
        except Faults as wrong:
            faults += wrong.faults
    elif any(path.suffix.lower() == ".csv" for path in paths):
        raise BadInput(
            "a table needs a mapping file that says which column answers which question",
            command="'--mapping FILE' names it",
        )
    for path in paths:
        kind = path.suffix.lower()
        if kind not in {".json", ".xml", ".csv"}:
            faults.append(Fault(path.name, "is no .json, .xml or .csv file"))
            continue
        text = decode(path.name, path.read_bytes())
        if isinstance(text, Fault):
            faults.append(text)
        elif kind == ".json":
            found += read_json(path.name, text, faults)
        elif kind == ".xml":
            found += read_xml(path.name, text, faults)
        elif columns is not None:
            found += documents(path.name, text, columns, forms, faults, off)
    if faults:
        raise Faults(faults)
    return Batch(tuple(found), off)


def read_json(file: str, text: str, faults: list[Fault]) -> list[Document]:
    """One form, or a list of forms. Each fault is added to `faults`."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        doubled = sorted(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        if doubled:
            faults.append(Fault(file, f"says {', '.join(doubled)} twice in one form"))
        return dict(pairs)

    try:
        said = json.loads(text, object_pairs_hook=once, parse_int=_whole)
    except json.JSONDecodeError as problem:
        faults.append(Fault(file, f"is no JSON: {problem.msg}", problem.lineno))
        return []
    except RecursionError:
        faults.append(Fault(file, "is nested too deeply to be a form"))
        return []
    rows = said if isinstance(said, list) else [said]
    strange = [number for number, row in enumerate(rows, start=1) if not isinstance(row, dict)]
    faults += [
        Fault(file, "is no form: a form is an object with instance_id, form, team, station, answers", n)
        for n in strange
    ]
    return [{**row, "source": row.get("source") or file} for row in rows if isinstance(row, dict)]


def _whole(digits: str) -> int | str:
    """A whole number, or its digits where there are more than Python makes a number of (sys.set_int_max_str_digits):
    the form is then kept aside and not lost."""
    return int(digits) if len(digits) <= LONGEST else digits


def read_xml(file: str, text: str, faults: list[Fault]) -> list[Document]:
    """One XForm instance, as a phone sends it. Document types and entities are refused."""
    try:
        root = fromstring(text.encode("utf-8"), forbid_dtd=True)
    except ParseError as problem:
        faults.append(Fault(file, f"is no XML: {problem.msg}", problem.position[0]))
        return []
    except DefusedXmlException:
        faults.append(Fault(file, "declares a document type or entities, which a form never does; it was not read"))
        return []
    except (ValueError, LookupError) as problem:
        faults.append(Fault(file, f"is no XML: {problem}"))
        return []
    leaves: list[tuple[str, str]] = []
    _leaves(root, leaves)
    doubled = sorted(name for name, count in Counter(name for name, _ in leaves).items() if count > 1)
    if doubled:
        faults.append(Fault(file, f"answers {', '.join(doubled)} twice"))
    said = dict(leaves)
    return [
        {
            "instance_id": said.pop("instanceID", ""), "form": root.get("id", ""), "team": said.pop("team", ""),
            "station": said.pop("station", ""), "arrived_at": said.pop("arrival", "") or None,
            "departed_at": said.pop("departure", "") or None,
            "answers": {name: value for name, value in said.items() if value and name not in NO_ANSWERS},
            "source": file,
        }
    ]  # fmt: skip


def _leaves(element: Element, into: list[tuple[str, str]]) -> None:
    stack = list(element)[::-1]
    while stack:
        child = stack.pop()
        if len(child):
            stack += list(child)[::-1]
        else:
            into.append((child.tag.rpartition("}")[2], (child.text or "").strip()))
