"""An observer's form in its normal form, whatever way it came; what makes it impossible to take, and its hash.

A form is refused for what can't be understood (an unknown station, a time without a zone), never for what it says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ieom.rules.forms import HEAD, Form

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
KEYS = ("instance_id", "form", "team", "station", "arrived_at", "departed_at", "answers", "source", "unread")
"""What a document may hold; `source` says where it came from (file, row, cells) and is no part of its content; `unread` are
a table's cells, by their columns, that are no answers: a person reads them before the form is taken."""


@dataclass(frozen=True)
class Normal:
    """A form that can be taken. Times are UTC."""

    instance_id: str
    form: str
    team: str
    station: str
    arrived_at: datetime | None
    departed_at: datetime | None
    answers: tuple[tuple[str, str], ...]
    content_hash: str


def normal(
    document: Mapping[str, Any], forms: Mapping[str, Form], *, stations: Collection[str], teams: Collection[str]
) -> tuple[Normal | None, tuple[str, ...]]:
    """(the form, faults): everything that is wrong at once. An empty `teams` takes any team."""
    wrong = [f"'{key}' is not a part of a form" for key in sorted(set(document) - set(KEYS))]
    said: dict[str, str] = {}
    for key in ("instance_id", "form", "team", "station"):
        value = document.get(key)
        said[key] = value.strip() if isinstance(value, str) else ""
        if not said[key]:
            wrong.append(f"'{key}' is missing")
    form = forms.get(said["form"])
    if form is None and said["form"]:
        wrong.append(f"there is no form '{said['form']}'; there are {', '.join(forms)}")
    if said["station"] and said["station"] not in stations:
        wrong.append(f"there is no station '{said['station']}' in this mission")
    if said["team"] and teams and said["team"] not in teams:
        wrong.append(f"there is no team '{said['team']}' in this mission")
    moments: dict[str, datetime | None] = {}
    for key in ("arrived_at", "departed_at"):
        try:
            moments[key] = moment(document.get(key))
        except ValueError as error:
            wrong.append(f"{key}: {error}")
    given = document.get("answers")
    if not isinstance(given, Mapping):
        wrong.append("'answers' is missing")
        given = {}
    answers = _answers(given, form, wrong) if form else []
    unread = document.get("unread") or {}
    cells = unread.items() if isinstance(unread, Mapping) else [("", unread)]
    wrong += [f"the column '{column}' says '{cell}', which is no answer that is known" for column, cell in cells]
    if wrong:
        return None, tuple(wrong)
    arrived, departed = moments["arrived_at"], moments["departed_at"]
    content = [*said.values(), _said(arrived), _said(departed), *(list(pair) for pair in answers)]
    return Normal(**said, arrived_at=arrived, departed_at=departed, answers=tuple(answers),
                  content_hash=content_hash(content)), ()  # fmt: skip


def _answers(given: Mapping[str, Any], form: Form, wrong: list[str]) -> list[tuple[str, str]]:
    answers: list[tuple[str, str]] = []
    for name, value in sorted(given.items()):
        question = form.questions.get(name)
        if question is None or name in HEAD:
            wrong.append(f"the form '{form.code}' has no question '{name}'")
        elif value is not None and value != [] and str(value).strip():
            fault = question.fault(value)
            if fault:
                wrong.append(f"{name}: {fault}")
            else:
                answers += [(name, one) for one in question.values(value)]
    return answers


def _said(when: datetime | None) -> str:
    return when.isoformat() if when else ""


def moment(value: object) -> datetime | None:
    """A time with its zone, as UTC. Raises ValueError for one without, or for what is no time."""
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"'{value}' is no moment; write it like 2020-08-12T10:05+06:00") from None
    if found.tzinfo is None:
        raise ValueError(f"the time '{value}' has no zone; write it like 2020-08-12T10:05+06:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"'{value}' is no moment of this election") from None


def content_hash(content: object) -> str:
    """SHA-256 over canonical JSON. A form's is taken over its normal form, so that the same form by telephone, from a
    file or from a phone has the same one."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    ).hexdigest()


DEEPEST = 40
"""Levels of a document; a form has three. What lies deeper is kept as a text."""


def storable(value: Any, level: int = 0) -> Any:
    """A document as every database can keep it: NUL and lone surrogates, which PostgreSQL refuses, become U+FFFD; a
    form is never lost for a sign in it, nor for how deep it is nested."""
    if level > DEEPEST and isinstance(value, Mapping | list | tuple):
        return "(nested deeper than a form is)"
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {str(storable(key)): storable(one, level + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one, level + 1) for one in value]
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - NaN
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
