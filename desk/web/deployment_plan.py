"""The deployment plan from three tables: first what it would change is shown, then it is laid down; what is laid down is what
was looked at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from fastapi import File, Form, Response, UploadFile
from sqlalchemy.orm import Session

from desk.web.asking import Desk, router
from desk.web.files import taken
from ieom.acts import deployment as acts
from ieom.acts.listing import Listed, Look, look
from ieom.acts.mission_lists import LISTS, plan_wrong
from ieom.errors import BadInput, Conflict, Fault, Faults
from ieom.folder import sheets
from ieom.folder.catalogues import _, ngettext
from ieom.folder.rows import FileRow, TeamRow, columns
from ieom.records import missions, teams
from ieom.rules.mission import MissionFacts

part = router()
WHERE = "/missions/{mission}/deployment/plan"
TABLES = ("teams", "routes", "checkins")
CARRIED = 1_900_000
"""Octets of a table that the look carries on to the laying down."""
SHOWN = 300
"""Lines of each table's look that the page shows; all are counted."""
Rows = list[tuple[int | None, FileRow]]
Table = Annotated[UploadFile, File()]
Carried = Annotated[str, Form(max_length=2_000_000)]
Choice = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True)
class Sheet:
    """One of the three tables as it was read."""

    listed: Listed
    name: str
    rows: Rows
    header: list[str]
    faults: list[Fault]

    @property
    def text(self) -> str:
        """Its rows to be carried on, as CSV."""
        rows = [[getattr(row, name) for name in self.header] for _number, row in self.rows]
        return sheets.plain(self.header, rows).decode("utf-8-sig")


@part.post(WHERE)
def preview(desk: Desk, teams_: Table, routes: Table, check_ins: Table, station_choice: Choice = "") -> Response:
    """What the three tables would change in the plan. Nothing is laid down yet."""
    read = [_read(name, one) for name, one in zip(TABLES, (teams_, routes, check_ins), strict=True)]
    with desk.look() as (session, mission, _now):
        facts = missions.facts(session, mission)
        looks, wrong = _looked(session, facts, read)
        station_choice = _plain(station_choice)
        return desk.page(
            "deployment_plan.html", status=422 if wrong else 200, wrong=wrong, shown=SHOWN, title=facts.title,
            parts=[_shown(sheet, seen, wrong=bool(wrong)) for sheet, seen in zip(read, looks, strict=True)],
            carried=[(sheet.listed.name, sheet.text) for sheet in read], digest=_digest(looks, station_choice),
            station_choice=station_choice, chosen_before=facts.station_choice,
            changes=any(seen.of(state) for seen in looks for state in ("new", "changed", "removed"))
            or (bool(station_choice) and station_choice != facts.station_choice),
        )  # fmt: skip


@part.post(WHERE + "/take")
def take(
    desk: Desk, teams_: Carried, routes: Carried, check_ins: Carried, digest: Annotated[str, Form(max_length=64)],
    station_choice: Choice = "",
) -> Response:  # fmt: skip
    """Lay down the plan that was looked at, in the place of an earlier one."""
    station_choice = _plain(station_choice)
    read = [_again(name, text) for name, text in zip(TABLES, (teams_, routes, check_ins), strict=True)]
    with desk.act() as (session, mission, by, at):
        looks, wrong = _looked(session, missions.facts(session, mission), read)
        if _digest(looks, station_choice) != digest:
            raise Conflict(
                "the plan or the lists have changed since you looked; nothing was laid down: send the tables again and look"
            )
        if wrong:
            raise BadInput("a row is wrong; nothing was laid down: mend it and send the tables again")
        crews, stops, owed = (seen.values for seen in looks)
        odd = acts.plan_local(
            session, mission, by=by, at=at, station_choice=station_choice, teams=crews, routes=stops, check_ins=owed
        )
    said = _("Planned: {teams} teams, {stops} stops, {check_ins} check-ins.").format(
        teams=len(crews), stops=len(stops), check_ins=len(owed)
    )
    if odd:
        said += " " + ngettext("{count} thing to look at.", "{count} things to look at.", len(odd)).format(
            count=len(odd)
        )
    return desk.done(f"/missions/{desk.mission}/deployment", said)


def _plain(text: str) -> str:
    """A text of several lines, however a browser sends their ends."""
    return "\n".join(text.splitlines()).strip()


def _read(name: str, upload: UploadFile) -> Sheet:
    listed = LISTS[name]
    data = taken(upload, kinds=("text", "xlsx"), most=2_000_000)
    file = upload.filename or listed.kind.FILE
    found, faults, header = sheets.looked_at(file, data, listed.kind)
    made = Sheet(listed, file, list(found), header or columns(listed.kind), faults)  # a table may have no row
    if len(made.text.encode()) > CARRIED:
        raise BadInput(f"{file} is too long to be looked at in one page; take it in by its list, in parts")
    return made


def _again(name: str, text: str) -> Sheet:
    listed = LISTS[name]
    found, faults, header = sheets.looked_at(listed.kind.FILE, text.encode(), listed.kind)
    if faults:
        raise Faults(faults)
    return Sheet(listed, listed.kind.FILE, list(found), header or columns(listed.kind), [])


def _looked(
    session: Session, facts: MissionFacts, read: list[Sheet]
) -> tuple[list[Look], list[tuple[str, Any, str, str]]]:
    """What each table would change; and what is wrong: (file, row, column, what), everything at once."""
    known = {row.team for _number, row in read[0].rows if isinstance(row, TeamRow)}
    looks = [
        look(session, facts.slug, replace(one.listed, wrong=partial(plan_wrong, coming=known)), one.rows, one.header)
        for one in read
    ]
    wrong: list[tuple[str, Any, str, str]] = []
    for sheet, seen in zip(read, looks, strict=True):
        wrong += [(sheet.name, one.row, one.column or "", _(one.says)) for one in sheet.faults]
        wrong += [(sheet.name, line.row, "", _(line.says)) for line in seen.of("wrong")]
    if not read[0].rows and not read[0].faults:
        wrong.append((read[0].name, None, "", _("has no team yet; write one row a team")))
    there = {row.team for row in teams.every_check_in(session, facts.slug) if row.made_at is not None}
    wrong += [
        (read[0].name, None, "team", _("{team} has checked in already and can't be left out").format(team=team))
        for team in sorted(there - known)
        if read[0].rows
    ]
    return looks, wrong


def _shown(sheet: Sheet, seen: Look, *, wrong: bool) -> dict[str, Any]:
    lines = seen.shown(wrong=wrong)
    return {
        "title": sheet.listed.title, "name": sheet.name, "lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN),
        "counts": {state: len(seen.of(state)) for state in ("new", "changed", "unchanged", "removed")},
    }  # fmt: skip


def _digest(looks: list[Look], station_choice: str) -> str:
    return hashlib.sha256("\n".join((*(seen.digest for seen in looks), station_choice)).encode()).hexdigest()
