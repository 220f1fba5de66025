"""`config/claims.toml`: the catalogue of claims, read and checked at once."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from ieom.errors import Fault, Faults
from ieom.folder.forms import load_forms
from ieom.rules.evidence import Claim, unknown_claims
from ieom.settings import settings


def load_claims(path: Path | None = None) -> tuple[Claim, ...]:
    """The catalogue, in the order of the statement. Raises `Faults`: unknown keys, questions and answers above all."""
    path = path or settings().config_dir / "claims.toml"
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> tuple[Claim, ...]:
    try:
        rows = tomllib.loads(path.read_bytes().decode("utf-8-sig"))["claim"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as problem:
        raise Faults([Fault(path.name, f"can't be read as a list of claims: {problem}")]) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Faults([Fault(path.name, "is no list of claims; each begins with [[claim]]")])
    faults, claims = [], []
    for number, row in enumerate(rows, start=1):
        try:
            claims.append(Claim.model_validate(row))
        except ValidationError as problem:
            faults += [
                Fault(path.name, f"claim {row.get('id', number)}: {'.'.join(map(str, e['loc']))}: {e['msg']}")
                for e in problem.errors()
            ]
    faults += [Fault(path.name, says) for says in unknown_claims(claims)]
    known: dict[str, set[str]] = {}
    for form in load_forms().values():
        for question in form.questions.values():
            known.setdefault(question.name, set()).update(question.choices)
    for claim in claims:
        for asked, answers in (*claim.upheld_by.items(), *claim.contradicted_by.items()):
            if asked not in known:
                faults.append(Fault(path.name, f"claim {claim.id}: no form asks '{asked}'"))
            else:
                strange = [answer for answer in answers if answer not in known[asked]]
                faults += [Fault(path.name, f"claim {claim.id}: '{one}' is no answer to '{asked}'") for one in strange]
    if faults:
        raise Faults(faults)
    return tuple(claims)
