"""Verdicts counted from observers' answers, and the digest of what a statement rests on.

One query, grouped by question, answer and station, runs along the covering index of the answers and gives every count
that a claim of one question needs; a claim that needs several answers of the same form has one query of its own, and
one more fetches the forms that contradict anything. What is read grows with stations and contradictions, not forms.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ieom.records.submissions import Answer, Correction, Submission
from ieom.rules.evidence import HEARD, Claim, Irregularity, Verdict, of_station, upper_bound, verdict_of

Answers = Mapping[str, Sequence[str]]
Pair = tuple[str, str]
Tally = Mapping[Pair, Mapping[str, int]]
"""How many forms gave an answer, by station."""
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
        return [Answer.mission == self.mission, *self._within(Answer.submission)]

    def forms(self) -> list[ColumnElement[bool]]:
        return [Submission.mission == self.mission, *self._within(Submission.id)]

    def _within(self, number: InstrumentedAttribute[int]) -> list[ColumnElement[bool]]:
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
    return [(question, value) for question, values in answers.items() for value in values]


def _given(answers: Answers) -> ColumnElement[bool]:
    return or_(*(and_(Answer.question == question, Answer.value.in_(values)) for question, values in answers.items()))


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
    forms = _stations_by_form(session, scope) if any(claim.present for claim in wanted) else {}
    return {claim.id: _verdict(session, scope, claim, tally, against, forms) for claim in wanted}


def _verdict(
    session: Session, scope: _Scope, claim: Claim, tally: Tally, against: Mapping[Pair, Sequence[tuple[int, str, str]]],
    forms: Mapping[str, set[str]],
) -> Verdict:  # fmt: skip
    rows = [row for pair in _pairs(claim.contradicted_by) for row in against.get(pair, ())]
    ids = tuple(sorted({instance for _, instance, _ in rows}))
    if claim.present:
        there = set().union(*(forms.get(form, set()) for form in claim.present))
        n, bad, seen = len(there), 0, len(there)
    else:
        places = {
            question: {place for value in values for place in tally.get((question, value), ())}
            for question, values in claim.upheld_by.items()
        }
        upheld = set.intersection(*places.values()) if places else set()
        contradicted = {station for _, _, station in rows}
        seen = len(upheld | contradicted)
        if claim.base == "stations":
            n, bad = of_station(upheld, contradicted)
        else:
            n, bad = _visits(session, scope, claim, tally, {number for number, _, _ in rows})
    pairs = [(question, HEARD) for question in claim.questions] + _pairs(claim.heard_by)
    heard = sum(sum(tally.get(pair, {}).values()) for pair in pairs)
    detail: dict[str, object] = {"upper_bound": upper_bound(n)} if n and not bad else {}
    if heard:
        detail["heard_at"] = len({place for pair in pairs for place in tally.get(pair, ())})
    if bad:
        detail["answers_against"] = {
            f"{question}={value}": len(against[question, value])
            for question, value in _pairs(claim.contradicted_by)
            if (question, value) in against
        }
    return Verdict(claim.id, verdict_of(n, bad), n, bad, claim.base, seen, heard, (), ids, detail)


def _visits(session: Session, scope: _Scope, claim: Claim, tally: Tally, bad: set[int]) -> tuple[int, int]:
    """(forms that give every upholding answer and no contradicting one, forms that give a contradicting one)."""
    if not claim.upheld_by:
        return 0, len(bad)
    values = next(iter(claim.upheld_by.values()))
    if len(claim.upheld_by) == 1 and len(values) == 1:
        n = sum(sum(tally.get(pair, {}).values()) for pair in _pairs(claim.upheld_by))
    else:
        n = session.scalar(select(func.count()).select_from(_upholding(scope, claim).subquery())) or 0
    numbers = sorted(bad)
    for start in range(0, len(numbers), CHUNK):  # a form that says both contradicts
        some = Answer.submission.in_(numbers[start : start + CHUNK])
        n -= session.scalar(select(func.count()).select_from(_upholding(scope, claim).where(some).subquery())) or 0
    return n, len(bad)


def _upholding(scope: _Scope, claim: Claim):  # type: ignore[no-untyped-def] # the type is Select with two parameters
    query = select(Answer.submission).where(*scope.answers(), _given(claim.upheld_by)).group_by(Answer.submission)
    return query.having(func.count(distinct(Answer.question)) == len(claim.upheld_by))


def _tally(session: Session, scope: _Scope, claims: Sequence[Claim]) -> Tally:
    questions = {q for claim in claims for q in (*claim.questions, *claim.heard_by)}
    query = (
        select(Answer.question, Answer.value, Answer.station, func.count())
        .where(*scope.answers(), Answer.question.in_(sorted(questions)))
        .group_by(Answer.question, Answer.value, Answer.station)
    )
    found: dict[Pair, dict[str, int]] = defaultdict(dict)
    for question, value, station, count in session.execute(query):
        found[question, value][station] = count
    return found


def _against(
    session: Session, scope: _Scope, claims: Sequence[Claim], tally: Tally
) -> dict[Pair, list[tuple[int, str, str]]]:
    """(number, instance id, station) of every form that contradicts, by answer; there are few, or much to write of."""
    pairs = sorted({pair for claim in claims for pair in _pairs(claim.contradicted_by) if pair in tally})
    if not pairs:
        return {}
    query = (
        select(Answer.question, Answer.value, Submission.id, Submission.instance_id, Answer.station)
        .join(Submission, Submission.id == Answer.submission)
        .where(or_(*(and_(*scope.answers(), Answer.question == q, Answer.value == value) for q, value in pairs)))
    )
    found: dict[Pair, list[tuple[int, str, str]]] = defaultdict(list)
    for question, value, number, instance, station in session.execute(query):
        found[question, value].append((number, instance, station))
    return found


def _stations_by_form(session: Session, scope: _Scope) -> dict[str, set[str]]:
    query = select(Submission.form, Submission.station).where(*scope.forms()).distinct()
    found: dict[str, set[str]] = defaultdict(set)
    for form, station in session.execute(query):
        found[form].add(station)
    return found


def irregularities(
    session: Session, mission: str, claims: Iterable[Claim], *, cut_off: datetime | None = None
) -> list[Irregularity]:
    """Every irregularity that observers saw (never what they were told), in the order in which the forms came: each
    is to be in the statement or its annex, or set aside by name."""
    wanted = [claim for claim in claims if claim.kind == "observation" and claim.irregularity]
    scope = _scope(session, mission, cut_off)
    against = _against(session, scope, wanted, _tally(session, scope, wanted))
    found = [
        Irregularity(claim.id, question, value, instance, station, number)
        for claim in wanted
        for question, value in _pairs(claim.contradicted_by)
        for number, instance, station in against.get((question, value), ())
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
        numbers = _upholding(scope, claim)
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
