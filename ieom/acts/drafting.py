"""Stage 5, statement drafting: a draft that grows with the forms until a person edits it, and findings that turn."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.answering import (
    attest,
    is_ready,
    lint,
    not_asked,
    override,
    ready,
    set_aside,
    settle_turned,
    tell,
)  # fmt: skip
from ieom.acts.delegation import recipient
from ieom.acts.grounds import Grounds, gather
from ieom.acts.observation import last_close
from ieom.acts.published import standing
from ieom.acts.versions import (
    changed,
    dissociate,
    draft,
    drafted,
    edit,
    kind_now,
    missing,
    released,
    translate,
    write,
)  # fmt: skip
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import queue
from ieom.records import approvals, audit, drafts, evidence, members, missions
from ieom.records.observation import TurnedFinding
from ieom.records.statements import StatementVersion
from ieom.rules import drafting as rules
from ieom.rules import statement
from ieom.rules.linter import COUNTED
from ieom.rules.timeline import Stage, Standing, State, owes
from ieom.rules.words import N_

SOFTWARE = "clock"
_write, _released, _none = write, released, missing

__all__ = [
    "advance", "attest", "changed", "dissociate", "draft", "edit", "is_ready", "lint", "not_asked", "override", "ready", "set_aside",
    "settle_turned", "tell", "translate",
]  # fmt: skip


@dataclass(frozen=True)
class FindingTurned:
    """A claim that a version states has another verdict now."""

    version_hash: str
    claim: str
    was: str
    verdict: str


@dataclass(frozen=True)
class TurnLapsed:
    """The record bears out again what the text says; nobody needs to decide."""

    version_hash: str
    claim: str


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Write the first draft once drafting is open and forms are in, renew it while nobody has edited it, note what
    turns and tell the head of mission; idempotent."""
    if not owes(Stage.DRAFTING, missions.get(session, mission).starts_at_stage):
        return Standing(Stage.DRAFTING, State.DONE, "The mission entered the system after this stage.")
    close = last_close(session, mission)
    opens = load_timeline().moment("drafting_opens", missions.facts(session, mission), last_close=close)
    row = drafts.newest(session, mission)
    if row is None:
        _visited, forms = evidence.base(session, mission, cut_off=at)
        waits = rules.before(at=at, opens=opens, close=close, forms=sum(forms.values()))
        if waits is not None:
            return waits
        row = draft(session, mission, by=SOFTWARE, at=at, why=N_("first draft from the record"))
        _tell_drafter(session, mission, row, at)
    approved = approvals.approved(session, mission, row.content_hash)
    asked = is_ready(session, mission, row.content_hash) is not None
    row, grounds, renewal = _renewed(
        session, mission, row, at, free=not (asked or approved or statement.edited(row.content))
    )
    waiting = _turned(session, mission, row, grounds, at, approved=approved)
    fallen = _published_turned(session, mission, row, at)
    head = members.head(session, mission)
    return rules.standing(
        rules.Draft(
            row.number, row.kind, statement.edited(row.content), grounds.digest != row.evidence_digest,
            0 if asked or approved else len(lint(session, mission, row, at=at, grounds=grounds)), asked, approved, waiting, renewal, fallen,
        ),
        head=head.code if head else "head of mission",
    )  # fmt: skip


def _renewed(
    session: Session, mission: str, row: StatementVersion, at: datetime, *, free: bool
) -> tuple[StatementVersion, Grounds, datetime | None]:
    """The newest version, renewed from the record where that is owed and nobody's text stands in the way; what it is
    compared with; and when the next renewal is due (UTC). A preliminary statement that was released is supplemented."""
    kind = kind_now(session, mission, at=at, language=row.language)
    supplement = (
        kind == "supplement" and row.kind == "preliminary" and approvals.approved(session, mission, row.content_hash)
    )
    grounds, fresh = drafted(
        session, mission, at=at, kind=kind if free or supplement else row.kind, language=row.language
    )
    if not free and not supplement:
        return row, grounds, None
    when = statement.renewal(row.content, fresh, written=row.at, at=at, grown=grounds.digest != row.evidence_digest)
    if when is None or when > at:
        return row, grounds, when
    why = N_("the count is finished") if supplement else N_("renewed: the record has grown")
    return draft(session, mission, by=SOFTWARE, at=at, why=why, language=row.language), grounds, None


def _published_turned(session: Session, mission: str, row: StatementVersion, at: datetime) -> int:
    """The same for what was released, whatever has been drafted since: a newer draft does not make a published sentence
    true. Returns how many findings of it wait for the head's decision."""
    waiting = 0
    for _release, version in standing(session, mission):
        if version.language != row.language:
            continue
        if version.content_hash != row.content_hash:
            preliminary = version.kind == "preliminary"
            grounds = gather(session, mission, cut_off=at, preliminary=preliminary, language=version.language)
            _turned(session, mission, version, grounds, at, approved=True)
        waiting += len(drafts.unsettled(session, mission, version.content_hash))
    return waiting


def _turned(
    session: Session, mission: str, row: StatementVersion, grounds: Grounds, at: datetime, *, approved: bool
) -> int:
    """Note findings that turned since a version was written, tell the head of mission once, and let those lapse that
    turned back. Returns how many wait for the head's decision."""
    now = {claim: (was, verdict) for claim, was, verdict in statement.turned(row.content, grounds.verdicts)}
    query = select(TurnedFinding).where(
        TurnedFinding.mission == mission, TurnedFinding.version_hash == row.content_hash
    )
    known = session.scalars(query.order_by(TurnedFinding.id)).all()
    for turn in known:
        if turn.settled_at is None and now.get(turn.claim, ("", ""))[1] != turn.verdict:
            turn.settled_by, turn.settled_at, turn.settled_why = SOFTWARE, at, "the record says otherwise again"
            audit.append(session, mission, by=SOFTWARE, at=at, act=TurnLapsed(row.content_hash, turn.claim))
    made = []
    for claim, (was, verdict) in now.items():
        if (claim, verdict) in {(turn.claim, turn.verdict) for turn in known if turn.settled_by != SOFTWARE}:
            continue
        again = next((turn for turn in known if (turn.claim, turn.verdict) == (claim, verdict)), None)
        if again is not None:
            again.settled_by, again.settled_at, again.settled_why, again.at = None, None, "", at
        turn = again or TurnedFinding(
            mission=mission, version_hash=row.content_hash, claim=claim, was=was, verdict=verdict, at=at
        )
        session.add(turn)
        session.flush()
        audit.append(session, mission, by=SOFTWARE, at=at, act=FindingTurned(row.content_hash, claim, was, verdict))
        made.append(turn)
    _tell_head(session, mission, row, grounds, made, at, approved=approved)
    return len(drafts.unsettled(session, mission, row.content_hash))


def _tell_head(
    session: Session, mission: str, row: StatementVersion, grounds: Grounds, made: list[TurnedFinding], at: datetime,
    *, approved: bool,
) -> None:  # fmt: skip
    head = members.head(session, mission)
    if not made or head is None or not head.email:
        return
    labels = {claim.id: claim.label for claim in grounds.claims}
    key = hashlib.sha256(
        "\n".join(f"{turn.claim}={turn.verdict}@{turn.at.isoformat()}" for turn in made).encode()
    ).hexdigest()
    turns = []
    for turn in made:
        verdict = grounds.verdicts[turn.claim]
        counted = verdict.base in COUNTED
        figures = f"{verdict.n} of {verdict.answered} {verdict.base} bear it out" if counted else ""
        turns.append({"label": labels[turn.claim], "was": turn.was, "verdict": turn.verdict, "figures": figures})
    queue(
        session, mission, kind="finding_turned", occasion=f"turned:{row.content_hash[:16]}:{key[:16]}",
        to=recipient(head), at=at,
        facts={"turns": turns, "version": row.number, "approved": approved, "published": _released_as(session, mission, row)},
    )  # fmt: skip


def _released_as(session: Session, mission: str, row: StatementVersion) -> dict[str, Any] | None:
    """The number and moment (UTC) of the public release of this text; None while it is not released."""
    for release, version in standing(session, mission):
        if version.content_hash == row.content_hash:
            return {"number": release.number, "at": release.started_at}
    return None


def _tell_drafter(session: Session, mission: str, row: StatementVersion, at: datetime) -> None:
    office = next((one for one in missions.facts(session, mission).offices if one.code == "drafter"), None)
    if office is not None and office.email:
        queue(
            session, mission, kind="draft_opened", occasion="draft:first", to=tell(session, mission, "drafter"), at=at,
            facts={"version": row.number, "kind": row.kind, "paragraphs": len(row.content["paragraphs"])},
        )  # fmt: skip
