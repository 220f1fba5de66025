"""A form that is typed from paper: what the checks say of it before it is taken; then it is taken like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ieom.acts.flagging import noticed
from ieom.acts.sorting import places
from ieom.folder.forms import load_forms
from ieom.records.submissions import by_instance
from ieom.rules.checks import TWICE
from ieom.rules.submissions import normal, storable


@dataclass(frozen=True)
class Tried:
    """What keeps a form from being taken, and what the checks would flag in it."""

    faults: tuple[str, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    taken: str = ""
    """The form's number, where one with other answers was taken under it."""

    @property
    def twice(self) -> bool:
        """Whether the same team has reported this visit, or this count, already."""
        return any(check == TWICE for check, _ in self.remarks)


def tried(session: Session, mission: str, document: Mapping[str, Any]) -> Tried:
    """How a form would be taken, were it sent now. Nothing is written."""
    form, faults = normal(storable(document), load_forms(), **places(session, mission))
    if form is None:
        return Tried(faults)
    known = by_instance(session, mission, form.instance_id)
    if known is not None and known.content_hash != form.content_hash:
        return Tried(
            ("this form was taken already, with other answers: correct them on its page, or enter another form",),
            taken=form.instance_id,
        )
    return Tried((), tuple(noticed(session, mission, form)))
