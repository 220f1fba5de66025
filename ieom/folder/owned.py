"""A TOML file that the secretariat owns, read as a model: once for each state it is in, everything wrong said at once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from ieom.errors import Fault, Faults
from ieom.folder.faults import translate

Model = TypeVar("Model", bound=BaseModel)


def load(model: type[Model], path: Path) -> Model:
    """The file as a `model`; kept until the file changes. Raises `Faults` with every fault."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError as problem:
        raise Faults([Fault(path.name, f"can't be read ({problem.strerror}): {path}")]) from None
    return cast("Model", _read(model, path, changed))


@lru_cache(maxsize=16)
def _read(model: type[BaseModel], path: Path, _changed: int) -> BaseModel:
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Faults([Fault(path.name, f"can't be read as TOML: {problem}")]) from None
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        raise Faults(translate(path.name, problem)) from None
