"""`config/forms/*.csv`: XLSForms, read with pyxform, which also makes the XForm that phones show."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pyxform.xls2json_backends import csv_to_dict
from pyxform.xls2xform import convert

from ieom.errors import Fault, Faults
from ieom.rules.forms import Form, Question
from ieom.settings import settings

KINDS = {"text": "text", "integer": "integer", "time": "time", "select_one": "one", "select_multiple": "many"}


def load_forms(folder: Path | None = None) -> dict[str, Form]:
    """The forms of this installation (or of `folder`) by their codes. Raises `Faults`."""
    folder = folder or settings().config_dir / "forms"
    return _load(folder, tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.csv"))))


@lru_cache(maxsize=4)
def _load(folder: Path, paths: tuple[tuple[Path, int], ...]) -> dict[str, Form]:
    if not paths:
        raise Faults([Fault(folder.name, "holds no form (*.csv)")])
    return {path.stem: _form(path) for path, _ in paths}


def _form(path: Path) -> Form:
    sheets = csv_to_dict(str(path))
    choices: dict[str, list[str]] = {}
    for row in sheets.get("choices", []):
        choices.setdefault(row["list_name"], []).append(row["name"])
    questions = {}
    for row in sheets["survey"]:
        kind, _, listed = row["type"].partition(" ")
        if kind not in KINDS:
            raise Faults([Fault(path.name, f"question '{row['name']}' has the type '{row['type']}', which is not used here")])
        questions[row["name"]] = Question(row["name"], KINDS[kind], row["label"], tuple(choices.get(listed, ())))
    about = sheets["settings"][0]
    return Form(path.stem, about["form_title"], str(about["version"]), questions)


def xform(path: Path) -> str:
    """The XForm of an XLSForm, for a phone."""
    return str(convert(xlsform=path.read_text("utf-8"), file_type=".csv").xform)
