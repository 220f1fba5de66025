"""Published sentences that the record no longer bears out, and what has been done about each: nothing, a correction in
preparation, a clarification. They wait until the head of mission decides by name, or a correction takes their place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts.published import standing
from ieom.folder.claims import load_claims
from ieom.records import drafts, releases


@dataclass(frozen=True)
class Fallen:
    """One finding that a public release states and the record, since `at` (UTC), does not bear out as stated."""

    release: int
    """The release's number; `kind` is what it is, `released_at` when it left (UTC)."""
    kind: str
    released_at: datetime
    claim: str
    label: str
    was: str
    verdict: str
    at: datetime
    paragraphs: tuple[tuple[int, str, str], ...]
    """Place, key and text of the paragraphs that state it; empty where the annex alone does."""
    newer: int | None
    """The version that was written since, which may become its correction."""
    clarified: tuple[int, ...]
    """Numbers of the clarifications about this release that are prepared or out."""


def fallen(session: Session, mission: str) -> list[Fallen]:
    """Every published finding that turned and that nobody has decided on, oldest first."""
    labels = {claim.id: claim.label for claim in load_claims()}
    found = []
    for row, version in standing(session, mission):
        turns = drafts.unsettled(session, mission, version.content_hash)
        if not turns or row.started_at is None:
            continue
        newest = drafts.newest(session, mission, version.language)
        newer = newest.number if newest is not None and newest.number > version.number else None
        clarified = tuple(
            one.number
            for one in releases.of(session, mission)
            if one.kind == "clarification" and one.concerns == row.id and one.status != "dropped"
        )
        for turn in turns:
            stating = tuple(
                (place, one["key"], one["text"])
                for place, one in enumerate(version.content["paragraphs"], start=1)
                if any(turn.claim in sentence["claims"] for sentence in one["sentences"])
            )
            found.append(
                Fallen(
                    row.number,
                    row.kind,
                    row.started_at,
                    turn.claim,
                    labels.get(turn.claim, turn.claim),
                    turn.was,
                    turn.verdict,
                    turn.at,
                    stating,
                    newer,
                    clarified,
                )
            )
    return found
