"""Editorial corrections of an approved text: no name, number, date, negation or finding. The head of mission makes one,
a second approver agrees to its hash, and all approvers see the difference; anything more is an edit and a new round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.answering import tell
from ieom.acts.rounds import approved_round, seat_of, seats, stands
from ieom.acts.versions import begun, missing, write
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.mail.letters import queue
from ieom.mail.writing import readable
from ieom.records import audit, drafts, members
from ieom.records.approvals import ApprovalRound, EditorialCorrection
from ieom.records.statements import StatementVersion
from ieom.rules.difference import editorial_only
from ieom.rules.statement import Content, content_hash, split_sentences


@dataclass(frozen=True)
class EditorialCorrectionProposed:
    """The head of mission proposes a correction that touches nothing of substance."""

    round: int
    old_hash: str
    new_hash: str
    second: str


@dataclass(frozen=True)
class EditorialCorrectionMade:
    """A second approver agreed to the corrected text; it is the approved one now."""

    round: int
    old_hash: str
    new_hash: str
    second: str


@dataclass(frozen=True)
class EditorialCorrectionDropped:
    """A proposed correction was taken back or declined."""

    new_hash: str


def editorial_correction(
    session: Session, mission: str, *, by: str, at: datetime, second: str, paragraph: str, text: str, language: str = "en",
    ref: str | None = None,
) -> EditorialCorrection:  # fmt: skip
    """The head of mission proposes a correction of the approved text and says which other approver is asked to agree
    (`second`, who gets a letter). Nothing changes until they do."""
    round_ = _approved(session, mission)
    if ref and audit.happened(session, mission, ref):
        return waiting(session, round_) or _none()
    head = members.head(session, mission)
    if head is None or by != head.code:
        raise Refused("an editorial correction is made by the head of mission with a second approver")
    if second == by or second not in {seat.who for seat, _, _ in seats(session, round_)}:
        raise Refused(f"'{second}' is no other approver of this round")
    known = waiting(session, round_)
    if known is not None:
        raise Conflict(
            f"a correction waits for {known.second}; take it back first", command="'ieom approval drop' does"
        )
    if language not in round_.hashes:
        raise NotFound(f"no text in '{language}' was approved; there is {', '.join(round_.hashes)}")
    old = drafts.by_hash(session, mission, round_.hashes[language])
    before = next((one["text"] for one in old.content["paragraphs"] if one["key"] == paragraph), None)
    if before is None:
        keys = ", ".join(one["key"] for one in old.content["paragraphs"])
        raise NotFound(f"there is no paragraph '{paragraph}'; there are {keys}")
    after = " ".join(readable(text, "the paragraph").split())
    if after == before:
        raise BadInput(f"paragraph '{paragraph}' has this text already")
    names = [row.name for row in members.of(session, mission) if row.name] + drafts.people_met(session, mission)
    more = editorial_only(before, after, names=names)
    if more:
        raise Refused(f"this is more than an editorial correction: {', '.join(more)}; edit, and ask for approval again")
    row = EditorialCorrection(
        mission=mission, round=round_.id, language=language, paragraph=paragraph, text=after, old_hash=old.content_hash,
        new_hash=content_hash(_corrected(old.content, paragraph, after)), head=by, second=second, at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = EditorialCorrectionProposed(round_.number, row.old_hash, row.new_hash, second)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    queue(
        session, mission, kind="editorial_proposed", occasion=f"editorial-asked:{row.id}", to=tell(session, mission, second),
        at=at, facts={"before": before, "after": after, "hash": row.new_hash, "who": second},
    )  # fmt: skip
    return row


def agree(
    session: Session, mission: str, *, by: str, at: datetime, version_hash: str, ref: str | None = None
) -> StatementVersion:
    """The second approver (or a deputy of theirs) agrees to the corrected text by its hash (at least 12 characters):
    it is a new version, and the approved one; the difference goes to all approvers."""
    round_ = _approved(session, mission)
    row = waiting(session, round_)
    if row is None:
        if ref and audit.happened(session, mission, ref):
            return drafts.newest(session, mission) or missing()
        raise NotFound("no editorial correction waits for a second approver")
    if by == row.head or seat_of(session, round_, by)[0].who != row.second:
        raise Refused(f"this correction waits for {row.second}, not for {by}")
    if len(version_hash) < 12 or not row.new_hash.startswith(version_hash):
        raise Refused(f"the corrected text has the hash {row.new_hash[:16]}…, not {version_hash[:16]}: read that one")
    old = drafts.by_hash(session, mission, row.old_hash)
    version = write(
        session, mission, _corrected(old.content, row.paragraph, row.text), by=row.head, at=at,
        digest=old.evidence_digest, why="editorial correction", based_on=old.number, ref=None,
    )  # fmt: skip
    row.agreed_by, row.agreed_at = by, at
    round_.hashes = {**round_.hashes, row.language: version.content_hash}
    session.flush()
    act = EditorialCorrectionMade(round_.number, row.old_hash, version.content_hash, row.second)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    before = next(one["text"] for one in old.content["paragraphs"] if one["key"] == row.paragraph)
    for seat, _, _ in seats(session, round_):
        queue(
            session, mission, kind="editorial_difference", occasion=f"editorial:{row.id}:{seat.who}",
            to=tell(session, mission, seat.who), at=at,
            facts={"before": before, "after": row.text, "hash": version.content_hash},
        )  # fmt: skip
    return version


def drop(session: Session, mission: str, *, by: str, at: datetime) -> None:
    """The head of mission takes a proposed correction back, or the second approver declines it."""
    row = waiting(session, _approved(session, mission))
    if row is None:
        raise NotFound("no editorial correction waits for a second approver")
    if by not in {row.head, row.second}:
        raise Refused(f"this is between {row.head} and {row.second}")
    row.dropped_by, row.dropped_at = by, at
    session.flush()
    audit.append(session, mission, by=by, at=at, act=EditorialCorrectionDropped(row.new_hash))


def waiting(session: Session, round_: ApprovalRound) -> EditorialCorrection | None:
    """The correction that waits for its second approver."""
    query = select(EditorialCorrection).where(
        EditorialCorrection.round == round_.id, EditorialCorrection.agreed_at.is_(None),
        EditorialCorrection.dropped_at.is_(None),
    )  # fmt: skip
    return session.scalars(query.order_by(EditorialCorrection.id)).first()


def _approved(session: Session, mission: str) -> ApprovalRound:
    round_ = approved_round(session, mission)
    if round_ is None or not stands(session, mission, round_):
        raise Refused("no text is approved; before that an edit is the way")
    if begun(session, mission, round_.id):
        raise Refused(
            "the release has gone; what is published is not corrected in silence: edit the statement, ask for approval "
            "again, and prepare the release of that: a correction for those who got it",
            command="'ieom statement ready' and 'ieom release prepare' do",
        )
    return round_


def _none() -> EditorialCorrection:
    raise NotFound("the correction is in the chain but waits for nobody any more")


def _corrected(content: Content, paragraph: str, text: str) -> Content:
    """The content with one paragraph's words corrected. What its sentences rest on stays, so that a finding that turns
    is still noticed."""
    made: Content = {**content, "paragraphs": [dict(one) for one in content["paragraphs"]]}
    for one in made["paragraphs"]:
        if one["key"] == paragraph:
            one["text"], parts = text, split_sentences(text)
            if len(parts) != len(one["sentences"]):
                parts = [text] if len(one["sentences"]) == 1 else [old["text"] for old in one["sentences"]]
            one["sentences"] = [{**old, "text": part} for old, part in zip(one["sentences"], parts, strict=True)]
    return made
