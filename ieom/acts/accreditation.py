"""Accreditation as observer: by note verbale through the inviting body to the election administration, and back as a
badge; for interpreters and drivers too. It is not the embassies' diplomatic accreditation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ieom.acts import correspondence
from ieom.acts.calling import authority
from ieom.acts.nomination import member_of
from ieom.errors import BadInput, Refused
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import Attachment, Recipient, queue
from ieom.mail.writing import one_line
from ieom.papers.note_verbale import WORD
from ieom.records import audit, missions
from ieom.records import correspondence as papers
from ieom.records import members as people
from ieom.records.correspondence import Correspondence
from ieom.records.delegation import Accreditation, Member
from ieom.records.members import styled
from ieom.rules import delegation as rules
from ieom.rules.mission import MissionFacts
from ieom.rules.timeline import Stage, owes


@dataclass(frozen=True)
class AccreditationRequested:
    """Accreditation as observers was asked for by note verbale."""

    note: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class BadgesMoved:
    """Badges were issued, collected, returned or refused."""

    members: tuple[str, ...]
    status: str


def papers_due(facts: MissionFacts, nominated: datetime | None = None) -> datetime:
    """When accreditation is asked for at the latest (UTC), whoever is still to be nominated; for who was `nominated` then:
    by when that one's papers are due."""
    timeline = load_timeline()
    usual = timeline.moment("accreditation_papers", facts)
    if nominated is None:
        return usual
    within = timedelta(days=timeline.nominees.papers_within_days)
    return rules.papers_due(usual, nominated=nominated, within=within, opens=facts.opens())


def request_accreditation(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    members: Sequence[str] = (),
    since: datetime | None = None,
    ref: str | None = None,
) -> Correspondence | None:
    """Ask for accreditation of these members, or of all who were not asked for yet, in one note; again for one who
    was refused. Returns the note, or None when there is nobody to ask for. `since` (UTC) is when that became due."""
    missions.lock(session, mission)
    if ref and audit.happened(session, mission, ref):
        return None
    known = people.accreditations(session, mission)
    rows = [member_of(session, mission, code) for code in dict.fromkeys(members)]
    strangers = [f"'{row.code}' is {row.status}" for row in rows if row.status != "appointed"]
    strangers += [
        f"'{row.code}' is {known[row.code].status}"
        for row in rows
        if row.code in known and known[row.code].status != "refused"
    ]
    if strangers:
        raise Refused(f"accreditation is asked for members who have none; {', '.join(strangers)}")
    back = people.taken_back(session, mission)
    lacking = [
        f"'{row.code}' ({', '.join(rules.ITEMS[one.item] for one in back[row.code])})"
        for row in rows
        if row.code in back
    ]
    if lacking:
        raise Refused(f"what was taken back comes in first, then accreditation is asked for: {', '.join(lacking)}")
    rows = rows or [row for row in people.appointed(session, mission) if row.code not in known and row.code not in back]
    if not rows:
        return None
    facts = missions.facts(session, mission)
    to = authority(facts)
    if to is None:
        raise BadInput(f"mission.toml names no office with body '{facts.invitation.from_body}' and an e-mail address")
    number = 1
    while papers.for_occasion(session, mission, f"accreditation:{number}") is not None:
        number += 1
    occasion = f"accreditation:{number}"
    told = {"count": len(rows), "support": sum(row.role not in rules.OBSERVING for row in rows)}
    note, data = correspondence.draft(
        session, mission, by=by, at=at, occasion=occasion, what="accreditation", to=to, facts=told,
        table=_table(facts, rows),
    )  # fmt: skip
    for row in rows:
        asked = known.get(row.code)
        if asked is None:
            asked = Accreditation(mission=mission, member=row.code)
            session.add(asked)
        asked.status, asked.note_number, asked.requested_at = "requested", note.number, at
    session.flush()
    act = AccreditationRequested(note.number, tuple(row.code for row in rows))
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    queue(
        session, mission, kind="accreditation_request", occasion=occasion,
        to=Recipient(to.email, to.office, salutation=to.salutation), facts={**told, "number": note.number}, at=at,
        due_at=since, attachments=[Attachment(f"{note.number.replace('/', '-')}.docx", WORD, data)],
    )  # fmt: skip
    return note


def _table(facts: MissionFacts, rows: Sequence[Member]) -> Sequence[tuple[str, ...]]:
    names, on = load_names(), facts.election_day
    organisation = names.short(facts.organisation, on=on)
    return [("No.", "Name or office", "Position", "Capacity", "Sent by")] + [
        (
            str(place), styled(row), row.title or row.office, rules.ROLES[row.role],
            names.official(row.state, on=on) if row.state else organisation,
        )
        for place, row in enumerate(rows, start=1)
    ]  # fmt: skip


def request_due(session: Session, mission: str, facts: MissionFacts, *, at: datetime, since: datetime) -> None:
    """Ask for accreditation of everyone appointed, in one note where that can be: once nobody nominated and no state
    asked is waited for, or when the papers are due. `since` (UTC) is when the last act was recorded."""
    known, everyone = people.accreditations(session, mission), people.of(session, mission)
    waits = people.taken_back(session, mission)
    if authority(facts) is None or not any(
        row.status == "appointed" and row.code not in known and row.code not in waits for row in everyone
    ):
        return
    open_ = any(row.status == "nominated" for row in everyone)
    open_ = open_ or any(call.status == "asked" for call in people.calls(session, mission).values())
    due = papers_due(facts)
    if open_ and at < due:
        return
    request_accreditation(session, mission, by="clock", at=at, since=max(since, due) if open_ else since)


def badge(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    members: Sequence[str],
    status: str,
    number: str = "",
    why: str = "",
    ref: str | None = None,
) -> None:
    """Badges were issued (with a number), collected, returned or refused (with the reason given); all or none. In a
    mission that entered the system later, a badge may be recorded that was asked for elsewhere."""
    row_of_mission = missions.lock(session, mission)
    if status not in rules.BADGES:
        raise BadInput(f"'{status}' is not {', '.join(rules.BADGES)}")
    if ref and audit.happened(session, mission, ref):
        return
    if not members:
        raise BadInput(f"say whose badge was {status}")
    if number and len(members) > 1:
        raise BadInput("a badge's number belongs to one person; record them one by one")
    one_line(number, "the number of the badge")
    if status == "refused" and not why.strip():
        raise BadInput("say what reason was given for the refusal, or that none was")
    known, moved = people.accreditations(session, mission), []
    for code in dict.fromkeys(members):
        member = member_of(session, mission, code)
        row = known.get(code)
        if row is None and not owes(Stage.DELEGATION, row_of_mission.starts_at_stage):
            row = Accreditation(
                mission=mission, member=member.code, status="requested", note_number="", requested_at=at
            )
            session.add(row)
        if row is None:
            raise Refused(
                f"accreditation of '{code}' was not asked for; ask for it first",
                command="'ieom accredit request' drafts the note",
            )
        no = rules.may_move_badge(row.status, status)
        if no:
            raise Refused(f"the badge of '{code}': {no}")
        if row.status != status:
            moved.append(row)
    for row in moved:
        row.status = status
        setattr(row, f"{status}_at", at)
        row.badge = number or row.badge
        row.refused_why = why if status == "refused" else None
    session.flush()
    if moved or ref:
        audit.append(
            session, mission, by=by, at=at, ref=ref, act=BadgesMoved(tuple(row.member for row in moved), status)
        )
