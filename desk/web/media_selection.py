"""Whom a mission's releases go to: looked at before it is changed."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Form, Query, Response

from desk import media_words
from desk.web.asking import Desk, router
from desk.web.media import Line
from desk.web.media_files import SHOWN
from ieom.acts import lists as acts
from ieom.acts.lists import Selection
from ieom.errors import BadInput, Conflict
from ieom.folder import contact_words
from ieom.folder.catalogues import _, ngettext
from ieom.records import media, missions, suppressions
from ieom.rules.contacts import KINDS, Wanted

part = router()
Words = Annotated[str, Query(max_length=300)]
Several = Annotated[list[str], Query(max_length=100)]
NOTHING = BadInput("say whom you mean: a list, a country, a language, a kind, or every contact")


@part.get("/missions/{mission}/media")
def show(
    desk: Desk, on: Several = [], countries: Words = "", languages: Words = "", kinds: Several = [],  # noqa: B006 - FastAPI copies it
    consent: bool = False, keep: bool = False, every: bool = False, look: bool = False,
) -> Response:  # fmt: skip
    """Whom the mission writes to; and with `look`, whom it would."""
    wanted = _wanted(on, countries, languages, kinds, consent)
    with desk.look() as (session, mission, now):
        facts = missions.facts(session, mission)
        titles = media.lists(session)
        rows, gone = media.of(session, mission), suppressions.reasons(session)
        if look and not _says(wanted, every):
            raise NOTHING
        found = acts.selection(session, mission, wanted, keep=keep) if look else None
        known = media.known(session)
        numbers = {key: number for number, key in media.keys(session).items()}
    summary, sections = media_words.selection(found) if found else ([], [])
    return desk.page(
        "media_selection.html", zone=facts.zone, now=now, titles=titles, kinds=KINDS, sections=sections, summary=summary, most=SHOWN,
        rows=[(numbers[one.key], known[one.key], _(suppressions.SAID.get(gone.get(one.key, ""), ""))) for one in rows],
        written=sum(one.key not in gone for one in rows), found=found, digest=_digest(found) if found else "",
        asked={"on": on, "countries": countries, "languages": languages, "kinds": kinds, "consent": consent, "keep": keep, "every": every},
    )  # fmt: skip


@part.post("/missions/{mission}/media")
def select(
    desk: Desk, expected: Line, on: Annotated[list[str], Form(max_length=100)] = [], countries: Line = "",  # noqa: B006
    languages: Line = "", kinds: Annotated[list[str], Form(max_length=100)] = [], consent: Annotated[bool, Form()] = False,  # noqa: B006
    keep: Annotated[bool, Form()] = False, every: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Make those looked at the contacts that the mission's releases go to."""
    wanted = _wanted(on, countries, languages, kinds, consent)
    if not _says(wanted, every):
        raise NOTHING
    with desk.act() as (session, mission, by, at):
        found = acts.selection(session, mission, wanted, keep=keep)
        if _digest(found) != expected:
            raise Conflict("the contacts have changed since you looked; nothing was changed: look again")
        acts.select_media(session, mission, by=by, at=at, wanted=wanted, keep=keep, expected=found)
    count = len(found.selected) - len(found.suppressed)
    return desk.done(
        f"/missions/{desk.mission}/media",
        ngettext(
            "Releases of this mission go to {count} contact.", "Releases of this mission go to {count} contacts.", count
        ).format(count=count),
    )


def _wanted(on: list[str], countries: str, languages: str, kinds: list[str], consent: bool) -> Wanted:
    return Wanted(
        tuple(filter(None, on)), tuple(map(contact_words.country, _several(countries))),
        tuple(map(contact_words.language, _several(languages))), tuple(map(contact_words.kind, filter(None, kinds))), consent,
    )  # fmt: skip


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _says(wanted: Wanted, every: bool) -> bool:
    return every or bool(wanted.lists or wanted.countries or wanted.languages or wanted.kinds)


def _digest(found: Selection) -> str:
    return hashlib.sha256(repr(found).encode()).hexdigest()
