"""A release: its papers made from the approved text, who says go, who stops it, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.observation import last_close
from ieom.acts.proving import folder, papers_of, papers_of_translation, translations, witnessed
from ieom.acts.rounds import approved_round, proven, stands
from ieom.acts.signing import signed
from ieom.errors import NotFound, Refused
from ieom.papers import store
from ieom.records import audit, drafts, letters, missions
from ieom.records.releases import Release
from ieom.rules.release import Readiness, reasons_not_to, too_early_to_say_go


@dataclass(frozen=True)
class ReleasePrepared:
    """The papers of a release were made; their hashes are fixed."""

    number: int
    kind: str
    hashes: dict[str, str]
    papers: dict[str, str]
    certificate: str = ""
    """SHA-256 of the certificate that signed them; empty: they are unsigned."""
    signed: dict[str, str] = field(default_factory=dict)
    """What was signed, by file name: the hash that each signature is over."""


@dataclass(frozen=True)
class ReleaseGo:
    """Somebody else than who prepared it said go; the embargo still holds."""

    number: int


@dataclass(frozen=True)
class ReleaseStopped:
    """The release was stopped, or goes on again."""

    number: int
    status: str


def newest(session: Session, mission: str) -> Release | None:
    """The newest release."""
    query = select(Release).where(Release.mission == mission).order_by(Release.number.desc()).limit(1)
    return session.scalars(query).one_or_none()


def prepare(
    session: Session, mission: str, *, by: str, at: datetime, kind: str = "statement", ref: str | None = None
) -> Release:
    """Make the papers of the approved text and fix their hashes. One prepares, another sends."""
    if ref and audit.happened(session, mission, ref):
        return newest(session, mission) or missing()
    round_ = approved_round(session, mission)
    if round_ is None:
        raise Refused(
            "no text is approved; 'ieom approval status' shows who is waited for. "
            "When all have decided, the next run ('ieom start') closes the round"
        )
    if not stands(session, mission, round_):
        raise Refused("the text was edited since it was approved; ask for approval of the edited one")
    witnessed(session, mission, round_)
    unofficial, _others = translations(session, mission, round_)
    translated = {version.language: version.content_hash for version in unofficial}
    last = newest(session, mission)
    same = last is not None and last.round == round_.id and last.hashes == round_.hashes
    if last is not None and same and (last.translations == translated or last.started_at is not None):
        return last
    number = (last.number if last else 0) + 1
    made: dict[str, bytes] = {}
    for version in proven(session, mission, round_):
        made |= papers_of(session, mission, version)
    for version in unofficial:
        made |= papers_of_translation(session, mission, version)
    made, seal = signed(session, mission, number, made, at=at)
    papers = {name: store.write(folder(mission, number) / name, data) for name, data in made.items()}
    facts = missions.facts(session, mission)
    row = Release(
        mission=mission, number=number, kind=kind, round=round_.id, hashes=dict(round_.hashes), translations=translated,
        papers=papers, prepared_by=by, prepared_at=at, press_conference_at=facts.moment(facts.release.press_conference), status="prepared",
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = ReleasePrepared(number, kind, dict(round_.hashes), papers, seal.certificate, seal.signed)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    return row


def missing() -> Release:
    """Nothing was prepared yet. Raises `NotFound`."""
    raise NotFound("no release is prepared; 'ieom release prepare' does")


def go(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> Release:
    """Say go. The release leaves when the embargo ends; where the mission's release goes by hand, go is said only
    then."""
    row = newest(session, mission) or missing()
    if row.sent_by is not None or (ref and audit.happened(session, mission, ref)):
        return row
    if by == row.prepared_by:
        raise Refused(f"{by} prepared this release; another person sends it")
    if too_early_to_say_go(readiness(session, mission, row), at):
        raise Refused("this mission's release goes by hand: say go once the press conference has begun, not before")
    row.sent_by = by
    audit.append(session, mission, by=by, at=at, act=ReleaseGo(row.number), ref=ref)
    return row


def stop(session: Session, mission: str, *, by: str, at: datetime, why: str = "", ref: str | None = None) -> Release:
    """Stop the release: letters not yet handed over stay where they are."""
    row = newest(session, mission) or missing()
    if row.status == "done":
        raise Refused("the release is done; nothing is left to stop")
    if row.status != "stopped" and not (ref and audit.happened(session, mission, ref)):
        row.status, row.held_why = "stopped", why
        letters.stop(session, row.id)
        audit.append(session, mission, by=by, at=at, act=ReleaseStopped(row.number, "stopped"), ref=ref)
    return row


def go_on(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> Release:
    """Go on after a stop, from where it stopped; never from the beginning. While it stood, its text may have been edited
    or an approval contradicted, and the press conference moved: what would keep a release from beginning keeps this one
    from going on. Raises `Refused`."""
    row = newest(session, mission) or missing()
    if row.status not in {"stopped", "held"}:
        raise Refused(f"the release is {row.status}; there is nothing to go on with")
    if not (ref and audit.happened(session, mission, ref)):
        if row.started_at is not None:  # its letters are written and would leave at once; else the next walk asks
            why = reasons_not_to(replace(readiness(session, mission, row), status="going"), at)
            if why:
                raise Refused(f"the release can't go on: {'; '.join(why)}")
        row.status = "going" if row.started_at else "prepared"
        row.held_why = ""
        letters.go_on(session, row.id, at=at)
        audit.append(session, mission, by=by, at=at, act=ReleaseStopped(row.number, row.status), ref=ref)
    return row


def readiness(session: Session, mission: str, row: Release | None) -> Readiness:
    """What is known of the release."""
    facts = missions.facts(session, mission)
    round_ = approved_round(session, mission)
    unsettled = 0
    if round_ is not None:
        unsettled = sum(len(drafts.unsettled(session, mission, digest)) for digest in round_.hashes.values())
    return Readiness(
        approved=round_ is not None,
        prepared=row is not None,
        last_close=last_close(session, mission),
        press_conference=facts.moment(facts.release.press_conference),
        go=facts.release.go,
        sent_by=row.sent_by if row else None,
        prepared_by=row.prepared_by if row else None,
        unsettled=unsettled,
        status=row.status if row else "",
        edited=round_ is not None and not stands(session, mission, round_),
        of_approved=round_ is not None and row is not None and row.hashes == round_.hashes,
    )
