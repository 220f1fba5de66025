"""`config/timeline.toml`, read and checked at once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from ieom.errors import Fault, Faults
from ieom.folder.faults import translate
from ieom.rules.reminders import Timeline
from ieom.settings import settings


def load_timeline(path: Path | None = None) -> Timeline:
    """The timeline of this installation, or of `path`. Raises `Faults` with every fault."""
    path = path or settings().config_dir / "timeline.toml"
    try:
        changed = path.stat().st_mtime_ns
    except OSError as problem:
        raise Faults([Fault(path.name, f"can't be read ({problem.strerror}): {path}")]) from None
    return _load(path, changed)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> Timeline:
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Faults([Fault(path.name, f"can't be read as TOML: {problem}")]) from None
    try:
        return Timeline.model_validate(data)
    except ValidationError as problem:
        raise Faults(translate(path.name, problem)) from None
