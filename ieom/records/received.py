"""Questions to the forms that came in, each answered by a number of statements that does not grow with the forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, distinct, func, or_, select
from sqlalchemy.orm import Session, aliased

from ieom.records.deployment import Visit
from ieom.records.submissions import Answer, Correction, Flag, Submission, by_instance
from ieom.rules.forms import WHOLE

LISTED = (
    Submission.id, Submission.instance_id, Submission.form, Submission.team, Submission.station, Submission.arrived_at,
    Submission.departed_at, Submission.received_at, Submission.channel,
)  # fmt: skip


@dataclass(frozen=True)
class Which:
    """Forms by their phase, team and station; '' is all."""

    form: str = ""
    team: str = ""
    station: str = ""

    def among(self, table: type[Submission] | type[Visit]) -> list[ColumnElement[bool]]:
        """Conditions on forms, or on planned stops."""
        wanted = ((table.form, self.form), (table.team, self.team), (table.station, self.station))
        return [column == value for column, value in wanted if value]


class Odd(NamedTuple):
    """A flag, the form that has it, and the one that it disagrees with."""

    flag: Flag
    instance: str
    form: str
    team: str
    station: str
    other: str | None


def listed(
    session: Session, mission: str, which: Which, *, first: int = 0, most: int | None = None
) -> Sequence[Row[Any]]:
    """Forms without their answers, the latest first."""
    query = select(*LISTED).where(Submission.mission == mission, *which.among(Submission))
    return session.execute(query.order_by(Submission.id.desc()).offset(first).limit(most)).all()


def counted(session: Session, mission: str, which: Which) -> dict[tuple[str, str], int]:
    """How many forms are in, by (phase, team)."""
    query = select(Submission.form, Submission.team, func.count()).where(
        Submission.mission == mission, *which.among(Submission)
    )
    rows = session.execute(query.group_by(Submission.form, Submission.team)).tuples()
    return {(form, team): count for form, team, count in rows}


def at_stations(session: Session, mission: str, which: Which) -> dict[str, int]:
    """How many forms are in, by station."""
    query = select(Submission.station, func.count()).where(Submission.mission == mission, *which.among(Submission))
    return dict(session.execute(query.group_by(Submission.station)).tuples().all())


def places(session: Session, mission: str, which: Which) -> dict[str, int]:
    """From how many stations forms are in, by phase; under '' from how many polling stations in all (where results are
    tabulated is none)."""
    mine = [Submission.mission == mission, *which.among(Submission)]
    query = select(Submission.form, func.count(distinct(Submission.station))).where(*mine).group_by(Submission.form)
    found = dict(session.execute(query).tuples().all())
    every = select(func.count(distinct(Submission.station))).where(*mine, Submission.form != "tabulation")
    return {**found, "": session.scalar(every) or 0}


def stops(session: Session, mission: str, which: Which) -> list[tuple[Visit, bool]]:
    """Planned stops in the order of their moments, each with whether its form is in."""
    there = (
        select(Submission.id)
        .where(
            Submission.mission == mission, Submission.team == Visit.team, Submission.station == Visit.station,
            Submission.form == Visit.form,
        )
        .exists()
    )  # fmt: skip
    query = select(Visit, there).where(Visit.mission == mission, *which.among(Visit))
    return list(session.execute(query.order_by(Visit.due_at, Visit.team, Visit.position)).tuples())


def senders(session: Session, mission: str) -> tuple[list[str], list[str]]:
    """(teams, stations) that forms came from."""
    mine = Submission.mission == mission
    teams = session.scalars(select(Submission.team).where(mine).distinct()).all()
    stations = session.scalars(select(Submission.station).where(mine).distinct()).all()
    return sorted(teams), sorted(stations)


def answered(
    session: Session, mission: str, questions: Collection[str], which: Which
) -> dict[str, dict[str, tuple[int, int]]]:
    """How many forms gave each answer to these questions, and from how many stations."""
    query = select(
        Answer.question, Answer.value, func.count(distinct(Answer.submission)), func.count(distinct(Answer.station))
    ).where(Answer.mission == mission, Answer.question.in_(sorted(questions)))
    if which.station:
        query = query.where(Answer.station == which.station)
    if which.form or which.team:
        query = query.join(Submission, Submission.id == Answer.submission).where(*which.among(Submission))
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for question, value, forms, stations in session.execute(query.group_by(Answer.question, Answer.value)):
        found[question][value] = forms, stations
    return found


def odd(session: Session, mission: str, which: Which, *, most: int) -> tuple[int, list[Odd]]:
    """(how many flags there are, the latest of them)."""
    other = aliased(Submission)
    mine = [Submission.mission == mission, *which.among(Submission)]
    count = select(func.count()).select_from(Flag).join(Submission, Submission.id == Flag.submission).where(*mine)
    query = (
        select(Flag, Submission.instance_id, Submission.form, Submission.team, Submission.station, other.instance_id)
        .join(Submission, Submission.id == Flag.submission)
        .outerjoin(other, other.id == Flag.other)
        .where(*mine)
        .order_by(Submission.id.desc(), Flag.id)
        .limit(most)
    )
    return session.scalar(count) or 0, [Odd(*row) for row in session.execute(query).tuples()]


def odd_of(session: Session, form: Submission) -> list[Odd]:
    """The flags on one form, and those on others that name it: each with the other form."""
    one, other = aliased(Submission), aliased(Submission)
    query = (
        select(Flag, one, other)
        .join(one, one.id == Flag.submission)
        .outerjoin(other, other.id == Flag.other)
        .where(or_(Flag.submission == form.id, Flag.other == form.id))
        .order_by(Flag.id)
    )
    found = []
    for flag, mine, theirs in session.execute(query).tuples():
        away: Submission | None = theirs if mine.id == form.id else mine
        found.append(
            Odd(flag, mine.instance_id, mine.form, mine.team, mine.station, away.instance_id if away else None)
        )
    return found


def flags_on(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    """How many flags stand on each of these forms."""
    query = select(Flag.submission, func.count()).where(Flag.submission.in_(numbers)).group_by(Flag.submission)
    return dict(session.execute(query).tuples().all())


def answers_of(
    session: Session, numbers: Collection[int], questions: Collection[str] = ()
) -> dict[int, dict[str, list[str]]]:
    """The answers of these forms as they stand now."""
    query = select(Answer.submission, Answer.question, Answer.value).where(Answer.submission.in_(numbers))
    if questions:
        query = query.where(Answer.question.in_(sorted(questions)))
    found: dict[int, dict[str, list[str]]] = {number: {} for number in numbers}
    for number, question, value in session.execute(query.order_by(Answer.value)):
        found[number].setdefault(question, []).append(value)
    return found


def found(session: Session, mission: str, name: str) -> Submission | None:
    """A form by its id, or by its number in the records."""
    row = by_instance(session, mission, name)
    if row is None and name.isascii() and name.isdigit() and len(name) < 16:
        query = select(Submission).where(Submission.mission == mission, Submission.id == int(name))
        row = session.scalars(query).one_or_none()
    return row


def named(session: Session, mission: str, instances: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Forms by their instance ids: number, kind, station, team."""
    wanted = sorted(set(instances))
    query = select(Submission.instance_id, Submission.id, Submission.form, Submission.station, Submission.team)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), 500):
        some = query.where(Submission.mission == mission, Submission.instance_id.in_(wanted[start : start + 500]))
        for instance, number, form, station, team in session.execute(some):
            found[instance] = {"id": number, "form": form, "station": station, "team": team}
    return found


def figures(session: Session, mission: str, form: str, questions: Collection[str]) -> dict[str, dict[str, int]]:
    """The sums of these questions' numbers over the forms of a phase, by team."""
    query = (
        select(Submission.team, Answer.question, Answer.value, func.count())
        .join(Submission, Submission.id == Answer.submission)
        .where(Submission.mission == mission, Submission.form == form, Answer.question.in_(sorted(questions)))
        .group_by(Submission.team, Answer.question, Answer.value)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for team, question, value, count in session.execute(query).tuples():
        if WHOLE.fullmatch(value):
            found[team][question] = found[team].get(question, 0) + int(value) * count
    return found


def corrections(session: Session, form: Submission) -> list[Correction]:
    """What was corrected in a form, in the order in which it was."""
    return list(session.scalars(select(Correction).where(Correction.submission == form.id).order_by(Correction.id)))


def incidents(
    session: Session, mission: str, which: Which, *, most: int
) -> list[tuple[Row[Any], dict[str, list[str]]]]:
    """The latest incident forms, with their answers."""
    rows = listed(session, mission, Which("incident", which.team, which.station), most=most)
    said = answers_of(session, [row.id for row in rows])
    return [(row, said[row.id]) for row in rows]


def flag_counts(session: Session, mission: str, which: Which) -> dict[int, int]:
    """How many flags stand on each form that has any."""
    query = select(Flag.submission, func.count()).join(Submission, Submission.id == Flag.submission)
    mine = [Submission.mission == mission, *which.among(Submission)]
    return dict(session.execute(query.where(*mine).group_by(Flag.submission)).tuples().all())


def all_answers(session: Session, mission: str, which: Which) -> dict[int, dict[str, list[str]]]:
    """The answers of every one of these forms as they stand now."""
    query = (
        select(Answer.submission, Answer.question, Answer.value)
        .join(Submission, Submission.id == Answer.submission)
        .where(Submission.mission == mission, *which.among(Submission))
        .order_by(Answer.value)
    )
    found: dict[int, dict[str, list[str]]] = defaultdict(dict)
    for number, question, value in session.execute(query).tuples():
        found[number].setdefault(question, []).append(value)
    return found
