"""What the commands of the statement share: their options, the version that is meant, what the linter left."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from ieom.errors import NotFound
from ieom.records import drafts
from ieom.records.statements import StatementVersion

Why = Annotated[str, typer.Option("--why", help="The reason; it stands in the audit chain's records beside your name.")]
Language = Annotated[str, typer.Option("--language", "-l", help="The statement's language.")]
Number = Annotated[int, typer.Option("--version", "-v", help="A version's number; left out: the newest.")]
WIDTH = 80


def chosen(session: Session, mission: str, number: int, language: str) -> StatementVersion:
    """The version of that number, or the newest when it is 0. Raises `NotFound`."""
    if number:
        return drafts.number(session, mission, number, language)
    row = drafts.newest(session, mission, language)
    if row is None:
        raise NotFound("there is no draft yet; 'ieom statement draft' writes one")
    return row


def findings(count: int) -> str:
    """What is to be done about so many findings."""
    if not count:
        return "Nothing to mend; 'ieom statement ready' asks for approval."
    return f"{count} finding{'' if count == 1 else 's'} to mend or answer for: 'ieom statement lint'."
