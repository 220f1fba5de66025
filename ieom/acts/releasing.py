"""A release of the approved statement, or of its correction: its papers made from the text. And of every release: who
says go, who stops it, and what speaks against it.

Releases with a text of their own are written in `announcing`; what happens after a leak is in `leaking`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from ieom.acts import approvers, evidencing, sealing
from ieom.acts.observation import last_close
from ieom.acts.proving import keep, papers_of, papers_of_translation, told, translations, witnessed
from ieom.acts.rounds import approved_round, proven, stands
from ieom.acts.signing import signed
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.announcing import announced_in, first_languages
from ieom.records import audit, drafts, letters, missions, releases
from ieom.records.approvals import ApprovalRound
from ieom.records.releases import Release, newest
from ieom.rules.release import CARRIES, ENDED, Readiness, reasons_not_to, too_early_to_say_go

__all__ = ["ReleaseGo", "ReleasePrepared", "ReleaseStopped", "chosen", "go", "go_on", "missing", "newest", "prepare",
           "readiness", "stop"]  # fmt: skip

GOES = ("by_time", "by_hand")


@dataclass(frozen=True)
class ReleasePrepared:
    """The papers of a release were made; their hashes are fixed, and so is all that decides about it."""

    number: int
    kind: str
    hashes: dict[str, str]
    papers: dict[str, str]
    translations: dict[str, str]
    concerns: int | None
    """Number of the release that it corrects, clarifies or withdraws."""
    press_conference: datetime | None
    not_before: datetime | None
    go: str
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
    """The release was stopped, goes on again, or was dropped for a newer one."""

    number: int
    status: str


def prepare(
    session: Session, mission: str, *, by: str, at: datetime, kind: str = "", go: str = "", ref: str | None = None
) -> Release:
    """Make the papers of the approved text and fix their hashes. One prepares, another sends. Where a statement is
    public already this is its correction, which goes to whom that one reached; a supplement is a statement of its own.
    `go` is by_time or by_hand (left out: as the mission file has it)."""
    missions.lock_anew(session, mission)  # two releases of one text would each write to every reader
    if ref and audit.happened(session, mission, ref):
        return newest(session, mission) or missing()
    if kind not in {"", *CARRIES}:
        raise BadInput(
            f"a release of kind '{kind}' has a text of its own; write that",
            command=f"'ieom release write {kind}' begins one",
        )
    facts = missions.facts(session, mission)
    go = go or facts.release.go
    if go not in GOES:
        raise BadInput(f"'{go}' is neither by_time nor by_hand")
    round_ = _approved(session, mission)
    evidencing.proved(session, mission)
    unofficial, _others = translations(session, mission, round_)
    translated = {version.language: version.content_hash for version in unofficial}
    last = newest(session, mission)
    same = last is not None and last.round == round_.id and last.hashes == round_.hashes and not outdated(session, last)
    if (
        last is not None
        and same
        and (last.started_at is not None or (last.translations == translated and last.go == go))
    ):
        return last
    concerned = _corrects(session, mission, round_)
    if not any(announced_in(language) for language in round_.hashes):
        raise Refused(
            f"no press release can be made in {', '.join(sorted(round_.hashes))}; its letters need one in a language "
            f"of the mission: {', '.join(first_languages())}"
        )
    found = "correction" if concerned is not None else "statement"
    if kind and kind != found:
        raise Refused(
            f"release {concerned.number} is public; another approved text is its correction"
            if concerned is not None
            else "no statement is public that this could correct; it is the statement"
        )
    for row in releases.of(session, mission):
        if row.kind in CARRIES and row.started_at is None and row.status not in ENDED:
            drop(session, row, by=by, at=at)
    papers: dict[str, bytes] = {}
    for version in proven(session, mission, round_):
        papers |= papers_of(session, mission, version, at=at, corrects=concerned)
    for version in unofficial:
        papers |= papers_of_translation(session, mission, version)
    press = facts.moment(facts.release.press_conference)
    row = Release(
        kind=found, round=round_.id, hashes=dict(round_.hashes), translations=translated, go=go,
        concerns=concerned.id if concerned else None, press_conference_at=press,
    )  # fmt: skip
    return add(session, mission, row, papers, by=by, at=at, ref=ref)


def add(
    session: Session, mission: str, row: Release, papers: dict[str, bytes], *, by: str, at: datetime, ref: str | None
) -> Release:
    """Put a release on record under the next number, its papers filed and their hashes fixed."""
    row.mission, row.number = mission, max((one.number for one in releases.of(session, mission)), default=0) + 1
    row.prepared_by, row.prepared_at, row.status = by, at, "prepared"
    papers, seal = signed(session, mission, row.number, papers, at=at)
    row.papers = keep(mission, row.number, papers)
    session.add(row)
    session.flush()
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    act = ReleasePrepared(
        row.number, row.kind, dict(row.hashes), dict(row.papers), dict(row.translations or {}),
        concerned.number if concerned else None, _utc(row.press_conference_at), _utc(row.not_before), row.go,
        seal.certificate, seal.signed,
    )  # fmt: skip
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    return row


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment is not None else None


def drop(session: Session, row: Release, *, by: str, at: datetime) -> None:
    """A release that has not gone is put aside for a newer one."""
    row.status = "dropped"
    audit.append(session, row.mission, by=by, at=at, act=ReleaseStopped(row.number, "dropped"))


def _approved(session: Session, mission: str) -> ApprovalRound:
    round_ = approved_round(session, mission)
    if round_ is None:
        raise Refused(
            "no text is approved: the approvals show who is waited for. When all have decided, the round closes by itself",
            command="'ieom approval status' shows them, 'ieom start' looks at once",
        )
    if round_.hashes and not stands(session, mission, round_):
        raise Refused("the text was edited since it was approved; ask for approval of the edited one")
    witnessed(session, mission, round_)
    return round_


def _corrects(session: Session, mission: str, round_: ApprovalRound) -> Release | None:
    """What another approved text corrects: the newest public release of the same kind of text, unless withdrawn."""
    extra = any(version.kind == "supplement" for version in proven(session, mission, round_))
    for row in reversed(releases.published(session, mission)):
        if row.kind in CARRIES and not releases.withdrawn(session, row.id) and row.hashes != round_.hashes:
            kinds = {drafts.by_hash(session, mission, digest).kind for digest in row.hashes.values()}
            if ("supplement" in kinds) == extra:
                return row
    return None


def missing() -> Release:
    """Nothing was prepared yet. Raises `NotFound`."""
    raise NotFound("no release is prepared; prepare it first", command="'ieom release prepare' does")


def chosen(session: Session, mission: str, number: int | None, *, status: str = "") -> Release:
    """The release meant: the one named, or the newest that is not at its end (of a status, when one is given), or the
    newest. Raises `NotFound`."""
    if number is not None:
        return releases.one(session, mission, number)
    rows = [row for row in releases.of(session, mission) if row.status != "dropped"]
    wanted = [row for row in rows if row.status == status] or [row for row in rows if row.status not in ENDED]
    return (wanted or rows or [missing()])[-1]


def go(
    session: Session, mission: str, *, by: str, at: datetime, number: int | None = None, ref: str | None = None
) -> Release:
    """Say go. The release leaves when the embargo ends; one that goes by hand is let go only then."""
    missions.lock_anew(session, mission)
    waiting = [row for row in releases.of(session, mission) if row.sent_by is None and row.status not in ENDED]
    if number is None and len(waiting) > 1:
        which = ", ".join(f"{one.number} ({one.kind.replace('_', ' ')})" for one in waiting)
        raise BadInput(f"several releases wait for a go; say which by its number: {which}")
    if number is not None:
        row = releases.one(session, mission, number)
    else:
        row = (waiting or [newest(session, mission) or missing()])[0]
    if ref and audit.happened(session, mission, ref):
        return row
    if row.started_at is not None:
        others = "" if waiting else ", and no other one waits for a go"
        raise Refused(f"release {row.number} has gone already{others}", command="'ieom release status' shows them")
    if row.sent_by is not None:
        return row
    if row.status == "dropped":
        raise Refused(f"release {row.number} was dropped for a newer one")
    if by == row.prepared_by:
        raise Refused(f"{by} prepared this release; another person sends it")
    late = outdated(session, row)
    if late:
        raise Refused(f"release {row.number} can't go: {'; '.join(late)}")
    if too_early_to_say_go(readiness(session, mission, row), at):
        raise Refused("this release goes by hand: say go once the press conference has begun, not before")
    row.sent_by = by
    audit.append(session, mission, by=by, at=at, act=ReleaseGo(row.number), ref=ref)
    return row


def stop(
    session: Session, mission: str, *, by: str, at: datetime, why: str = "", number: int | None = None,
    ref: str | None = None,
) -> Release:  # fmt: skip
    """Stop a release, without a number every one that is going out: letters not yet handed over stay where they are."""
    missions.lock_anew(session, mission)
    if ref and audit.happened(session, mission, ref):
        return chosen(session, mission, number)
    going = [row for row in releases.of(session, mission) if row.status == "going"]
    stopping = going if number is None and going else [chosen(session, mission, number)]
    for row in stopping:
        if row.status in ENDED:
            raise Refused(f"release {row.number} is {row.status}; nothing is left to stop")
        if row.status != "stopped":
            row.status, row.held_why = "stopped", why
            letters.stop(session, row.id)
            audit.append(session, mission, by=by, at=at, act=ReleaseStopped(row.number, "stopped"), ref=ref)
            ref = None
    return stopping[-1]


def go_on(
    session: Session, mission: str, *, by: str, at: datetime, number: int | None = None, ref: str | None = None
) -> Release:
    """Go on after a stop, from where it stopped; never from the beginning. While it stood, its text may have been edited
    or an approval contradicted, and the press conference moved: what would keep a release from beginning keeps this one
    from going on. Raises `Refused`, and `Tampered` when the row is not as the chain of acts tells it."""
    missions.lock_anew(session, mission)
    stood = [row for row in releases.of(session, mission) if row.status in {"stopped", "held"}]
    row = stood[-1] if stood and number is None else chosen(session, mission, number)
    if row.status not in {"stopped", "held"}:
        raise Refused(f"the release is {row.status}; there is nothing to go on with")
    if not (ref and audit.happened(session, mission, ref)):
        told(session, row)
        sealing.proved(session, row)
        if row.started_at is not None:  # its letters are written and would leave at once; else the next walk asks
            why = reasons_not_to(replace(readiness(session, mission, row), status="going"), at)
            if why:
                raise Refused(f"the release can't go on: {'; '.join(why)}")
        row.status = "going" if row.started_at else "prepared"
        row.held_why = ""
        letters.go_on(session, row.id, at=at)
        audit.append(session, mission, by=by, at=at, act=ReleaseStopped(row.number, row.status), ref=ref)
    return row


def outdated(session: Session, row: Release) -> list[str]:
    """Why a release that has not begun comes too late for what it concerns, in words; empty when it does not."""
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    if concerned is None or concerned.started_at is None or row.started_at is not None:
        return []
    return releases.outdated(session, row.kind, concerned, row.id)


def readiness(session: Session, mission: str, row: Release | None) -> Readiness:
    """What is known of the release."""
    facts = missions.facts(session, mission)
    round_ = approved_round(session, mission)
    if row is not None and row.started_at is not None and row.round is not None:
        own = session.get_one(ApprovalRound, row.round)  # a later round on a supplement takes nothing back of it
        round_ = own if own.status == "approved" else None
    carries = row is None or row.kind in CARRIES
    press = row.press_conference_at if row else None
    unsettled = 0
    if round_ is not None and carries:
        unsettled = sum(len(drafts.unsettled(session, mission, digest)) for digest in round_.hashes.values())
    return Readiness(
        approved=round_ is not None,
        prepared=row is not None,
        last_close=last_close(session, mission),
        press_conference=press or facts.moment(facts.release.press_conference),
        go=row.go if row else facts.release.go,
        sent_by=row.sent_by if row else None,
        prepared_by=row.prepared_by if row else None,
        unsettled=unsettled,
        status=row.status if row else "",
        edited=round_ is not None and not stands(session, mission, round_),
        of_approved=round_ is not None and row is not None and row.hashes == round_.hashes,
        kind=row.kind if row else "statement",
        not_before=row.not_before if row else None,
        early=row is not None and row.early_by is not None and row.early_agreed_by is not None
        and row.early_by != row.early_agreed_by,
        lacks=() if carries or row is None else tuple(approvers.lacks(session, mission, row)),
        concerned_out=row is None or row.concerns is None
        or releases.public(session, session.get_one(Release, row.concerns)),
        outdated=tuple(outdated(session, row)) if row is not None else (),
    )  # fmt: skip
