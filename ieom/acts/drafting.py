"""Stage 5, statement drafting: versions that never change, edits, overrides by name, findings that turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import counting
from ieom.acts.delegation import recipient
from ieom.acts.grounds import Grounds, attested, gather
from ieom.acts.observation import last_close
from ieom.errors import BadInput, NotFound, Refused
from ieom.folder.claims import load_claims
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.mail.letters import Recipient, queue
from ieom.papers import wording
from ieom.records import audit, drafts, evidence, members, missions
from ieom.records.observation import Attestation, TurnedFinding
from ieom.records.statements import Override, ReadyMark, SetAside, StatementVersion
from ieom.rules import linter, statement
from ieom.rules.audit import GENESIS
from ieom.rules.linter import Finding
from ieom.rules.statement import Content
from ieom.rules.timeline import Stage, Standing, State, owes

SOFTWARE = "clock"


@dataclass(frozen=True)
class VersionWritten:
    """A version of the statement came to be."""

    number: int
    language: str
    kind: str
    content_hash: str
    evidence_digest: str


@dataclass(frozen=True)
class FindingOverridden:
    """A named person lets a sentence stand that the linter refuses."""

    sentence: str
    finding: str


@dataclass(frozen=True)
class IrregularitySetAside:
    """An irregularity that the statement does not mention was set aside by name."""

    claim: str


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
class FindingTurned:
    """A claim that a version states has another verdict now."""

    version_hash: str
    claim: str
    was: str
    verdict: str


@dataclass(frozen=True)
class TurnSettled:
    """The head of mission decided by name what becomes of a finding that turned."""

    claim: str
    verdict: str


def _content(grounds: Grounds, language: str, kind: str) -> Content:
    names, on = load_names(), grounds.mission.election_day
    preliminary = kind == "preliminary"
    return {
        "language": language,
        "kind": kind,
        "title": "STATEMENT",
        "mission_name": names.official("ieom", language, on=on)
        if "ieom" in names
        else "International Election Observation Mission",
        "organisation": names.official(grounds.mission.organisation, language, on=on),
        "election": grounds.mission.election.title,
        "place": names.short(grounds.mission.base_city, language, on=on),
        "date": on.isoformat(),
        "marking": "PRELIMINARY" if preliminary else "",
        "paragraphs": wording.paragraphs(grounds.facts, grounds.claims, grounds.verdicts, language=language),
        "annex": statement.annex(grounds.claims, grounds.verdicts, preliminary=preliminary),
        "cut_off": grounds.cut_off.isoformat(),
        "scope": grounds.facts["visited_phrase"],
    }


def _write(
    session: Session, mission: str, content: Content, *, by: str, at: datetime, digest: str, why: str,
    based_on: int | None, ref: str | None,
) -> StatementVersion:  # fmt: skip
    last = drafts.newest(session, mission, content["language"])
    head = audit.head(session, mission)
    row = StatementVersion(
        mission=mission, language=content["language"], number=(last.number if last else 0) + 1, kind=content["kind"],
        content=content, content_hash=statement.content_hash(content), evidence_digest=digest,
        cut_off=datetime.fromisoformat(content["cut_off"]), at=at, by=by, based_on=based_on, why=why,
        chain_head=head.hash if head else GENESIS,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = VersionWritten(row.number, row.language, row.kind, row.content_hash, digest)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    return row


def draft(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    why: str = "",
    language: str = "en",
    ref: str | None = None,
) -> StatementVersion:
    """Write a draft from the record as it is now. It is preliminary while the count is not finished."""
    if ref and audit.happened(session, mission, ref):
        return drafts.newest(session, mission, language) or _none()
    preliminary = not _count_done(session, mission, at)
    grounds = gather(session, mission, cut_off=at, preliminary=preliminary, language=language)
    if not grounds.facts["forms_total"]:
        raise Refused("no form has come in yet; a statement says only what observers recorded")
    last = drafts.newest(session, mission, language)
    kind = "preliminary" if preliminary else "supplement" if _released(session, mission) else "final"
    content = _content(grounds, language, kind)
    return _write(
        session, mission, content, by=by, at=at, digest=grounds.digest, why=why, ref=ref,
        based_on=last.number if last else None,
    )  # fmt: skip


def _none() -> StatementVersion:
    raise NotFound("there is no draft yet; 'ieom statement draft' writes one")


def _count_done(session: Session, mission: str, at: datetime) -> bool:
    row = missions.get(session, mission)
    return row.count_left_at is None and counting.advance(session, mission, at=at).done


def _released(session: Session, mission: str) -> bool:
    from ieom.records.releases import Release

    query = select(Release.id).where(Release.mission == mission, Release.status.in_(["going", "done"]))
    return session.scalars(query).first() is not None


def edit(
    session: Session, mission: str, *, by: str, at: datetime, paragraph: str, text: str, why: str = "", language: str = "en",
    after: str = "", ref: str | None = None,
) -> StatementVersion:  # fmt: skip
    """Another text for a paragraph (an empty one removes it; a new key with `after` adds one). This is a new version;
    sentences that stand unchanged keep what they rest on."""
    last = drafts.newest(session, mission, language) or _none()
    if ref and audit.happened(session, mission, ref):
        return last
    content: Content = {**last.content, "paragraphs": [dict(one) for one in last.content["paragraphs"]]}
    keys = [one["key"] for one in content["paragraphs"]]
    if paragraph in keys:
        place = keys.index(paragraph)
        if text.strip():
            content["paragraphs"][place] = statement.rebind(content["paragraphs"][place], text)
        else:
            del content["paragraphs"][place]
    elif after in keys and text.strip():
        fresh = statement.rebind({"key": paragraph, "kind": "edited", "sentences": [], "footnotes": []}, text)
        content["paragraphs"].insert(keys.index(after) + 1, fresh)
    else:
        raise NotFound(f"there is no paragraph '{paragraph}'; there are {', '.join(keys)}")
    if statement.content_hash(content) == last.content_hash:
        raise BadInput(f"paragraph '{paragraph}' has this text already")
    return _write(
        session, mission, content, by=by, at=at, digest=last.evidence_digest, why=why, based_on=last.number, ref=ref
    )


def lint(session: Session, mission: str, version: StatementVersion, *, at: datetime) -> list[Finding]:
    """What keeps this version from being asked approval for, by the record as it is now."""
    grounds = gather(session, mission, cut_off=at, preliminary=version.kind == "preliminary", language=version.language)
    return linter.findings(
        version.content, grounds.claims, grounds.verdicts, station_choice=grounds.mission.station_choice,
        overridden=drafts.overridden(session, mission), set_aside=drafts.set_aside(session, mission),
        conduct_attested="conduct" in grounds.attested,
    )  # fmt: skip


def override(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    finding: str,
    sentence: str,
    why: str,
    ref: str | None = None,
) -> None:
    """Let a sentence stand that the linter refuses, by name and for a reason. `sentence` is its text."""
    if not why.strip():
        raise BadInput("an override needs a reason")
    if ref and audit.happened(session, mission, ref):
        return
    digest = statement.sentence_hash(sentence)
    known = select(Override.id).where(
        Override.mission == mission, Override.sentence_hash == digest, Override.finding == finding
    )
    if session.scalars(known).first() is None:
        session.add(Override(mission=mission, sentence_hash=digest, finding=finding, by=by, why=why, at=at))
        audit.append(session, mission, by=by, at=at, act=FindingOverridden(digest, finding), ref=ref)


def set_aside(
    session: Session, mission: str, *, by: str, at: datetime, claim: str, why: str, ref: str | None = None
) -> None:
    """Set an observed irregularity aside, by name and for a reason: neither the statement nor its annex mentions it."""
    if claim not in {one.id for one in load_claims() if one.irregularity}:
        raise BadInput(f"'{claim}' is no claim about an irregularity")
    if not why.strip():
        raise BadInput("setting an irregularity aside needs a reason")
    if ref and audit.happened(session, mission, ref):
        return
    known = select(SetAside.id).where(SetAside.mission == mission, SetAside.question == claim)
    if session.scalars(known).first() is None:
        session.add(SetAside(mission=mission, question=claim, submission=0, by=by, why=why, at=at))
        audit.append(session, mission, by=by, at=at, act=IrregularitySetAside(claim), ref=ref)


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
    session.add(Attestation(mission=mission, claim=claim, by=by, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ClaimAttested(claim), ref=ref)


def ready(
    session: Session, mission: str, *, by: str, at: datetime, language: str = "en", ref: str | None = None
) -> StatementVersion:
    """Ask for approval of the newest version. Refused while the linter has findings."""
    row = drafts.newest(session, mission, language) or _none()
    if is_ready(session, mission, row.content_hash) or (ref and audit.happened(session, mission, ref)):
        return row
    found = lint(session, mission, row, at=at)
    if found:
        listed = "; ".join(f"{one.paragraph}: {one.says}" for one in found[:5])
        raise Refused(f"version {row.number} has {len(found)} open finding{'s' if len(found) > 1 else ''}: {listed}")
    session.add(ReadyMark(mission=mission, content_hash=row.content_hash, by=by, at=at))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ApprovalAsked(row.number, row.content_hash), ref=ref)
    return row


def is_ready(session: Session, mission: str, digest: str) -> ReadyMark | None:
    """The mark by which somebody asked for approval of this text."""
    query = select(ReadyMark).where(ReadyMark.mission == mission, ReadyMark.content_hash == digest)
    return session.scalars(query).one_or_none()


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
    open_ = session.scalars(
        select(TurnedFinding).where(
            TurnedFinding.mission == mission, TurnedFinding.claim == claim, TurnedFinding.settled_at.is_(None)
        )
    ).all()
    for row in open_:
        row.settled_by, row.settled_at, row.settled_why = by, at, why
        audit.append(
            session, mission, by=by, at=at, act=TurnSettled(claim, row.verdict), ref=ref if row is open_[-1] else None
        )
    return len(open_)


def _turned(
    session: Session, mission: str, row: StatementVersion, grounds: Grounds, at: datetime
) -> list[TurnedFinding]:
    """Note findings that turned since a version was written, and tell the head of mission once."""
    made = []
    for claim, was, now in statement.turned(row.content, grounds.verdicts):
        known = session.scalars(
            select(TurnedFinding.id).where(
                TurnedFinding.mission == mission, TurnedFinding.version_hash == row.content_hash,
                TurnedFinding.claim == claim, TurnedFinding.verdict == now,
            )
        ).first()  # fmt: skip
        if known is None:
            turn = TurnedFinding(
                mission=mission, version_hash=row.content_hash, claim=claim, was=was, verdict=now, at=at
            )
            session.add(turn)
            session.flush()
            audit.append(session, mission, by=SOFTWARE, at=at, act=FindingTurned(row.content_hash, claim, was, now))
            made.append(turn)
    head = members.head(session, mission)
    labels = {claim.id: claim.label for claim in grounds.claims}
    if head is not None and head.email:
        for turn in made:
            queue(
                session, mission, kind="finding_turned", occasion=f"turned:{row.content_hash[:16]}:{turn.claim}:{turn.verdict}",
                to=recipient(head), at=at,
                facts={"label": labels[turn.claim], "was": turn.was, "verdict": turn.verdict, "version": row.number,
                       "figures": grounds.verdicts[turn.claim]},
            )  # fmt: skip
    return made


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Write the first draft when the voting is over, renew an unedited one as forms come in, note what turns."""
    entry = missions.get(session, mission)
    if not owes(Stage.DRAFTING, entry.starts_at_stage):
        return Standing(Stage.DRAFTING, State.DONE, "The mission entered the system after this stage.")
    facts = missions.facts(session, mission)
    close = last_close(session, mission)
    opens = load_timeline().moment("drafting_opens", facts, last_close=close)
    row = drafts.newest(session, mission)
    _visited, forms = evidence.base(session, mission, cut_off=at)
    if row is None:
        if at < opens:
            return Standing(Stage.DRAFTING, State.NOT_DUE, "Drafting has not opened.", opens)
        if at < close or not forms:
            until = close if at < close else None
            return Standing(
                Stage.DRAFTING, State.WORKING, "The frame is open; findings wait for the forms.", until, ("drafter",)
            )
        row = draft(session, mission, by=SOFTWARE, at=at, why="first draft from the record")
    approved = _approved(session, mission)
    grounds = gather(session, mission, cut_off=at, preliminary=row.kind == "preliminary", language=row.language)
    by_software = row.by == SOFTWARE
    mark = is_ready(session, mission, row.content_hash)
    now_final = row.kind == "preliminary" and _count_done(session, mission, at)
    if approved is None and mark is None and by_software and (grounds.digest != row.evidence_digest or now_final):
        row = draft(session, mission, by=SOFTWARE, at=at, why="renewed: forms came in since")
        grounds = gather(session, mission, cut_off=at, preliminary=row.kind == "preliminary", language=row.language)
    _turned(session, mission, row, grounds, at)
    found = lint(session, mission, row, at=at)
    what = f"Version {row.number}{' (preliminary)' if row.kind == 'preliminary' else ''}"
    if mark is not None or approved is not None:
        return Standing(Stage.DRAFTING, State.DONE, f"{what}: approval was asked for.")
    if found:
        return Standing(
            Stage.DRAFTING, State.WORKING, f"{what}: {len(found)} findings to mend or answer for.", None, ("drafter",)
        )
    return Standing(
        Stage.DRAFTING, State.WORKING, f"{what}: no open finding; the drafter may ask for approval.", None, ("drafter",)
    )


def _approved(session: Session, mission: str) -> str | None:
    from ieom.records.approvals import ApprovalRound

    query = select(ApprovalRound.hashes).where(ApprovalRound.mission == mission, ApprovalRound.status == "approved")
    found = session.scalars(query.order_by(ApprovalRound.number.desc())).first()
    return next(iter(found.values())) if found else None


def tell(session: Session, mission: str, code: str) -> Recipient:
    """A member or an office as a letter's reader, by its code. Raises `NotFound`."""
    from ieom.records.delegation import Member

    member = session.get(Member, (mission, code))
    if member is not None:
        return recipient(member)
    office = next((one for one in missions.facts(session, mission).offices if one.code == code), None)
    if office is None:
        raise NotFound(f"there is no member or office '{code}'")
    return Recipient(
        office.email, office.office, salutation=office.salutation, name=f"{office.honorific} {office.name}".strip()
    )


def changed(old: StatementVersion | None, new: StatementVersion) -> Sequence[str]:
    """Keys of the paragraphs that differ between two versions."""
    before = {one["key"]: one["text"] for one in old.content["paragraphs"]} if old else {}
    after = {one["key"]: one["text"] for one in new.content["paragraphs"]}
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]
