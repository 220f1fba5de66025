"""Observers' forms come in: taken in their normal form, or kept aside whole when they can't be; none is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ieom.acts.flagging import flag
from ieom.acts.sorting import clash, places, sorted_out
from ieom.errors import BadInput, IeomError, NotFound, Refused
from ieom.folder.forms import load_forms
from ieom.records import audit, missions
from ieom.records.submissions import Answer, QuarantinedForm, Submission, by_instance
from ieom.rules.submissions import Normal, content_hash, normal, storable

CHANNELS = ("file", "telephone", "paper")


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
class FormCameAgain:
    """A form that was in (or aside) already came once more; nothing changed."""

    content_hash: str


@dataclass(frozen=True)
class QuarantineSettled:
    """A person settled a form kept aside: another one was taken in its place, or it was put away."""

    content_hash: str
    instance: str


@dataclass(frozen=True)
class Receipt:
    """What became of a form: taken (perhaps before already), or kept aside with what is wrong with it."""

    submission: Submission | None
    problem: IeomError | None = None
    again: bool = False


@dataclass(frozen=True)
class Taken:
    """What became of many forms: how many were new, how many were in already, and what was kept aside and why."""

    new: int
    again: int
    problems: list[IeomError] = field(default_factory=list)


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
    can't be taken (unknown station, question or answer, a time without a zone, another content under a known id) is
    not lost: it is kept aside whole, and the receipt says why. By telephone it says who dictated to whom and when.
    The same form again changes nothing. `dictated_at` is UTC. Raises `BadInput` for a wrong channel."""
    _channel(channel, dictated_by, dictated_to, dictated_at)
    missions.lock(session, mission)
    document = storable(document)
    form, faults = normal(document, load_forms(), **places(session, mission))
    problem = _problem(session, mission, document, form, faults)
    if form is None or problem is not None:
        return _aside(session, mission, by, at, document, problem or BadInput("the form can't be read"), ref)
    known = by_instance(session, mission, form.instance_id)
    if known is not None:
        if ref and not audit.happened(session, mission, ref):
            audit.append(session, mission, by=by, at=at, act=FormCameAgain(form.content_hash), ref=ref)
        return Receipt(known, again=True)
    row = Submission(
        mission=mission, instance_id=form.instance_id, form=form.form, team=form.team, station=form.station,
        arrived_at=form.arrived_at, departed_at=form.departed_at, received_at=at, channel=channel,
        dictated_by=dictated_by or None, dictated_to=dictated_to or None, dictated_at=dictated_at,
        content_hash=form.content_hash, original=document,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _answer(session, [(row.id, form)], mission)
    flag(session, mission, [row])
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


def _problem(
    session: Session, mission: str, document: Mapping[str, Any], form: Normal | None, faults: Sequence[str]
) -> IeomError | None:
    if form is None:
        return BadInput(f"form {document.get('instance_id') or '(without an id)'}: " + "; ".join(faults))
    known = by_instance(session, mission, form.instance_id)
    if known is not None and known.content_hash != form.content_hash:
        return clash(form.instance_id, f" (from {known.team}, {known.form})")
    return None


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
    elif ref and not audit.happened(session, mission, ref):
        audit.append(session, mission, by=by, at=at, act=FormCameAgain(digest), ref=ref)
    return Receipt(None, why)


def _answer(session: Session, forms: Sequence[tuple[int, Normal]], mission: str) -> None:
    rows = [
        {"mission": mission, "submission": number, "station": form.station, "question": question, "value": value}
        for number, form in forms
        for question, value in form.answers
    ]
    if rows:
        session.execute(insert(Answer), rows)


def submit_many(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    documents: Sequence[Mapping[str, Any]],
    channel: str = "file",
) -> Taken:
    """Take many forms at once (a table, a whole day), under the same rules as `submit`, with one audit row; a form
    that can't be taken is kept aside."""
    if channel == "telephone":
        raise BadInput("a form by telephone says who dictated it, to whom, and when: take it in by itself")
    _channel(channel, "", "", None)
    missions.lock(session, mission)
    found = sorted_out(session, mission, documents)
    for document, why in found.aside:
        _aside(session, mission, by, at, document, why, None)
    fresh = found.fresh
    if fresh:
        _insert(session, mission, at, channel, fresh)
        first, last = next(iter(fresh)), next(reversed(fresh))
        audit.append(session, mission, by=by, at=at, act=FormsReceived(len(fresh), first, last))
    return Taken(len(fresh), found.again, [why for _document, why in found.aside])


def _insert(
    session: Session, mission: str, at: datetime, channel: str, fresh: Mapping[str, tuple[Normal, Mapping[str, Any]]]
) -> None:
    before = session.scalar(select(func.max(Submission.id))) or 0
    session.execute(
        insert(Submission),
        [
            {
                "mission": mission, "instance_id": f.instance_id, "form": f.form, "team": f.team, "station": f.station,
                "arrived_at": f.arrived_at, "departed_at": f.departed_at, "received_at": at, "channel": channel,
                "content_hash": f.content_hash, "original": dict(document),
            }
            for f, document in fresh.values()
        ],
    )  # fmt: skip
    query = select(Submission.instance_id, Submission.id).where(Submission.mission == mission, Submission.id > before)
    numbers = dict(session.execute(query).tuples().all())
    _answer(session, [(numbers[instance], form) for instance, (form, _) in fresh.items()], mission)
    flag(session, mission, [numbers[instance] for instance in fresh])


def settle(
    session: Session, mission: str, *, by: str, at: datetime, content: str, why: str,
    document: Mapping[str, Any] | None = None, ref: str | None = None,
) -> QuarantinedForm:  # fmt: skip
    """Settle a form kept aside (`content`: its hash, or its beginning): take `document` in its place, as a person
    amended it, or put it away, for a reason. It is kept in either case. Raises what `document` can't be taken for."""
    missions.lock(session, mission)
    rows = session.scalars(
        select(QuarantinedForm).where(
            QuarantinedForm.mission == mission, QuarantinedForm.content_hash.startswith(content, autoescape=True)
        )
    ).all()
    if len(rows) != 1 or not content:
        raise NotFound(
            f"{len(rows) or 'no'} forms kept aside begin with '{content}'", command="'ieom quarantine' lists them"
        )
    if not why.strip():
        raise BadInput("say why: what was amended and on whose word, or why the form is put away")
    row = rows[0]
    if ref and audit.happened(session, mission, ref):
        return row
    if row.settled_at is not None:
        raise Refused(f"this form was settled on {row.settled_at:%Y-%m-%d} by {row.settled_by}")
    instance = ""
    if document is not None:
        form, faults = normal(storable(document), load_forms(), **places(session, mission))
        problem = _problem(session, mission, document, form, faults)
        if problem is not None:
            raise problem
        taken = submit(session, mission, by=by, at=at, document=document).submission
        instance = taken.instance_id if taken else ""
    row.settled_at, row.settled_by, row.settled_why, row.settled_as = at, by, why, instance or None
    audit.append(session, mission, by=by, at=at, act=QuarantineSettled(row.content_hash, instance), ref=ref)
    return row
