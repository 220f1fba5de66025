"""Missions, the dated revisions of their facts, and the mission's clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.errors import NotFound
from ieom.records.base import Base, reading
from ieom.rules.mission import MissionFacts


class Mission(Base):
    """One mission. `revision` moves on with every act that changes what is owed (compare-and-set, wake-up keys)."""

    __tablename__ = "missions"

    slug: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="open")  # open, held, suspended, evacuated, closed
    held_why: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1)
    starts_at_stage: Mapped[str] = mapped_column(default="delegation")
    """The stage at which this mission entered the system; earlier stages owe nothing."""
    simulated_now: Mapped[datetime | None]
    """The moment that a rehearsal or demonstration lives in; null for a real mission."""
    count_left_at: Mapped[datetime | None]
    """When a person declared that the statement does not wait for the count."""
    count_left_why: Mapped[str] = mapped_column(default="")
    wake_at: Mapped[datetime | None]
    """When the last run of the flow asked to be woken."""
    walked_revision: Mapped[int] = mapped_column(default=0)
    """The revision that the last run of the flow left behind; another one means that something happened since."""
    sendings: Mapped[int] = mapped_column(default=0)
    """How often letters began to be sent. A note outside the database has the same number, so that a backup from
    before the last sending is known for one."""
    asks_until: Mapped[datetime | None]
    """Letters that belong to a moment up to this one wait for a person: the records were restored from a backup, and
    such a letter may have gone before. In the far future until the first walk after that has ended."""


class MissionRevision(Base):
    """The facts of a mission as they stood from `at` on; a postponement adds one, nothing is overwritten."""

    __tablename__ = "mission_revisions"
    __table_args__ = (UniqueConstraint("mission", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    number: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]
    kind: Mapped[str]  # opened, postponed, extended, head_replaced, state_joined, state_withdrew, ...
    reason: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]]


READ = "facts of missions"
"""Under this name a session keeps the facts that its transaction has read."""


def get(session: Session, slug: str) -> Mission:
    """The mission, or `NotFound`."""
    mission = session.get(Mission, slug)
    if mission is None:
        raise NotFound(f"there is no mission '{slug}' in these records", command="'ieom status' lists those there are")
    return mission


def lock(session: Session, slug: str) -> Mission:
    """The mission, held against every other writer until the transaction ends."""
    mission = session.scalars(
        select(Mission).where(Mission.slug == slug).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if mission is None:
        raise NotFound(f"there is no mission '{slug}' in these records", command="'ieom status' lists those there are")
    return mission


def lock_anew(session: Session, slug: str) -> Mission:
    """The same; and whatever this transaction read before it had to wait is read again, for the writer before may have
    changed it."""
    mission = lock(session, slug)
    session.flush()
    session.info.pop(READ, None)
    session.expire_all()
    session.refresh(mission)
    return mission


def facts(session: Session, slug: str) -> MissionFacts:
    """The mission's facts as they stand now (the newest revision); read once a transaction."""
    held: tuple[object, dict[str, MissionFacts]] = session.info.get(READ, (None, {}))
    if held[0] is not session.get_transaction():
        held = (None, {})
    if slug not in held[1]:
        row = session.scalars(
            select(MissionRevision)
            .where(MissionRevision.mission == slug)
            .order_by(MissionRevision.number.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            raise NotFound(
                f"there is no mission '{slug}' in these records", command="'ieom status' lists those there are"
            )
        session.info[READ] = (session.get_transaction(), {**held[1], slug: MissionFacts.model_validate(row.facts)})
    found: MissionFacts = session.info[READ][1][slug]
    return found


def revise(session: Session, slug: str, new: MissionFacts, *, by: str, at: datetime, kind: str, reason: str) -> int:
    """Add a revision of the facts; returns its number. What hangs on dates is computed from the newest one."""
    mission = lock(session, slug)
    mission.revision += 1
    session.info.pop(READ, None)
    last = session.scalars(
        select(MissionRevision.number)
        .where(MissionRevision.mission == slug)
        .order_by(MissionRevision.number.desc())
        .limit(1)
    ).one_or_none()
    number = (last or 0) + 1
    session.add(
        MissionRevision(
            mission=slug, number=number, at=at, by=by, kind=kind, reason=reason, facts=new.model_dump(mode="json")
        )
    )
    return number


def revisions(session: Session, slug: str) -> list[MissionRevision]:
    """Every revision of a mission's facts, oldest first."""
    query = select(MissionRevision).where(MissionRevision.mission == slug).order_by(MissionRevision.number)
    return list(session.scalars(query))


def look_again(session: Session, slug: str) -> None:
    """Have whatever keeps missions going look at this one, although nothing happened to it."""
    lock(session, slug).walked_revision = -1


def now(session: Session, slug: str) -> datetime:
    """The mission's present moment: the real one, or that of its rehearsal."""
    simulated = session.scalars(select(Mission.simulated_now).where(Mission.slug == slug)).one_or_none()
    return simulated or datetime.now(UTC)


def all_slugs(session: Session) -> list[str]:
    """Every mission in these records, by election day's order of opening."""
    return list(session.scalars(select(Mission.slug).order_by(Mission.opened_at, Mission.slug)))


def titles(session: Session, of: Iterable[str] | None = None) -> dict[str, str]:
    """What people call each mission (or each `of` these), by its short name: its title, with the day of election where two
    have the same."""
    known = {slug: facts(session, slug) for slug in (all_slugs(session) if of is None else of)}
    shared = Counter(one.title for one in known.values())
    return {
        slug: one.title if shared[one.title] == 1 else f"{one.title}, {one.election_day:%-d %B %Y}"
        for slug, one in known.items()
    }


def real_now() -> datetime:
    """The real present moment, UTC."""
    return datetime.now(UTC)


def simulated(engine: Engine, slug: str) -> bool:
    """Whether the mission lives in a rehearsal's time."""
    with reading(engine) as session:
        return get(session, slug).simulated_now is not None
