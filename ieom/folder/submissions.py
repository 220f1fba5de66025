"""Files with observers' forms: JSON, XForm instance XML, CSV tables through a mapping file; or packed as .zip.

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
from ieom.folder.mapped import documents, read_mapping
from ieom.folder.packed import MARK, unpacked
from ieom.folder.tables import decode
from ieom.rules.forms import Form

Document = dict[str, Any]
NO_ANSWERS = {"start", "end", "today", "deviceid", "instanceName", "audit"}
"""Elements that a phone adds by itself."""
LONGEST = 300
"""Digits of a number; no figure of an election comes near."""


KINDS = ("json", "xml", "csv")
NO_MAPPING = "a table needs a mapping file that says which column answers which question"
File = tuple[str, bytes]
"""A file's name and content."""


@dataclass(frozen=True)
class Batch:
    """What files held. `off_code` counts, by question, cells of a table that are no answer to it; they stand in the
    document's `source` all the same. `left` are files of a package that are no forms: photographs and the like."""

    documents: tuple[Document, ...]
    off_code: Mapping[str, Counter[str]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What is wrong with the files of which nothing is in `documents`."""
    silent: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """(file, rows): rows of tables that say nothing in any column that answers a question, and made no form."""


def read_submissions(
    paths: Sequence[Path], *, mapping: Path | None = None, forms: Mapping[str, Form] | None = None
) -> Batch:
    """Every form in `paths`. Tables (.csv) need a `mapping`. Raises `Faults` with what is wrong with all of them."""
    files = [(path.name, path.read_bytes()) for path in paths]
    if mapping is None and any(_kind(name) == "csv" for name, _data in files):
        raise BadInput(NO_MAPPING, command="'--mapping FILE' names it")
    batch = read_files(files, mapping=(mapping.name, mapping.read_bytes()) if mapping else None, forms=forms)
    if batch.faults:
        raise Faults(batch.faults)
    return batch


def read_files(files: Sequence[File], *, mapping: File | None = None, forms: Mapping[str, Form] | None = None) -> Batch:
    """The same of files that are not on the disk; packed ones (.zip) are read for the forms in them. A file with a fault is
    left out whole, and keeps none beside it out: `faults` says of each what is wrong."""
    forms = forms or load_forms()
    faults: list[Fault] = []
    found: list[Document] = []
    off: dict[str, Counter[str]] = {}
    silent: list[tuple[str, tuple[int, ...]]] = []
    columns: ColumnMapping | None = None
    files, left = _unpacked(files, faults)
    if mapping is not None:
        try:
            columns = read_mapping(*mapping, forms)
        except Faults as wrong:
            faults += wrong.faults
    for name, data in files:
        kind, text = _kind(name), decode(name, data)
        own: list[Fault] = []
        read: list[Document] = []
        cells: dict[str, Counter[str]] = {}
        empty: list[int] = []
        if kind not in KINDS:
            own.append(Fault(name, "is no .json, .xml or .csv file, nor a .zip of such files"))
        elif isinstance(text, Fault):
            own.append(text)
        elif kind == "json":
            read = read_json(name, text, own)
        elif kind == "xml":
            read = read_xml(name, text, own)
        elif columns is not None:
            read = list(documents(name, text, columns, forms, own, cells, empty))
        elif mapping is None:
            own.append(Fault(name, f"was not read: {NO_MAPPING}"))
        else:
            own.append(Fault(name, f"was not read: its mapping, {mapping[0]}, can't be used"))
        faults += own
        if not own:
            found += read
            silent += [(name, tuple(empty))] if empty else []
            for question, counted in cells.items():
                off.setdefault(question, Counter()).update(counted)
    return Batch(tuple(found), off, tuple(left), tuple(faults), tuple(silent))


def _kind(name: str) -> str:
    return Path(name).suffix.lower().removeprefix(".")


def _unpacked(files: Sequence[File], faults: list[Fault]) -> tuple[list[File], list[str]]:
    """The files, with those that packed ones hold in the place of these; and what in them is no form."""
    found: list[File] = []
    left: list[str] = []
    for name, data in files:
        if not data.startswith(MARK):
            found.append((name, data))
            continue
        try:
            with unpacked(data, name) as box:
                inside = [part for part in box.infolist() if not part.is_dir()]
                forms = [part for part in inside if _kind(part.filename) in KINDS and not _strange(part.filename)]
                left += [f"{name}/{part.filename}" for part in inside if part not in forms]
                found += [(f"{name}/{part.filename}", box.read(part)) for part in forms]
        except BadInput as problem:
            faults.append(Fault(name, str(problem).removeprefix(f"{name} ")))
            continue
        if not forms:
            faults.append(Fault(name, "holds no .json, .xml or .csv file"))
    return found, left


def _strange(name: str) -> bool:
    """What a computer of Apple's packs beside each file."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith("._")


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
