"""The mission's lists, out to Excel or CSV and back with a look at what would change; taken in is what was looked at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Response, UploadFile

from desk.web.asking import Desk, missing, router
from desk.web.files import EXCEL, sent, taken
from ieom.acts.listing import Listed, look, take
from ieom.acts.mission_lists import LISTS, REGISTERS, Register
from ieom.errors import BadInput, Faults
from ieom.folder import sheets
from ieom.folder.catalogues import _
from ieom.folder.rows import columns
from ieom.records import missions

part = router()
CARRIED = 1_900_000
"""Octets of a list that a look carries on to the taking."""
KINDS = {"xlsx": EXCEL, "csv": "text/csv; charset=utf-8"}
SHOWN = 500
"""Lines of a look that a page shows; all are counted."""


@part.get("/missions/{mission}/lists")
def every(desk: Desk) -> Response:
    """The lists, each with how many rows stand in it."""
    with desk.look() as (session, mission, _now):
        facts = missions.facts(session, mission)
        listed = [(one, len(one.standing(session, facts))) for one in LISTS.values()]
        kept = [(one, len(one.standing(session, facts))) for one in REGISTERS.values()]
        return desk.page("lists.html", listed=listed, registers=kept, title=facts.title)


@part.get("/missions/{mission}/lists/{name}")
def out(desk: Desk, name: str) -> Response:
    """A list as a file: stations.xlsx, stations.csv."""
    stem, _, ending = name.rpartition(".")
    if ending not in KINDS:
        raise missing(f"the list '{name}'")
    listed = REGISTERS.get(stem) or _listed(stem)
    header = listed.columns if isinstance(listed, Register) else columns(listed.kind)
    with desk.look() as (session, mission, _now):
        rows = [[one[name] for name in header] for one in listed.standing(session, missions.facts(session, mission))]
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
        shown = [line for line in found.lines if line.state in {"new", "changed", "removed"}]
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
