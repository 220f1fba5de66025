"""After the visits: a team corrects an answer, with both kept; a report against a member is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.flagging import flag
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.forms import load_forms
from ieom.records import audit
from ieom.records.delegation import Member
from ieom.records.observation import MemberReport
from ieom.records.submissions import Answer, Correction, by_instance
from ieom.rules.forms import HEAD


@dataclass(frozen=True)
class AnswerCorrected:
    """A team corrected an answer at the debriefing; both are kept."""

    instance: str
    question: str


@dataclass(frozen=True)
class MemberReported:
    """A report or complaint against a member came in."""

    member: str


def correct(
    session: Session, mission: str, *, by: str, at: datetime, instance: str, question: str, new: str, why: str,
    ref: str | None = None,
) -> None:  # fmt: skip
    """A team corrects an answer at the debriefing, for a reason; both answers are kept."""
    row = by_instance(session, mission, instance)
    if row is None:
        raise NotFound(f"no form has the id {instance}")
    if not why.strip():
        raise BadInput("a correction needs the team's reason")
    form = load_forms().get(row.form)
    if form is None:
        raise NotFound(f"the form '{row.form}' is no longer in config/forms")
    asked = form.questions.get(question)
    if asked is None or question in HEAD:
        raise BadInput(f"the form '{row.form}' has no question '{question}' that can be corrected")
    fault = asked.fault(new) if new.strip() else "is empty; an answer that does not hold becomes not_observed"
    if fault:
        raise BadInput(f"{question}: {fault}")
    if ref and audit.happened(session, mission, ref):
        return
    standing = session.scalars(select(Answer).where(Answer.submission == row.id, Answer.question == question)).all()
    old = " ".join(sorted(answer.value for answer in standing))
    kept = asked.values(new)
    if old == " ".join(kept):
        raise Refused(f"{question} is '{old}' already")
    for answer in standing:
        session.delete(answer)
    session.flush()
    for value in kept:
        session.add(Answer(mission=mission, submission=row.id, station=row.station, question=question, value=value))
    session.add(Correction(submission=row.id, question=question, old=old, new=" ".join(kept), why=why, by=by, at=at))
    session.flush()
    flag(session, mission, [row])
    audit.append(session, mission, by=by, at=at, act=AnswerCorrected(instance, question), ref=ref)


def report_member(
    session: Session, mission: str, *, by: str, at: datetime, member: str, what: str, ref: str | None = None
) -> None:
    """A report or complaint against a member; 'without interfering' is then no longer supported by itself."""
    if session.get(Member, (mission, member)) is None:
        raise NotFound(f"nobody has the code '{member}'")
    if not what.strip():
        raise BadInput("say what was reported, and by whom")
    if ref and audit.happened(session, mission, ref):
        return
    session.add(MemberReport(mission=mission, member=member, at=at, by=by, what=what))
    audit.append(session, mission, by=by, at=at, act=MemberReported(member), ref=ref)
