"""Letters that were refused, came back or are in doubt: what each was, to whom, what their mail server said, and what to do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Response
from sqlalchemy.orm import Session

from desk.chronicle import letters_of
from desk.mail_words import became
from desk.web.asking import Desk, router
from ieom.acts import doubt
from ieom.acts import undelivered as acts
from ieom.folder.catalogues import _, ngettext
from ieom.records import letters, releases
from ieom.records.letters import TO_MEDIA, Letter, LetterReport

part = router()
MANY = 300
"""Letters that the page shows at the most; those of a release are in its ledger, all of them."""


@part.get("/missions/{mission}/letters")
def show(desk: Desk) -> Response:
    """Every letter that somebody has to see to."""
    with desk.look() as (session, mission, now):
        return desk.page("letters.html", now=now, **gathered(session, mission))


@part.post("/missions/{mission}/letters/{letter}/again")
def again(desk: Desk, letter: int, email: Annotated[str, Form(max_length=300)] = "") -> Response:
    """Send one once more, to a corrected address or to the same."""
    with desk.act() as (session, mission, by, at):
        made = acts.anew(session, mission, by=by, at=at, letter=letter, email=email)
        number, to = made.id, made.recipient
    said = _("Letter {letter} goes to {to} within a minute, as letter {number}.")
    if number == letter:
        said = _("Letter {letter} goes to {to} once more within a minute.")
    return _done(desk, said.format(letter=letter, number=number, to=to))


@part.post("/missions/{mission}/letters/seen")
def seen(
    desk: Desk, letter: Annotated[list[int], Form(max_length=MANY)], why: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Nothing more is sent in the place of these."""
    with desk.act() as (session, mission, by, at):
        count = acts.see_to(session, mission, by=by, at=at, numbers=letter, why=why)
    said = ngettext("{count} letter is seen to.", "{count} letters are seen to.", count)
    return _done(desk, said.format(count=count))


def gathered(session: Session, mission: str) -> dict[str, Any]:
    """The letters that wait for somebody: those to the mission's own people, states and offices; in doubt; of releases."""
    failed, doubtful = letters.undelivered(session, mission), doubt.in_doubt(session, mission)
    shown = [*failed[:MANY], *doubtful[:MANY]]
    back = letters.said_back(session, [row.id for row in shown])
    numbers = releases.names(session, {row.release for row in shown if row.release is not None})
    told = [_told(row, back.get(row.id), numbers) for row in shown]
    return {
        "personal": [one for one in told if not one["release"] and not one["doubt"]],
        "doubtful": [one for one in told if one["doubt"]], "of_releases": [one for one in told if one["release"] and not one["doubt"]],
        "more": max(0, len(failed) - MANY), "most": MANY,
    }  # fmt: skip


def _told(row: Letter, report: LetterReport | None, numbers: dict[int, Any]) -> dict[str, Any]:
    return {
        "number": row.id, "what": letters_of(row.kind), "to": row.to_office, "address": row.recipient, "subject": row.subject,
        "at": row.settled_at or row.due_at, "became": became(row.state, row.code, row.answer or "", report.status if report else ""),
        "raw": [one for one in (f"{row.code or ''} {row.answer or ''}".strip(), report.diagnostic or report.status if report else "") if one],
        "release": numbers[row.release][0] if row.release in numbers else None, "doubt": row.state == "in_doubt",
        "media": row.kind in TO_MEDIA, "back": report is not None,
    }  # fmt: skip


def _done(desk: Desk, said: str) -> Response:
    return desk.done(f"/missions/{desk.mission}/letters", said)
