"""Notes verbales and letters of ours in our own words, drafted for signature; and scans that are filed afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ieom.acts.correspondence import KINDS, draft, file_scan, of_body
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.names import load_names
from ieom.mail.writing import readable
from ieom.records import audit, missions
from ieom.records.correspondence import Correspondence
from ieom.rules.mission import MissionFacts, Office
from ieom.rules.names import written

LONGEST = 20_000
"""Characters of a paper's text."""


@dataclass(frozen=True)
class PaperScanned:
    """The scan of a paper was filed after it had left or come in."""

    number: str
    scan: str


def write(
    session: Session, mission: str, *, by: str, at: datetime, counterpart: str, kind: str, subject: str, text: str,
    answers: str = "", ref: str | None = None,
) -> Correspondence:  # fmt: skip
    """Draft a note verbale or letter of ours; the text's paragraphs stand between the courtesies of its kind. `answers` is
    the number of the paper that it answers. The same paper again is the one drafted before."""
    missions.lock(session, mission)
    done = audit.of_ref(session, mission, ref)
    if done is not None:
        return session.get_one(Correspondence, (mission, done.what["number"]))
    facts = missions.facts(session, mission)
    parts = [" ".join(part.split()) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    subject = " ".join(subject.split())
    if kind not in KINDS:
        raise BadInput(f"'{kind}' is not {' or '.join(KINDS)}")
    for said in (subject, *parts):
        readable(said, "the paper")
    if not subject or not parts:
        raise BadInput("say what the paper is about, and write its text")
    if len(text) > LONGEST:
        raise BadInput(f"the text is longer than {LONGEST:,} characters; attach what is longer to the paper itself")
    to = addressee(facts, counterpart)
    theirs = _theirs(session, mission, answers)
    row, _data = draft(
        session, mission, by=by, at=at, occasion=f"own:{_digest((counterpart, kind, subject, answers, *parts))}", what="own",
        to=to, kind=kind,
        facts={
            "kind": kind, "subject": subject, "paragraphs": parts,
            "their_number": (theirs.their_number or theirs.number) if theirs else "", "their_date": theirs.dated if theirs else at,
        },
    )  # fmt: skip
    if theirs is not None:
        row.answers, theirs.status = theirs.number, "answered"
        session.flush()
    return row


def addressee(facts: MissionFacts, counterpart: str) -> Office:
    """Whom a counterpart's code addresses: an office, a state's contact office, or a body as such."""
    for office in facts.offices:
        if counterpart == office.code:
            return office
    for state in facts.states:
        if counterpart == f"state-{state.code.lower()}":
            return Office(
                code=counterpart, office=state.contact_office, email=state.contact_email, salutation="Excellency"
            )
    names = load_names()
    inviting = counterpart == facts.invitation.from_body and written(counterpart)
    if inviting or counterpart in names.officials("body", on=facts.election_day):
        return of_body(counterpart, names.official(counterpart, on=facts.election_day))
    raise BadInput("choose whom the paper goes to from the list")


def file_later(
    session: Session, mission: str, *, by: str, at: datetime, number: str, scan: bytes, ref: str | None = None
) -> Correspondence:
    """File the scan of a paper that has none yet: it came in without one, or left before one was made."""
    missions.lock(session, mission)
    row = session.get(Correspondence, (mission, number))
    if row is None:
        raise NotFound(f"the register has no number {number}", command="'ieom register list' shows what there is")
    if ref and audit.happened(session, mission, ref):
        return row
    if row.scan_path:
        raise Refused(f"a scan of {number} is filed; it is not exchanged for another")
    if not scan:
        raise BadInput("choose the scan")
    row.scan_path, row.scan_sha256 = file_scan(mission, scan)
    audit.append(session, mission, by=by, at=at, act=PaperScanned(number, row.scan_sha256), ref=ref)
    return row


def _theirs(session: Session, mission: str, number: str) -> Correspondence | None:
    if not number:
        return None
    row = session.get(Correspondence, (mission, number))
    if row is None or row.direction != "in":
        raise BadInput(f"{number} is no paper that came in; choose the one that is answered from the list")
    return row


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
