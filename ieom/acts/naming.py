"""The official names as the secretariat changes them at the desk: out to Excel, and back with a look at what would change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import tomli_w
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.listing import Look, Table, Values, compared, unchanged
from ieom.errors import BadInput, Fault, Faults
from ieom.folder.faults import translate
from ieom.folder.names import load_names
from ieom.folder.rows import NameRow, columns
from ieom.papers import store
from ieom.records import contact_acts, missions
from ieom.records.delegation import Member
from ieom.records.meetings import Meeting
from ieom.records.stations import PollingStation
from ieom.rules.names import Names
from ieom.rules.words import N_
from ieom.settings import settings

FORMS = ("of", "in", "to", "from")
"""Phrases in which a name itself changes; a column of the list each."""
TABLE = Table(
    "names", N_("Official names"), NameRow, frozenset(columns(NameRow)) - set(NameRow.KEY), whole=True,
)  # fmt: skip
HEAD = (
    "# Official names, as they were changed at the desk (Settings, Names) and are used in the place of config/names.toml.\n"
    "# What each part means is said there.\n\n"
)


@dataclass(frozen=True)
class NamesChanged:
    """The official names were changed; how many rows of the list, and the SHA-256 of the file that holds them now."""

    added: int
    changed: int
    removed: int
    sha256: str


@dataclass(frozen=True)
class NamesPutBack:
    """The names that the installation came with are used again."""

    sha256: str
    """Of the file that was put aside."""


def standing() -> list[Values]:
    """The names as they are used now, a row for each language and time."""
    return list(_rows(load_names()))


def _rows(names: Names) -> Iterator[Values]:
    for code, entry in names.entries.items():
        for language, dated in entry.names.items():
            for one in dated:
                row = {"code": code, "kind": entry.kind, "state": entry.state, "language": language}
                row |= {key: getattr(one, key) for key in ("since", "until", "official", "running", "short")}
                row |= {"adjective": one.adjective, "people": one.people}
                row |= {f"{form}_form": one.forms.get(form, "") for form in FORMS}
                yield {**row, "never": "; ".join(entry.wrong) if language == "en" and one is dated[0] else ""}


def look(session: Session, rows: Sequence[tuple[int | None, NameRow]], header: Collection[str]) -> Look:
    """What taking these rows would change. Raises `Faults` where names made of them would not hold together, or would leave
    a mission without a name of which it speaks."""
    seen = compared(TABLE, standing(), rows, header, wrong=lambda *_: "", usual={})
    _made(session, seen.values)
    return seen


def take(
    session: Session, rows: Sequence[NameRow], header: Collection[str], *, by: str, at: datetime, digest: str
) -> Look:
    """Use these names from now on, if that still does what was looked at; else `Conflict`. The file is written whole or not
    at all, before the act that tells of it: where the machine ends between the two, the same list taken in again changes
    nothing and leaves the act."""
    contact_acts.lock(session)
    seen = look(session, [(None, row) for row in rows], header)
    unchanged(seen, digest)
    made = _made(session, seen.values)
    path = settings().own_names
    text = HEAD + tomli_w.dumps(made)
    new, changed, removed = (len(seen.of(state)) for state in ("new", "changed", "removed"))
    act = NamesChanged(new, changed, removed, store.sha256(text.encode()))
    contact_acts.append(session, by=by, at=at, act=act)
    store.write(path, text.encode())
    return seen


def put_back(session: Session, *, by: str, at: datetime) -> None:
    """Use the names again that the installation came with. Raises `BadInput` where they are in use, `Faults` where a
    mission speaks of one that they have not."""
    contact_acts.lock(session)
    path = settings().own_names
    if not path.exists():
        raise BadInput("the names that came with the installation are in use")
    _every_mission_named(session, load_names(settings().config_dir / "names.toml"))
    contact_acts.append(session, by=by, at=at, act=NamesPutBack(store.sha256(path.read_bytes())))
    path.replace(path.with_name(f"{path.name}.aside"))  # kept, should the act not come about


def _made(session: Session, rows: Sequence[Values]) -> dict[str, Any]:
    """The file's content made of the rows; patterns and precedence stay as they are. Raises `Faults`."""
    old = load_names()
    entries: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for values in rows:
        code, language = values["code"], values["language"]
        before = old.entries.get(code)
        entry = entries.setdefault(code, {"kind": values["kind"], "state": values["state"], "wrong": [], "names": {}})
        for column in ("kind", "state"):
            if values[column] != entry[column]:
                says = f"'{values[column]}' here, '{entry[column]}' in another row of {code}; write the same in each"
                faults.append(Fault("names", says, column=column))
        entry["wrong"] += [one.strip() for one in values["never"].split(";") if one.strip()]
        stood = next(
            (one for one in (before.names.get(language, ()) if before else ()) if one.since == values["since"]), None
        )
        forms = {name: said for name, said in (stood.forms if stood else {}).items() if name not in FORMS}
        forms |= {form: values[f"{form}_form"] for form in FORMS if values[f"{form}_form"]}
        name = {"from": values["since"], "until": values["until"], "forms": forms}
        name |= {key: values[key] for key in ("official", "running", "short", "adjective", "people")}
        entry["names"].setdefault(language, []).append(_said(name))
    kept = {code: _said({**one, "wrong": list(dict.fromkeys(one["wrong"]))}) for code, one in entries.items()}
    precedence = {tongue: [c for c in codes if c in kept] for tongue, codes in old.precedence_lists.items()}
    made = {"patterns": old.patterns, "precedence": precedence, "entries": kept}
    if faults:
        raise Faults(faults)
    try:
        names = Names.model_validate(made)
    except ValidationError as problem:
        raise Faults(translate("names", problem, path=_where)) from None
    _every_mission_named(session, names)
    return made


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


def _where(location: tuple[Any, ...]) -> str:
    """`entries.KZ.names.en[2].official` as the list's reader knows it: 'KZ, en, official'."""
    parts = [str(part) for part in location if isinstance(part, str) and part not in {"entries", "names"}]
    return ", ".join(parts)


def _every_mission_named(session: Session, names: Names) -> None:
    faults = []
    for slug in missions.all_slugs(session):
        facts = missions.facts(session, slug)
        for code in sorted(_spoken_of(session, slug) & set(load_names().entries)):
            try:
                names.name(code, on=facts.election_day)
            except KeyError:
                says = f"'{code}' would have no name on {facts.election_day:%Y-%m-%d}, and '{facts.title}' speaks of it"
                faults.append(Fault("names", says, column="code"))
    if faults:
        raise Faults(faults)


def _spoken_of(session: Session, mission: str) -> set[str]:
    facts = missions.facts(session, mission)
    said = {facts.host_state, facts.organisation, facts.base_city, facts.invitation.from_body}
    said |= {one.code for one in facts.states} | {one.body for one in facts.offices}
    for column, of in ((Member.body, Member), (Meeting.body, Meeting), (PollingStation.city, PollingStation)):
        said |= set(session.scalars(select(column).where(of.mission == mission).distinct()))
    return said
