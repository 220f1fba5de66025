"""A TOML file that the secretariat owns, read as a model: once for each state it is in, everything wrong said at once with
its line. A process that has read it well goes on with that while a later state of the file can't be used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from ieom.errors import Fault, Faults
from ieom.folder.faults import translate

Model = TypeVar("Model", bound=BaseModel)
_good: dict[Path, BaseModel] = {}
"""What was read well last, by file."""
_AT = re.compile(r" \(at line (\d+), column \d+\)")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*([\w."'-]+(?:\s*\.\s*[\w."'-]+)*)\s*=""")


def load(model: type[Model], path: Path) -> Model:
    """The file as a `model`; kept until the file changes. Raises `Faults` with every fault."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError as problem:
        raise Faults([Fault(_called(path), f"can't be read ({problem.strerror}): {path}; put it back")]) from None
    found = _read(model, path, changed)
    if isinstance(found, Faults):
        raise Faults(found.faults)
    return cast("Model", found)


def kept(model: type[Model], path: Path) -> Model:
    """The same; where the file can't be used as it stands now, what this process read well before. Raises `Faults` where it
    never did."""
    try:
        found = load(model, path)
    except Faults:
        if (before := _good.get(path)) is not None and isinstance(before, model):
            return before
        raise
    _good[path] = found
    return found


def wrong(model: type[BaseModel], path: Path) -> str:
    """What is wrong with the file as it stands now; '' for nothing."""
    try:
        load(model, path)
    except Faults as faults:
        return str(faults)
    return ""


@lru_cache(maxsize=16)
def _read(model: type[BaseModel], path: Path, _changed: int) -> BaseModel | Faults:
    name = _called(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        return Faults([Fault(name, f"is not saved as UTF-8 (octet {problem.start}); save it as UTF-8")])
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        at = _AT.search(str(problem))
        where = f"{name}, line {at[1]}" if at else name
        says = _AT.sub("", str(problem)).removesuffix(" (at end of document)")
        return Faults([Fault(where, f"is not written as TOML: {says}; mend that line, or put back the file as it was")])
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        lines = list(_lines(text))
        return Faults([_placed(name, fault, lines) for fault in translate(name, problem)])


def _called(path: Path) -> str:
    """The file as people find it: config/names.toml."""
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


def _placed(name: str, fault: Fault, lines: list[tuple[str, int]]) -> Fault:
    """A fault with the line in which what it speaks of begins, where that is found."""
    column = fault.column or ""
    near = [(len(key), line) for key, line in lines if column == key or column.startswith((f"{key}.", f"{key}["))]
    return Fault(f"{name}, line {max(near)[1]}" if near else name, fault.says, fault.row, fault.column)


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Each table and key of a TOML text as `translate` names them (`entries.KZ.names.en`, `reminder[2].to`), with its line."""
    table, counts = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            table = _plain(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                table = f"{table}[{counts[table]}]"
            yield table, number
        elif key := _KEY.match(line):
            yield f"{table}.{_plain(key[1])}" if table else _plain(key[1]), number


def _plain(key: str) -> str:
    return re.sub(r"""["'\s]""", "", key)
