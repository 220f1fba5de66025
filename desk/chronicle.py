"""What happened, in words for the person who watches: new rows of the audit chain, and letters that left.

The chain holds identifiers; people, states, offices and meetings are named here from the records, at the moment of
looking. The words stand in templates/acts/.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts import meetings
from ieom.errors import BadInput
from ieom.folder.catalogues import _, spoken
from ieom.folder.claims import load_claims
from ieom.folder.names import load_names
from ieom.records import members, missions, stations
from ieom.records.audit import AuditRow
from ieom.records.letters import Letter
from ieom.rules.audit import Link
from ieom.rules.delegation import ITEMS
from ieom.settings import settings

FEW = 2
"""Up to so many persons are named one by one; more are counted."""
CODE = re.compile(r"[a-z]+(_[a-z]+)+")
"""A code of ours for which there is no word: it is told as the words that it is made of."""
VARIES = {"MemberNominated": "state", "FormsReceived": "count", "ReleaseStopped": "status", "LinksSecured": "asks"}
"""Acts whose sentence depends on one of their facts, which may have a sentence of its own: 'FormsReceived_1'."""


def words(part: str = "acts") -> dict[str, str]:
    """A part of templates/acts/, 'acts', 'letters' or 'words', in the language that is spoken; English where it has none."""
    return _words(settings().templates_dir / "acts", spoken())[part]


@lru_cache(maxsize=32)
def _words(folder: Path, language: str) -> dict[str, dict[str, str]]:
    """A language's words over the English ones. Raises `BadInput` for a file that can't be read."""
    found: dict[str, dict[str, str]] = tomllib.loads((folder / "en.toml").read_text("utf-8"))
    path = folder / f"{language}.toml"
    if language == "en" or not path.exists():
        return found
    try:
        own = tomllib.loads(path.read_text("utf-8"))
        given = {part: {key: said for key, said in own.get(part, {}).items() if said} for part in found}
        for said in (said for part in given.values() for said in part.values()):
            said.format_map(_Facts())
    except (ValueError, AttributeError, LookupError, TypeError) as error:
        raise BadInput(
            f"{path} can't be read: {error}; correct it, or take it away and the words are English"
        ) from None
    return {part: {**usual, **given[part]} for part, usual in found.items()}


def letters_of(kind: str) -> str:
    """What letters of a kind are, in a few words: 'invitation to a meeting'."""
    return words("letters").get(kind, kind.replace("_", " "))


def named(session: Session, mission: str) -> dict[str, str]:
    """Codes that the audit chain uses, with the names of what they stand for."""
    facts, names = missions.facts(session, mission), load_names()
    known = {"clock": words("words")["clock"]}
    for state in facts.states:
        known[state.code] = names.running(state.code, on=facts.election_day)
        known[f"state-{state.code}"] = known[f"state-{state.code.lower()}"] = state.contact_office
    known |= {office.code: office.office for office in facts.offices}
    known |= {row.code: members.styled(row) for row in members.of(session, mission)}
    return known


def coded(session: Session, mission: str) -> dict[str, str]:
    """The same, and whatever else a row of the chain may name by a code: bodies written to, findings, meetings, stations."""
    facts, told = missions.facts(session, mission), words("words")
    found = load_names().officials("body", on=facts.election_day)
    found |= {claim.id: claim.label for claim in load_claims() if claim.id not in told}
    found |= {row.code: meetings.counterpart(row) for row in meetings.of(session, mission)}
    return found | {row.code: row.name for row in stations.of(session, mission)} | named(session, mission)


def kind_of(act: str) -> str:
    """A kind of act in words, whoever did it to whom: '… is appointed head of mission'."""
    said = words("kinds").get(act) or words().get(act) or words("untold").get(act) or words("words")["unnamed"]
    said = " ".join(re.sub(r"\{[^}]*\}", "…", said).split())
    return said[:1].upper() + said[1:]


def recorded(row: AuditRow | Link, known: Mapping[str, str]) -> str:
    """One row in a sentence for the record of acts, which has those too that are not told elsewhere."""
    return sentence(row, known) or _put(row, words("untold").get(row.act, words("words")["unnamed"]), known)


def detail(what: Mapping[str, Any], known: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a row holds, exactly: (fact in words, value), a code with what it stands for before it."""
    called = words("facts")
    return [(called.get(key, key.replace("_", " ")), _exact(value, known)) for key, value in sorted(what.items())]


def _exact(value: Any, known: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_exact(key, known)}: {_exact(one, known)}" for key, one in sorted(value.items())) or "–"
    if isinstance(value, list):
        return "; ".join(_exact(one, known) for one in value) or "–"
    if isinstance(value, bool) or value is None or value == "":
        return (_("yes") if value else _("no")) if isinstance(value, bool) else "–"
    said = str(_said("", value, known))
    return said if said == str(value) else f"{said} ({value})"


class _Facts(dict[str, Any]):
    """A sentence may name a fact that an older row does not have; it is then left out of the sentence."""

    def __missing__(self, key: str) -> str:
        return ""


def sentence(row: AuditRow | Link, known: Mapping[str, str]) -> str:
    """One row in a sentence, with what its codes stand for."""
    deciding = row.what.get(VARIES[row.act], "") if row.act in VARIES else None
    said = words().get(f"{row.act}_{deciding}", words().get(row.act, words("words")["unnamed"]))
    return _put(row, said, known)


def _put(row: AuditRow | Link, said: str, known: Mapping[str, str]) -> str:
    facts = {key: _said(key, value, known) for key, value in {**row.what, "by": row.by}.items()}
    if row.by != row.what.get("who", row.by):  # a deputy, or who wrote it down
        facts["through"] = words("words")["through"].format(by=facts["by"])
    whole = " ".join(said.format_map(_Facts(facts)).split())
    return whole[:1].upper() + whole[1:]


def _said(key: str, value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        if key == "members" and len(value) > FEW:
            return words("words")["members"].format(count=len(value))
        return ", ".join(str(_said("", one, known)) for one in value)
    if isinstance(value, str):
        plain = value.replace("_", " ") if CODE.fullmatch(value) else value
        return known.get(value) or words("words").get(value) or (_(ITEMS[value]) if value in ITEMS else plain)
    return value


class Chronicle:
    """Remembers how far it has told."""

    def __init__(self, mission: str) -> None:
        self.mission, self.seq = mission, 0
        self._counts: dict[str, int] = {}

    def since_last(self, session: Session) -> list[tuple[str, datetime]]:
        """(sentence, UTC moment) of everything new since the last call, oldest first."""
        query = select(AuditRow).where(AuditRow.mission == self.mission, AuditRow.seq > self.seq).order_by(AuditRow.seq)
        told = []
        rows = session.scalars(query).all()
        known = coded(session, self.mission) if rows else {}
        for row in rows:
            self.seq = row.seq
            said = sentence(row, known)
            if said:
                told.append((said, row.at))
        return sorted([*told, *self._letters(session)], key=lambda one: one[1])  # stable: acts before their letters

    def _letters(self, session: Session) -> list[tuple[str, datetime]]:
        left = (Letter.mission == self.mission, Letter.state == "sent")
        counted = select(Letter.kind, func.count(), func.max(Letter.settled_at)).where(*left).group_by(Letter.kind)
        told = []
        for kind, count, at in session.execute(counted):
            new = count - self._counts.get(kind, 0)
            self._counts[kind] = count
            if not new or at is None:
                continue
            newest = select(Letter.to_office).where(*left, Letter.kind == kind).order_by(Letter.settled_at.desc())
            to = session.scalars(newest.order_by(Letter.id.desc()).limit(1)).one()
            said = words("words")["one_letter" if new == 1 else "letters"]
            told.append((said.format(count=new, what=letters_of(kind), to=to), at))
        return told
