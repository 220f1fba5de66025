"""Reminders and escalation: what the records say is owed, told to the right person once, then to a deputy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import approval, inviting, links, meetings, nomination_links, vault
from ieom.acts.accreditation import papers_due
from ieom.acts.drafting import tell
from ieom.acts.undelivered import responsible
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import Recipient, queue
from ieom.records import audit, letters, members, missions, stations, teams
from ieom.records.deployment import CheckIn
from ieom.records.letters import Letter
from ieom.rules.delegation import ITEMS, OF_THE_STATE
from ieom.rules.mission import MissionFacts
from ieom.rules.reminders import Owed, Reminder, reminders
from ieom.rules.timeline import Stage, owes


@dataclass(frozen=True)
class ReminderQueued:
    """Somebody was reminded, or a deputy told."""

    about: str
    key: str
    to: str
    escalated: bool


def owed(session: Session, mission: str, *, at: datetime) -> list[Owed]:
    """Everything that somebody owes and has not done, as the records say at `at` (UTC)."""
    facts, entered = missions.facts(session, mission), missions.get(session, mission).starts_at_stage
    found: list[Owed] = []
    if owes(Stage.DELEGATION, entered):
        found += _delegation(session, mission, facts)
    if owes(Stage.MEETINGS, entered):
        found += _meetings(session, mission, facts, at)
    found += _election_day(session, mission, at)
    found += _approval(session, mission, facts)
    doubtful = session.scalars(select(Letter).where(Letter.mission == mission, Letter.state == "in_doubt"))
    found += [
        Owed("letters_in_doubt", str(row.id), row.settled_at or row.due_at, responsible(row), {"letter": row})
        for row in doubtful
    ]
    return found


def _delegation(session: Session, mission: str, facts: MissionFacts) -> Iterable[Owed]:
    names = load_names()
    files = members.files(session, mission)
    known, back = members.accreditations(session, mission), members.taken_back(session, mission)
    for call in members.calls(session, mission).values():
        if call.status == "asked":
            state = names.running(call.state, on=facts.election_day)
            yield Owed(
                "nominations", call.state, call.due_at, f"state-{call.state}", {"state": state, "quota": call.quota}
            )
    told = timedelta(days=1)  # with the nomination they were told what they owe
    for row in members.of(session, mission):
        if row.status == "nominated" and files[row.code].asked_of_nominee:
            missing = [ITEMS[item] for item in files[row.code].asked_of_nominee]
            said = {"missing": missing, "office": row.office}
            yield Owed(
                "nominee_items", row.code, papers_due(facts, row.nominated_at), row.code, said, row.nominated_at + told
            )  # fmt: skip
        again = [one for one in back.get(row.code, ()) if one.item not in OF_THE_STATE]
        if row.status == "appointed" and (
            since := max((one.taken_back_at or facts.opens() for one in again), default=None)
        ):
            said = {"missing": [ITEMS[one.item] for one in again], "office": row.office}
            yield Owed("nominee_items", row.code, papers_due(facts, since), row.code, said, since)
        if row.status == "appointed" and (row.code not in known or known[row.code].status == "requested"):
            said = {"office": row.office}
            yield Owed("accreditation", row.code, facts.opens(), "coordinator", said, row.appointed_at)


def _meetings(session: Session, mission: str, facts: MissionFacts, at: datetime) -> Iterable[Owed]:
    here = {member.code for member in members.appointed(session, mission)}
    asked, day = inviting.asked(session, mission), timedelta(days=1)  # an invitation of today reminds by itself
    for row in meetings.of(session, mission):
        told = {"meeting": row, "counterpart": meetings.counterpart(row)}
        if row.status == "confirmed" and row.starts_at > at:
            morning = row.starts_at.astimezone(ZoneInfo(facts.zone)).replace(hour=9, minute=0)
            for one in meetings.attendees(session, mission, row.code):
                since = asked.get((row.code, row.sequence, one.member))
                if since is not None and one.member in here:
                    key = f"{row.code}.{row.sequence}.{one.member}"
                    yield Owed("meetings_tomorrow", key, morning, one.member, told, since + day)
        if row.status == "confirmed" and row.ends_at <= at:
            yield Owed("minutes_missing", row.code, row.ends_at, "coordinator", told)


def _election_day(session: Session, mission: str, at: datetime) -> Iterable[Owed]:
    crews = teams.crew(session, mission)
    places = {row.code: row.name for row in stations.of(session, mission)}
    for row in teams.missed_check_ins(session, mission, at=at):
        if crews.get(row.team):  # whose members all went to other teams is nobody to look for
            yield Owed("check_in_missed", row.team, row.due_at, row.team, {"team": row.team})
    for visit in teams.missing(session, mission):
        if visit.due_at <= at + timedelta(days=1) and crews.get(visit.team):
            told = {"team": visit.team, "form": visit.form, "station": places.get(visit.station, visit.station)}
            yield Owed("form_missing", f"{visit.team}.{visit.position}", visit.due_at, visit.team, told)


def _approval(session: Session, mission: str, facts: MissionFacts) -> Iterable[Owed]:
    round_ = approval.newest_round(session, mission)
    if round_ is None or round_.status != "open":
        return
    for seat, state, _ in approval.seats(session, round_):
        if seat.asked_at is not None and state.decided is None:
            told = {"round": round_.number, "who": seat.who, "hash": next(iter(round_.hashes.values()))}
            yield Owed("approval_waits", f"{round_.number}.{seat.who}", seat.asked_at, seat.who, told)


def readers(session: Session, mission: str, facts: MissionFacts, reminder: Reminder) -> list[tuple[str, Recipient]]:
    """Whom a reminder goes to: (code, address). Where nobody of those has an address the coordinator is told."""
    found = _meant(session, mission, facts, reminder)
    if any(to.email for _, to in found):
        return [(code, to) for code, to in found if to.email]
    return [("coordinator", tell(session, mission, "coordinator"))]


def _meant(session: Session, mission: str, facts: MissionFacts, reminder: Reminder) -> list[tuple[str, Recipient]]:
    item, to = reminder.owed, reminder.to
    if to == "state":
        state = next(s for s in facts.states if s.code == item.key)
        return [(item.person, Recipient(state.contact_email, state.contact_office, salutation="Excellency"))]
    if to == "deputy":
        codes = [_deputy(session, mission, facts, item)]
    elif to == "team":
        here = {member.code for member in members.appointed(session, mission)}
        codes = [code for code in teams.crew(session, mission).get(item.person, []) if code in here]
    elif to in {"nominee", "attendees", "approver", "responsible"}:
        codes = [item.person]
    else:
        codes = [to]
    return [(code, tell(session, mission, code)) for code in codes if code]


def _deputy(session: Session, mission: str, facts: MissionFacts, item: Owed) -> str:
    """Who stands in: the seat's deputy for an approval, else the office's."""
    if item.about == "approval_waits":
        seat = next((s for s in facts.approval.seats if s.who == item.person), None)
        if seat is not None and seat.deputies:
            return seat.deputies[0]
        return "coordinator"
    office = item.person if item.about == "letters_in_doubt" else "coordinator"
    return next((o.deputy for o in facts.offices if o.code == office), "") or "coordinator"


def planned(session: Session, mission: str, *, at: datetime) -> list[Reminder]:
    """Every reminder that what is owed now brings on, gone or to come, in their order."""
    return reminders(owed(session, mission, at=at), load_timeline().reminder)


def advance(session: Session, mission: str, *, at: datetime) -> list[Letter]:
    """Queue the reminders whose moment has come; erase personal papers whose day has. Idempotent."""
    vault.erase_due(session, mission, at=at)
    facts = missions.facts(session, mission)
    if missions.get(session, mission).state not in {"open", "suspended"}:
        return []
    gone = letters.reminders(session, mission)
    made = []
    for reminder in planned(session, mission, at=at):
        if reminder.goes > at or reminder.occasion in gone:
            continue
        for code, to in (one for one in readers(session, mission, facts, reminder) if one[1].email):
            link = _link(session, mission, reminder, code, at)
            letter = queue(
                session, mission, kind=f"reminder_{reminder.owed.about}", occasion=reminder.occasion, to=to, at=at,
                due_at=reminder.goes, grace=load_timeline().grace,
                facts={**reminder.owed.facts, "due": reminder.owed.due, "escalated": reminder.escalated,
                       **link, "person": _named(session, mission, facts, reminder.owed)},
            )  # fmt: skip
            if letter is not None:
                made.append(letter)
                act = ReminderQueued(reminder.owed.about, reminder.owed.key, code, reminder.escalated)
                audit.append(session, mission, by="clock", at=at, act=act)
    return made


def _link(session: Session, mission: str, reminder: Reminder, code: str, at: datetime) -> dict[str, str]:
    """A working link for the approver or the deputy, or for the state, that is reminded; none for anybody else."""
    if reminder.owed.about == "nominations":
        state = reminder.owed.key if reminder.to == "state" and not reminder.escalated else ""
        return {
            "link": nomination_links.made(session, mission, state, at=at)
            if state and code == reminder.owed.person
            else ""
        }
    if reminder.owed.about != "approval_waits":
        return {}
    round_ = approval.newest_round(session, mission)
    if round_ is None or round_.number != reminder.owed.facts["round"]:
        return {"link": "", "asks": ""}
    seat, _state, _row = approval.seat_of(session, round_, reminder.owed.facts["who"])
    return links.told(session, mission, round_, seat, code, at=at)


def _named(session: Session, mission: str, facts: MissionFacts, item: Owed) -> str:
    """Who owes it, for the deputy who is told."""
    if item.person.startswith("state-"):
        return next(s.contact_office for s in facts.states if s.code == item.key)
    if item.about in {"check_in_missed", "form_missing"}:
        return item.person
    return tell(session, mission, item.person).office


def next_at(session: Session, mission: str, *, at: datetime) -> datetime | None:
    """When the next reminder is due or personal papers are to be erased (UTC), if nothing changes until then."""
    missed = [row.due_at for row in session.scalars(select(CheckIn).where(
        CheckIn.mission == mission, CheckIn.made_at.is_(None), CheckIn.due_at > at))]  # fmt: skip
    rule = next((r for r in load_timeline().reminder if r.about == "check_in_missed"), None)
    coming = [reminder.goes for reminder in planned(session, mission, at=at) if reminder.goes > at]
    coming += [rule.first(due) for due in missed] if rule else []
    coming += [erasure for erasure in (vault.next_erasure(session, mission),) if erasure is not None]
    return min(coming, default=None)
