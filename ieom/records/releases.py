"""Releases: what is published, when it may go, who prepared and who sent it; complaints about them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, not_, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from ieom.errors import NotFound
from ieom.records.audit import AuditRow
from ieom.records.base import Base
from ieom.rules.release import CARRIES, TAKES_BACK
from ieom.rules.words import N_, Put

WAITS = "kind IN ('statement', 'correction') AND started_at IS NULL AND status NOT IN ('done', 'dropped')"
"""Of a release that carries a statement and has not begun; a mission has one, or every reader would be written to twice."""


class Release(Base):
    """One release. Its papers' hashes are fixed when it is prepared; what goes out is compared with them."""

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("mission", "number"),
        Index("one_waiting", "mission", unique=True, sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    number: Mapped[int]
    kind: Mapped[str]  # arrival, advisory, mid_mission, statement, clarification, correction, withdrawal, holding
    round: Mapped[int | None] = mapped_column(ForeignKey("approval_rounds.id"))
    """Of the statement that it carries; none for a text of its own."""
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of a release with a text of its own: language -> {title, paragraphs}."""
    concerns: Mapped[int | None] = mapped_column(ForeignKey("releases.id"))
    """The release that this one corrects, clarifies or withdraws."""
    hashes: Mapped[dict[str, Any]]  # language -> approved content hash
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language -> hash of an unofficial translation
    papers: Mapped[dict[str, Any]]  # file name -> sha256
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime]
    press_conference_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    """The embargo of a release that waits for no press conference."""
    go: Mapped[str] = mapped_column(default="by_time")  # by_time, by_hand
    status: Mapped[str] = mapped_column(default="prepared")  # prepared, going, stopped, held, done, dropped
    held_why: Mapped[str] = mapped_column(default="")
    sent_by: Mapped[str | None]
    early_by: Mapped[str | None]
    """Who asked, after a leak, to release before the press conference; and who agreed."""
    early_agreed_by: Mapped[str | None]
    early_at: Mapped[datetime | None]
    """When the second agreed."""
    early_why: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime | None]
    """When its letters were queued: from then on it is public (`public`)."""
    done_at: Mapped[datetime | None]


class ReleaseApproval(Base):
    """Somebody's approval of a release with a text of its own, by the hash of its texts. Never changed."""

    __tablename__ = "release_approvals"
    __table_args__ = (UniqueConstraint("release", "by"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    by: Mapped[str]
    at: Mapped[datetime]
    digest: Mapped[str]


class Complaint(Base):
    """A complaint about a release, the host country's above all, and the reply to it; both stand in the register of
    correspondence."""

    __tablename__ = "complaints"
    __table_args__ = (UniqueConstraint("mission", "received"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mission: Mapped[str] = mapped_column(ForeignKey("missions.slug"))
    release: Mapped[int | None] = mapped_column(ForeignKey("releases.id"))
    received: Mapped[str]
    """Number of their paper in the register."""
    about: Mapped[str]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
    reply: Mapped[str | None]
    """Number of our reply in the register."""
    replied_at: Mapped[datetime | None]


def of(session: Session, mission: str) -> list[Release]:
    """Every release of the mission, by number."""
    return list(session.scalars(select(Release).where(Release.mission == mission).order_by(Release.number)))


def one(session: Session, mission: str, number: int) -> Release:
    """A release by its number. Raises `NotFound`."""
    row = session.scalars(select(Release).where(Release.mission == mission, Release.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no release {number}", command="'ieom release status' lists those there are")
    return row


def names(session: Session, ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """id -> number and kind of these releases, of whatever mission."""
    query = select(Release.id, Release.number, Release.kind).where(Release.id.in_(ids))
    return {id_: (number, kind) for id_, number, kind in session.execute(query).tuples()}


def newest(session: Session, mission: str) -> Release | None:
    """The newest release that carries a statement or its correction and was not dropped for a newer one."""
    query = select(Release).where(Release.mission == mission, Release.kind.in_(CARRIES), Release.status != "dropped")
    return session.scalars(query.order_by(Release.number.desc()).limit(1)).one_or_none()


_STARTED = select(AuditRow.what["number"].as_integer()).where(
    AuditRow.mission == Release.mission, AuditRow.act == "ReleaseStarted"
)
BEGAN = Release.number.in_(_STARTED.where(AuditRow.at == Release.started_at).correlate(Release))
"""Public is a release whose letters were queued, as its row says and as the chain of acts says too: whoever opens the
database may write the row. It is the one question for everything that shows, names or recognises a public release."""


def published(session: Session, mission: str | None = None) -> list[Release]:
    """Releases that are public (their letters were queued), oldest first; of one mission or of all."""
    query = select(Release).where(BEGAN).order_by(Release.started_at, Release.id)
    return list(session.scalars(query if mission is None else query.where(Release.mission == mission)))


def public(session: Session, row: Release) -> bool:
    """Whether a release is public."""
    return session.scalar(select(Release.id).where(Release.id == row.id, BEGAN)) is not None


def fixed(session: Session, row: Release) -> dict[str, str]:
    """Name and SHA-256 of each paper, as they were fixed in the chain of acts when the release was prepared."""
    query = select(AuditRow.what).where(AuditRow.mission == row.mission, AuditRow.act == "ReleasePrepared")
    query = query.where(AuditRow.what["number"].as_integer() == row.number).order_by(AuditRow.id.desc()).limit(1)
    return dict((session.scalars(query).one_or_none() or {}).get("papers", {}))


def misdated(session: Session, mission: str) -> list[Release]:
    """Releases of which the row and the chain of acts do not say alike whether they began, or when; by number."""
    begun = or_(Release.started_at.is_not(None), Release.number.in_(_STARTED.correlate(Release)))
    differ = or_(Release.started_at.is_(None), not_(BEGAN))
    query = select(Release).where(Release.mission == mission, begun, differ)
    return list(session.scalars(query.order_by(Release.number)))


def about(session: Session, release: int, *kinds: str) -> list[Release]:
    """Public releases that correct, clarify or withdraw this one (its id), oldest first; of these kinds alone when
    some are named."""
    query = select(Release).where(Release.concerns == release, BEGAN)
    query = query.where(Release.kind.in_(kinds)) if kinds else query
    return list(session.scalars(query.order_by(Release.started_at, Release.id)))


def superseded() -> Select[tuple[int | None]]:
    """Ids of releases in whose place a public correction or withdrawal stands: no letter of theirs leaves any more."""
    taking = (Release.kind.in_(sorted(TAKES_BACK)), Release.concerns.is_not(None), BEGAN)
    return select(Release.concerns).where(*taking)


def superseded_why(session: Session, release: int | None) -> str:
    """Which correction or withdrawal stands in the place of this release (its id), in words; empty for none."""
    found = about(session, release, *TAKES_BACK) if release is not None else []
    return in_place(found[-1]) if found else ""


def in_place(row: Release) -> str:
    """What is said of a letter that does not leave because of this correction or withdrawal."""
    return f"release {row.number}, a {row.kind}, took its place"


def withdrawn(session: Session, release: int) -> bool:
    """Whether this release (its id), or one that corrected it, was withdrawn."""
    return any(
        row.kind == "withdrawal" or withdrawn(session, row.id)
        for row in about(session, release, "withdrawal", "correction")
    )


def outdated(session: Session, kind: str, concerned: Release, release: int | None = None) -> list[str]:
    """Why a release of this kind (its id, once it has one) can't concern this public one: it is withdrawn, another
    corrected it, or it is itself a withdrawal. Empty when it can."""
    if kind == "withdrawal" and concerned.kind == "withdrawal":
        return [Put(N_("release {number} is a withdrawal, and a withdrawal is not withdrawn"), number=concerned.number)]
    if withdrawn(session, concerned.id):
        return [Put(N_("release {number} is withdrawn already"), number=concerned.number)]
    newest_ = concerned
    while later := [row for row in about(session, newest_.id, "correction") if row.id != release]:
        newest_ = later[-1]
    if newest_ is concerned:
        return []
    corrected = N_("release {first} was corrected by release {number}; prepare the {kind} again about release {number}")
    return [Put(corrected, first=concerned.number, number=newest_.number, kind=Put(kind))]


def line(session: Session, row: Release) -> list[Release]:
    """What a release concerns, and what that concerns in turn: the first one first, without the release itself."""
    found: list[Release] = []
    while row.concerns is not None and all(row.concerns != one.id for one in found):
        row = session.get_one(Release, row.concerns)
        found.insert(0, row)
    return found


def approvals(session: Session, release: int) -> list[ReleaseApproval]:
    """Who approved a release with a text of its own (its id), oldest first."""
    query = select(ReleaseApproval).where(ReleaseApproval.release == release)
    return list(session.scalars(query.order_by(ReleaseApproval.id)))


def complaints(session: Session, mission: str) -> list[Complaint]:
    """Every complaint registered, oldest first."""
    return list(session.scalars(select(Complaint).where(Complaint.mission == mission).order_by(Complaint.id)))
