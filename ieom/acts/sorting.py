"""What becomes of forms that come in: new, in already, or kept aside and why. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, Conflict, IeomError
from ieom.folder.forms import load_forms
from ieom.records import stations, teams
from ieom.records.submissions import Submission
from ieom.rules.submissions import Normal, normal, storable

Document = Mapping[str, Any]


@dataclass
class Sorted:
    """Forms by what becomes of them: those to be taken by their ids, how many are in, those kept aside with the reason."""

    fresh: dict[str, tuple[Normal, Document]] = field(default_factory=dict)
    again: int = 0
    aside: list[tuple[Document, IeomError]] = field(default_factory=list)


def places(session: Session, mission: str) -> dict[str, set[str]]:
    """The stations and teams that a form may name."""
    return {
        "stations": {row.code for row in stations.of(session, mission)},
        "teams": {row.code for row in teams.of(session, mission)},
    }


def clash(instance: str, whence: str = "") -> Conflict:
    """Two forms under one id."""
    return Conflict(
        f"form {instance} came before with other content{whence}; the first stands, this one is kept aside: correct "
        "the first, or take this one under another id"
    )


def sorted_out(session: Session, mission: str, documents: Sequence[Document]) -> Sorted:
    """What becomes of these forms, were they taken now."""
    forms, there = load_forms(), places(session, mission)
    query = select(Submission.instance_id, Submission.content_hash).where(Submission.mission == mission)
    known = dict(session.execute(query).tuples().all())
    found = Sorted()
    for given in documents:
        document = storable(given)
        form, faults = normal(document, forms, **there)
        if form is None:
            why: IeomError = BadInput(f"form {document.get('instance_id') or '(without an id)'}: " + "; ".join(faults))
        elif form.instance_id not in known:
            known[form.instance_id] = form.content_hash
            found.fresh[form.instance_id] = (form, document)
            continue
        elif known[form.instance_id] == form.content_hash:
            found.again += 1
            continue
        else:
            why = clash(form.instance_id)
        found.aside.append((document, why))
    return found
