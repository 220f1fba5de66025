"""Letters that were refused, came back or are in doubt: what each was, to whom, what their mail server said, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Form, Query, Response
from sqlalchemy.orm import Session

from desk.chronicle import letters_of
from desk.mail_words import became
from desk.web.asking import Desk, router
from desk.web.files import excel, local, matches
from ieom.acts import doubt
from ieom.acts import undelivered as acts
from ieom.folder.catalogues import _, ngettext
from ieom.records import letters, missions, releases
from ieom.records.letters import TO_MEDIA, Letter, LetterReport

part = router()
MANY = 300
"""Letters that the page shows at the most; those of a release are in its ledger, all of them."""


Sought = Annotated[str, Query(max_length=200)]


@part.get("/missions/{mission}/letters")
def show(desk: Desk, find: Sought = "") -> Response:
    """Every letter that somebody has to see to, or those with these words in them."""
    with desk.look() as (session, mission, now):
        return desk.page("letters.html", now=now, find=find, **gathered(session, mission, find))


@part.get("/missions/{mission}/letters.xlsx")
def to_excel(desk: Desk, find: Sought = "") -> Response:
    """The same letters in Excel, all of them; times are local in the host country."""
    with desk.look() as (session, mission, _now):
        zone, waiting = missions.facts(session, mission).zone, _waiting(session, mission, find)
        rows = [
            (
                one["number"], one["to"], one["address"], one["what"], one["subject"], one["became"], "; ".join(one["raw"]),
                local(one["at"], zone), one["release"],
            )
            for one in _all_told(session, [*waiting[0], *waiting[1]])
        ]  # fmt: skip
    header = [
        _("Letter"), _("To whom"), _("Address"), _("What"), _("Subject"), _("What became of it"), _("What the mail server said"),
        _("When"), _("Release"),
    ]  # fmt: skip
    return excel(_("Letters to see to"), header, rows, f"{desk.mission}-letters")


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


def gathered(session: Session, mission: str, find: str = "") -> dict[str, Any]:
    """The letters that wait for somebody, of those with these words: those to the mission's own people, states and offices; in
    doubt; of releases."""
    failed, doubtful, every = _waiting(session, mission, find)
    told = _all_told(session, [*failed[:MANY], *doubtful[:MANY]])
    return {
        "found": len(failed) + len(doubtful), "every": every,
        "personal": [one for one in told if not one["release"] and not one["doubt"]],
        "doubtful": [one for one in told if one["doubt"]], "of_releases": [one for one in told if one["release"] and not one["doubt"]],
        "more": max(0, len(failed) - MANY), "most": MANY,
    }  # fmt: skip


def _waiting(session: Session, mission: str, find: str) -> tuple[list[Letter], list[Letter], int]:
    """Letters that did not arrive and those in doubt, with these words in whom they are for, what they are, or what the mail
    server said; and how many there are with or without them."""
    failed, doubtful = letters.undelivered(session, mission), doubt.in_doubt(session, mission)

    def sought(row: Letter) -> bool:
        return matches(find, row.id, row.to_office, row.recipient, row.subject, letters_of(row.kind), row.answer or "")

    return [*filter(sought, failed)], [*filter(sought, doubtful)], len(failed) + len(doubtful)


def _all_told(session: Session, rows: Sequence[Letter]) -> list[dict[str, Any]]:
    back: dict[int, LetterReport] = {}
    for first in range(0, len(rows), MANY):
        back |= letters.said_back(session, [row.id for row in rows[first : first + MANY]])
    numbers = releases.names(session, {row.release for row in rows if row.release is not None})
    return [_told(row, back.get(row.id), numbers) for row in rows]


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
