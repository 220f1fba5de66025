"""Verdicts counted from observers' answers, and the digest of what a statement rests on.

One grouped query counts every claim that a single question answers; the few that need several questions of a visit, or
distinct stations, are counted by one query each. Form ids are fetched for what contradicts, and on demand for what
upholds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, func, or_, select, tuple_
from sqlalchemy.orm import Session

from ieom.records.submissions import Answer, Correction, Submission
from ieom.rules.evidence import HEARD, Claim, Verdict, upper_bound, verdict_of

Answers = Mapping[str, Sequence[str]]


def last_before(session: Session, mission: str, cut_off: datetime | None) -> int | None:
    """The number of the last form received by the cut-off (UTC); None when everything counts."""
    if cut_off is None:
        return None
    query = select(func.max(Submission.id)).where(Submission.mission == mission, Submission.received_at <= cut_off)
    return session.scalar(query) or 0


def _pairs(answers: Answers) -> list[tuple[str, str]]:
    return [(question, value) for question, values in answers.items() for value in values]


def _counted(mission: str, answers: Answers, last: int | None) -> ColumnElement[bool]:
    rows = [and_(Answer.question == question, Answer.value.in_(values)) for question, values in answers.items()]
    condition = and_(Answer.mission == mission, or_(*rows))
    return condition if last is None else and_(condition, Answer.submission <= last)


def verdicts(
    session: Session, mission: str, claims: Iterable[Claim], *, cut_off: datetime | None = None
) -> dict[str, Verdict]:
    """The verdict of every observation claim, from forms received by the cut-off (UTC)."""
    wanted = [claim for claim in claims if claim.kind == "observation"]
    last = last_before(session, mission, cut_off)
    counts, stations = _simple(session, mission, wanted, last)
    forms = _forms(session, mission, last)
    against = _against(session, mission, wanted, last)
    found = {}
    for claim in wanted:
        if claim.present:
            there = set().union(*(forms.get(form, set()) for form in claim.present))
            n, bad, seen = len(there), 0, len(there)
        else:
            rows = [row for pair in _pairs(claim.contradicted_by) for row in against.get(pair, [])]
            stations_against = {station for _, station in rows}
            if claim.base == "visits" and len(claim.upheld_by) == 1:
                n = sum(counts.get(pair, 0) for pair in _pairs(claim.upheld_by))
                bad = sum(counts.get(pair, 0) for pair in _pairs(claim.contradicted_by))
                seen = stations.get(claim.id, 0)
            else:
                n, bad, seen = _exactly(session, mission, claim, last, stations_against, {form for form, _ in rows})
        ids = sorted({form for pair in _pairs(claim.contradicted_by) for form, _ in against.get(pair, [])})
        heard = sum(counts.get((question, HEARD), 0) for question in claim.upheld_by)
        detail = {"upper_bound": upper_bound(n)} if bad == 0 else {}
        found[claim.id] = Verdict(claim.id, verdict_of(n, bad), n, bad, claim.base, seen, heard, (), tuple(ids), detail)
    return found


def _simple(
    session: Session, mission: str, claims: Sequence[Claim], last: int | None
) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """How often each answer was given, and at how many stations a claim's single question was answered at all."""
    questions = sorted({q for claim in claims for q in (*claim.upheld_by, *claim.contradicted_by)})
    query = select(Answer.question, Answer.value, func.count()).where(
        Answer.mission == mission, Answer.question.in_(questions)
    )
    if last is not None:
        query = query.where(Answer.submission <= last)
    rows = session.execute(query.group_by(Answer.question, Answer.value))
    counts = {(question, value): count for question, value, count in rows}
    return counts, {}


def _forms(session: Session, mission: str, last: int | None) -> dict[str, set[str]]:
    query = select(distinct(Submission.form), Submission.station).where(Submission.mission == mission)
    if last is not None:
        query = query.where(Submission.id <= last)
    found: dict[str, set[str]] = {}
    for form, station in session.execute(query):
        found.setdefault(form, set()).add(station)
    return found


def _against(
    session: Session, mission: str, claims: Sequence[Claim], last: int | None
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(instance id, station) of every contradicting answer; there are few, or there is much to write about."""
    pairs = sorted({pair for claim in claims for pair in _pairs(claim.contradicted_by)})
    if not pairs:
        return {}
    query = (
        select(Answer.question, Answer.value, Submission.instance_id, Answer.station)
        .join(Submission, Submission.id == Answer.submission)
        .where(Answer.mission == mission, tuple_(Answer.question, Answer.value).in_(pairs))
    )
    if last is not None:
        query = query.where(Answer.submission <= last)
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for question, value, instance, station in session.execute(query):
        found.setdefault((question, value), []).append((instance, station))
    return found


def _exactly(
    session: Session, mission: str, claim: Claim, last: int | None, stations_against: set[str], forms_against: set[str]
) -> tuple[int, int, int]:
    """(upholding, contradicting, stations) of a claim that needs every one of several questions of a visit, or that
    counts distinct stations: a station where any visit contradicts is contradicted."""
    base = Answer.station if claim.base == "stations" else Answer.submission
    upheld = (
        select(base.label("base"), Answer.station.label("station"))
        .where(_counted(mission, claim.upheld_by, last))
        .group_by(base, Answer.station)
        .having(func.count(distinct(Answer.question)) == len(claim.upheld_by))
        .subquery()
    )
    if claim.base == "stations":
        names = set(session.scalars(select(distinct(upheld.c.base))))
        return len(names - stations_against), len(stations_against), len(names | stations_against)
    n, seen = session.execute(select(func.count(), func.count(distinct(upheld.c.station)))).one()
    return n, len(forms_against), max(seen, len(stations_against))


def forms_behind(
    session: Session, mission: str, claim: Claim, *, cut_off: datetime | None = None
) -> tuple[list[str], list[str]]:
    """(instance ids of the forms that uphold the claim, of those that contradict it)."""
    last = last_before(session, mission, cut_off)

    def ids(answers: Answers) -> list[str]:
        if not answers:
            return []
        query = select(Submission.instance_id).join(Answer, Answer.submission == Submission.id)
        return sorted(set(session.scalars(query.where(_counted(mission, answers, last)))))

    if claim.present:
        query = select(Submission.instance_id).where(Submission.mission == mission, Submission.form.in_(claim.present))
        if last is not None:
            query = query.where(Submission.id <= last)
        return sorted(session.scalars(query)), []
    against = ids(claim.contradicted_by)
    return [one for one in ids(claim.upheld_by) if one not in set(against)], against


def digest(session: Session, mission: str, *, cut_off: datetime | None = None) -> str:
    """SHA-256 over the forms in the order of their ids, and their corrections: what the findings rest on."""
    last = last_before(session, mission, cut_off)
    query = select(Submission.instance_id, Submission.content_hash).where(Submission.mission == mission)
    corrected = (
        select(Submission.instance_id, Correction.question, Correction.old, Correction.new)
        .join(Submission, Submission.id == Correction.submission)
        .where(Submission.mission == mission)
    )
    if last is not None:
        query, corrected = query.where(Submission.id <= last), corrected.where(Submission.id <= last)
    result = hashlib.sha256()
    for row in session.execute(query.order_by(Submission.instance_id)):
        result.update("\x1f".join(row).encode() + b"\n")
    for row in session.execute(corrected.order_by(Correction.id)):
        result.update("\x1f".join(row).encode() + b"\n")
    return result.hexdigest()


def base(session: Session, mission: str, *, cut_off: datetime | None = None) -> tuple[int, dict[str, int]]:
    """(distinct stations visited, forms by their kind)."""
    last = last_before(session, mission, cut_off)
    query = select(Submission.form, func.count()).where(Submission.mission == mission)
    places = select(func.count(distinct(Submission.station))).where(Submission.mission == mission)
    if last is not None:
        query, places = query.where(Submission.id <= last), places.where(Submission.id <= last)
    return session.scalar(places) or 0, {
        form: count for form, count in session.execute(query.group_by(Submission.form))
    }
