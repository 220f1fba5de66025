"""What the pages say of published sentences that the record no longer bears out."""

from __future__ import annotations

from itertools import groupby
from textwrap import shorten
from typing import Any

from sqlalchemy.orm import Session

from desk.chronicle import words
from ieom.acts.fallen import fallen

LONGEST = 90
"""Signs of a paragraph's text that a page quotes."""


def published(session: Session, mission: str) -> list[dict[str, Any]]:
    """One entry a release: since when it no longer stands, in which paragraphs, by which findings, and what was begun."""
    said, told = words("words"), []
    for number, group in groupby(fallen(session, mission), key=lambda one: one.release):
        turns = list(group)
        first = turns[0]
        places = {(place, key): text for one in turns for place, key, text in one.paragraphs}
        told.append(
            {
                "number": number, "correction": first.kind == "correction", "out": first.released_at,
                "since": min(one.at for one in turns), "newer": first.newer, "clarified": list(first.clarified),
                "paragraphs": [
                    (place, key, shorten(text, LONGEST, placeholder="…")) for (place, key), text in sorted(places.items())
                ],
                "findings": [
                    {"claim": one.claim, "label": one.label, "was": said.get(one.was, one.was), "now": said.get(one.verdict, one.verdict)}
                    for one in turns
                ],
            }
        )  # fmt: skip
    return told
