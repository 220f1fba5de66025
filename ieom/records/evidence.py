"""Verdicts counted from observers' answers, and the digest of what a statement rests on.

One query along the covering index of the answers counts forms and stations by question and answer; one more fetches
the answers that contradict anything, and whether their station or form upholds the same claim too; a claim that several
answers uphold has a query of its own. So what is read into memory grows with contradictions, not with forms.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, String, and_, column, distinct, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from ieom.records.submissions import Answer, Correction, Submission
from ieom.rules.evidence import HEARD, Claim, Irregularity, Verdict, upper_bound, verdict_of

Answers = Mapping[str, Sequence[str]]
Pair = tuple[str, str]
Tally = Mapping[Pair, tuple[int, int]]
"""How many forms gave an answer, and from how many stations."""
CHUNK = 500
"""Numbers in one IN list; every database takes that many."""


@dataclass(frozen=True)
class _Scope:
    """The forms of a mission that count: those received by a cut-off, or all. Numbers rise as forms come in, so that
    the cut-off is a bound on them; `late` are the few that a clock set back put below it."""

    mission: str
    last: int | None = None
    late: tuple[int, ...] = ()

    def answers(self) -> list[ColumnElement[bool]]:
        return [Answer.mission == self.mission, *self.within(Answer.submission)]

    def forms(self) -> list[ColumnElement[bool]]:
        return [Submission.mission == self.mission, *self.within(Submission.id)]

    def within(self, number: InstrumentedAttribute[int]) -> list[ColumnElement[bool]]:
        within: list[ColumnElement[bool]] = [] if self.last is None else [number <= self.last]
        return [*within, number.not_in(self.late)] if self.late else within


def _scope(session: Session, mission: str, cut_off: datetime | None) -> _Scope:
    if cut_off is None:
        return _Scope(mission)
    mine = Submission.mission == mission
    last = session.scalar(select(func.max(Submission.id)).where(mine, Submission.received_at <= cut_off)) or 0
    late = session.scalars(select(Submission.id).where(mine, Submission.id <= last, Submission.received_at > cut_off))
    return _Scope(mission, last, tuple(late))


def _pairs(answers: Answers) -> list[Pair]:
    return [(question, value) for question, some in answers.items() for value in some]


def _given(answers: Answers) -> ColumnElement[bool]:
    return or_(*(and_(Answer.question == question, Answer.value.in_(some)) for question, some in answers.items()))


def verdicts(
    session: Session, mission: str, claims: Iterable[Claim], *, cut_off: datetime | None = None
) -> dict[str, Verdict]:
    """The verdict of every observation claim, from forms received by the cut-off (UTC); corrections made at a
    debriefing count whenever they were made. Each names the forms that contradict it; `forms_behind` has those that
    uphold it."""
    wanted = [claim for claim in claims if claim.kind == "observation"]
    scope = _scope(session, mission, cut_off)
    tally = _tally(session, scope, wanted)
    against = _against(session, scope, wanted, tally)
    return {claim.id: _verdict(session, scope, claim, tally, against.get(claim.id, ())) for claim in wanted}


def _verdict(session: Session, scope: _Scope, claim: Claim, tally: Tally, rows: Sequence[_Against]) -> Verdict:
    bad_stations = {row.station for row in rows}
    if claim.present:
        query = select(func.count(distinct(Submission.station))).where(
            *scope.forms(), Submission.form.in_(claim.present)
        )
        n = seen = session.scalar(query) or 0
        bad = 0
    else:
        visits, stations = _upheld(session, scope, claim, tally)
        both = {row.station for row in rows if row.upheld_there}
        seen = stations + len(bad_stations - both)
        if claim.base == "stations":
            n, bad = stations - len(both), len(bad_stations)  # one contradicting form is enough for a station
        else:
            n = visits - len({row.submission for row in rows if row.upheld_too})  # a form that says both contradicts
            bad = len({row.submission for row in rows})
    told = [tally[pair] for pair in _told(claim) if pair in tally]
    heard = sum(forms for forms, _ in told)
    detail: dict[str, object] = {"upper_bound": upper_bound(n)} if n and not bad else {}
    if bad:
        detail["answers_against"] = dict(Counter(f"{row.question}={row.value}" for row in rows))
    ids = tuple(sorted({row.instance_id for row in rows}))
    return Verdict(claim.id, verdict_of(n, bad), n, bad, claim.base, seen, heard, (), ids, detail)


def _told(claim: Claim) -> list[Pair]:
    """Answers by which it was told to observers, and not seen."""
    return [*((question, HEARD) for question in claim.questions), *_pairs(claim.heard_by)]


def _upheld(session: Session, scope: _Scope, claim: Claim, tally: Tally) -> tuple[int, int]:
    """(forms, stations) that give every upholding answer, whatever else they say."""
    pairs = _pairs(claim.upheld_by)
    given = [pair for pair in pairs if pair in tally]
    if not given:
        return 0, 0
    if len(pairs) == 1 or len(given) == len(claim.upheld_by) == 1:
        return tally[given[0]]
    numbers = select(func.count(distinct(Answer.submission)), func.count(distinct(Answer.station)))
    forms, stations = session.execute(numbers.where(*_upholding(scope, claim))).one()
    if claim.base == "stations" and len(claim.upheld_by) > 1:  # a station's facts may come from several forms
        stations = session.scalar(select(func.count()).select_from(_upholding_stations(scope, claim).subquery()))
    return forms, stations


def _upholding(scope: _Scope, claim: Claim) -> list[ColumnElement[bool]]:
    """Answers to the claim's first question in forms that give every upholding answer."""
    first, *others = claim.upheld_by.items()
    conditions = [*scope.answers(), Answer.question == first[0], Answer.value.in_(first[1])]
    for question, some in others:
        also = aliased(Answer)
        same = (also.submission == Answer.submission, also.question == question, also.value.in_(some))
        conditions.append(select(also.id).where(*same).exists())
    return conditions


def _upholding_stations(scope: _Scope, claim: Claim) -> Select[tuple[str]]:
    query = select(Answer.station).where(*scope.answers(), _given(claim.upheld_by)).group_by(Answer.station)
    return query.having(func.count(distinct(Answer.question)) == len(claim.upheld_by))


def _tally(session: Session, scope: _Scope, claims: Sequence[Claim]) -> Tally:
    questions = {q for claim in claims for q in (*claim.questions, *claim.heard_by)}
    query = (
        select(Answer.question, Answer.value, func.count(), func.count(distinct(Answer.station)))
        .where(*scope.answers(), Answer.question.in_(sorted(questions)))
        .group_by(Answer.question, Answer.value)
    )
    return {(question, value): (forms, stations) for question, value, forms, stations in session.execute(query)}


class _Against(NamedTuple):
    """One contradicting answer; whether its station has an upholding form too, and whether the same form upholds."""

    question: str
    value: str
    submission: int
    instance_id: str
    station: str
    upheld_there: bool = False
    upheld_too: bool = False


def _against(
    session: Session, scope: _Scope, claims: Sequence[Claim], tally: Tally, *, overlap: bool = True
) -> dict[str, list[_Against]]:
    """Every contradicting answer by claim, with its form; there are few, or there is much to write about. Claims meet
    answers through a table of their pairs, so that one query serves them all."""
    grounds = [
        (claim.id, *pair, *upheld)
        for claim in claims
        for pair in _pairs(claim.contradicted_by)
        if pair in tally
        for upheld in (_pairs(claim.upheld_by) if overlap else []) or [("", "")]
    ]
    if not grounds:
        return {}
    ground = _table(grounds)
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
    merged: dict[tuple[str, str, str, int], _Against] = {}  # a claim with two upholding answers meets each row twice
    for claim, *row in session.execute(query):
        one = _Against(*row)
        key = (claim, one.question, one.value, one.submission)
        before = merged.get(key)
        if before is not None:
            there, too = one.upheld_there or before.upheld_there, one.upheld_too or before.upheld_too
            one = one._replace(upheld_there=there, upheld_too=too)
        merged[key] = one
    found: dict[str, list[_Against]] = defaultdict(list)
    for (name, *_), one in merged.items():
        found[name].append(one)
    for claim in claims:
        if overlap and len(claim.upheld_by) > 1 and claim.id in found:
            found[claim.id] = _several(session, scope, claim, found[claim.id])
    return found


def _table(rows: Sequence[tuple[str, ...]]) -> CTE:
    """Rows of text as a table of a query. As text, since a `values()` would be compiled anew each time; SQLite and
    PostgreSQL both call the columns column1, column2..."""
    width = range(len(rows[0]))
    marks = ", ".join("(" + ", ".join(f":v{n}_{place}" for place in width) + ")" for n in range(len(rows)))
    given = {f"v{n}_{place}": row[place] for n, row in enumerate(rows) for place in width}
    table = text(f"VALUES {marks}").bindparams(**given)
    return table.columns(*(column(f"column{place + 1}", String) for place in width)).cte("ground")


def _also(
    ground: CTE,
    scope: _Scope,
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


def _several(session: Session, scope: _Scope, claim: Claim, rows: Sequence[_Against]) -> list[_Against]:
    """The same for a claim that several answers uphold together, where one of them alone does not."""
    places = sorted({row.station for row in rows})
    there: set[str] = set()
    for start in range(0, len(places), CHUNK):
        some = Answer.station.in_(places[start : start + CHUNK])
        if claim.base == "stations":
            there |= set(session.scalars(_upholding_stations(scope, claim).where(some)))
        else:
            there |= set(session.scalars(select(Answer.station).where(*_upholding(scope, claim), some).distinct()))
    too: set[int] = set()
    numbers = sorted({row.submission for row in rows})
    for start in range(0, len(numbers), CHUNK):
        some_forms = Answer.submission.in_(numbers[start : start + CHUNK])
        too |= set(session.scalars(select(Answer.submission).where(*_upholding(scope, claim), some_forms)))
    return [row._replace(upheld_there=row.station in there, upheld_too=row.submission in too) for row in rows]


def irregularities(
    session: Session, mission: str, claims: Iterable[Claim], *, cut_off: datetime | None = None
) -> list[Irregularity]:
    """Every irregularity that observers saw (never what they were told), in the order in which the forms came: each
    is to be in the statement or its annex, or set aside by name."""
    wanted = [claim for claim in claims if claim.kind == "observation" and claim.irregularity]
    scope = _scope(session, mission, cut_off)
    against = _against(session, scope, wanted, _tally(session, scope, wanted), overlap=False)
    found = [
        Irregularity(claim, row.question, row.value, row.instance_id, row.station, row.submission)
        for claim, rows in against.items()
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.submission, one.claim, one.question, one.answer))


def forms_behind(
    session: Session, mission: str, claim: Claim, *, cut_off: datetime | None = None
) -> tuple[list[str], list[str]]:
    """(instance ids of the forms that uphold the claim, of those that contradict it)."""
    scope = _scope(session, mission, cut_off)
    if claim.present:
        query = select(Submission.instance_id).where(*scope.forms(), Submission.form.in_(claim.present))
        return sorted(session.scalars(query)), []
    contradicting: list[str] = []
    if claim.contradicted_by:
        numbers = select(Answer.submission).where(*scope.answers(), _given(claim.contradicted_by))
        contradicting = sorted(session.scalars(select(Submission.instance_id).where(Submission.id.in_(numbers))))
    if not claim.upheld_by:
        return [], contradicting
    if claim.base == "stations":  # any form with such an answer, as the station's fact may rest on several forms
        numbers = select(Answer.submission).where(*scope.answers(), _given(claim.upheld_by))
    else:
        numbers = select(Answer.submission).where(*_upholding(scope, claim))
    upholding = session.scalars(select(Submission.instance_id).where(Submission.id.in_(numbers)))
    return sorted(set(upholding) - set(contradicting)), contradicting


def digest(session: Session, mission: str, cut_off: datetime | None = None) -> str:
    """SHA-256 over the forms received by the cut-off (UTC) in the order of their ids, and every correction of them:
    what the findings rest on. A form or a correction more gives another digest."""
    scope = _scope(session, mission, cut_off)
    query = select(Submission.instance_id, Submission.content_hash).where(*scope.forms())
    corrected = (
        select(Submission.instance_id, Correction.question, Correction.old, Correction.new)
        .join(Submission, Submission.id == Correction.submission)
        .where(*scope.forms())
    )
    result = hashlib.sha256()
    for instance, content in sorted(session.execute(query).tuples()):
        result.update(f"{instance}\x1f{content}\n".encode())
    for row in session.execute(corrected.order_by(Correction.id)):
        result.update(("\x1f".join(row) + "\n").encode())
    return result.hexdigest()


def base(session: Session, mission: str, *, cut_off: datetime | None = None) -> tuple[int, dict[str, int]]:
    """(distinct stations visited, forms by their kind)."""
    forms = _scope(session, mission, cut_off).forms()
    by_kind = select(Submission.form, func.count()).where(*forms).group_by(Submission.form)
    places = session.scalar(select(func.count(distinct(Submission.station))).where(*forms))
    return places or 0, dict(session.execute(by_kind).tuples().all())
