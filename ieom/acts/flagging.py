"""Flags: what the checks notice in forms that came in, kept beside the forms. Nothing is ever rejected for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, insert, or_, select
from sqlalchemy.orm import Session

from ieom.folder.forms import load_forms
from ieom.records import missions, stations
from ieom.records.deployment import Visit
from ieom.records.submissions import Answer, Flag, Submission
from ieom.rules import checks
from ieom.rules.forms import HEAD
from ieom.rules.submissions import Normal

PAIRED = (*checks.FACTS_OF_A_STATION, "voters_by_signature")
"""Answers that two forms are compared by."""
MANY = 400
"""From this many new forms on, all forms of the mission are read at once."""

Found = tuple[int, str, str, int | None]


def hours(session: Session, mission: str) -> dict[str, checks.Hours]:
    """When each station opens and closes (UTC)."""
    facts = missions.facts(session, mission)
    return {
        row.code: checks.Hours(facts.opens(row.opens, row.zone), facts.closes(row.closes, row.zone))
        for row in stations.of(session, mission)
    }


def _left_out(
    session: Session, mission: str, forms: Sequence[checks.Seen], tables: Collection[str] = ()
) -> list[tuple[str, str, str]]:
    """(instance id, check, detail) of what these forms leave out; `tables` are those that were made of a table."""
    planned: dict[str, set[str]] = {}
    for team, station in session.execute(select(Visit.team, Visit.station).where(Visit.mission == mission).distinct()):
        planned.setdefault(team, set()).add(station)
    asked = {
        code: {name for name, one in form.questions.items() if name not in HEAD and one.kind != "image"}
        for code, form in load_forms().items()
    }
    return [
        (form.instance_id, check, detail)
        for form in forms
        for check, detail in checks.left_out(
            form, asked.get(form.form, ()), planned.get(form.team, ()), whole=form.instance_id not in tables
        )
    ]


def _seen(
    session: Session, which: Sequence[ColumnElement[bool]], questions: Collection[str] = ()
) -> tuple[list[checks.Seen], dict[str, int]]:
    """(forms as the checks see them, in the order in which they came; their numbers by instance id)."""
    columns = (
        Submission.id, Submission.instance_id, Submission.form, Submission.team, Submission.station,
        Submission.arrived_at, Submission.departed_at,
    )  # fmt: skip
    rows = session.execute(select(*columns).where(*which).order_by(Submission.id)).all()
    answers: dict[int, dict[str, str]] = {row[0]: {} for row in rows}
    query = (
        select(Answer.submission, Answer.question, Answer.value)
        .join(Submission, Submission.id == Answer.submission)
        .where(*which)
        .order_by(Answer.value)
    )
    if questions:
        query = query.where(Answer.question.in_(questions))
    for submission, question, value in session.execute(query):
        mine = answers[submission]
        mine[question] = f"{mine[question]} {value}" if question in mine else value
    forms = [checks.Seen(r[1], r[2], r[3], r[4], r[5], r[6], answers[r[0]]) for r in rows]
    return forms, {row[1]: row[0] for row in rows}


def flag(session: Session, mission: str, new: Sequence[Submission] | Sequence[int]) -> int:
    """Flag forms that came in or were corrected, and what they disagree with; flags that hold no longer go. Returns
    how many flags now stand on them or name them."""
    numbers = sorted(row.id if isinstance(row, Submission) else row for row in new)
    if not numbers:
        return 0
    many = len(numbers) > MANY
    mine: list[ColumnElement[bool]] = [Submission.mission == mission]
    if many:
        mine.append(Submission.id.between(numbers[0], numbers[-1]))
    else:
        mine.append(Submission.id.in_(numbers))
    forms, ids = _seen(session, mine)
    near: list[ColumnElement[bool]] = [Submission.mission == mission]
    if not many:
        teams, places = {form.team for form in forms}, {form.station for form in forms}
        near.append(or_(Submission.station.in_(places), Submission.team.in_(teams)))
    others, near_ids = _seen(session, near, PAIRED)
    found = _found(forms, ids, others, near_ids, hours(session, mission))
    row = Submission.original[("source", "row")].as_string()
    tables = set(session.scalars(select(Submission.instance_id).where(*mine, row.is_not(None))))
    found |= {(ids[form], check, says, None) for form, check, says in _left_out(session, mission, forms, tables)}
    return _write(session, numbers, many, found)


def noticed(session: Session, mission: str, form: Normal) -> list[tuple[str, str]]:
    """(check, detail) of what would be flagged were this form taken. Nothing is written."""
    answers: dict[str, str] = {}
    for question, value in form.answers:
        answers[question] = f"{answers[question]} {value}" if question in answers else value
    mine = checks.Seen(form.instance_id, form.form, form.team, form.station, form.arrived_at, form.departed_at, answers)
    near = [Submission.mission == mission, or_(Submission.station == form.station, Submission.team == form.team)]
    others, _ = _seen(session, [*near, Submission.instance_id != form.instance_id], PAIRED)
    found = checks.flags(mine, hours(session, mission).get(form.station))
    between = checks.between([*others, mine], new=frozenset({form.instance_id}))
    left_out = [(check, detail) for _, check, detail in _left_out(session, mission, [mine])]
    return [*found, *left_out, *((check, detail) for _, _, check, detail in between)]


def _found(
    forms: Sequence[checks.Seen], ids: Mapping[str, int], others: Sequence[checks.Seen], near_ids: Mapping[str, int],
    open_: Mapping[str, checks.Hours],
) -> set[Found]:  # fmt: skip
    found: set[Found] = {
        (ids[form.instance_id], check, detail, None)
        for form in forms
        for check, detail in checks.flags(form, open_.get(form.station))
    }
    for later, first, check, detail in checks.between(others, new=frozenset(ids)):
        found.add((near_ids[later], check, detail, near_ids[first]))
    return found


def _write(session: Session, numbers: Sequence[int], many: bool, found: set[Found]) -> int:
    on = Flag.submission.between(numbers[0], numbers[-1]) if many else Flag.submission.in_(numbers)
    naming = Flag.other.between(numbers[0], numbers[-1]) if many else Flag.other.in_(numbers)
    have = {
        (row.submission, row.check, row.detail, row.other): row.id
        for row in session.execute(
            select(Flag.id, Flag.submission, Flag.check, Flag.detail, Flag.other).where(or_(on, naming))
        )
    }
    gone = [number for key, number in have.items() if key not in found]
    if gone:
        session.execute(delete(Flag).where(Flag.id.in_(gone)))
    names = ("submission", "check", "detail", "other")
    fresh = [dict(zip(names, key, strict=True)) for key in sorted(found - set(have), key=repr)]
    if fresh:
        session.execute(insert(Flag), fresh)
    return len(found)
