"""What every command shares: the records it works on, who acts, and how it speaks."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.records import members, migrate, missions
from ieom.records.base import begin, connect, reading
from ieom.rules.mission import MissionFacts
from ieom.settings import settings

console = Console(highlight=False)

_within: ContextVar[tuple[Session, str] | None] = ContextVar("_within", default=None)
"""The transaction in which a person acts, and the mission."""

MissionOption = Annotated[
    str,
    typer.Option(
        "--mission",
        "-m",
        envvar="IEOM_MISSION",
        help="The mission's short name; may be left out when there is only one.",
    ),
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by", envvar="IEOM_BY", help="Who acts: the code of a member or office, such as coordinator or az-1."
    ),
]


def say(text: object = "", *, style: str | None = None) -> None:
    """Print for a person. Square brackets in users' words are not markup."""
    console.print(text, style=style, markup=False) if isinstance(text, str) else console.print(text)


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    engine = connect(url)
    migrate.upgrade(engine)
    return engine


def engine() -> Engine:
    """The records of this installation, brought to the newest schema."""
    return _engine(settings().database)


def which(session: Session, mission: str) -> str:
    """The mission meant: the one named, or the only one there is. Raises `BadInput`."""
    if mission:
        return missions.get(session, mission).slug
    slugs = missions.all_slugs(session)
    if len(slugs) == 1:
        return slugs[0]
    if not slugs:
        raise BadInput("there is no mission yet; 'ieom open FOLDER' takes one in")
    raise BadInput(f"there are {len(slugs)} missions; say which with --mission: {', '.join(slugs)}")


@contextmanager
def act(mission: str) -> Iterator[tuple[Session, str, datetime]]:
    """A transaction in which a person acts, and that holds the mission against every other writer: the session, the
    mission's short name and its present moment (UTC)."""
    with begin(engine()) as session:
        slug = which(session, mission)
        missions.lock(session, slug)  # of two who act at once the second sees what the first did
        token = _within.set((session, slug))
        try:
            yield session, slug, missions.now(session, slug)
        finally:
            _within.reset(token)


@contextmanager
def look(mission: str) -> Iterator[tuple[Session, str, datetime]]:
    """The same for looking only; nothing can be changed."""
    with reading(engine()) as session:
        slug = which(session, mission)
        yield session, slug, missions.now(session, slug)


@contextmanager
def act_outside(by: str) -> Iterator[tuple[Session, str, datetime]]:
    """A transaction in which a person acts on what belongs to no mission: the session, who acts, and the real present
    moment (UTC). Raises `BadInput` where no mission knows anybody by that code."""
    with begin(engine()) as session:
        yield session, acting_outside(session, by), missions.real_now()


def acting_outside(session: Session, by: str) -> str:
    """Who acts on what belongs to no mission: somebody who acts in one of them. Raises `BadInput`."""
    acting(by)
    slugs = missions.all_slugs(session)
    if not slugs:
        raise BadInput("nobody is known yet who could act; 'ieom open FOLDER' takes in a mission with its offices")
    if not any(by in _who_act(session, slug) for slug in slugs):
        offices = sorted({code for slug in slugs for code in _offices(missions.facts(session, slug))})
        raise BadInput(f"nobody who acts has the code '{by}'; act as a member, or as an office: {', '.join(offices)}")
    return by


def _offices(facts: MissionFacts) -> list[str]:
    return [office.code for office in facts.offices if office.body in {"", facts.organisation}]


def _who_act(session: Session, mission: str) -> set[str]:
    facts = missions.facts(session, mission)
    seats = [code for seat in facts.approval.seats for code in (seat.who, *seat.deputies)]
    return {*_offices(facts), *seats, *(row.code for row in members.of(session, mission))}


def acting(by: str) -> str:
    """Who acts. Raises `BadInput` when nobody is named, and within `act` when the mission knows nobody by that code: a
    slip of the keyboard would stand in the audit chain for ever. The offices that letters go to, the host country's
    above all, act on nothing: they would confirm an approval, or say go."""
    if not by:
        raise BadInput(
            f"say who acts with --by (the code of a member or office; '{getpass.getuser()}' is a log-in, not an office), "
            "or set IEOM_BY"
        )
    within = _within.get()
    if within is not None:
        facts = missions.facts(*within)
        offices = _offices(facts)
        if by not in _who_act(*within):
            raise BadInput(
                f"nobody in this mission has the code '{by}'; act as a member, or as an office: {', '.join(offices)}"
                if by not in {office.code for office in facts.offices}
                else f"'{by}' is an office that letters go to and does not act in this mission; {', '.join(offices)} do"
            )
    return by
