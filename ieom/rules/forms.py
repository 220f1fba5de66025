"""Observers' forms: their questions and the answers that each may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HEAD = ("team", "station", "arrival", "departure")
"""Questions of a form's head that are kept in the submission itself, not among the answers."""
KINDS = ("text", "integer", "time", "moment", "image", "one", "many")
WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class Question:
    """One question. `kind` is one of `KINDS`; `choices` are for `one` and `many`. `required` tells a phone to insist;
    a form that came without the answer is taken all the same."""

    name: str
    kind: str
    label: str
    choices: tuple[str, ...] = ()
    required: bool = False
    words: tuple[str, ...] = ()
    """What each choice is called, in their order."""

    def said(self, value: str) -> str:
        """An answer in the form's words."""
        if value in self.choices and len(self.words) == len(self.choices):
            return self.words[self.choices.index(value)] or value
        return value

    def fault(self, value: object) -> str | None:
        """Why a value can't be an answer to this question; None when it can. Odd values are no fault."""
        if isinstance(value, Mapping) or (isinstance(value, list) and self.kind != "many"):
            return f"'{value}' is no single answer"
        if self.kind in {"one", "many"}:
            unknown = [one for one in self._given(value) if one not in self.choices]
            return f"'{', '.join(unknown)}' is none of {', '.join(self.choices)}" if unknown else None
        if self.kind == "integer":
            return None if WHOLE.fullmatch(str(value).strip()) else f"'{value}' is no whole number"
        return None

    def values(self, value: object) -> list[str]:
        """The answer as it is kept: one text, or several for a question with many choices."""
        if self.kind == "many":
            return sorted(set(self._given(value)))
        if self.kind == "integer":
            return [str(int(str(value).strip()))]
        return [str(value).strip()]

    def _given(self, value: object) -> list[str]:
        if self.kind == "many":
            return [str(one) for one in value] if isinstance(value, list) else str(value).split()
        return [str(value).strip()]


@dataclass(frozen=True)
class Form:
    """One form by its code: opening, voting, closing, counting, tabulation, incident, or an installation's own."""

    code: str
    title: str
    version: str
    questions: Mapping[str, Question]
