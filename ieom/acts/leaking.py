"""After a leak: two people release the approved text before the press conference. Never before the last relevant close,
and never what is not approved. The other way, a holding line, is written in `announcing`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts import releasing
from ieom.acts.releasing import ReleaseGo, missing, newest
from ieom.errors import BadInput, Refused
from ieom.records import audit, missions, releases
from ieom.records.releases import Release


@dataclass(frozen=True)
class ReleaseEarlyAsked:
    """Somebody asked to release the approved text before the press conference."""

    number: int


@dataclass(frozen=True)
class ReleaseEarlyAgreed:
    """A second person agreed; the last close still holds it."""

    number: int


def ask_early(session: Session, mission: str, *, by: str, at: datetime, why: str, ref: str | None = None) -> Release:
    """One person asks to release the approved text early, and says why. Nothing changes until another agrees."""
    missions.lock_anew(session, mission)
    row = _prepared(session, mission)
    if ref and audit.happened(session, mission, ref):
        return row
    if not why.strip():
        raise BadInput("say why: where the text leaked, and who has it")
    if row.early_by is not None:
        raise Refused(
            f"{row.early_by} has asked for it already; another person agrees",
            command="'ieom release early --agree' does",
        )
    row.early_by, row.early_why = by, " ".join(why.split())
    audit.append(session, mission, by=by, at=at, act=ReleaseEarlyAsked(row.number), ref=ref)
    return row


def agree_early(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> Release:
    """A second person agrees: the release goes once the last relevant polling station has closed. Where nobody has said
    go, the one of the two who did not prepare it says so with this."""
    missions.lock_anew(session, mission)
    row = _prepared(session, mission)
    if ref and audit.happened(session, mission, ref):
        return row
    if row.early_by is None:
        raise Refused("nobody has asked for it", command="'ieom release early --why' does")
    if by == row.early_by:
        raise Refused(f"{by} asked for it; another person agrees")
    if row.early_agreed_by is not None:
        return row
    row.early_agreed_by, row.early_at = by, at
    audit.append(session, mission, by=by, at=at, act=ReleaseEarlyAgreed(row.number), ref=ref)
    if row.sent_by is None:
        row.sent_by = by if by != row.prepared_by else row.early_by
        audit.append(session, mission, by=row.sent_by, at=at, act=ReleaseGo(row.number))
    return row


def _prepared(session: Session, mission: str) -> Release:
    row = newest(session, mission) or missing()
    if releases.public(session, row):
        raise Refused(f"release {row.number} has gone already")
    if row.kind != "statement":
        raise Refused("a correction waits for no press conference")
    known = releasing.readiness(session, mission, row)
    if not known.approved or known.edited or not known.of_approved:
        raise Refused(
            "what was prepared is not the text that is approved now; nothing unapproved is released, leak or not"
        )
    return row
