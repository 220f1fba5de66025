"""What people answer for by name in a statement: attestations, overrides, irregularities set aside, turned findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import evidencing
from ieom.acts.bearing import record
from ieom.acts.delegation import recipient
from ieom.acts.grounds import Grounds, attested, gather
from ieom.acts.press import release_of
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.announcing import announced_in
from ieom.folder.claims import load_claims
from ieom.mail.letters import Recipient
from ieom.records import approvals, audit, drafts, members, missions
from ieom.records.approvals import ApprovalRound
from ieom.records.delegation import Member
from ieom.records.observation import Attestation, TurnedFinding
from ieom.records.statements import Override, ReadyMark, SetAside, StatementVersion
from ieom.records.submissions import Submission
from ieom.rules import consistency, linter, statement, translating
from ieom.rules.linter import Finding


@dataclass(frozen=True)
class FindingOverridden:
    """A named person lets a sentence stand that the linter refuses."""

    sentence: str
    finding: str


@dataclass(frozen=True)
class IrregularitySetAside:
    """An irregularity that the statement does not mention was set aside by name."""

    claim: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class ClaimAttested:
    """The head of mission answers by name for what only a person can."""

    claim: str


@dataclass(frozen=True)
class ApprovalAsked:
    """The drafter asked for approval of a version."""

    number: int
    content_hash: str


@dataclass(frozen=True)
class TurnSettled:
    """The head of mission decided by name what becomes of a finding that turned."""

    claim: str
    verdict: str


def tell(session: Session, mission: str, code: str) -> Recipient:
    """A member or an office as a letter's reader, by its code. Raises `NotFound`."""
    member = session.get(Member, (mission, code))
    if member is not None:
        return recipient(member)
    office = next((one for one in missions.facts(session, mission).offices if one.code == code), None)
    if office is None:
        raise NotFound(f"there is no member or office '{code}'")
    return Recipient(
        office.email, office.office, salutation=office.salutation, name=f"{office.honorific} {office.name}".strip()
    )


def office_of(session: Session, mission: str, code: str) -> str:
    """The office that a code stands for; the code itself for one who has left the mission since."""
    try:
        return tell(session, mission, code).office
    except NotFound:
        return code


def lint(
    session: Session, mission: str, version: StatementVersion, *, at: datetime, grounds: Grounds | None = None
) -> list[Finding]:
    """What keeps this version from being asked approval for, by the record as it is now."""
    grounds = grounds or gather(
        session, mission, cut_off=at, preliminary=version.kind == "preliminary", language=version.language
    )
    let_stand = drafts.overridden(session, mission)
    found = linter.findings(
        version.content, grounds.claims, grounds.verdicts, station_choice=grounds.mission.station_choice,
        overridden=let_stand, set_aside=drafts.set_aside(session, mission),
        conduct_attested="conduct" in grounds.attested,
        people=[row.name for row in members.of(session, mission) if row.name] + drafts.people_met(session, mission),
        base=(grounds.facts["visits_total"], grounds.facts["stations"]),
    )  # fmt: skip
    source = original(session, mission, version)
    if source is not None:
        wrong = translating.findings(source.content, version.content)
        found += [one for one in wrong if (one.hash, one.code) not in let_stand]
    if version.language == "en":  # names and numbers are looked for in English words
        against = [
            one for one in _against_the_record(session, mission, version) if one.code not in {f.code for f in found}
        ]
        found += [one for one in against if (one.hash, one.code) not in let_stand]
    return found


def original(session: Session, mission: str, version: StatementVersion) -> StatementVersion | None:
    """The version that this one is a translation of; None where it is none, or its original is not there."""
    digest = str(version.content.get("translation_of", ""))
    try:
        return drafts.of_hash(session, mission, digest, until=version.at) if digest else None
    except NotFound:
        return None


def _against_the_record(session: Session, mission: str, version: StatementVersion) -> list[Finding]:
    """Names, dates, places and numbers of the text that the record does not bear out."""
    paragraphs = version.content["paragraphs"]
    bound = [s["text"] for one in paragraphs for s in one["sentences"] if s["claims"]]
    apart = {part for text in bound for part in statement.split_sentences(text)}
    text = "\n\n".join(one["text"] for one in paragraphs)
    known, zone = record(session, mission), ZoneInfo(missions.facts(session, mission).zone)
    taken = version.cut_off.astimezone(zone).date()  # often the day after: the text names its evidence cut-off
    slips = consistency.check(text, replace(known, dates=known.dates | {taken}), apart=apart)
    sentences = [(one["key"], sentence["text"]) for one in paragraphs for sentence in one["sentences"]]
    found = []
    for slip in slips:
        if version.kind == "supplement" and slip.code == "base":
            continue  # stated in the statement that it supplements
        words = slip.found if slip.code not in {"address", "grammar"} else slip.found.split()[-1]
        key, text = next(((key, text) for key, text in sentences if words in text), ("", slip.found))
        found.append(Finding(slip.code, key, text, f"'{slip.found}': {slip.says}"))
    return found


def _answered_for(session: Session, mission: str, *, by: str, language: str = "en") -> None:
    """An approved text is answered for by the head of mission: whoever drafts it may let something stand as long as those
    who approve see that before they do, and not after. Raises `Refused`."""
    row = drafts.newest(session, mission, language)
    if row is None or not approvals.approved(session, mission, row.content_hash):
        return
    head = members.head(session, mission)
    if head is None or by != head.code:
        raise Refused(
            "this text is approved: what turns up against it since is answered for by the head of mission, or drafted anew "
            "and approved again; whoever drafts it can't let it stand alone"
        )


def override(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    finding: str,
    sentence: str,
    why: str,
    language: str = "en",
    ref: str | None = None,
) -> None:
    """Let a sentence stand that the linter refuses, by name and for a reason; once the text is approved, as the head of
    mission alone. `sentence` is its text, `finding` the code of the finding, which must be an open one. What an irregularity
    needs is to be set aside, not overridden."""
    if not why.strip():
        raise BadInput("an override needs a reason")
    if ref and audit.happened(session, mission, ref):
        return
    tell(session, mission, by)
    _answered_for(session, mission, by=by, language=language)
    if finding in {"unmentioned", "not_attested"}:
        raise Refused(f"'{finding}' can't be overridden: an irregularity is set aside, conduct is attested by the head")
    if finding in linter.HEADS_OWN and by != getattr(members.head(session, mission), "code", None):
        raise Refused("only the head of mission lets a conclusion stand that rests on so few visits")
    digest = statement.sentence_hash(sentence)
    if (digest, finding) in drafts.overridden(session, mission):
        return
    version = drafts.newest(session, mission, language)
    open_ = lint(session, mission, version, at=at) if version is not None else []
    if (digest, finding) not in {(one.hash, one.code) for one in open_}:
        listed = ", ".join(sorted({f"{one.code} in '{one.paragraph}'" for one in open_})) or "none"
        raise NotFound(f"the newest version has no finding '{finding}' on that sentence; open findings: {listed}")
    session.add(Override(mission=mission, sentence_hash=digest, finding=finding, by=by, why=why, at=at))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=FindingOverridden(digest, finding), ref=ref)


def set_aside(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    claim: str,
    why: str,
    instance: str = "",
    ref: str | None = None,
) -> int:
    """Set an observed irregularity aside, by name and for a reason: neither the statement nor its annex mentions it. Once
    the text is approved the head of mission alone does. It is set aside as these forms recorded it (`instance`, or all there
    are now); what another form records later
    stands again. Returns how many forms it was."""
    if claim not in {one.id for one in load_claims() if one.irregularity}:
        raise BadInput(f"'{claim}' is no claim about an irregularity")
    if not why.strip():
        raise BadInput("setting an irregularity aside needs a reason")
    if ref and audit.happened(session, mission, ref):
        return 0
    tell(session, mission, by)
    _answered_for(session, mission, by=by)
    verdict = gather(session, mission, cut_off=at, preliminary=False).verdicts[claim]
    wanted = [form for form in verdict.forms_against if instance in {"", form}]
    if not wanted:
        raise NotFound(
            f"no form {instance or ''} records what '{claim}' denies; there is nothing to set aside".replace("  ", " ")
        )
    known = {form for name, form in drafts.set_aside(session, mission) if name == claim}
    fresh = tuple(form for form in wanted if form not in known)
    query = select(Submission).where(Submission.mission == mission, Submission.instance_id.in_(fresh))
    for row in session.scalars(query.order_by(Submission.id)).all():
        session.add(SetAside(mission=mission, question=claim, submission=row.id, by=by, why=why, at=at))
    session.flush()
    if fresh:
        audit.append(session, mission, by=by, at=at, act=IrregularitySetAside(claim, fresh), ref=ref)
    return len(fresh)


def attest(
    session: Session, mission: str, *, by: str, at: datetime, claim: str, why: str = "", ref: str | None = None
) -> None:
    """The head of mission attests what only a person can: `conduct`; `scope` lets the conclusion stand without its
    scope, for a reason."""
    head = members.head(session, mission)
    if head is None or by != head.code:
        raise Refused(f"only the head of mission attests{f' ({head.code})' if head else '; none is appointed'}")
    if claim not in {"conduct", "scope"}:
        raise BadInput("'conduct' and 'scope' are attested; assessments are approved with the statement")
    if claim == "scope" and not why.strip():
        raise BadInput("a conclusion without its scope needs a reason")
    if claim in attested(session, mission) or (ref and audit.happened(session, mission, ref)):
        return
    query = select(Attestation).where(Attestation.mission == mission, Attestation.claim == claim)
    row = session.scalars(query).one_or_none()
    if row is None:
        session.add(Attestation(mission=mission, claim=claim, by=by, at=at, why=why))
    else:  # by a head who was replaced; the chain keeps that act
        row.by, row.at, row.why = by, at, why
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ClaimAttested(claim), ref=ref)


def ready(
    session: Session, mission: str, *, by: str, at: datetime, language: str = "en", ref: str | None = None
) -> StatementVersion:
    """Ask for approval of the newest version. Refused while the linter has findings. Asked again after a round on this
    very text has ended without approving it, a new round begins."""
    row = drafts.newest(session, mission, language)
    if row is None:
        raise NotFound("there is no draft yet; draft the statement first", command="'ieom statement draft' does")
    mark = is_ready(session, mission, row.content_hash)
    ended = _round_ended(session, mission, mark) if mark is not None else None
    if (mark is not None and ended is None) or (ref and audit.happened(session, mission, ref)):
        return row
    evidencing.proved(session, mission)
    found = lint(session, mission, row, at=at)
    if found:
        listed = "; ".join(f"{one.paragraph}: {one.says}" for one in found[:5])
        raise Refused(f"version {row.number} has {len(found)} open finding{'s' if len(found) > 1 else ''}: {listed}")
    if announced_in(language):
        release_of(session, mission, row, at=at)  # what would keep its release back is said before anybody approves it
    if mark is None:
        session.add(ReadyMark(mission=mission, content_hash=row.content_hash, by=by, at=at))
    else:  # after the end of that round, also where a rehearsal's clock stands still between the two
        mark.by, mark.at = by, max(at, ended + timedelta(microseconds=1)) if ended else at
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ApprovalAsked(row.number, row.content_hash), ref=ref)
    return row


def not_asked(session: Session, mission: str) -> list[tuple[str, bool]]:
    """Authentic languages whose newest text nobody asked approval for, each with whether there is a text: all are approved
    together, so that no round begins before."""
    newest = [(one, drafts.newest(session, mission, one)) for one in missions.facts(session, mission).languages]
    return [
        (language, row is not None)
        for language, row in newest
        if row is None or is_ready(session, mission, row.content_hash) is None
    ]


def is_ready(session: Session, mission: str, digest: str) -> ReadyMark | None:
    """The mark by which somebody asked for approval of this text."""
    query = select(ReadyMark).where(ReadyMark.mission == mission, ReadyMark.content_hash == digest)
    return session.scalars(query).one_or_none()


def _round_ended(session: Session, mission: str, mark: ReadyMark) -> datetime | None:
    """When the newest round, on this text, ended without approving it; None where it did not, or was asked about since."""
    query = select(ApprovalRound).where(ApprovalRound.mission == mission).order_by(ApprovalRound.number.desc()).limit(1)
    last = session.scalars(query).one_or_none()
    over = (
        last is not None
        and last.status in {"changes_asked", "void", "stopped"}
        and mark.content_hash in last.hashes.values()
        and last.ended_at is not None
        and mark.at <= last.ended_at
    )
    return last.ended_at if last is not None and over else None


def settle_turned(
    session: Session, mission: str, *, by: str, at: datetime, claim: str, why: str, ref: str | None = None
) -> int:
    """The head of mission decides by name that the approved text stands although a finding turned. Returns how many
    were settled."""
    head = members.head(session, mission)
    if head is None or by != head.code:
        raise Refused(f"only the head of mission settles this{f' ({head.code})' if head else ''}")
    if not why.strip():
        raise BadInput("settling a finding that turned needs a reason")
    if ref and audit.happened(session, mission, ref):
        return 0
    query = select(TurnedFinding).where(
        TurnedFinding.mission == mission, TurnedFinding.claim == claim, TurnedFinding.settled_at.is_(None)
    )
    open_ = session.scalars(query.order_by(TurnedFinding.id)).all()
    if not open_:
        raise NotFound(f"no turned finding of '{claim}' waits for a decision")
    for row in open_:
        row.settled_by, row.settled_at, row.settled_why = by, at, why
        last = row is open_[-1]
        audit.append(session, mission, by=by, at=at, act=TurnSettled(claim, row.verdict), ref=ref if last else None)
    return len(open_)
