"""Observers' answers counted: which forms count, how often each answer was given, and what contradicts a claim.

One query along the covering index of the answers counts forms and stations by question and answer; one more fetches
the answers that contradict anything, and whether their station or form upholds the same claim too; a claim that several
answers uphold has a query of its own. So what is read into memory grows with contradictions, not with forms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    column,
    distinct,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from ieom.records.submissions import Answer, Submission
from ieom.rules.evidence import Claim

Answers = Mapping[str, Sequence[str]]
Pair = tuple[str, str]
Tally = Mapping[Pair, tuple[int, int]]
"""How many forms gave an answer, and from how many stations."""
CHUNK = 500
"""Numbers in one IN list; every database takes that many."""


@dataclass(frozen=True)
class Scope:
    """The forms of a mission that count: those received by a cut-off, or all. Numbers rise as forms come in, so that
    the cut-off is a bound on them; `late` are the few that a clock set back put below it."""

    mission: str
    last: int | None = None
    late: tuple[int, ...] = ()

    def answers(self) -> list[ColumnElement[bool]]:
        """Conditions on answers."""
        return [Answer.mission == self.mission, *self.within(Answer.submission)]

    def forms(self) -> list[ColumnElement[bool]]:
        """Conditions on forms."""
        return [Submission.mission == self.mission, *self.within(Submission.id)]

    def within(self, number: InstrumentedAttribute[int]) -> list[ColumnElement[bool]]:
        """Conditions on the number of a form."""
        within: list[ColumnElement[bool]] = [] if self.last is None else [number <= self.last]
        return [*within, number.not_in(self.late)] if self.late else within


def scope_of(session: Session, mission: str, cut_off: datetime | None) -> Scope:
    """The forms received by the cut-off (UTC), or all when there is none."""
    if cut_off is None:
        return Scope(mission)
    mine = Submission.mission == mission
    last = session.scalar(select(func.max(Submission.id)).where(mine, Submission.received_at <= cut_off)) or 0
    late = session.scalars(select(Submission.id).where(mine, Submission.id <= last, Submission.received_at > cut_off))
    return Scope(mission, last, tuple(late))


def pairs_of(answers: Answers) -> list[Pair]:
    """(question, answer) pairs of one side of a claim."""
    return [(question, value) for question, some in answers.items() for value in some]


def given(answers: Answers) -> ColumnElement[bool]:
    """Whether a row is one of these answers."""
    return or_(*(and_(Answer.question == question, Answer.value.in_(some)) for question, some in answers.items()))


def tally_of(session: Session, scope: Scope, claims: Sequence[Claim]) -> Tally:
    """How often each answer was given to the questions that the claims name."""
    questions = {q for claim in claims for q in (*claim.questions, *claim.heard_by)}
    query = (
        select(Answer.question, Answer.value, func.count(), func.count(distinct(Answer.station)))
        .where(*scope.answers(), Answer.question.in_(sorted(questions)))
        .group_by(Answer.question, Answer.value)
    )
    return {(question, value): (forms, stations) for question, value, forms, stations in session.execute(query)}


Counted = Mapping[str, tuple[int, int]]
"""Claim -> (forms, stations) that uphold it by one of several answers to one question."""


def upheld(session: Session, scope: Scope, claim: Claim, tally: Tally, by_one: Counted) -> tuple[int, int]:
    """(forms, stations) that give every upholding answer, whatever else they say. `by_one`: what `one_of` counted."""
    if len(claim.upheld_by) < 2:
        return by_one.get(claim.id, (0, 0))
    if not all(any((question, value) in tally for value in some) for question, some in claim.upheld_by.items()):
        return 0, 0
    single = len(next(iter(claim.upheld_by.values()))) == 1
    forms_ = func.count() if single else func.count(distinct(Answer.submission))
    counts = select(forms_, func.count(distinct(Answer.station))).where(*upholding(scope, claim))
    forms, stations = session.execute(counts).one()
    if claim.by_place:  # a station's facts may come from several forms
        stations = session.scalar(select(func.count()).select_from(_upholding_stations(scope, claim).subquery()))
    return forms, stations


def one_of(session: Session, scope: Scope, claims: Sequence[Claim], tally: Tally) -> dict[str, tuple[int, int]]:
    """Of every claim that one question upholds, the forms and stations with one at least of the answers that do: those with
    the commonest, and of each rarer one those that have none of the commoner. All rarer answers are counted by one query, so
    that as many are asked with ten forms as with ten thousand."""
    found: dict[str, tuple[int, int]] = {}
    rarer: list[Select[Any]] = []
    for claim in claims:
        if len(claim.upheld_by) != 1:
            continue
        ranked = sorted(
            (pair for pair in pairs_of(claim.upheld_by) if pair in tally), key=lambda pair: tally[pair], reverse=True
        )
        if ranked:
            found[claim.id] = tally[ranked[0]]
        for place, pair in enumerate(ranked[1:], start=1):
            rarer.append(_rarer(scope, claim.id, pair, [common for _, common in ranked[:place]]))
    for claim_id, more, others in session.execute(union_all(*rarer)).tuples() if rarer else ():
        forms, stations = found[claim_id]
        found[claim_id] = forms + more, stations + others
    return found


def _rarer(scope: Scope, claim: str, pair: Pair, commoner: Sequence[str]) -> Select[Any]:
    """How many forms and stations have this answer and none of the commoner ones to its question."""
    question, value = pair
    also = aliased(Answer)
    same = (also.mission == scope.mission, also.question == question, also.value.in_(commoner))
    within = scope.within(also.submission)
    in_form = select(also.id).where(*same, *within, also.submission == Answer.submission).exists()
    there = select(also.id).where(*same, *within, also.station == Answer.station).exists()
    return select(
        literal(claim),
        func.count(distinct(case((~in_form, Answer.submission)))),
        func.count(distinct(case((~there, Answer.station)))),
    ).where(*scope.answers(), Answer.question == question, Answer.value == value)


def upholding(scope: Scope, claim: Claim) -> list[ColumnElement[bool]]:
    """Answers to the claim's first question in forms that give every upholding answer."""
    first, *others = claim.upheld_by.items()
    conditions = [*scope.answers(), Answer.question == first[0], Answer.value.in_(first[1])]
    for question, some in others:
        also = aliased(Answer)
        same = (also.submission == Answer.submission, also.question == question, also.value.in_(some))
        conditions.append(select(also.id).where(*same).exists())
    return conditions


def _upholding_stations(scope: Scope, claim: Claim) -> Select[tuple[str]]:
    query = select(Answer.station).where(*scope.answers(), given(claim.upheld_by)).group_by(Answer.station)
    return query.having(func.count(distinct(Answer.question)) == len(claim.upheld_by))


class Against(NamedTuple):
    """One contradicting answer; whether its station has an upholding form too, and whether the same form upholds."""

    question: str
    value: str
    submission: int
    instance_id: str
    station: str
    upheld_there: bool = False
    upheld_too: bool = False


def contradicting(
    session: Session, scope: Scope, claims: Sequence[Claim], tally: Tally, *, overlap: bool = True
) -> dict[str, list[Against]]:
    """Every contradicting answer by claim, with its form; there are few, or there is much to write about. Claims meet
    answers through a table of their pairs, so that one query serves them all."""
    grounds = [
        (claim.id, *pair, *upheld)
        for claim in claims
        for pair in pairs_of(claim.contradicted_by)
        if pair in tally
        for upheld in (pairs_of(claim.upheld_by) if overlap else []) or [("", "")]
    ]
    if not grounds:
        return {}
    ground, given_ = _table(grounds)
    claim_, question, value, upheld_question, upheld_value = ground.c
    query = (
        select(
            claim_, question, value, Submission.id, Submission.instance_id, Answer.station,
            _also(ground, scope, Answer.station, upheld_question, upheld_value),
            _also(ground, scope, Answer.submission, upheld_question, upheld_value),
        )
        .select_from(ground)
        .join(Answer, and_(Answer.question == question, Answer.value == value, *scope.answers()))
        .join(Submission, Submission.id == Answer.submission)
    )  # fmt: skip
    merged: dict[tuple[str, str, str, int], Against] = {}  # a claim with two upholding answers meets each row twice
    for claim, *row in session.execute(query, given_):
        one = Against(*row)
        key = (claim, one.question, one.value, one.submission)
        before = merged.get(key)
        if before is not None:
            there, too = one.upheld_there or before.upheld_there, one.upheld_too or before.upheld_too
            one = one._replace(upheld_there=there, upheld_too=too)
        merged[key] = one
    found: dict[str, list[Against]] = defaultdict(list)
    for (name, *_), one in merged.items():
        found[name].append(one)
    for claim in claims:
        if overlap and len(claim.upheld_by) > 1 and claim.id in found:
            found[claim.id] = _several(session, scope, claim, found[claim.id])
    return found


def _table(rows: Sequence[tuple[str, ...]]) -> tuple[CTE, dict[str, str]]:
    """Rows of text as a table of a query, and the query's parameters for it. As text, since a `values()` would be
    compiled anew each time; SQLite and PostgreSQL both call the columns column1, column2..."""
    width = range(len(rows[0]))
    marks = ", ".join("(" + ", ".join(f":v{n}_{place}" for place in width) + ")" for n in range(len(rows)))
    table = text(f"VALUES {marks}").columns(*(column(f"column{place + 1}", String) for place in width))
    return table.cte("ground"), {f"v{n}_{place}": row[place] for n, row in enumerate(rows) for place in width}


def _also(
    ground: CTE,
    scope: Scope,
    same: InstrumentedAttribute[Any],
    question: ColumnElement[str],
    value: ColumnElement[str],
) -> ColumnElement[bool]:
    """Whether an answer of the same station (or form) upholds the claim that this one contradicts. The conditions are
    written so that an index of the answers is entered with all of them."""
    also = aliased(Answer, name=f"also_{same.key}")
    there = [also.question == question, also.value == value, getattr(also, same.key) == same]
    within = [also.mission == scope.mission, *scope.within(also.submission)]
    return select(also.id).where(*there, *within).correlate(ground, Answer).exists().label(f"upheld_{same.key}")


def _several(session: Session, scope: Scope, claim: Claim, rows: Sequence[Against]) -> list[Against]:
    """The same for a claim that several answers uphold together, where one of them alone does not."""
    places = sorted({row.station for row in rows})
    there: set[str] = set()
    for start in range(0, len(places), CHUNK):
        some = Answer.station.in_(places[start : start + CHUNK])
        if claim.by_place:
            there |= set(session.scalars(_upholding_stations(scope, claim).where(some)))
        else:
            there |= set(session.scalars(select(Answer.station).where(*upholding(scope, claim), some).distinct()))
    too: set[int] = set()
    numbers = sorted({row.submission for row in rows})
    for start in range(0, len(numbers), CHUNK):
        some_forms = Answer.submission.in_(numbers[start : start + CHUNK])
        too |= set(session.scalars(select(Answer.submission).where(*upholding(scope, claim), some_forms)))
    return [row._replace(upheld_there=row.station in there, upheld_too=row.submission in too) for row in rows]
