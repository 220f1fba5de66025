"""Stage 3, election-day observation: forms arrive, are kept whatever they say, and are followed up when they don't."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts.debriefing import correct, report_member
from ieom.acts.receiving import Receipt, Taken, settle, submit, submit_many
from ieom.records import missions, stations, teams
from ieom.records.submissions import Submission
from ieom.rules.timeline import Stage, Standing, State, owes

__all__ = [
    "Receipt", "Taken", "advance", "correct", "forms_standing", "last_close", "report_member", "settle", "submit",
    "submit_many",
]  # fmt: skip


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
    query = (
        select(func.count()).select_from(Submission).where(Submission.mission == mission, Submission.form.in_(kinds))
    )
    have = session.scalar(query) or 0
    if at < opens:
        return Standing(stage, State.NOT_DUE, f"{len(planned)} form{'s' if len(planned) != 1 else ''} planned.", opens)
    if not owed and at >= closes:
        given_up = stage is Stage.COUNTING and bool(teams.visits(session, mission))
        if not have and given_up:
            return Standing(stage, State.DONE, "The count was not observed: no stop for it stands in the plan.")
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
