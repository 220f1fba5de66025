"""The delegation as a person reads it: by state against its quota, with what each file lacks."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from desk.timeline_view import local
from ieom.folder.names import load_names
from ieom.records import members, missions
from ieom.records.delegation import Member, StateCall
from ieom.records.members import styled
from ieom.rules import delegation as rules
from ieom.rules.mission import MissionFacts

STYLES = {"appointed": "green", "nominated": "yellow"}


def delegation(session: Session, mission: str) -> list[RenderableType]:
    """The states asked, the people, and a remark on the mix of nationalities where one is due."""
    facts, people = missions.facts(session, mission), members.of(session, mission)
    calls = members.calls(session, mission)
    parts: list[RenderableType] = [_states(facts, people, calls)]
    if people:
        parts.append(_people(session, mission, people, calls))
        parts += _owed(session, mission, people)
    observers = [row.state for row in members.observers(session, mission)]
    side = rules.one_sided(rules.nationality_mix(observers))
    if side:
        name = load_names().running(side, on=facts.election_day)
        parts.append(Text(f"More than half of the observers come from {name}.", style="yellow"))
    return parts


def _states(facts: MissionFacts, people: Sequence[Member], calls: dict[str, StateCall]) -> Table:
    names = load_names()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("State", "Quota", "Nominated", "Appointed", "Answer"):
        table.add_column(column, justify="right" if column in {"Quota", "Nominated", "Appointed"} else "left")
    by_code = {state.code: state for state in facts.states}
    for code in names.precedence(by_code, on=facts.election_day):
        state, call = by_code[code], calls.get(code)
        there = [row for row in people if row.state == code and row.role in rules.OBSERVING]
        answer = "not asked yet" if call is None else call.status
        if call is not None and call.status == "asked":
            answer = f"due {local(call.due_at, facts.zone, short=True)}"
        if state.withdrew_on:
            answer = f"withdrew on {state.withdrew_on}"
        table.add_row(
            names.short(code, on=facts.election_day), str(state.quota),
            str(sum(row.status in {"nominated", "appointed"} for row in there)),
            str(sum(row.status == "appointed" for row in there)), answer,
        )  # fmt: skip
    return table


def _people(session: Session, mission: str, people: Sequence[Member], calls: dict[str, StateCall]) -> Table:
    files, badges = members.files(session, mission), members.accreditations(session, mission)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Code", "State", "Who", "Role", "Status", "File", "Badge", "Briefed"):
        table.add_column(column, no_wrap=column in {"Code", "Status", "File"})
    for row in people:
        file, badge, call = files[row.code], badges.get(row.code), calls.get(row.state)
        there = "complete" if file.complete else f"{len(file.owed) - len(file.missing)} of {len(file.owed)}"
        status = row.status
        if rules.is_late(row.nominated_at, call.due_at if call else None):
            status += ", late"
        table.add_row(
            row.code, row.state, styled(row), rules.ROLES.get(row.role, row.role),
            Text(status, style=STYLES.get(row.status, "dim")), there,
            " ".join(part for part in (badge.status, badge.badge or "") if part) if badge else "",
            "yes" if row.briefed_at else "",
        )  # fmt: skip
    return table


def _owed(session: Session, mission: str, people: Sequence[Member]) -> list[Text]:
    """What files lack, those that lack the same together, and conflicts of interest: a line each below the table."""
    files = members.files(session, mission)
    lacking: dict[tuple[str, ...], list[str]] = {}
    for row in people:
        if row.status in {"nominated", "appointed"} and files[row.code].missing:
            lacking.setdefault(files[row.code].missing, []).append(row.code)
    lines = [
        Text(f"Still owed by {', '.join(codes)}: {', '.join(rules.ITEMS[item] for item in missing)}.")
        for missing, codes in lacking.items()
    ]
    return lines + [
        Text(f"Conflict of interest, {row.code}: {row.conflict_found}.", style="red")
        for row in people
        if row.conflict_found
    ]
