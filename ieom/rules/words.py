"""Marks on words that a page looks up in the reader's catalogue once they are shown: those of a constant, a label or a state's
name, and sentences of the rules into which facts are put."""

from __future__ import annotations

from typing import Self


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it, which `make messages` looks for
    """The text itself: it is English here, and translated where it is shown."""
    return text


class Put(str):
    """A marked sentence with facts put in: English, as any text, for the command line, the logs and the records; a page says
    it anew in the reader's language (`catalogues.said`). Of the facts, a `Put` or a tuple of marked words is translated too;
    any other is data."""

    __slots__ = ("facts", "sentence")

    def __new__(cls, sentence: str, **facts: object) -> Self:
        made = super().__new__(cls, sentence.format(**{name: _plain(one) for name, one in facts.items()}))
        made.sentence, made.facts = sentence, facts
        return made

    sentence: str
    facts: dict[str, object]


def _plain(fact: object) -> object:
    return ", ".join(fact) if isinstance(fact, tuple) else fact
