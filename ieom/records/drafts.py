"""Questions to the statement's versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import NotFound, Tampered
from ieom.records.meetings import Meeting
from ieom.records.observation import TurnedFinding
from ieom.records.statements import Override, ReadyMark, SetAside, StatementVersion
from ieom.records.submissions import Submission
from ieom.rules.evidence import Verdict
from ieom.rules.statement import content_hash


def newest(session: Session, mission: str, language: str = "en") -> StatementVersion | None:
    """The newest version in a language."""
    query = (
        select(StatementVersion)
        .where(StatementVersion.mission == mission, StatementVersion.language == language)
        .order_by(StatementVersion.number.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def number(session: Session, mission: str, wanted: int, language: str = "en") -> StatementVersion:
    """A version by its number. Raises `NotFound`."""
    query = select(StatementVersion).where(
        StatementVersion.mission == mission, StatementVersion.language == language, StatementVersion.number == wanted
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(
            f"there is no version {wanted} of the statement", command="'ieom statement versions' lists those there are"
        )
    return row


def by_hash(session: Session, mission: str, digest: str, *, until: datetime | None = None) -> StatementVersion:
    """The version that `of_hash` finds, its content proved by the hash. Raises `NotFound` or `Tampered`."""
    row = of_hash(session, mission, digest, until=until)
    if content_hash(row.content) != digest:
        raise Tampered(
            f"version {row.number} of the statement no longer has its hash: its text was changed in the database"
        )
    return row


def of_hash(session: Session, mission: str, digest: str, *, until: datetime | None = None) -> StatementVersion:
    """The version with this hash, its content taken on trust: the newest, or the one that was so at the moment `until` (UTC;
    words that were changed and changed back are two versions with one hash). Raises `NotFound`."""
    query = select(StatementVersion).where(StatementVersion.mission == mission, StatementVersion.content_hash == digest)
    same = session.scalars(query.order_by(StatementVersion.number.desc())).all()
    if not same:
        raise NotFound(f"no version of the statement has the hash {digest[:16]}…")
    return next((one for one in same if until is None or one.at <= until), same[-1])


def versions(session: Session, mission: str) -> list[StatementVersion]:
    """All versions, oldest first."""
    query = select(StatementVersion).where(StatementVersion.mission == mission)
    return list(session.scalars(query.order_by(StatementVersion.language, StatementVersion.number)))


def languages(session: Session, mission: str) -> list[str]:
    """Those in which there is a version; English in any case."""
    query = select(StatementVersion.language).where(StatementVersion.mission == mission).distinct()
    return sorted({"en", *session.scalars(query)})


def asked_for(session: Session, mission: str) -> set[str]:
    """The hashes of the texts for which somebody asked for approval."""
    return set(session.scalars(select(ReadyMark.content_hash).where(ReadyMark.mission == mission)))


def overridden(session: Session, mission: str) -> set[tuple[str, str]]:
    """(sentence hash, finding) pairs that a person let stand."""
    query = select(Override.sentence_hash, Override.finding).where(Override.mission == mission)
    return {(sentence, finding) for sentence, finding in session.execute(query)}


def overrides(session: Session, mission: str) -> list[Override]:
    """Sentences that people let stand, each by name and for a reason; in the order in which they did."""
    return list(session.scalars(select(Override).where(Override.mission == mission).order_by(Override.id)))


def set_aside(session: Session, mission: str) -> set[tuple[str, str]]:
    """(claim, instance id of the form) of each irregularity set aside by name."""
    query = (
        select(SetAside.question, Submission.instance_id)
        .join(Submission, Submission.id == SetAside.submission)
        .where(SetAside.mission == mission)
    )
    return set(session.execute(query).tuples())


def wholly_set_aside(session: Session, mission: str, verdicts: Mapping[str, Verdict]) -> set[str]:
    """Claims of irregularities of which every form that records one was set aside."""
    aside = set_aside(session, mission)
    return {
        claim
        for claim in {claim for claim, _form in aside}
        if verdicts[claim].against and all((claim, form) in aside for form in verdicts[claim].forms_against)
    }


def people_met(session: Session, mission: str) -> list[str]:
    """Names of the persons met."""
    query = select(Meeting.counterpart_name).where(Meeting.mission == mission, Meeting.counterpart_name != "")
    return list(session.scalars(query))


def unsettled(session: Session, mission: str, digest: str) -> list[TurnedFinding]:
    """Findings that turned after this text was written and that the head of mission has not settled."""
    query = select(TurnedFinding).where(
        TurnedFinding.mission == mission, TurnedFinding.version_hash == digest, TurnedFinding.settled_at.is_(None)
    )
    return list(session.scalars(query.order_by(TurnedFinding.id)))
