"""What the secretariat itself has to do now, beside what it reminds others of: papers to sign, a text to mend, a release to
prepare. The records say it; nobody writes it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import distribution, rounds
from ieom.acts import letters as letter_acts
from ieom.acts.answering import not_asked, office_of
from ieom.acts.approval import asked_anew, left_seats
from ieom.acts.calling import invited
from ieom.acts.correcting import waiting
from ieom.acts.fallen import fallen
from ieom.acts.undelivered import responsible
from ieom.acts.versions import begun
from ieom.folder.timeline import load_timeline
from ieom.records import approvals, correspondence, drafts, letters, members, missions, releases, submissions, teams
from ieom.records.approvals import ApprovalRound
from ieom.records.letters import Letter
from ieom.records.releases import Release
from ieom.rules.mission import MissionFacts
from ieom.rules.release import CARRIES, ENDED, embargo_until
from ieom.rules.timeline import Stage, owes


@dataclass(frozen=True)
class Work:
    """Something to do: what it is about, whose it is (a code), by when (UTC; None where no moment is set), how many there
    are, and the number or code of the one that it is about."""

    about: str
    who: str
    due: datetime | None = None
    count: int = 1
    key: str = ""
    letter: Letter | None = None
    """The letter that did not arrive, without its bytes, where it is about one."""
    report: str = ""
    """The status with which that came back (RFC 3464); '' for none."""


def work(session: Session, mission: str, *, at: datetime) -> list[Work]:
    """Everything of the secretariat's, and of those who answer for its texts, that waits at `at` (UTC)."""
    facts, entered = missions.facts(session, mission), missions.get(session, mission).starts_at_stage
    return [
        *_before(session, mission, facts, entered, at),
        *_text(session, mission, facts),
        *_releases(session, mission, facts),
        *_undelivered(session, mission),
    ]


def _before(session: Session, mission: str, facts: MissionFacts, entered: str, at: datetime) -> Iterator[Work]:
    opens = facts.opens()
    if owes(Stage.DELEGATION, entered) and not invited(session, mission):
        yield Work("invitation", "coordinator")
    papers = [row for row in correspondence.of(session, mission) if row.direction == "out"]
    for about, status in (("to sign", "drafted"), ("to send", "signed")):
        waits = [row for row in papers if row.status == status]
        if waits:
            yield Work(about, "coordinator", count=len(waits), key=waits[0].number if len(waits) == 1 else "")
    for row in members.of(session, mission):
        if row.conflict_found and row.status in {"nominated", "appointed"}:
            yield Work("conflict", "coordinator", key=row.code)
    there = members.observers(session, mission)
    if owes(Stage.OBSERVATION, entered) and there and not teams.of(session, mission) and at < facts.closes():
        yield Work("deployment", "coordinator", opens, len(there))
    aside = submissions.quarantined(session, mission)
    if aside:
        yield Work("forms aside", "coordinator", count=len(aside))


def _text(session: Session, mission: str, facts: MissionFacts) -> Iterator[Work]:
    expected = load_timeline().moment("approval_expected", facts)
    round_ = rounds.newest_round(session, mission)
    for row in left_seats(session, mission, round_):
        yield Work("approver left", "coordinator", key=row.office)
    newest = drafts.newest(session, mission)
    head = members.head(session, mission)
    answers = head.code if head is not None else "coordinator"
    turned = {one.claim for one in fallen(session, mission)}
    if turned:
        yield Work("published turned", answers, count=len(turned))
    if newest is None:
        return
    asked = newest.content_hash in drafts.asked_for(session, mission)
    own = {one.claim for one in drafts.unsettled(session, mission, newest.content_hash)} - turned
    if own and (asked or approvals.approved(session, mission, newest.content_hash)):
        yield Work("turned", answers, expected, len(own))
    if round_ is None:
        if not asked:
            yield Work("to ask", "drafter", expected, key=str(newest.number))
        else:  # all authentic texts are approved together
            yield from (Work("other text", "drafter", expected, key=one) for one, _there in not_asked(session, mission))
        return
    ended = round_.status in {"void", "changes_asked", "stopped"}
    edited = round_.status == "approved" and not rounds.stands(session, mission, round_)
    if (ended or edited) and not asked_anew(session, mission, round_) and not begun(session, mission, round_.id):
        yield Work("round ended" if ended else "edited", "drafter", expected, key=str(round_.number))
    if round_.status == "open":
        open_ = approvals.waiting(session, round_.id).values()
        whose = Counter(_confirms(facts, recorded_by=row.recorded_by, decided_by=row.by) for row in open_)
        yield from (Work("to confirm", who, count=count) for who, count in whose.items())
    if round_.status != "approved":
        for who in _disowned(session, mission, round_):
            yield Work("disowned", "coordinator", key=office_of(session, mission, who))
    correction = waiting(session, round_)
    if correction is not None:
        yield Work("to agree", correction.second)


def _confirms(facts: MissionFacts, *, recorded_by: str, decided_by: str) -> str:
    """Who confirms a decision given by telephone or on paper: the coordinator; one that the coordinator recorded, or gave,
    whoever stands in for the coordinator, and the press officer where nobody is named for that or that is the same person."""
    deputy = next((one.deputy for one in facts.offices if one.code == "coordinator"), "")
    order = ("coordinator", deputy, "press-officer", "drafter")
    return next(who for who in order if who and who not in {recorded_by, decided_by})


def _disowned(session: Session, mission: str, round_: ApprovalRound) -> Iterator[str]:
    """Who said of a decision, in this round or the one before, that it is not theirs, and has not decided since."""
    against = {
        seat.who
        for one in approvals.rounds(session, mission)[-2:]
        for seat, _state, row in rounds.seats(session, one)
        if row is not None and row.id in approvals.contradictions(session, one.id)
    }
    for seat, state, _row in rounds.seats(session, round_):
        if state.decided is None and (state.disowned or seat.who in against):
            yield seat.who


def _undelivered(session: Session, mission: str) -> Iterator[Work]:
    """Letters that were refused or came back: each by itself, those of a release to the media together."""
    many: Counter[int] = Counter()
    rows = letters.undelivered(session, mission)
    back = letters.said_back(session, [row.id for row in rows if row.release is None]) if rows else {}
    for row in rows:
        if row.release is None:
            report = back[row.id].status if row.id in back else ""
            yield Work("letter failed", responsible(row), key=str(row.id), letter=row, report=report)
        else:
            many[row.release] += 1
    for release, (number, _kind) in sorted(releases.names(session, set(many)).items()):
        yield Work("release failed", "press-officer", count=many[release], key=str(number))


def _releases(session: Session, mission: str, facts: MissionFacts) -> Iterator[Work]:
    late = letter_acts.late(session, mission)
    if late:
        yield Work("late letters", "press-officer", count=len(late))
    unanswered = [row for row in releases.complaints(session, mission) if row.reply is None]
    if unanswered:
        yield Work("complaints", "coordinator", count=len(unanswered))
    round_ = rounds.approved_round(session, mission)
    if round_ is not None and rounds.stands(session, mission, round_):
        newest = distribution.newest(session, mission)
        if newest is None or newest.hashes != round_.hashes:
            until = embargo_until(distribution.readiness(session, mission, None)) if newest is None else None
            yield Work("to prepare", "press-officer", until)
    for row in releases.of(session, mission):
        if row.status not in ENDED:
            yield from _release(session, mission, row)


def _release(session: Session, mission: str, row: Release) -> Iterator[Work]:
    ready, number = distribution.readiness(session, mission, row), str(row.number)
    if row.status in {"stopped", "held"}:
        yield Work("stopped", "press-officer", key=number)
    elif row.started_at is None and ready.lacks:
        head = members.head(session, mission)
        yield Work("to approve", head.code if head is not None else "coordinator", row.not_before, key=number)
    elif row.started_at is None and row.sent_by is None and (row.kind not in CARRIES or ready.of_approved):
        other = "press-officer" if row.prepared_by == "coordinator" else "coordinator"
        yield Work("go", other, embargo_until(ready), key=number)
