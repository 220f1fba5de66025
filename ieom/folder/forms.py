"""`config/forms/*.csv`: XLSForms, read with pyxform, which also makes the XForm that phones show.

An installation adds a form of its own by laying another XLSForm beside these.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import csv_to_dict
from pyxform.xls2xform import convert

from ieom.errors import Fault, Faults
from ieom.rules.forms import HEAD, Form, Question
from ieom.settings import settings

KINDS = {
    "text": "text", "integer": "integer", "time": "time", "dateTime": "moment", "image": "image", "select_one": "one",
    "select_multiple": "many",
}  # fmt: skip
NO_QUESTIONS = {"start", "end", "today", "deviceid", "note", "begin group", "end group"}
"""Rows of an XLSForm that ask nothing of an observer."""


def load_forms(folder: Path | None = None) -> dict[str, Form]:
    """The forms of this installation (or of `folder`) by their codes. Raises `Faults` with everything wrong."""
    folder = folder or settings().config_dir / "forms"
    return _load(folder, tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.csv"))))


@lru_cache(maxsize=8)
def _load(folder: Path, paths: tuple[tuple[Path, int], ...]) -> dict[str, Form]:
    if not paths:
        raise Faults([Fault(folder.name, "holds no form (*.csv)")])
    faults: list[Fault] = []
    forms = {path.stem: _form(path, faults) for path, _ in paths}
    if faults:
        raise Faults(faults)
    return forms


def _form(path: Path, faults: list[Fault]) -> Form:
    sheets = csv_to_dict(str(path))
    choices: dict[str, list[str]] = {}
    words: dict[str, list[str]] = {}
    for row in sheets.get("choices", []):
        choices.setdefault(row.get("list_name", ""), []).append(row.get("name", ""))
        words.setdefault(row.get("list_name", ""), []).append(row.get("label", ""))
    questions: dict[str, Question] = {}
    for row in sheets.get("survey", []):
        name, said = row.get("name", ""), row.get("type", "")
        kind, _, listed = said.partition(" ")
        if said in NO_QUESTIONS:
            continue
        if kind not in KINDS:
            faults.append(Fault(path.name, f"question '{name}' has the type '{said}', which is not used here"))
            continue
        if name in questions:
            faults.append(Fault(path.name, f"question '{name}' stands twice"))
        if KINDS[kind] in {"one", "many"} and listed not in choices:
            faults.append(Fault(path.name, f"question '{name}' has the choices '{listed}', which are not listed"))
        questions[name] = Question(
            name, KINDS[kind], row.get("label", ""), tuple(choices.get(listed, ())), row.get("required") == "yes",
            tuple(words.get(listed, ())),
        )  # fmt: skip
    faults += [Fault(path.name, f"'{name}' is not asked; every form asks it") for name in HEAD if name not in questions]
    about: dict[str, str] = next(iter(sheets.get("settings", [])), {})
    if about.get("form_id") != path.stem:
        faults.append(Fault(path.name, f"form_id is '{about.get('form_id', '')}'; it is to be the file's name"))
    return Form(path.stem, about.get("form_title", path.stem), str(about.get("version", "")), questions)


def xform(path: Path) -> str:
    """The XForm of an XLSForm, for a phone. Raises `Faults` for what can't be compiled."""
    try:
        return str(convert(xlsform=path.read_text("utf-8"), file_type=".csv").xform)
    except PyXFormError as problem:
        raise Faults([Fault(path.name, str(problem))]) from problem
