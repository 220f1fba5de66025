"""PDF through Typst: PDF/A-2a and PDF/UA-1 in one file, the same bytes for the same input.

Text goes in as data (`sys.inputs`), never into the source. The archival standards make a missing glyph, title or
heading level an error instead of a flaw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst

from ieom.errors import BadInput
from ieom.settings import settings

STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]


@lru_cache(maxsize=8)
def _compiler(path: Path, _changed: int) -> typst.Compiler:
    return typst.Compiler(str(path), root=str(path.parent), ignore_system_fonts=True)


def pdf(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Typeset `templates/papers/<template>.typ` with `data`; `at` (UTC) becomes the file's date. Raises `BadInput` for
    a character that no font has, naming it."""
    path = settings().templates_dir / "papers" / f"{template}.typ"
    compiler = _compiler(path, path.stat().st_mtime_ns)
    day = at.astimezone(UTC)
    told = {**data, "year": day.year, "month": day.month, "day": day.day}
    try:
        made = compiler.compile(
            format="pdf",
            sys_inputs={"data": json.dumps(told, ensure_ascii=False)},
            pdf_standards=list(STANDARDS),
            timestamp=int(day.timestamp()),
        )
    except typst.TypstError as error:
        raise BadInput(f"{path.name} can't be typeset: {error}") from error
    if not isinstance(made, bytes):
        raise BadInput(f"{path.name} gave no PDF")
    return made
