"""What every command shares: the records it works on, who acts, and how it speaks."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.records import migrate, missions
from ieom.records.base import begin, connect, reading
from ieom.rules.mission import MissionFacts
from ieom.settings import settings

console = Console(highlight=False)

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
    """A transaction in which a person acts: the session, the mission's short name and its present moment (UTC)."""
    with begin(engine()) as session:
        slug = which(session, mission)
        yield session, slug, missions.now(session, slug)


@contextmanager
def look(mission: str) -> Iterator[tuple[Session, str, datetime]]:
    """The same for looking only; nothing can be changed."""
    with reading(engine()) as session:
        slug = which(session, mission)
        yield session, slug, missions.now(session, slug)


def moment(text: str, facts: MissionFacts) -> datetime:
    """A local time of the host country, as a person writes it, in UTC. Raises `BadInput`."""
    try:
        return facts.moment(datetime.fromisoformat(text)).astimezone(UTC)
    except ValueError:
        raise BadInput(f"'{text}' is to be a local time without a zone, such as 2020-08-12 20:30") from None


def acting(by: str) -> str:
    """Who acts. Raises `BadInput` when nobody is named."""
    if by:
        return by
    raise BadInput(
        f"say who acts with --by (the code of a member or office; '{getpass.getuser()}' is a log-in, not an office), "
        "or set IEOM_BY"
    )
