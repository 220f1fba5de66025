"""The desk to try: the example mission lived to the evening of election day, and somebody for each role to enter as."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from sqlalchemy import select

from desk.cli.demo import EXAMPLE
from desk.rehearsal import live, next_moment, script, set_clock
from flows.mission import MOST_WALKS
from ieom.acts import (
    accounts,
    approval,
    counting,
    delegation,
    distribution,
    drafting,
    meetings,
    observation,
    reminders,
)
from ieom.folder import open_mission, read
from ieom.records import members, missions
from ieom.records.accounts import Account
from ieom.records.base import begin, reading
from ieom.rules.mission import MissionFacts
from ieom.rules.roles import Role
from tasks import stage
from tasks.letters import send
from tasks.stage import records
from tasks.wake import begin_run, end_run

UNTIL = datetime.fromisoformat("2020-08-12T11:05:00+00:00")
"""When the example's statement was put to those who approve it (UTC): all decisions are still to be made."""
STAGES = tuple(room.advance for room in (delegation, meetings, observation, counting, drafting, approval, distribution))
OFFICES = {Role.COORDINATOR: "coordinator", Role.DRAFTER: "drafter", Role.PRESS_OFFICER: "press-officer"}


def prepared(console: Console) -> None:
    """Have the example mission in the records, at `UNTIL`; done before, it changes nothing."""
    engine, folder = records(), read(EXAMPLE)
    slug, acts = folder.facts.slug, script(folder)
    with reading(engine) as session:
        known = slug in missions.all_slugs(session)
    if known:
        with reading(engine) as session:
            if missions.now(session, slug) >= UNTIL:
                return
    else:
        with begin(engine) as session:
            open_mission(session, folder, by=acts[0].by, at=acts[0].at)
        set_clock(engine, slug, acts[0].at)
    console.print("The example mission is lived to the evening of election day; some seconds ...", style="dim")

    if not known:
        live(engine, slug, acts, walk, acts[0].at)
    while (moment := next_moment(engine, slug, acts)) is not None and moment <= UNTIL:
        live(engine, slug, acts, walk, moment)
    set_clock(engine, slug, UNTIL)
    _people(slug, folder.facts)


def walk(mission: str) -> None:
    """What a run of the flow does, stage by stage and without a run of Prefect's for each of the sixty moments: that is
    a matter of seconds. From then on the runner keeps the mission going."""
    for _ in range(MOST_WALKS):
        opening = begin_run(mission)
        stood = [stage.walk(mission, advance) for advance in STAGES]
        send(mission)
        if not end_run(mission, stood, opening)[1]:
            break
    with begin(records()) as session:
        missions.lock(session, mission)
        reminders.advance(session, mission, at=missions.now(session, mission))
    send(mission)


def _people(mission: str, facts: MissionFacts) -> None:
    """An account for each role, without a password: in the demonstration one enters as them by a button."""
    engine, at = records(), missions.real_now()
    with begin(engine) as session:
        if session.scalars(select(Account.id).limit(1)).first() is not None:
            return
        offices = {office.code: office for office in facts.offices}
        head = members.head(session, mission)
        heads = {head.code} if head is not None else set()
        asked = [seat.who for seat in facts.approval.seats if seat.who not in heads]
        observers = [row for row in members.appointed(session, mission) if row.code not in {*heads, *asked}]

        def account(name: str, email: str, role: Role, code: str) -> None:
            row = accounts.make(session, by="clock", at=at, name=name, email=email)
            where = "" if role in {Role.ADMINISTRATOR, Role.COORDINATOR, Role.PRESS_OFFICER} else mission
            accounts.give_role(session, by="clock", at=at, account=row.id, role=role, mission=where, code=code)

        account("Administrator of the desk", "administrator@secretariat.example", Role.ADMINISTRATOR, "")
        for role, code in OFFICES.items():
            account(offices[code].office, offices[code].email, role, code)
        if head is not None:
            account(members.styled(head), "head.of.mission@delegation.example", Role.HEAD_OF_MISSION, head.code)
        for code in asked:
            office = offices.get(code)
            name = (
                office.office
                if office
                else next((members.styled(row) for row in members.of(session, mission) if row.code == code), code)
            )
            account(name, f"{code}@approvers.example", Role.APPROVER, code)
        for row in observers[:1]:
            account(members.styled(row), f"{row.code}@delegation.example", Role.DELEGATION_MEMBER, row.code)
        account("Auditor", "auditor@secretariat.example", Role.AUDITOR, "")
