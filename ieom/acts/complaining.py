"""Complaints about a release, the host country's above all: registered under the number of the paper that came in, and
answered by a paper of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import correspondence as papers
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.names import load_names
from ieom.mail.writing import readable
from ieom.records import audit, missions, releases
from ieom.records.correspondence import Correspondence
from ieom.records.releases import Complaint
from ieom.rules.mission import MissionFacts, Office
from ieom.rules.names import written


@dataclass(frozen=True)
class ComplaintRegistered:
    """A complaint came in under a number of the register, about a release or in general."""

    number: str
    about_release: int | None


@dataclass(frozen=True)
class ComplaintAnswered:
    """A complaint is answered by a paper of ours."""

    number: str
    reply: str


def register(
    session: Session, mission: str, *, by: str, at: datetime, received: str, about: str, release: int | None = None,
    ref: str | None = None,
) -> Complaint:  # fmt: skip
    """Register a complaint: `received` is the number of their paper in the register ('ieom register received'), `about`
    what they complain of in a few words, `release` the number of the release."""
    known = _known(session, mission, received)
    if known is not None and (ref is None or audit.happened(session, mission, ref)):
        return known
    paper = _paper(session, mission, received)
    if paper.direction != "in":
        raise BadInput(f"{received} is a paper of ours; a complaint is one that came in")
    if not about.strip():
        raise BadInput("say in a few words what they complain of")
    concerned = releases.one(session, mission, release) if release is not None else None
    if concerned is not None and not releases.public(session, concerned):
        raise Refused(f"release {concerned.number} is not public; nobody can have complained of it")
    row = Complaint(
        mission=mission, release=concerned.id if concerned else None, received=received, about=" ".join(about.split()),
        registered_by=by, registered_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = ComplaintRegistered(received, concerned.number if concerned else None)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    return row


def reply(
    session: Session, mission: str, *, by: str, at: datetime, received: str, text: Sequence[str] = (), paper: str = "",
    ref: str | None = None,
) -> Complaint:  # fmt: skip
    """Answer a complaint by a paper of ours: `paper` is its number in the register, or `text` are the paragraphs of a
    note verbale, which is drafted and numbered with this; `ieom register signed` and `sent` follow."""
    row = _known(session, mission, received)
    if row is None:
        raise NotFound(
            f"no complaint is registered under {received}", command="'ieom complaint list' shows those there are"
        )
    if ref and audit.happened(session, mission, ref):
        return row
    if row.reply is not None:
        raise Conflict(f"{received} is answered already, by {row.reply}")
    if bool(paper) == any(part.strip() for part in text):
        raise BadInput("give the paragraphs of the reply, or the number of the paper of ours that answers")
    for part in text:
        readable(part, "the reply")
    theirs = _paper(session, mission, received)
    if paper:
        ours = _paper(session, mission, paper)
        if ours.direction != "out":
            raise BadInput(f"{paper} came in; a reply is a paper of ours")
    else:
        ours, _data = papers.draft(
            session, mission, by=by, at=at, occasion=f"complaint:{received}", what="complaint_reply",
            to=_office(missions.facts(session, mission), theirs.counterpart), kind=theirs.kind,
            facts={
                "their_number": theirs.their_number or theirs.number, "dated": theirs.dated,
                "theirs": theirs.subject, "paragraphs": [" ".join(part.split()) for part in text if part.strip()],
            },
        )  # fmt: skip
        ours.answers = received
    theirs.status = "answered"
    row.reply, row.replied_at = ours.number, at
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ComplaintAnswered(received, ours.number), ref=ref)
    return row


def _known(session: Session, mission: str, received: str) -> Complaint | None:
    return session.scalars(
        select(Complaint).where(Complaint.mission == mission, Complaint.received == received)
    ).one_or_none()


def _paper(session: Session, mission: str, number: str) -> Correspondence:
    row = session.get(Correspondence, (mission, number))
    if row is None:
        raise NotFound(f"the register has no number {number}", command="'ieom register list' shows what there is")
    return row


def _office(facts: MissionFacts, code: str) -> Office:
    """Whom the reply is addressed to: the office that wrote, or one of the body that wrote."""
    found = next(
        (one for one in facts.offices if code in {one.code, one.body} and one.body != facts.organisation), None
    )
    if found is None and written(code):
        return papers.of_body(code, load_names().official(code, on=facts.election_day))
    if found is None:
        raise BadInput(f"no office of the mission file is '{code}', to which the reply would go; add one")
    return found
