"""Verdicts counted from observers' answers, and the digest of what a statement rests on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from ieom.records.answers import (
    Against,
    Counted,
    Pair,
    Scope,
    Tally,
    contradicting,
    given,
    one_of,
    pairs_of,
    scope_of,
    tally_of,
    upheld,
    upholding,
)
from ieom.records.submissions import Answer, Correction, Submission
from ieom.rules.evidence import HEARD, Claim, Irregularity, Verdict, upper_bound, verdict_of


def verdicts(
    session: Session, mission: str, claims: Iterable[Claim], *, cut_off: datetime | None = None
) -> dict[str, Verdict]:
    """The verdict of every observation claim, from forms received by the cut-off (UTC); corrections made at a
    debriefing count whenever they were made. Each names the forms that contradict it; `forms_behind` has those that
    uphold it."""
    wanted = [claim for claim in claims if claim.kind == "observation"]
    scope = scope_of(session, mission, cut_off)
    tally = tally_of(session, scope, wanted)
    against = contradicting(session, scope, wanted, tally)
    by_one = one_of(session, scope, [claim for claim in wanted if not claim.present], tally)
    return {claim.id: _verdict(session, scope, claim, tally, by_one, against.get(claim.id, ())) for claim in wanted}


def _verdict(
    session: Session, scope: Scope, claim: Claim, tally: Tally, by_one: Counted, rows: Sequence[Against]
) -> Verdict:  # fmt: skip
    bad_stations = {row.station for row in rows}
    if claim.present:
        query = select(func.count(distinct(Submission.station))).where(
            *scope.forms(), Submission.form.in_(claim.present)
        )
        n = seen = session.scalar(query) or 0
        bad = 0
    else:
        visits, stations = upheld(session, scope, claim, tally, by_one)
        both = {row.station for row in rows if row.upheld_there}
        seen = stations + len(bad_stations - both)
        if claim.by_place:
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
    return [*((question, HEARD) for question in claim.questions), *pairs_of(claim.heard_by)]


def irregularities(
    session: Session, mission: str, claims: Iterable[Claim], *, cut_off: datetime | None = None
) -> list[Irregularity]:
    """Every irregularity that observers saw (never what they were told), in the order in which the forms came: each
    is to be in the statement or its annex, or set aside by name."""
    wanted = [claim for claim in claims if claim.kind == "observation" and claim.irregularity]
    scope = scope_of(session, mission, cut_off)
    against = contradicting(session, scope, wanted, tally_of(session, scope, wanted), overlap=False)
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
    scope = scope_of(session, mission, cut_off)
    if claim.present:
        query = select(Submission.instance_id).where(*scope.forms(), Submission.form.in_(claim.present))
        return sorted(session.scalars(query)), []
    bad: list[str] = []
    if claim.contradicted_by:
        numbers = select(Answer.submission).where(*scope.answers(), given(claim.contradicted_by))
        bad = sorted(session.scalars(select(Submission.instance_id).where(Submission.id.in_(numbers))))
    if not claim.upheld_by:
        return [], bad
    if claim.by_place:  # any form with such an answer, as the station's fact may rest on several forms
        numbers = select(Answer.submission).where(*scope.answers(), given(claim.upheld_by))
    else:
        numbers = select(Answer.submission).where(*upholding(scope, claim))
    good = session.scalars(select(Submission.instance_id).where(Submission.id.in_(numbers)))
    return sorted(set(good) - set(bad)), bad


def digest(session: Session, mission: str, cut_off: datetime | None = None) -> str:
    """SHA-256 over the forms received by the cut-off (UTC) in the order of their ids, and every correction of them:
    what the findings rest on. A form or a correction more gives another digest."""
    scope = scope_of(session, mission, cut_off)
    query = select(Submission.instance_id, Submission.content_hash).where(*scope.forms())
    corrected = (
        select(Submission.instance_id, Correction.question, Correction.old, Correction.new)
        .join(Submission, Submission.id == Correction.submission)
        .where(*scope.forms())
    )
    result = hashlib.sha256()
    for instance, content in sorted(map(tuple, session.execute(query))):  # rows compare ten times slower than tuples
        result.update(f"{instance}\x1f{content}\n".encode())
    for row in session.execute(corrected.order_by(Correction.id)):
        result.update(("\x1f".join(row) + "\n").encode())
    return result.hexdigest()


def base(session: Session, mission: str, *, cut_off: datetime | None = None) -> tuple[int, dict[str, int]]:
    """(distinct polling stations visited, forms by their kind). Where results are tabulated is no polling station."""
    forms = scope_of(session, mission, cut_off).forms()
    by_kind = select(Submission.form, func.count()).where(*forms).group_by(Submission.form)
    stations = select(func.count(distinct(Submission.station))).where(*forms, Submission.form != "tabulation")
    return session.scalar(stations) or 0, dict(session.execute(by_kind).tuples().all())
