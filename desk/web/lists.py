"""The mission's lists, out to Excel or CSV and back with a look at what would change; taken in is what was looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Form, Response, UploadFile

from desk.web.asking import Desk, missing, router
from desk.web.correspondence import counterparts
from desk.web.files import EXCEL, sent, taken
from ieom.acts.listing import Listed, look, take
from ieom.acts.mission_lists import LISTS, REGISTERS, Register
from ieom.errors import BadInput, Faults
from ieom.folder import sheets
from ieom.folder.catalogues import N_, _
from ieom.folder.making import example
from ieom.folder.rows import MeetingRow, columns
from ieom.records import missions

part = router()
CARRIED = 1_900_000
"""Octets of a list that a look carries on to the taking."""
KINDS = {"xlsx": EXCEL, "csv": "text/csv; charset=utf-8"}
CODED = frozenset({"direction", "kind", "counterpart", "status"})
"""Columns of a register that hold codes, which go out as the words for them."""
WORDS = {
    "in": N_("came in"), "out": N_("ours"), "note_verbale": N_("note verbale"), "letter": N_("letter"),
    "drafted": N_("for signature"), "signed": N_("signed, not sent"), "sent": N_("sent"), "received": N_("received"),
    "answered": N_("answered"),
}  # fmt: skip
SHOWN = 500
"""Lines of a look that a page shows; all are counted."""
MEANS = {
    "stations": N_(
        "One row a polling station: 'code' is a short name of your own, such as ps-101, and 'city' the city's "
        "name. 'zone', 'opens' and 'closes' are written only where they are not the mission's; 'kind' is regular, "
        "hospital, military, prison, abroad or mobile; 'registered' is how many voters its list has; 'relevant' is "
        "no where the release need not wait for it to close."
    ),
    "delegation": N_(
        "One row a person: 'code' is a short name that never changes, such as az-1; 'state' the two letters of the "
        "sending state, empty for staff; 'role' head, deputy_head, observer, interpreter, driver or secretariat; "
        "'office' how papers call the person where no name is written; 'language' the two letters of the language "
        "of letters."
    ),
    "meetings": N_(
        "One row a meeting: 'code' is a short name such as cec; 'kind' is meeting or briefing; 'body' the "
        "counterpart's body, by its code among the official names or by its whole name. 'starts' and 'ends' are "
        "written like 2020-08-12 10:00 or 12.08.2020 10:00; 'attendees' are codes of the delegation, parted by "
        "blanks, commas or semicolons."
    ),
    "teams": N_(
        "One row a team: 'team' is a short name without blanks, such as team-1; 'members' are codes of the "
        "delegation, parted by blanks, commas or semicolons, such as az-1 kg-1; 'reserve' is yes for who stands "
        "in, else no."
    ),
    "routes": N_(
        "One row a stop: 'team' and 'station' are those of the other two lists; 'position' is 1 for the first stop "
        "of a team, 2 for its next; 'form' is which form is expected from there: opening, voting, closing, "
        "counting or tabulation; 'due' is by when, in the station's local time, like 2020-08-12 20:00 or "
        "12.08.2020 20:00."
    ),
    "checkins": N_(
        "One row a time at which a team is to say that it is safe: 'team' is that of the list of teams; 'due' is "
        "when, like 2020-08-12 12:30 or 12.08.2020 12:30."
    ),
    "states": N_(
        "One row a state: 'quota' is how many observers it may send; 'contact_office' and 'contact_email' are who is written to "
        "there. When it joined or withdrew only goes out."
    ),
    "offices": N_(
        "One row an office: 'office' is how papers call it, 'email' where it is written to; 'honorific', 'name' and 'salutation' "
        "are how a letter addresses who holds it. 'deputy' and 'body' only go out."
    ),
}
"""What the columns of each list mean."""


@part.get("/missions/{mission}/lists")
def every(desk: Desk) -> Response:
    """The lists, each with how many rows stand in it."""
    with desk.look() as (session, mission, _now):
        facts = missions.facts(session, mission)
        listed = [(one, len(one.standing(session, facts))) for one in LISTS.values()]
        kept = [(one, len(one.standing(session, facts))) for one in REGISTERS.values()]
        return desk.page("lists.html", listed=listed, registers=kept, means=MEANS, title=facts.title)


@part.get("/missions/{mission}/lists/{name}")
def out(desk: Desk, name: str) -> Response:
    """A list as a file: stations.xlsx, stations.csv."""
    stem, _dot, ending = name.rpartition(".")
    if ending not in KINDS:
        raise missing(f"the list '{name}'")
    listed = REGISTERS.get(stem) or _listed(stem)
    header = list(listed.columns) if isinstance(listed, Register) else columns(listed.kind)
    with desk.look() as (session, mission, _now):
        facts = missions.facts(session, mission)
        rows = [[one[name] for name in header] for one in listed.standing(session, facts)]
        if isinstance(listed, Register):
            known = {code: _(said) for code, said in WORDS.items()} | counterparts(session, mission)
            rows = [
                [known.get(cell, cell) if name in CODED else cell for name, cell in zip(header, row, strict=True)]
                for row in rows
            ]
            header = [_(said) for said in listed.columns.values()]
    if not rows and isinstance(listed, Listed) and listed.adds:  # what a row looks like, in one that is not taken in
        before = timedelta(days=1 if listed.kind is MeetingRow else 0)  # meetings are held before election day
        first, *others = example(listed.kind, day=facts.election_day - before)
        rows = [[f"# {_('Example')}: {first}", *others]]
    data = sheets.workbook(listed.title, header, rows) if ending == "xlsx" else sheets.plain(header, rows)
    return sent(data, f"{desk.mission}-{name}", KINDS[ending])


@part.post("/missions/{mission}/lists/{name}")
def back(desk: Desk, name: str, file: UploadFile) -> Response:
    """What a list that came back would change. Nothing is changed yet."""
    listed = _listed(name)
    data = taken(file, kinds=("xlsx", "text"))
    rows, faults, header = sheets.looked_at(file.filename or "the file", data, listed.kind)
    if not rows and not faults:
        raise BadInput("the file holds no row under its header; nothing was taken in")
    text = sheets.plain(header, [[getattr(row, name) for name in header] for _number, row in rows]).decode("utf-8-sig")
    if len(text.encode()) > CARRIED:
        raise BadInput("this list is too long to be looked at in one page; send it in parts")
    with desk.look() as (session, mission, _now):
        facts = missions.facts(session, mission)
        found = look(session, mission, listed, list(rows), header)
        wrong = [(one.row, one.column or "", one.says) for one in faults]
        wrong += [(one.row, "", one.says) for one in found.of("wrong")]
        shown = found.shown(wrong=bool(wrong))
        return desk.page(
            "list_back.html", status=422 if wrong else 200, listed=listed, name=file.filename, title=facts.title,
            counts={state: len(found.of(state)) for state in ("new", "changed", "unchanged", "removed")},
            wrong=sorted(wrong, key=lambda one: one[0] or 0), shown=shown[:SHOWN], more=max(0, len(shown) - SHOWN),
            text=text, digest=found.digest, back="", kicker="",
        )  # fmt: skip


@part.post("/missions/{mission}/lists/{name}/take")
def take_in(
    desk: Desk,
    name: str,
    rows: Annotated[str, Form(max_length=2_000_000)],
    digest: Annotated[str, Form(max_length=64)],
) -> Response:
    """Take in what was looked at, and that alone."""
    listed = _listed(name)
    given, faults, header = sheets.looked_at(f"{name}.csv", rows.encode(), listed.kind)
    if faults:
        raise Faults(faults)
    with desk.act() as (session, mission, by, at):
        seen = take(session, mission, listed, [row for _number, row in given], header, by=by, at=at, digest=digest)
    told = {"new": _("{count} new"), "changed": _("{count} changed"), "removed": _("{count} removed")}
    said = ", ".join(one.format(count=len(seen.of(state))) for state, one in told.items() if seen.of(state))
    return desk.done(f"/missions/{desk.mission}/lists", f"{_(listed.title)}: {said or _('nothing changed')}.")


def _listed(name: str) -> Listed:
    if name not in LISTS:
        raise missing(f"the list '{name}'")
    return LISTS[name]
