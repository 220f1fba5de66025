"""Notes verbales and letters as Word documents, for stamp or signature.

A note verbale is written in the third person, begins and ends with a courtesy, and is initialled and stamped, not
signed (Satow's Diplomatic Practice, 7.37); a letter has a salutation and a signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from babel.dates import format_date

from ieom.papers import word
from ieom.papers.word import WORD

__all__ = ["WORD", "note_verbale"]


def note_verbale(
    *,
    number: str,
    kind: str,
    organisation: str,
    addressee: str,
    salutation: str,
    dated: date,
    place: str,
    subject: str,
    paragraphs: Sequence[str],
    at: datetime,
    table: Sequence[Sequence[str]] = (),
    language: str = "en",
) -> bytes:
    """The paper's bytes. `kind` is note_verbale or letter; `table` (its first row the head) follows the paragraphs
    before the last one, which is the closing courtesy."""
    paper = word.letterhead(organisation, f"{number} {subject}", at, language)
    word.add(paper, f"No. {number}")
    if kind == "note_verbale":
        word.add(paper, "NOTE VERBALE", "Heading 1", centred=True)
    else:
        word.add(paper, addressee)
        word.add(paper, f"{salutation or 'Excellency'},")
    *body, closing = paragraphs
    for text in body:
        word.add(paper, text)
    if table:
        word.table(paper, [tuple(row) for row in table])
        word.add(paper, "")
    word.add(paper, closing)
    word.add(paper, f"{place}, {format_date(dated, 'd MMMM y', locale=language)}")
    if kind == "note_verbale":
        word.add(paper, "[initials and stamp]")
        word.add(paper, addressee)
    else:
        word.add(paper, "[signature and stamp]")
    return word.saved(paper)
