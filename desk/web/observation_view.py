"""What the observation's pages show of the records: figures against the plan, answers in the forms' words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ieom.records.deployment import Visit
from ieom.records.received import Which
from ieom.rules.checks import FIGURES, Seen, sums
from ieom.rules.evidence import HEARD
from ieom.rules.forms import HEAD, Form, Question

SEEN = "observed"
PHASES = ("opening", "voting", "closing", "counting", "tabulation", "incident")
Counted = Mapping[tuple[str, str], int]
Stops = Sequence[tuple[Visit, bool]]
Said = Mapping[str, Mapping[str, tuple[int, int]]]


REPORTED = {"seen": "incident_seen", "told": "incident_heard"}
"""What an incident form reports."""


def _order(code: str) -> tuple[int, str]:
    return (PHASES.index(code) if code in PHASES else len(PHASES), code)


def titles(known: Mapping[str, Form], counted: Counted, stops: Stops) -> dict[str, str]:
    """Every form that is known, in or planned, in the order of the day, with its title."""
    codes = {*known, *(form for form, _ in counted), *(stop.form for stop, _ in stops)}
    return {code: known[code].title if code in known else code for code in sorted(codes, key=_order)}


def kinds(known: Mapping[str, Form], counted: Counted) -> list[tuple[str, int]]:
    """(title, forms in) of every phase with a form."""
    sums = Counter[str]()
    for (form, _), count in counted.items():
        sums[form] += count
    return [(known[code].title if code in known else code, sums[code]) for code in sorted(sums, key=_order)]


def irregularities(known: Mapping[str, Form]) -> dict[str, Question]:
    """Questions that are answered by what was seen, or what was told."""
    return {
        name: question
        for form in known.values()
        for name, question in form.questions.items()
        if {HEARD, SEEN} <= set(question.choices)
    }


def asked(known: Mapping[str, Form], which: Which) -> set[str]:
    """The questions whose answers the page counts: every irregularity, and the closed ones of the phase chosen."""
    form = known.get(which.form)
    closed = {name for name, one in form.questions.items() if one.choices} if form else set()
    return {*irregularities(known), *closed, *REPORTED.values()}


def phases(
    known: Mapping[str, Form], stops: Stops, counted: Counted, visited: Mapping[str, int], now: datetime
) -> list[dict[str, Any]]:
    """By phase: planned, of these in, late, to come; and forms in that no stop asked for."""
    found = []
    for code, title in titles(known, counted, stops).items():
        mine = [(stop, there) for stop, there in stops if stop.form == code and stop.struck_at is None]
        count = sum(count for (form, _), count in counted.items() if form == code)
        row = {"code": code, "title": title, "stations": visited.get(code, 0), **_against(mine, count, now)}
        if row["planned"] or row["forms"]:
            found.append(row)
    return found


def _against(mine: Stops, count: int, now: datetime) -> dict[str, Any]:
    there = sum(there for _, there in mine)
    late = sum(not there and stop.due_at <= now for stop, there in mine)
    return {
        "planned": len(mine), "there": there, "late": late, "to_come": len(mine) - there - late, "forms": count,
    }  # fmt: skip


def by_team(stops: Stops, counted: Counted, now: datetime) -> list[dict[str, Any]]:
    """The same by team."""
    codes = {*(team for _, team in counted), *(stop.team for stop, _ in stops)}
    return [
        {
            "team": code,
            **_against(
                [(stop, there) for stop, there in stops if stop.team == code and stop.struck_at is None],
                sum(count for (_, team), count in counted.items() if team == code),
                now,
            ),
        }
        for code in sorted(codes)
    ]


def by_station(
    stops: Stops, counted: Mapping[str, int], names: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    """The same by station: those with a form past due first."""
    planned: dict[str, list[tuple[Visit, bool]]] = {}
    for stop, there in stops:
        if stop.struck_at is None:
            planned.setdefault(stop.station, []).append((stop, there))
    rows = [
        {
            "station": f"{names[code]} ({code})" if names.get(code) else code,
            **_against(planned.get(code, []), counted.get(code, 0), now),
        }
        for code in sorted({*planned, *counted})
    ]
    return sorted(rows, key=lambda one: -one["late"])


def so_far(
    form: Form, stops: Stops, counted: Counted, figures: Mapping[str, Mapping[str, int]], now: datetime
) -> tuple[list[str], list[tuple[str, dict[str, Any], list[int | None]]]]:
    """(the figures' words, (team, forms against the plan, sums of the figures)) of a phase; under '' of all teams."""
    asked = [name for name in FIGURES if name in form.questions and any(name in one for one in figures.values())]
    rows = []
    for team in sorted({*(team for _, team in counted), *(stop.team for stop, _ in stops)}):
        mine = [(stop, there) for stop, there in stops if stop.team == team and stop.struck_at is None]
        mine_ = figures.get(team, {})
        rows.append((team, _against(mine, counted.get((form.code, team), 0), now), [mine_.get(name) for name in asked]))
    standing = [(stop, there) for stop, there in stops if stop.struck_at is None]
    every = [sum(one.get(name, 0) for one in figures.values()) for name in asked]
    rows.append(("", _against(standing, sum(counted.values()), now), [*every]))
    return [form.questions[name].label or name for name in asked], rows


def irregular(known: Mapping[str, Form], said: Said) -> list[dict[str, Any]]:
    """Every irregularity asked about: in how many forms and stations it was seen, in how many told; and the base."""
    found = []
    for name, question in irregularities(known).items():
        answers = said.get(name, {})
        base = sum(forms for forms, _ in answers.values())
        if base:
            seen, told = answers.get(SEEN, (0, 0)), answers.get(HEARD, (0, 0))
            found.append({"name": name, "label": question.label or name, "base": base, "seen": seen, "told": told})
    return sorted(found, key=lambda one: (-one["seen"][0], -one["told"][0]))


def reported(known: Mapping[str, Form], said: Said) -> dict[str, list[tuple[str, int]]]:
    """Of incident forms: which kinds were seen, and which told of, each with the number of forms that report it."""
    form = known.get("incident")
    found: dict[str, list[tuple[str, int]]] = {}
    for side, name in REPORTED.items():
        question = form.questions.get(name) if form else None
        counts = [(question.said(kind) if question else kind, forms) for kind, (forms, _) in said.get(name, {}).items()]
        found[side] = sorted(counts, key=lambda one: (-one[1], one[0]))
    return found


def answers(known: Mapping[str, Form], said: Said, phase: str) -> list[dict[str, Any]]:
    """The closed questions of a phase, with how many forms gave each answer. Several may be marked where `many`."""
    form = known.get(phase)
    found = []
    for name, question in (form.questions if form else {}).items():
        given = said.get(name, {})
        if question.choices and given:
            counts = [(question.said(value), given.get(value, (0, 0))[0]) for value in question.choices]
            found.append(
                {
                    "label": question.label or name, "counts": counts, "many": question.kind == "many",
                    "base": sum(count for _, count in counts),
                }
            )  # fmt: skip
    return found


def totals(form: Form, given: Mapping[str, str]) -> list[tuple[str, int, str, int | None]]:
    """(what is added up, its sum, against what, that figure) of a form's answers, in its words."""

    def words(names: tuple[str, ...], sign: str) -> str:
        return f" {sign} ".join(form.questions[n].label if n in form.questions else n for n in names)

    seen = Seen("", form.code, "", "", None, None, {name: value.strip() for name, value in given.items()})
    return [
        (words(added, "+"), total, words(against, "×"), other) for added, total, against, other in sums(seen)
    ]  # fmt: skip


INCIDENT = ("incident_seen", "incident_heard", "severity", "follow_up", "incident_text")
"""What the page shows of an incident."""


def incident(known: Mapping[str, Form], given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """An incident's answers in the form's words; '' for a question that was not answered."""
    form = known.get("incident")
    return dict.fromkeys(INCIDENT, "") | {
        name: ", ".join(form.questions[name].said(v) if form and name in form.questions else v for v in values)
        for name, values in given.items()
    }


def whole(
    form: Form | None, given: Mapping[str, Sequence[str]], original: Mapping[str, Any]
) -> list[tuple[str, str, str, str]]:
    """(question, its words, the answer that stands, what came) in the form's order; unanswered ones are left out."""
    came = original.get("answers")
    sent: Mapping[str, Any] = came if isinstance(came, Mapping) else {}
    found = []
    for name in [*(form.questions if form else ()), *(n for n in given if not form or n not in form.questions)]:
        question = form.questions.get(name) if form else None
        stands = ", ".join(question.said(v) if question else v for v in given.get(name, ()))
        first = ""
        if question is not None and sent.get(name) is not None and question.fault(sent[name]) is None:
            first = ", ".join(question.said(v) for v in question.values(sent[name]))
        if name not in HEAD and (stands or first):
            found.append((name, question.label if question else name, stands, first if first != stands else ""))
    return found
