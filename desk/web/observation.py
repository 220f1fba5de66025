"""Observation: which forms are in and which are missing, what the checks noticed, what was seen and what was told, apart;
and one form's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Form, Query, Response
from sqlalchemy.orm import Session

from desk.chronicle import named
from desk.remarks import reason, remark
from desk.web import observation_view as view
from desk.web.asking import Asked, Desk, missing, router
from desk.web.files import EXCEL, sent
from desk.web.knowing import known as told
from desk.web.knowing import shared
from ieom.acts import counting, form_scans
from ieom.acts import observation as acts
from ieom.errors import BadInput
from ieom.folder.catalogues import _
from ieom.folder.forms import load_forms
from ieom.folder.sheets import workbook
from ieom.records import missions, received, standings, stations, submissions, teams
from ieom.records.received import Which
from ieom.rules.forms import HEAD
from ieom.rules.timeline import Stage, State, owes

part = router()
Word = Annotated[str, Query(max_length=200)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
MOST, FLAGS, LATE = 50, 30, 60
"""Forms on a page; flags, and missing forms, shown of those that the filter leaves."""
WHERE = "/missions/{mission}/observation"
SCAN = "GET /missions/{mission}/observation/scans/{digest}"


@part.get(WHERE)
def show(desk: Desk, form: Word = "", team: Word = "", station: Word = "", page: Page = 1) -> Response:
    """Where the forms stand, against the plan, by phase, team and station."""
    facts = told(desk, ("observation", form, team, station, str(page)), lambda: _facts(desk, form, team, station, page))
    return shared(desk, "observation.html", facts)


def _facts(desk: Desk, form: str, team: str, station: str, page: int) -> dict[str, Any]:
    which, known = Which(form, team, station), load_forms()
    with desk.look() as (session, mission, now):
        facts = missions.facts(session, mission)
        places = {row.code: row for row in stations.of(session, mission)}
        stops = received.stops(session, mission, which)
        counted = received.counted(session, mission, which)
        visited = received.places(session, mission, which)
        at_stations = received.at_stations(session, mission, which)
        rows = received.listed(session, mission, which, first=(page - 1) * MOST, most=MOST)
        flagged = received.flags_on(session, [row.id for row in rows])
        flags, odd = received.odd(session, mission, which, most=FLAGS)
        senders = received.senders(session, mission)
        crews = [row.code for row in teams.of(session, mission)]
        said = received.answered(session, mission, view.asked(known, which), which)
        incidents = received.incidents(session, mission, which, most=MOST) if form in {"", "incident"} else []
        aside = submissions.quarantined(session, mission)
        entered = missions.get(session, mission)
        stood = {standing.stage: standing.state for standing, _since in standings.of(session, mission)}
        unfinished = {
            "at": entered.count_left_at, "why": entered.count_left_why,
            "may": entered.count_left_at is None and owes(Stage.COUNTING, entered.starts_at_stage)
            and stood.get(Stage.COUNTING) is not State.DONE,
        }  # fmt: skip
    names = {code: row.name for code, row in places.items()}
    total = sum(counted.values())
    owed = [stop for stop, there in stops if not there and stop.struck_at is None]
    late = [stop for stop in owed if stop.due_at <= now]
    query = urlencode({k: v for k, v in (("form", form), ("team", team), ("station", station)) if v})
    return {
        "zone": facts.zone, "now": now, "which": which, "query": query and f"{query}&", "filtered": bool(query),
        "total": total, "planned": sum(stop.struck_at is None for stop, _ in stops), "owed": owed, "late": late, "late_most": LATE,
        "kinds": view.kinds(known, counted), "visited": visited, "names": names, "rows": rows, "flagged": flagged, "page": page, "most": MOST,
        "flags": flags, "odd": odd, "remark": partial(remark, known), "reason": partial(reason, known), "phases": view.phases(known, stops, counted, visited, now),
        "by_station": view.by_station(stops, at_stations, names, now), "by_team": view.by_team(stops, counted, now), "seen": view.irregular(known, said),
        "reported": view.reported(known, said), "answers": view.answers(known, said, form), "incidents": [(row, view.incident(known, got)) for row, got in incidents],
        "unfinished": unfinished, "aside": aside, "titles": view.titles(known, counted, stops),
        "choices": {
            "form": [("", _("Every phase")), *view.titles(known, {}, []).items()],
            "team": [("", _("Every team")), *((code, code) for code in sorted({*crews, *senders[0]}))],
            "station": [("", _("Every station")), *((c, f"{names.get(c, '')} ({c})") for c in sorted({*names, *senders[1]}))],
        },
    }  # fmt: skip


@part.post(WHERE + "/count-unfinished")
def count_unfinished(desk: Desk, why: Annotated[str, Form(max_length=2000)]) -> Response:
    """The statement does not wait for the count: it becomes a preliminary one, to be supplemented."""
    with desk.act() as (session, mission, by, at):
        counting.leave_unfinished(session, mission, by=by, at=at, why=why.strip())
    said = _(
        "The statement does not wait for the count: it is marked preliminary, and supplemented once the count is in."
    )
    return desk.done(f"/missions/{desk.mission}/observation", said)


@part.get(WHERE + "/export.xlsx")
def export(desk: Desk, form: Word = "", team: Word = "", station: Word = "") -> Response:
    """The forms that the filter leaves, one a row, as an Excel workbook; with one phase chosen, its answers too."""
    which, known = Which(form, team, station), load_forms()
    chosen = known.get(form)
    questions = [name for name in chosen.questions if name not in HEAD] if chosen else []
    with desk.look() as (session, mission, _now):
        facts = missions.facts(session, mission)
        rows = received.listed(session, mission, which)
        flags = received.flag_counts(session, mission, which)
        answers = received.all_answers(session, mission, which) if questions else {}

    zone = ZoneInfo(facts.zone)

    def local(moment: datetime | None) -> str:
        return moment.astimezone(zone).isoformat(timespec="minutes") if moment else ""

    head = ["id", "phase", "team", "station", "arrived", "left", "received", "by", "flags", *questions]
    table = (
        [
            row.instance_id, row.form, row.team, row.station, local(row.arrived_at), local(row.departed_at),
            local(row.received_at), row.channel, flags.get(row.id, 0),
            *(" ".join(answers.get(row.id, {}).get(question, ())) for question in questions),
        ]
        for row in rows
    )  # fmt: skip
    return sent(workbook("forms", head, table), f"{desk.mission}-forms.xlsx", EXCEL)


@part.get(WHERE + "/forms/{form:path}")
def one(desk: Desk, form: str, correct: Annotated[str, Query(max_length=200)] = "") -> Response:
    """One form: who sent it, when, what it says, what the checks noticed, what changed since. With `correct` that answer
    can be corrected where it stands."""
    return _one(desk, form, correct)


def _one(desk: Asked, instance: str, correcting: str) -> Response:
    with desk.look() as (session, mission, now):
        facts = missions.facts(session, mission)
        row = received.found(session, mission, instance)
        if row is None:
            raise missing(f"The form {instance[:80]}")
        kind = load_forms().get(row.form)
        given = received.answers_of(session, [row.id])[row.id]
        changed = received.corrections(session, row)
        odd = received.odd_of(session, row)
        scans = form_scans.of_form(session, mission, row.instance_id) if desk.may(SCAN) else []
        known = named(session, mission)
        crew = [known.get(code, code) for code in teams.crew_at(session, mission, row.team, row.received_at)]
        names = _names(session, mission)
        session.expunge_all()
    answers = view.whole(kind, given, row.original)
    return desk.page(
        "observation_form.html", zone=facts.zone, now=now, row=row, kind=kind, answers=answers, changed=changed, odd=odd, remark=partial(remark, load_forms()),
        names=names, title=kind.title if kind else row.form, titles={code: one.title for code, one in load_forms().items()}, scans=scans, known=known, crew=crew,
        may=[name for name in kind.questions if name not in HEAD] if kind else [], given=given,
        wanted=kind.questions.get(correcting) if kind and correcting not in HEAD else None,
        silent=[(name, q.label or name) for name, q in kind.questions.items() if name not in {*HEAD, *given} and q.kind != "image"] if kind else [],
        totals=view.totals(kind, {name: said[0] for name, said in given.items() if len(said) == 1}) if kind else [],
        words_of={name: q.label or name for name, q in kind.questions.items()} if kind else {},
    )  # fmt: skip


@part.post(WHERE + "/correct")
def correct(
    desk: Desk, form: Annotated[str, Form(max_length=400)], question: Annotated[str, Form(max_length=200)],
    why: Annotated[str, Form(min_length=1, max_length=2000)], answer: Annotated[list[Annotated[str, Form(max_length=20_000)]] | None, Form()] = None,
) -> Response:  # fmt: skip
    """A team corrects an answer at the debriefing; both are kept. Of a question with many choices each comes by itself."""
    try:
        with desk.act() as (session, mission, by, at):
            acts.correct(
                session, mission, by=by, at=at, instance=form, question=question, new=" ".join(answer or []), why=why
            )
    except BadInput as problem:
        raise BadInput(reason(load_forms(), str(problem))) from None
    return desk.done(
        f"/missions/{desk.mission}/observation/forms/{quote(form)}",
        _("The answer is corrected; the former one is kept beside it."),
    )


@part.post(WHERE + "/aside/{content}/put-away")
def put_away(desk: Desk, content: str, why: Annotated[str, Form(min_length=1, max_length=2000)]) -> Response:
    """Put a form kept aside away, for a reason; it is kept."""
    with desk.act() as (session, mission, by, at):
        acts.settle(session, mission, by=by, at=at, content=content, why=why)
    return desk.done(f"/missions/{desk.mission}/observation", _("The form is put away, with your reason. It is kept."))


def _names(session: Session, mission: str) -> Mapping[str, Any]:
    return {row.code: row.name for row in stations.of(session, mission)}
