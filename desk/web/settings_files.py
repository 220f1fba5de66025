"""What the organisation's papers look like and what they call whom: the letterhead and the official names, out as files and
back again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from babel.dates import format_date
from fastapi import Form, Query, Response, UploadFile

from desk.web.asking import Desk, missing, router
from desk.web.files import EXCEL, WORD, sent, taken
from desk.web.lists import CARRIED, SHOWN
from ieom.acts import letterheads, naming
from ieom.acts.listing import compared
from ieom.errors import BadInput, Faults
from ieom.folder import sheets
from ieom.folder.catalogues import _, ngettext, spoken
from ieom.folder.names import load_names
from ieom.folder.rows import NameRow, columns
from ieom.papers import word
from ieom.papers.note_verbale import note_verbale
from ieom.records import missions
from ieom.rules.names import LANGUAGES, DatedName
from ieom.rules.words import N_
from ieom.settings import settings

part = router()
MOST_LETTERHEAD = 3_000_000
"""Octets of a letterhead."""
KINDS = {
    "organisation": N_("Organisations"), "mission": N_("Missions"), "state": N_("States"), "body": N_("Authorities and parliaments"),
    "city": N_("Cities"),
}  # fmt: skip
"""Kinds of what is named, in the order in which they are shown."""
NAMES = {"names.xlsx": EXCEL, "names.csv": "text/csv; charset=utf-8"}


@part.get("/settings/letterhead")
def letterhead(desk: Desk) -> Response:
    """The letterhead in use: to be looked at, taken along, changed."""
    return desk.page(
        "settings_letterhead.html", zone="UTC", brought=settings().own_letterhead.exists(), mark=word.PLACE
    )


@part.get("/settings/letterhead.docx")
def letterhead_file(desk: Desk) -> Response:
    """The letterhead in use, to be edited in Word."""
    return sent(word.letterhead_path().read_bytes(), "letterhead.docx", WORD)


@part.get("/settings/letterhead/sample.docx")
def sample(desk: Desk) -> Response:
    """A paper on the letterhead, as it would be written, addressed to nobody."""
    with desk.look() as (session, _none, now):
        slugs = missions.all_slugs(session)
        facts = max((missions.facts(session, slug) for slug in slugs), key=lambda one: one.election_day, default=None)
    organisation = load_names().official(facts.organisation, on=facts.election_day) if facts else "Organisation"
    text = [
        "This paper shows what the letterhead looks like; it is sent to nobody.",
        "A second paragraph, so that the distance between two is seen.",
        "The Secretariat avails itself of this opportunity to renew the assurances of its highest consideration.",
    ]
    data = note_verbale(
        number="SAMPLE", kind="note_verbale", organisation=organisation, addressee="Addressee", salutation="",
        dated=now.date(), place="Place", subject="Sample", paragraphs=text, at=now,
    )  # fmt: skip
    return sent(data, "sample.docx", WORD)


@part.post("/settings/letterhead")
def bring(desk: Desk, file: UploadFile) -> Response:
    """Write papers on another letterhead from now on."""
    data = taken(file, kinds=("docx",), most=MOST_LETTERHEAD)
    with desk.act_outside() as (session, by, at):
        letterheads.take(session, data, by=by, at=at)
    return desk.done("/settings/letterhead", _("Papers are written on this letterhead from now on. Look at a sample."))


@part.post("/settings/letterhead/back")
def letterhead_back(desk: Desk) -> Response:
    """Use the one again that the installation came with."""
    with desk.act_outside() as (session, by, at):
        letterheads.put_back(session, by=by, at=at)
    return desk.done(
        "/settings/letterhead", _("Papers are written on the letterhead again that the program came with.")
    )


@part.get("/settings/names")
def names(desk: Desk, find: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Every official name, in all languages and with its dates."""
    told = load_names()
    today = datetime.now(UTC).date()
    found = []
    for kind, title in KINDS.items():
        rows = []
        for code in told.of_kind(kind):
            entry = told.entries[code]
            text = " ".join([code, *(f"{one.official} {one.short}" for dated in entry.names.values() for one in dated)])
            if find.casefold() in text.casefold():
                english = sorted(entry.names["en"], key=lambda one: one.since or today.min)
                now = next((one for one in english if one.holds(today)), english[-1])
                others = [(one, _holds(one)) for one in english if one is not now]
                tongues = [
                    (tongue, [(one, _holds(one)) for one in entry.names[tongue]])
                    for tongue in LANGUAGES
                    if tongue in entry.names and tongue != "en"
                ]
                rows.append((now, _holds(now), others, tongues, entry.wrong))
        found.append((_(title), rows))
    return desk.page(
        "settings_names.html", zone="UTC", found=[one for one in found if one[1]], find=find, total=len(told.entries),
        brought=settings().own_names.exists(),
    )  # fmt: skip


def _holds(one: DatedName) -> str:
    """In words from when and until when it holds; '' for always."""
    first, last = (format_date(day, "d MMMM y", locale=spoken()) if day else "" for day in (one.since, one.until))
    if first and last:
        return _("from {first} until {last}").format(first=first, last=last)
    return _("from {first} on").format(first=first) if first else _("until {last}").format(last=last) if last else ""


@part.get("/settings/names/{name}")
def names_file(desk: Desk, name: str) -> Response:
    """The names as a list, for Excel."""
    if name not in NAMES:
        raise missing(f"the list '{name}'")
    header = columns(NameRow)
    rows = [[one[column] for column in header] for one in naming.standing()]
    title = _(naming.TABLE.title)
    data = sheets.workbook(title, header, rows) if name.endswith("xlsx") else sheets.plain(header, rows)
    return sent(data, name, NAMES[name])


@part.post("/settings/names")
def names_back(desk: Desk, file: UploadFile) -> Response:
    """What a list of names that came back would change. Nothing is changed yet."""
    data = taken(file, kinds=("xlsx", "text"))
    rows, faults, header = sheets.looked_at(file.filename or "the file", data, NameRow)
    if not rows and not faults:
        raise BadInput("the file holds no row under its header; nothing was taken in")
    text = sheets.plain(header, [[getattr(row, name) for name in header] for _number, row in rows]).decode("utf-8-sig")
    if len(text.encode()) > CARRIED:
        raise BadInput("this list is too long to be looked at in one page")
    with desk.look() as (session, _none, _now):
        wrong = [(one.row, one.column or "", one.says) for one in faults]
        found = compared(naming.TABLE, naming.standing(), rows, header, wrong=lambda *_: "", usual={})
        if not wrong:
            try:
                found = naming.look(session, rows, header)
            except Faults as told:
                wrong = [(one.row, one.column or "", one.says) for one in told.faults]
    shown = found.shown(wrong=bool(wrong))
    return desk.page(
        "list_back.html", zone="UTC", status=422 if wrong else 200, listed=naming.TABLE, name=file.filename, title="",
        counts={state: len(found.of(state)) for state in ("new", "changed", "unchanged", "removed")}, wrong=wrong,
        shown=shown[:SHOWN], more=max(0, len(shown) - SHOWN), text=text, digest=found.digest, back="/settings/names",
        kicker=_("Settings"),
    )  # fmt: skip


@part.post("/settings/names/take")
def names_take(
    desk: Desk, rows: Annotated[str, Form(max_length=2_000_000)], digest: Annotated[str, Form(max_length=64)]
) -> Response:
    """Use the names that were looked at, and those alone."""
    given, faults, header = sheets.looked_at("names.csv", rows.encode(), NameRow)
    if faults:
        raise Faults(faults)
    with desk.act_outside() as (session, by, at):
        seen = naming.take(session, [row for _number, row in given], header, by=by, at=at, digest=digest)
    count = sum(len(seen.of(state)) for state in ("new", "changed", "removed"))
    said = ngettext(
        "{count} row changed. Papers use these names from now on.", "{count} rows changed. Papers use these names from now on.", count
    )  # fmt: skip
    return desk.done("/settings/names", said.format(count=count))


@part.post("/settings/names/back")
def names_as_they_came(desk: Desk) -> Response:
    """Use the names again that the installation came with."""
    with desk.act_outside() as (session, by, at):
        naming.put_back(session, by=by, at=at)
    return desk.done("/settings/names", _("The names are used again that the program came with."))
