"""An observer's form in its normal form, whatever way it came; what makes it impossible to take, and its hash.

A form is refused for what can't be understood (an unknown station, a time without a zone), never for what it says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ieom.rules.forms import HEAD, Form

KEYS = {"instance_id", "form", "team", "station", "arrived_at", "departed_at", "answers"}


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
    wrong = []
    unknown = sorted(set(document) - KEYS)
    if unknown:
        wrong.append(f"unknown: {', '.join(unknown)}")
    for key in ("instance_id", "form", "team", "station"):
        if not isinstance(document.get(key), str) or not document[key].strip():
            wrong.append(f"'{key}' is missing")
    form = forms.get(str(document.get("form")))
    if form is None and document.get("form"):
        wrong.append(f"there is no form '{document['form']}'; there are {', '.join(forms)}")
    station, team = str(document.get("station", "")), str(document.get("team", ""))
    if station and station not in stations:
        wrong.append(f"there is no station '{station}'")
    if team and teams and team not in teams:
        wrong.append(f"there is no team '{team}'")
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
    answers: list[tuple[str, str]] = []
    for name, value in sorted(given.items()):
        question = form.questions.get(name) if form else None
        if value is None or value in ("", []):
            continue
        if form is not None and (question is None or name in HEAD):
            wrong.append(f"the form '{form.code}' has no question '{name}'")
        elif question is not None:
            fault = question.fault(value)
            if fault:
                wrong.append(f"{name}: {fault}")
            else:
                answers += [(name, one) for one in question.values(value)]
    if wrong:
        return None, tuple(wrong)
    return (
        Normal(
            document["instance_id"].strip(), document["form"], team, station, moments["arrived_at"],
            moments["departed_at"], tuple(answers), content_hash(document),
        ),
        (),
    )  # fmt: skip


def moment(value: object) -> datetime | None:
    """A time with its zone, as UTC. Raises ValueError for one without."""
    if value is None or value == "":
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError(f"the time '{value}' has no zone; write it like 2020-08-12T10:05+06:00")
    return found.astimezone(UTC)


def content_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of the form as it came, over canonical JSON."""
    return hashlib.sha256(
        json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    ).hexdigest()
