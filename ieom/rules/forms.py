"""Observers' forms: their questions and the answers that each may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HEAD = ("team", "station", "arrival", "departure")
"""Questions of a form's head that are kept in the submission itself, not among the answers."""


@dataclass(frozen=True)
class Question:
    """One question. `kind` is text, integer, time, one or many; `choices` for the last two."""

    name: str
    kind: str
    label: str
    choices: tuple[str, ...] = ()

    def fault(self, value: object) -> str | None:
        """Why a value can't be an answer to this question; None when it can. Odd values are no fault."""
        if self.kind in {"one", "many"}:
            given = value if isinstance(value, list) else str(value).split() if self.kind == "many" else [value]
            unknown = [str(one) for one in given if str(one) not in self.choices]
            return f"'{', '.join(unknown)}' is none of {', '.join(self.choices)}" if unknown else None
        if self.kind == "integer":
            text = str(value).strip()
            return None if text.lstrip("-").isdigit() else f"'{value}' is no whole number"
        return None

    def values(self, value: object) -> list[str]:
        """The answer as it is kept: one text, or several for a question with many choices."""
        if self.kind == "many":
            return sorted({str(one) for one in (value if isinstance(value, list) else str(value).split())})
        if self.kind == "integer":
            return [str(int(str(value).strip()))]
        return [str(value).strip()]


@dataclass(frozen=True)
class Form:
    """One form by its code: opening, voting, closing, counting, tabulation, incident, or a case's own."""

    code: str
    title: str
    version: str
    questions: Mapping[str, Question]
