"""Stage 7, distribution: what is released is, byte for byte, what was approved, or nothing is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ieom.acts import approval, grounds
from ieom.acts.bearing import record
from ieom.acts.observation import last_close
from ieom.errors import BadInput, NotFound, Refused, Tampered
from ieom.mail.letters import Attachment, Recipient, queue, queue_many
from ieom.papers import store
from ieom.papers.press_release import press_release_pdf, press_release_txt, release_text
from ieom.papers.statement import statement_docx, statement_pdf, statement_txt
from ieom.records import audit, drafts, letters, missions
from ieom.records.approvals import ApprovalRound
from ieom.records.letters import Letter
from ieom.records.media import MediaContact
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.rules import consistency
from ieom.rules.release import Readiness, embargo_until, reasons_not_to
from ieom.rules.statement import canonical
from ieom.rules.timeline import Stage, Standing, State
from ieom.settings import settings


@dataclass(frozen=True)
class ReleasePrepared:
    """The papers of a release were made; their hashes are fixed."""

    number: int
    kind: str
    hashes: dict[str, str]
    papers: dict[str, str]


@dataclass(frozen=True)
class ReleaseGo:
    """Somebody else than who prepared it said go; the embargo still holds."""

    number: int


@dataclass(frozen=True)
class ReleaseStarted:
    """Letters to the media were queued."""

    number: int
    letters: int


@dataclass(frozen=True)
class ReleaseStopped:
    """The release was stopped, or goes on again."""

    number: int
    status: str


@dataclass(frozen=True)
class ReleaseDone:
    """Every letter of the release has come to an end."""

    number: int
    outcomes: dict[str, int]


def newest(session: Session, mission: str) -> Release | None:
    """The newest release."""
    query = select(Release).where(Release.mission == mission).order_by(Release.number.desc()).limit(1)
    return session.scalars(query).one_or_none()


def folder(mission: str, number: int) -> Path:
    """Where a release's papers lie."""
    return settings().state_dir / "papers" / mission / f"release-{number}"


def _papers(session: Session, mission: str, version: StatementVersion) -> dict[str, bytes]:
    """The papers of one language, made anew from the stored text: the same text gives the same bytes."""
    facts = missions.facts(session, mission)
    language, zone = version.language, facts.zone
    about: dict[str, Any] = {
        "number": version.number,
        "digest": version.content_hash,
        "chain_head": version.chain_head,
        "zone": zone,
    }
    gathered = grounds.gather(
        session, mission, cut_off=version.cut_off, preliminary=version.kind == "preliminary", language=language
    )
    text = release_text(
        version.content, gathered.facts, press_conference=facts.moment(facts.release.press_conference), zone=zone
    )
    _check(session, mission, version, text.plain)
    contact = f"{facts.release.from_name}, {facts.release.reply_to}"
    return {
        f"statement-{language}.pdf": statement_pdf(version.content, **about, at=version.at),
        f"statement-{language}.docx": statement_docx(version.content, **about, at=version.at),
        f"statement-{language}.txt": statement_txt(version.content),
        f"press-release-{language}.pdf": press_release_pdf(
            version.content, text, **about, at=version.at, contact=contact
        ),
        f"press-release-{language}.txt": press_release_txt(version.content, text),
    }


def _check(session: Session, mission: str, version: StatementVersion, release: str) -> None:
    """The release against the statement and the record. Raises `Refused` with everything that is wrong."""
    known = record(session, mission)
    body = "\n\n".join(one["text"] for one in version.content["paragraphs"])
    slips = consistency.check(release, known) + consistency.against_statement(
        release, body, states=sorted(known.states)
    )
    if slips:
        raise Refused(
            "the press release can't go as it is: " + "; ".join(f"'{slip.found}': {slip.says}" for slip in slips)
        )


def prepare(
    session: Session, mission: str, *, by: str, at: datetime, kind: str = "statement", ref: str | None = None
) -> Release:
    """Make the papers of the approved text and fix their hashes. One prepares, another sends."""
    if ref and audit.happened(session, mission, ref):
        return newest(session, mission) or _none()
    round_ = approval.approved_round(session, mission)
    if round_ is None:
        raise Refused("no text is approved; 'ieom approval status' shows who is waited for")
    last = newest(session, mission)
    if last is not None and last.round == round_.id and last.hashes == round_.hashes:
        return last
    number = (last.number if last else 0) + 1
    papers = {}
    for version in approval.proven(session, mission, round_):
        for name, data in _papers(session, mission, version).items():
            papers[name] = store.write(folder(mission, number) / name, data)
    facts = missions.facts(session, mission)
    row = Release(
        mission=mission, number=number, kind=kind, round=round_.id, hashes=dict(round_.hashes), papers=papers,
        prepared_by=by, prepared_at=at, press_conference_at=facts.moment(facts.release.press_conference), status="prepared",
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append(
        session, mission, by=by, at=at, act=ReleasePrepared(number, kind, dict(round_.hashes), papers), ref=ref
    )
    return row


def _none() -> Release:
    raise NotFound("no release is prepared; 'ieom release prepare' does")


def go(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> Release:
    """Say go. It leaves when the embargo ends; with 'go by hand' not before this."""
    row = newest(session, mission) or _none()
    if row.sent_by is not None or (ref and audit.happened(session, mission, ref)):
        return row
    if by == row.prepared_by:
        raise Refused(f"{by} prepared this release; another person sends it")
    row.sent_by = by
    audit.append(session, mission, by=by, at=at, act=ReleaseGo(row.number), ref=ref)
    return row


def stop(session: Session, mission: str, *, by: str, at: datetime, why: str = "", ref: str | None = None) -> Release:
    """Stop the release: letters not yet handed over stay where they are."""
    row = newest(session, mission) or _none()
    if row.status == "done":
        raise Refused("the release is done; nothing is left to stop")
    if row.status != "stopped" and not (ref and audit.happened(session, mission, ref)):
        row.status, row.held_why = "stopped", why
        letters.stop(session, row.id)
        audit.append(session, mission, by=by, at=at, act=ReleaseStopped(row.number, "stopped"), ref=ref)
    return row


def go_on(session: Session, mission: str, *, by: str, at: datetime, ref: str | None = None) -> Release:
    """Go on after a stop, from where it stopped; never from the beginning."""
    row = newest(session, mission) or _none()
    if row.status not in {"stopped", "held"}:
        raise Refused(f"the release is {row.status}; there is nothing to go on with")
    if not (ref and audit.happened(session, mission, ref)):
        row.status = "going" if row.started_at else "prepared"
        row.held_why = ""
        letters.go_on(session, row.id, at=at)
        audit.append(session, mission, by=by, at=at, act=ReleaseStopped(row.number, row.status), ref=ref)
    return row


def readiness(session: Session, mission: str, row: Release | None) -> Readiness:
    """What is known of the release."""
    facts = missions.facts(session, mission)
    round_ = approval.approved_round(session, mission)
    unsettled = 0
    if round_ is not None:
        unsettled = sum(len(drafts.unsettled(session, mission, digest)) for digest in round_.hashes.values())
    return Readiness(
        approved=round_ is not None and (row is None or row.hashes == round_.hashes),
        prepared=row is not None,
        last_close=last_close(session, mission),
        press_conference=facts.moment(facts.release.press_conference),
        go=facts.release.go,
        sent_by=row.sent_by if row else None,
        prepared_by=row.prepared_by if row else None,
        unsettled=unsettled,
        status=row.status if row else "",
    )


def _prove(session: Session, mission: str, row: Release) -> dict[str, bytes]:
    """Every paper read back and compared: with its hash, and with what the approved text gives anew. Raises
    `Tampered`, and nothing is released."""
    round_ = approval.approved_round(session, mission)
    if round_ is None or round_.hashes != row.hashes:
        raise Tampered("the release was prepared from another text than the one approved; prepare it again")
    found: dict[str, bytes] = {}
    for version in approval.proven(session, mission, round_):
        text = canonical(version.content).encode()
        for name in (n for n in row.papers if f"-{version.language}." in n):
            path = folder(mission, row.number) / name
            try:
                data = path.read_bytes()
            except OSError as error:
                raise Tampered(f"{path} can't be read ({error.strerror}); nothing was released") from error
            if store.sha256(data) != row.papers[name]:
                raise Tampered(
                    f"{path} is not the paper that was prepared from the approved text; nothing was released"
                )
            found[name] = data
        if found.get(f"statement-{version.language}.txt") != text:
            raise Tampered("the statement's text is not the one approved; nothing was released")
        if not found.get(f"press-release-{version.language}.txt", b"").endswith(text):
            raise Tampered("the press release does not end with the approved text; nothing was released")
    return found


def _queue(session: Session, mission: str, row: Release, papers: dict[str, bytes], at: datetime) -> int:
    facts = missions.facts(session, mission)
    contacts = session.scalars(
        select(MediaContact).where(MediaContact.mission == mission).order_by(MediaContact.email)
    ).all()
    versions = {v.language: v for v in approval.proven(session, mission, session.get_one(ApprovalRound, row.round))}
    count = 0
    for language in sorted(
        {contact.language if contact.language in versions else facts.languages[0] for contact in contacts}
    ):
        version = versions[language]
        told = _told(version, language, facts.languages)
        attachments = [
            Attachment(name, "application/pdf", papers[name])
            for name in (f"press-release-{language}.pdf", f"statement-{language}.pdf")
        ]
        there = [
            (Recipient(c.email, c.outlet, c.language, c.salutation, c.name), told)
            for c in contacts
            if (c.language if c.language in versions else facts.languages[0]) == language
        ]
        count += queue_many(
            session, mission, kind="release", occasion=f"release:{row.number}", to=there, at=at,
            due_at=embargo_until(readiness(session, mission, row)), attachments=attachments, release=row.id,
        )  # fmt: skip
    official = {
        office.email: Recipient(office.email, office.office, salutation=office.salutation)
        for office in facts.offices
        if office.email
        and office.body in {facts.invitation.from_body} | {o.body for o in facts.offices if o.body.endswith("-cec")}
        and office.body != facts.organisation
    }
    official |= {
        state.contact_email: Recipient(state.contact_email, state.contact_office, salutation="Excellency")
        for state in facts.states
        if not state.withdrew_on
    }
    language = facts.languages[0]
    version = versions[language]
    for to in official.values():
        made = queue(
            session, mission, kind="release_official", occasion=f"release:{row.number}", to=to, at=at,
            facts=_told(version, language, facts.languages), release=row.id,
            attachments=[Attachment(f"statement-{language}.pdf", "application/pdf", papers[f"statement-{language}.pdf"])],
        )  # fmt: skip
        count += made is not None
    return count


def _told(version: StatementVersion, language: str, authentic: tuple[str, ...]) -> dict[str, object]:
    own = {one["key"]: one["text"] for one in version.content["paragraphs"]}
    return {
        "quote": own.get("conclusion") or own.get("voting") or next(iter(own.values())),
        "hash": version.content_hash,
        "marking": version.content["marking"],
        "unofficial": language not in authentic,
        "statement": canonical(version.content),
        "paragraphs": [one["text"] for one in version.content["paragraphs"]],
        "title": f"Statement on the {version.content['election']}",
    }


def advance(session: Session, mission: str, *, at: datetime) -> Standing:
    """Release what was approved when nothing speaks against it, and say how far it is; idempotent."""
    row = newest(session, mission)
    known = readiness(session, mission, row)
    if row is not None and row.status in {"going", "done"}:
        return _progress(session, mission, row, at)
    why = reasons_not_to(known, at)
    embargo = embargo_until(known)
    if why or row is None:
        until = min((m for m in (known.last_close, known.press_conference) if m > at), default=None)
        if not known.approved and row is None:
            return Standing(
                Stage.DISTRIBUTION, State.NOT_DUE, "Waits for the approval.", until if at >= known.last_close else None
            )
        state = State.HELD if known.status in {"stopped", "held"} or known.unsettled else State.WAITING
        if row is not None and row.held_why:
            why.append(row.held_why)
        return Standing(
            Stage.DISTRIBUTION, state, f"Not yet: {'; '.join(why)}.", embargo if embargo > at else None, _waits(known)
        )
    papers = _prove(session, mission, row)
    count = _queue(session, mission, row, papers, at)
    row.status, row.started_at = "going", at
    audit.append(session, mission, by="clock", at=at, act=ReleaseStarted(row.number, count))
    return _progress(session, mission, row, at)


def _waits(known: Readiness) -> tuple[str, ...]:
    return ("press-officer",) if known.approved and (not known.prepared or known.sent_by is None) else ()


ENDED = {"sent", "refused", "cancelled"}


def ledger(session: Session, row: Release) -> Counter[str]:
    """How many letters of a release are in which state."""
    query = select(Letter.state, func.count()).where(Letter.release == row.id).group_by(Letter.state)
    return Counter(dict(session.execute(query).tuples().all()))


def _progress(session: Session, mission: str, row: Release, at: datetime) -> Standing:
    states = ledger(session, row)
    total, sent = sum(states.values()), states["sent"]
    rest = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()) if state != "sent")
    says = f"Sent {sent} of {total}" + (f"; {rest}." if rest else ".")
    if row.status == "going" and all(state in ENDED for state in states):
        row.status, row.done_at = "done", at
        audit.append(session, mission, by="clock", at=at, act=ReleaseDone(row.number, dict(states)))
    if row.status == "done":
        return Standing(Stage.DISTRIBUTION, State.DONE, says)
    if states["in_doubt"] or states["late"]:
        return Standing(Stage.DISTRIBUTION, State.WAITING, says, None, ("press-officer",))
    return Standing(Stage.DISTRIBUTION, State.WORKING, says)


def test_to(session: Session, mission: str, *, by: str, at: datetime, email: str) -> Letter | None:
    """Send the release's letter to one's own address, marked as a test; nothing else is touched."""
    row = newest(session, mission) or _none()
    facts = missions.facts(session, mission)
    if email not in {office.email for office in facts.offices}:
        raise BadInput(f"{email} belongs to no office of the mission; a test goes to ourselves alone")
    papers = _prove(session, mission, row)
    language = facts.languages[0]
    version = approval.proven(session, mission, session.get_one(ApprovalRound, row.round))[0]
    told = {**_told(version, language, facts.languages), "marking": "TEST"}
    return queue(
        session, mission, kind="release", occasion=f"test:{row.number}:{at.isoformat()}", to=Recipient(email, "Test"), at=at,
        facts=told, attachments=[
            Attachment(name, "application/pdf", papers[name])
            for name in (f"press-release-{language}.pdf", f"statement-{language}.pdf")
        ],
    )  # fmt: skip
