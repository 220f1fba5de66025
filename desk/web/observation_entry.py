"""A paper form typed at the desk from its definition: totals and checks answer as one types, and what was typed is kept
until it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from desk.remarks import reason, remark
from desk.web import observation_view as view
from desk.web.asking import Asked, Desk, missing, router
from desk.web.observation_scans import scanned
from ieom.acts import form_scans as acts_of_scans
from ieom.acts import observation as acts
from ieom.acts.paper_forms import Tried, tried
from ieom.errors import BadInput
from ieom.folder.catalogues import _
from ieom.folder.forms import load_forms
from ieom.records import missions, received, stations, submissions, teams
from ieom.records.received import Which
from ieom.records.stations import PollingStation
from ieom.rules import checks
from ieom.rules.forms import HEAD, Form
from ieom.rules.submissions import moment
from ieom.rules.words import N_

part = router()
WHERE = "/missions/{mission}/observation/enter"
LONGEST = 60_000
"""Characters of a form that is kept while it is typed."""
SECOND = N_(
    "this team has sent a form on this already: correct that one on its page, or say below that this is another one "
    "(the statement then counts both)"
)
MOMENTS = {"arrival": "arrived_at", "departure": "departed_at"}
Typed = dict[str, list[str]]


async def typed(request: Request) -> Typed:
    """What was typed, by field; files and our own token are none of it."""
    form: FormData = await request.form(max_files=acts_of_scans.MOST, max_fields=2000, max_part_size=100_000)
    found: Typed = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in {"csrf", "scan"}:
            found.setdefault(name[:200], []).append(value[:20_000])
    return found


async def chosen(request: Request) -> list[UploadFile]:
    """The photographs or scans that were chosen with it."""
    form: FormData = await request.form(max_files=acts_of_scans.MOST, max_fields=2000, max_part_size=100_000)
    return [one for one in form.getlist("scan") if isinstance(one, UploadFile)]


Sent = Annotated[Typed, Depends(typed)]
Scans = Annotated[list[UploadFile], Depends(chosen)]


@part.get(WHERE)
def show(
    desk: Desk, form: Annotated[str, Query(max_length=200)] = "", aside: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """A form to be filled in; or, with none chosen, which there are. `aside`: one that was kept aside, to be amended."""
    known = load_forms()
    given: Typed = {}
    if aside:
        form, given = _aside(desk, aside)
    if not form:
        return desk.page("observation_choose.html", forms=[(code, one.title) for code, one in known.items()])
    if form not in known:
        raise missing(f"The form '{form[:80]}'")
    left = _kept(desk.kept(_place(desk, form, aside)))
    if _is_in(desk, left):  # kept by a request that was overtaken: what it says is in already
        desk.keep(_place(desk, form, aside), "")
        left = {}
    given = left or given
    given.setdefault("instance", [_number()])
    return _page(desk, known[form], given, restored=bool(left), tried_=None)


def _number() -> str:
    """A number for a form that has none: nobody else's will be the same."""
    return f"paper:{uuid4()}"


def _is_in(desk: Asked, given: Typed) -> bool:
    """Whether the form that was typed here is taken."""
    with desk.look() as (session, mission, _now):
        return submissions.by_instance(session, mission, _first(given, "instance")) is not None


def _kept(text: str) -> dict[str, list[str]]:
    """What was typed before; nothing where something else is kept in its place."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {
        name: values
        for name, values in (found.items() if isinstance(found, dict) else ())
        if isinstance(values, list) and all(isinstance(one, str) for one in values)
    }


@part.post(WHERE + "/checks")
def check(desk: Desk, request: Request, given: Sent) -> Response:
    """What the checks say of what is typed until now, which is kept meanwhile, but not once the form is taken. In place, or
    as the whole page."""
    form = _form(given)
    if given.pop("anew", None):
        given["instance"] = [_number()]
    text = json.dumps(given)
    if len(text) <= LONGEST and not _is_in(desk, given):
        desk.keep(_place(desk, form.code, _first(given, "aside")), text)
    with desk.look() as (session, mission, _now):
        document, faults = _document(session, mission, form, given)
        result = _tried(session, mission, document, faults)
    if "hx-request" in request.headers and "hx-boosted" not in request.headers:
        shown = _shown(form, given, result)
        return HTMLResponse(desk.text("observation_checks.html", **shown), headers={"cache-control": "no-store"})
    return _page(desk, form, given, tried_=result)


@part.post(WHERE)
def enter(desk: Desk, given: Sent, scans: Scans) -> Response:
    """Take the form, with the photographs or scans of its paper. What can't be understood is said on the page, with
    everything typed still there; what is odd is taken and flagged."""
    form, aside = _form(given), _first(given, "aside")
    with desk.look() as (session, mission, _now):
        document, faults = _document(session, mission, form, given)
        result = _tried(session, mission, document, faults)
    if aside and not _first(given, "why").strip():
        result = replace(result, faults=(*result.faults, "say what was amended, and on whose word"))
    try:
        papers = scanned(scans)
    except BadInput as problem:
        result, papers = replace(result, faults=(*result.faults, str(problem))), []
    if not aside and result.twice and not _first(given, "another"):
        result = replace(result, faults=(*result.faults, _(SECOND)))
    if result.faults:
        return _page(desk, form, given, tried_=result, status=422, again=any(one.filename for one in scans))
    with desk.act() as (session, mission, by, at):
        if aside:
            acts.settle(session, mission, by=by, at=at, content=aside, why=_first(given, "why"), document=document)
        else:
            receipt = acts.submit(session, mission, by=by, at=at, document=document, channel="paper")
            if receipt.problem is not None:  # it came in by another way meanwhile
                raise receipt.problem
        for paper in papers:
            acts_of_scans.file(session, mission, by=by, at=at, instance=document["instance_id"], scan=paper)
    desk.keep(_place(desk, form.code, aside), "")
    said = _("{form} of {team} at {station} is taken.").format(
        form=form.title, team=document["team"], station=document["station"]
    )
    return desk.done(f"/missions/{desk.mission}/observation/forms/{quote(document['instance_id'], safe='')}", said)


def _place(desk: Asked, form: str, aside: str) -> str:
    return f"/missions/{desk.mission}/observation/enter#{form[:100]}#{aside[:64]}"


def _first(given: Typed, name: str) -> str:
    return given.get(name, [""])[0]


def _form(given: Typed) -> Form:
    form = load_forms().get(_first(given, "form"))
    if form is None:
        raise BadInput("choose a form")
    return form


def _document(session: Session, mission: str, form: Form, given: Typed) -> tuple[dict[str, Any], list[str]]:
    """The form as every other way of sending would bring it, and the times that are none."""
    facts, faults = missions.facts(session, mission), []
    station = session.get(PollingStation, (mission, _first(given, "station")))
    zone = station.zone if station else facts.zone
    document: dict[str, Any] = {
        "instance_id": _first(given, "instance"), "form": form.code, "team": _first(given, "team"),
        "station": _first(given, "station"), "source": "the desk",
    }  # fmt: skip
    for name, key in MOMENTS.items():
        said = _first(given, name).strip()
        try:
            document[key] = facts.moment(datetime.fromisoformat(said), zone).isoformat() if said else None
        except (ValueError, OverflowError):
            faults.append(f"{form.questions[name].label}: '{said[:40]}' is no day and hour")
    document["answers"] = {
        name: values if form.questions[name].kind == "many" else values[0]
        for name in form.questions
        if (values := [one for one in given.get(f"q.{name}", []) if one.strip()])
    }
    return document, faults


def _tried(session: Session, mission: str, document: Mapping[str, Any], faults: list[str]) -> Tried:
    result = tried(session, mission, document)
    return replace(result, faults=(*faults, *result.faults))


def _shown(form: Form, given: Typed, result: Tried | None) -> dict[str, Any]:
    """Faults, remarks and totals, in the form's words."""
    return {
        "tried": result,
        "form_": form,
        "remark": partial(remark, load_forms()),
        "reason": partial(reason, load_forms()),
        "totals": view.totals(form, {n: v[0] for n in form.questions if (v := given.get(f"q.{n}"))}),
    }


def _page(
    desk: Asked, form: Form, given: Typed, *, tried_: Tried | None, restored: bool = False, status: int = 200,
    again: bool = False,
) -> Response:  # fmt: skip
    with desk.look() as (session, mission, now):
        which = Which(form.code)
        so_far = view.so_far(
            form, received.stops(session, mission, which), received.counted(session, mission, which),
            received.figures(session, mission, form.code, checks.FIGURES), now,
        )  # fmt: skip
        zone = missions.facts(session, mission).zone
        places = [(row.code, f"{row.name} ({row.code})") for row in stations.of(session, mission)]
        crews = [(row.code, row.code) for row in teams.of(session, mission)]
        aside = _first(given, "aside")
        came = (
            [row.document for row in submissions.quarantined(session, mission) if row.content_hash == aside]
            if aside
            else []
        )
    return desk.page(
        "observation_enter.html", status=status, zone=zone, given=given, stations=[("", _("Choose")), *places],
        teams=[("", _("Choose")), *crews] if crews else [], restored=restored, again=again, so_far=so_far, aside=aside, cells=_cells(came[0]) if came else [],
        questions=[q for name, q in form.questions.items() if name not in HEAD and q.kind != "image"],
        **_shown(form, given, tried_),
    )  # fmt: skip


def _cells(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The row of a table that a form was made of: each column with what it says."""
    source = document.get("source")
    cells = source.get("cells") if isinstance(source, Mapping) else None
    return [(str(column), str(cell)) for column, cell in cells.items()] if isinstance(cells, Mapping) else []


def _aside(desk: Asked, content: str) -> tuple[str, Typed]:
    """What a form kept aside holds, as far as it can be shown in the form's fields."""
    with desk.look() as (session, mission, _now):
        zone = ZoneInfo(missions.facts(session, mission).zone)
        rows = [row for row in submissions.quarantined(session, mission) if row.content_hash == content]
        if not rows:
            raise missing("This form kept aside")
        document = rows[0].document
        first = submissions.by_instance(session, mission, str(document.get("instance_id") or ""))
    given: Typed = {"aside": [content]}
    for key in ("team", "station"):
        given[key] = [str(document.get(key) or "")]
    given["instance"] = [_number() if first else str(document.get("instance_id") or _number())]
    for name, key in MOMENTS.items():
        try:
            when = moment(document.get(key))
        except ValueError:
            when = None
        given[name] = [when.astimezone(zone).strftime("%Y-%m-%dT%H:%M")] if when else [""]
    said = document.get("answers")
    for name, value in said.items() if isinstance(said, Mapping) else ():
        given[f"q.{name}"] = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return str(document.get("form") or ""), given
