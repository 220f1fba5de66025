"""Stage 3, election-day observation: forms arrive, are kept whatever they say, and are followed up when they don't."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, Conflict, IeomError, NotFound, Refused
from ieom.folder.forms import load_forms
from ieom.records import audit, missions, stations, teams
from ieom.records.delegation import Member
from ieom.records.observation import MemberReport
from ieom.records.submissions import Answer, Correction, Flag, QuarantinedForm, Submission
from ieom.rules import checks
from ieom.rules.submissions import Normal, content_hash, normal
from ieom.rules.timeline import Stage, Standing, State, owes

CHANNELS = ("file", "telephone", "paper")
FACTS_OF_A_STATION = ("opened", "box_shown_empty", "box_sealed", "registered_voters", "protocol_posted", "seals_intact")
"""Questions with one true answer for a station, whoever asks."""


@dataclass(frozen=True)
class FormReceived:
    """A form came in."""

    form: str
    team: str
    station: str
    instance: str
    content_hash: str
    channel: str


@dataclass(frozen=True)
class FormsReceived:
    """Many forms came in at once."""

    count: int
    first: str
    last: str


@dataclass(frozen=True)
class FormQuarantined:
    """A form could not be taken as it came; it is kept whole."""

    content_hash: str


@dataclass(frozen=True)
class AnswerCorrected:
    """A team corrected an answer at the debriefing; both are kept."""

    instance: str
    question: str


@dataclass(frozen=True)
class MemberReported:
    """A report or complaint against a member came in."""

    member: str


@dataclass(frozen=True)
class Receipt:
    """What became of a form: taken (perhaps before already), or kept aside with what is wrong with it."""

    submission: Submission | None
    problem: IeomError | None = None
    again: bool = False


def submit(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    document: Mapping[str, Any],
    channel: str = "file",
    dictated_by: str = "",
    dictated_to: str = "",
    dictated_at: datetime | None = None,
    ref: str | None = None,
) -> Receipt:
    """Take one form (`instance_id`, `form`, `team`, `station`, `arrived_at`, `departed_at`, `answers`). A form that
    can't be taken is not refused but kept aside: the receipt says why. By telephone it says who dictated to whom
    and when. The same form again changes nothing."""
    _channel(channel, dictated_by, dictated_to, dictated_at)
    missions.lock(session, mission)
    form, faults = _read(session, mission, document)
    if form is None:
        said = BadInput(f"form {document.get('instance_id', '(without an id)')}: " + "; ".join(faults))
        return _aside(session, mission, by, at, document, said, ref)
    known = _known(session, mission, form.instance_id)
    if known is not None:
        if known.content_hash == form.content_hash:
            return Receipt(known, again=True)
        clash = Conflict(
            f"form {form.instance_id} came before with other content (from {known.team}, {known.form}); the first "
            "stands, this one is kept aside: correct the first, or give this one another id"
        )
        return _aside(session, mission, by, at, document, clash, ref)
    row = Submission(
        mission=mission, instance_id=form.instance_id, form=form.form, team=form.team, station=form.station,
        arrived_at=form.arrived_at, departed_at=form.departed_at, received_at=at, channel=channel,
        dictated_by=dictated_by or None, dictated_to=dictated_to or None, dictated_at=dictated_at,
        content_hash=form.content_hash, original=dict(document),
    )  # fmt: skip
    session.add(row)
    session.flush()
    for question, value in form.answers:
        session.add(
            Answer(mission=mission, submission=row.id, station=row.station, question=question, value=value)
        )  # fmt: skip
    session.flush()
    _flag(session, mission, row)
    audit.append(
        session, mission, by=by, at=at, ref=ref,
        act=FormReceived(row.form, row.team, row.station, row.instance_id, row.content_hash, channel),
    )  # fmt: skip
    return Receipt(row)


def _channel(channel: str, by: str, to: str, at: datetime | None) -> None:
    if channel not in CHANNELS:
        raise BadInput(f"a form comes by {', '.join(CHANNELS)}, not by '{channel}'")
    if channel == "telephone" and not (by and to and at):
        raise BadInput("a form by telephone says who dictated it, to whom, and when")


def _read(session: Session, mission: str, document: Mapping[str, Any]) -> tuple[Normal | None, tuple[str, ...]]:
    return normal(
        document, load_forms(),
        stations={row.code for row in stations.of(session, mission)},
        teams={row.code for row in teams.of(session, mission)},
    )  # fmt: skip


def _known(session: Session, mission: str, instance: str) -> Submission | None:
    query = select(Submission).where(Submission.mission == mission, Submission.instance_id == instance)
    return session.scalars(query).one_or_none()


def _aside(
    session: Session, mission: str, by: str, at: datetime, document: Mapping[str, Any], why: IeomError, ref: str | None
) -> Receipt:
    digest = content_hash(document)
    query = select(QuarantinedForm).where(QuarantinedForm.mission == mission, QuarantinedForm.content_hash == digest)
    if session.scalars(query).one_or_none() is None:
        session.add(
            QuarantinedForm(
                mission=mission, received_at=at, by=by, why=str(why), content_hash=digest, document=dict(document)
            )
        )
        session.flush()
        audit.append(session, mission, by=by, at=at, act=FormQuarantined(digest), ref=ref)
    return Receipt(None, why)


def submit_many(
    session: Session, mission: str, *, by: str, at: datetime, documents: Sequence[Mapping[str, Any]]
) -> tuple[int, list[IeomError]]:
    """Take many forms at once (a case, a whole day); returns how many were new and what was kept aside. Checks are
    not run between them: tens of thousands of forms would take hours."""
    missions.lock(session, mission)
    forms = load_forms()
    places = {row.code for row in stations.of(session, mission)}
    crews = {row.code for row in teams.of(session, mission)}
    known = dict(
        session.execute(
            select(Submission.instance_id, Submission.content_hash).where(Submission.mission == mission)
        ).tuples()
    )
    problems: list[IeomError] = []
    fresh: list[tuple[Normal, Mapping[str, Any]]] = []
    for document in documents:
        form, faults = normal(document, forms, stations=places, teams=crews)
        if form is None or known.get(form.instance_id, form.content_hash) != form.content_hash:
            why: IeomError = (
                BadInput(f"form {document.get('instance_id')}: {'; '.join(faults)}")
                if form is None
                else Conflict(f"form {form.instance_id} came before with other content; this one is kept aside")
            )
            _aside(session, mission, by, at, document, why, None)
            problems.append(why)
        elif form.instance_id not in known:
            known[form.instance_id] = form.content_hash
            fresh.append((form, document))
    if fresh:
        first = (session.scalar(select(func.max(Submission.id))) or 0) + 1
        session.execute(
            insert(Submission),
            [
                {
                    "id": first + n, "mission": mission, "instance_id": f.instance_id, "form": f.form, "team": f.team,
                    "station": f.station, "arrived_at": f.arrived_at, "departed_at": f.departed_at, "received_at": at,
                    "channel": "file", "content_hash": f.content_hash, "original": dict(document),
                }
                for n, (f, document) in enumerate(fresh)
            ],
        )  # fmt: skip
        session.execute(
            insert(Answer),
            [
                {"mission": mission, "submission": first + n, "station": f.station, "question": question, "value": value}
                for n, (f, _) in enumerate(fresh)
                for question, value in f.answers
            ],
        )
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.setval("submissions_id_seq", first + len(fresh) - 1)))
        audit.append(
            session, mission, by=by, at=at,
            act=FormsReceived(len(fresh), fresh[0][0].instance_id, fresh[-1][0].instance_id),
        )  # fmt: skip
    return len(fresh), problems


def _seen(session: Session, rows: Sequence[Submission]) -> list[checks.Seen]:
    answers: dict[int, dict[str, str]] = {row.id: {} for row in rows}
    query = select(Answer.submission, Answer.question, Answer.value).where(Answer.submission.in_(answers))
    for submission, question, value in session.execute(query):
        answers[submission][question] = value
    return [
        checks.Seen(row.instance_id, row.form, row.team, row.station, row.arrived_at, row.departed_at, answers[row.id])
        for row in rows
    ]


def _flag(session: Session, mission: str, row: Submission) -> None:
    """Flags of this form, and of what it disagrees with."""
    near = session.scalars(
        select(Submission).where(
            Submission.mission == mission, (Submission.station == row.station) | (Submission.team == row.team)
        )
    ).all()
    by_id = {one.instance_id: one.id for one in near}
    mine = _seen(session, [row])[0]
    found = [(row.id, check, detail) for check, detail in checks.flags(mine)]
    found += [
        (by_id[instance], check, detail)
        for instance, check, detail in checks.between(_seen(session, near), FACTS_OF_A_STATION)
    ]
    have = set(
        session.execute(select(Flag.submission, Flag.check, Flag.detail).where(Flag.submission.in_(by_id.values()))).tuples()
    )
    for submission, check, detail in dict.fromkeys(found):
        if (submission, check, detail) not in have:
            session.add(Flag(submission=submission, check=check, detail=detail))
    session.flush()


def correct(
    session: Session, mission: str, *, by: str, at: datetime, instance: str, question: str, new: str, why: str,
    ref: str | None = None,
) -> None:  # fmt: skip
    """A team corrects an answer at the debriefing, for a reason; both answers are kept."""
    row = _known(session, mission, instance)
    if row is None:
        raise NotFound(f"no form has the id {instance}")
    if not why.strip():
        raise BadInput("a correction needs the team's reason")
    asked = load_forms()[row.form].questions.get(question)
    if asked is None:
        raise BadInput(f"the form '{row.form}' has no question '{question}'")
    fault = asked.fault(new)
    if fault:
        raise BadInput(f"{question}: {fault}")
    if ref and audit.happened(session, mission, ref):
        return
    standing = session.scalars(select(Answer).where(Answer.submission == row.id, Answer.question == question)).all()
    old = " ".join(sorted(answer.value for answer in standing))
    if old == new:
        raise Refused(f"{question} is '{old}' already")
    for answer in standing:
        session.delete(answer)
    session.flush()
    for value in asked.values(new):
        session.add(Answer(mission=mission, submission=row.id, station=row.station, question=question, value=value))
    session.add(Correction(submission=row.id, question=question, old=old, new=new, why=why, by=by, at=at))
    session.flush()
    _flag(session, mission, row)
    audit.append(session, mission, by=by, at=at, act=AnswerCorrected(instance, question), ref=ref)


def report_member(
    session: Session, mission: str, *, by: str, at: datetime, member: str, what: str, ref: str | None = None
) -> None:
    """A report or complaint against a member; 'without interfering' is then no longer supported by itself."""
    if session.get(Member, (mission, member)) is None:
        raise NotFound(f"nobody has the code '{member}'")
    if ref and audit.happened(session, mission, ref):
        return
    session.add(MemberReport(mission=mission, member=member, at=at, by=by, what=what))
    audit.append(session, mission, by=by, at=at, act=MemberReported(member), ref=ref)


def last_close(session: Session, mission: str) -> datetime:
    """When the last relevant polling station closes (UTC), with any recorded extension."""
    facts = missions.facts(session, mission)
    closes = [facts.closes(row.closes, row.zone) for row in stations.of(session, mission) if row.relevant]
    return max(closes, default=facts.closes())


VOTING = {"opening", "voting", "closing"}


def forms_standing(
    session: Session, mission: str, stage: Stage, kinds: set[str], *, at: datetime, opens: datetime, closes: datetime
) -> Standing:
    """Where a stage stands that waits for planned forms of these kinds, between two moments (UTC)."""
    planned = [visit for visit in teams.visits(session, mission) if visit.form in kinds and visit.struck_at is None]
    owed = [visit for visit in teams.missing(session, mission) if visit.form in kinds]
    query = select(func.count()).select_from(Submission).where(Submission.mission == mission, Submission.form.in_(kinds))
    have = session.scalar(query) or 0
    if at < opens:
        return Standing(stage, State.NOT_DUE, f"{len(planned)} form{'s' if len(planned) != 1 else ''} planned.", opens)
    if not owed and at >= closes:
        if not have:
            return Standing(stage, State.WAITING, "No form has come in.", None, ("coordinator",))
        return Standing(stage, State.DONE, f"{have} form{'s' if have != 1 else ''} in; nothing is missing.")
    late = [visit for visit in owed if visit.due_at <= at]
    says = f"{have} form{'s' if have != 1 else ''} in, {len(owed)} to come."
    if late:
        says += " Late: " + ", ".join(f"{visit.team} ({visit.form})" for visit in late[:5]) + "."
    until = min((moment for moment in [*(v.due_at for v in owed), closes] if moment > at), default=None)
    return Standing(stage, State.WORKING, says, until, tuple(sorted({visit.team for visit in late})))


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Where the observation of the voting stands. Nothing is queued here: missing forms are followed up by the
    reminders."""
    entered = missions.get(session, mission).starts_at_stage
    if not owes(Stage.OBSERVATION, entered):
        return Standing(Stage.OBSERVATION, State.DONE, "The mission entered the system after this stage.")
    facts = missions.facts(session, mission)
    opens = min((facts.opens(r.opens, r.zone) for r in stations.of(session, mission)), default=facts.opens())
    if missions.get(session, mission).state == "suspended":
        return Standing(Stage.OBSERVATION, State.HELD, "Observation is suspended.")
    return forms_standing(
        session, mission, Stage.OBSERVATION, VOTING, at=at, opens=opens, closes=last_close(session, mission)
    )
