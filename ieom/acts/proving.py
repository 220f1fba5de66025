"""The papers of a release: made from the approved text, and proved byte for byte before anything goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts import audit as chain
from ieom.acts.press import release_of
from ieom.acts.rounds import approved_round, proven, rule_of, seats
from ieom.acts.signing import announced
from ieom.errors import Tampered
from ieom.folder.announcing import announced_in
from ieom.papers import store
from ieom.papers.press_release import corrected, press_release_pdf, press_release_txt
from ieom.papers.statement import statement_docx, statement_pdf, statement_txt
from ieom.records import audit, drafts, missions, releases
from ieom.records.approvals import ApprovalRound
from ieom.records.releases import Release, approvals
from ieom.records.statements import StatementVersion
from ieom.rules import own_text
from ieom.rules.approval import Cast, unheard_of
from ieom.rules.difference import Replaced, replaced
from ieom.rules.hearing import Heard, heard
from ieom.rules.hearing import unheard_of as unheard_release
from ieom.rules.release import OWN
from ieom.rules.statement import canonical
from ieom.settings import settings


def folder(mission: str, number: int) -> Path:
    """Where a release's papers lie."""
    return settings().state_dir / "papers" / mission / f"release-{number}"


def papers_of(
    session: Session, mission: str, version: StatementVersion, *, at: datetime, corrects: Release | None = None
) -> dict[str, bytes]:
    """The papers of one language, as they are made at `at` (UTC) from the stored text: the same gives the same bytes.
    Those of a correction say which release they correct. In a language that has no words for a press release there is
    none: that in the first language carries the statement to its readers."""
    facts = missions.facts(session, mission)
    language, zone, about = version.language, facts.zone, _about(version, facts.zone)
    seal = announced(session, mission)
    papers = {
        f"statement-{language}.pdf": statement_pdf(version.content, **about, at=version.at, seal=seal),
        f"statement-{language}.docx": statement_docx(version.content, **about, at=version.at),
        f"statement-{language}.txt": statement_txt(version.content),
    }
    if not announced_in(language):
        return papers
    text = release_of(session, mission, version, at=at)
    if corrects is not None and corrects.started_at is not None and releases.public(session, corrects):
        changes = changed_since(session, corrects, version)
        text = corrected(text, language, at=corrects.started_at, zone=zone, changes=changes)
    contact = f"{facts.release.from_name}, {facts.release.reply_to}"
    return papers | {
        f"press-release-{language}.pdf": press_release_pdf(
            version.content, text, **about, at=version.at, contact=contact, seal=seal
        ),
        f"press-release-{language}.txt": press_release_txt(version.content, text),
    }


def changed_since(session: Session, before: Release, version: StatementVersion) -> list[Replaced]:
    """The paragraphs that a text changed against what an earlier release said in its language; none where that one had no
    text in it."""
    digest = before.hashes.get(version.language)
    if digest is None:
        return []
    old = drafts.by_hash(session, before.mission, digest, until=before.prepared_at)
    was, now = ([(one["key"], str(one["text"])) for one in row.content["paragraphs"]] for row in (old, version))
    return replaced(was, now)


def _about(version: StatementVersion, zone: str) -> dict[str, Any]:
    return {
        "number": version.number, "digest": version.content_hash, "chain_head": version.chain_head, "zone": zone
    }  # fmt: skip


def working_copy(
    session: Session, mission: str, version: StatementVersion, *, office: str, author: str, remarks: Mapping[str, Sequence[str]]
) -> dict[str, bytes]:  # fmt: skip
    """A version as PDF and Word for those who work on it, marked as a copy for `office` and not for publication. In Word,
    `remarks` by paragraph stand beside the text as comments of `author`."""
    about = {**_about(version, missions.facts(session, mission).zone), "copy_for": office, "at": version.at}
    name = f"statement-{version.language}-version-{version.number}"
    return {
        f"{name}.pdf": statement_pdf(version.content, **about),
        f"{name}.docx": statement_docx(version.content, **about, author=author, remarks=remarks),
    }


def papers_of_translation(session: Session, mission: str, version: StatementVersion) -> dict[str, bytes]:
    """The papers of an unofficial translation: the statement alone, marked as what it is."""
    zone, language = missions.facts(session, mission).zone, version.language
    return {
        f"statement-{language}.pdf": statement_pdf(
            version.content, **_about(version, zone), at=version.at, seal=announced(session, mission)
        ),
        f"statement-{language}.txt": statement_txt(version.content),
    }


def translations(session: Session, mission: str, round_: ApprovalRound) -> tuple[list[StatementVersion], list[str]]:
    """Unofficial translations of exactly the approved text, and languages whose translation is of another version."""
    of_it, of_others = [], []
    spoken = select(StatementVersion.language).where(StatementVersion.mission == mission).distinct()
    for language in sorted(set(session.scalars(spoken)) - set(round_.hashes)):
        row = drafts.newest(session, mission, language)
        if row is not None and row.content.get("translation_of") in round_.hashes.values():
            of_it.append(row)
        else:
            of_others.append(language)
    return of_it, of_others


def witnessed(session: Session, mission: str, round_: ApprovalRound) -> None:
    """The approval itself, against the chain of acts: that it was given, by those whose decisions the records hold, on
    this text. Raises `Tampered`."""
    wrong = chain.faults(session, mission)
    acts = ((row.act, row.what) for row in audit.rows(session, mission))
    cast = [
        Cast(
            seat.who, made.decision, made.hashes, recorded=made.channel in {"telephone", "paper"}, channel=made.channel
        )
        for seat, state, made in seats(session, round_)
        if made is not None and state.counts
    ]
    wrong += unheard_of(acts, round_.number, round_.hashes, cast, rule=rule_of(session, round_))
    if wrong:
        raise Tampered(
            f"the records say that a text is approved, and the chain of acts does not: {'; '.join(wrong)}. Nothing was "
            "released: look at the record of acts and at the approvals",
            command="'ieom audit verify' and 'ieom approval status' show both",
        )


def keep(mission: str, number: int, papers: Mapping[str, bytes]) -> dict[str, str]:
    """File a release's papers; returns their hashes by name, which are fixed from then on."""
    return {name: store.write(folder(mission, number) / name, data) for name, data in papers.items()}


def chain_of(session: Session, row: Release) -> Heard | None:
    """What the chain of acts says of a release."""
    acts = ((one.by, one.at, one.act, one.what) for one in audit.rows(session, row.mission))
    return heard(acts, row.number)


def told(session: Session, row: Release) -> None:
    """The release's row against the chain of acts: its kind, texts, papers, embargo, who prepared, approved and sent
    it. Raises `Tampered`."""
    facts, press = missions.facts(session, row.mission), row.press_conference_at
    wrong = chain.faults(session, row.mission) + unheard_release(
        chain_of(session, row), facts_of(session, row), {one.by: one.digest for one in approvals(session, row.id)},
        status=row.status,
        sooner=press is not None and press < facts.moment(facts.release.press_conference),
    )  # fmt: skip
    if row.id in {one.id for one in releases.misdated(session, row.mission)}:
        wrong.append("when it began is another than its acts say")
    if wrong:
        raise Tampered(
            f"release {row.number} is not as the chain of acts tells it: {'; '.join(wrong)}. Nothing was released: "
            "look at the record of acts and at the release",
            command="'ieom audit verify' and 'ieom release status' show both",
        )


def facts_of(session: Session, row: Release) -> dict[str, Any]:
    """What of a release's row stands in its acts, as they hold it."""
    concerned = session.get(Release, row.concerns) if row.concerns is not None else None
    return {
        "kind": row.kind,
        "hashes": dict(row.hashes),
        "translations": dict(row.translations),
        "papers": dict(row.papers),
        "concerns": concerned.number if concerned else None,
        "not_before": row.not_before.isoformat() if row.not_before else None,
        "press_conference": row.press_conference_at.isoformat() if row.press_conference_at else None,
        "go": row.go,
        "prepared_by": row.prepared_by,
        "sent_by": row.sent_by,
        "early_by": row.early_by,
        "early_agreed_by": row.early_agreed_by,
    }


def prove(session: Session, mission: str, row: Release) -> dict[str, bytes]:
    """The release and its approval compared with the chain of acts; every paper read back and compared: with its hash,
    and with what the approved text gives anew. Raises `Tampered`, and nothing is released."""
    told(session, row)
    if row.kind in OWN:
        return _own_papers(session, row)
    round_ = approved_round(session, mission)
    if round_ is None or round_.hashes != row.hashes:
        raise Tampered("the release was prepared from another text than the one approved; prepare it again")
    witnessed(session, mission, round_)
    found: dict[str, bytes] = {}
    unofficial = [drafts.by_hash(session, mission, digest) for digest in row.translations.values()]
    for version in (*proven(session, mission, round_), *unofficial):
        text = canonical(version.content).encode()
        for name in (n for n in row.papers if f"-{version.language}." in n):
            found[name] = _read(row, name)
        if found.get(f"statement-{version.language}.txt") != text:
            raise Tampered("the statement's text is not the one approved; nothing was released")
        if version in unofficial or f"press-release-{version.language}.txt" not in row.papers:
            continue  # which papers there are is fixed in the chain of acts
        if not found.get(f"press-release-{version.language}.txt", b"").endswith(text):
            raise Tampered("the press release does not end with the approved text; nothing was released")
    return found


def _read(row: Release, name: str) -> bytes:
    path = folder(row.mission, row.number) / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Tampered(f"{path} can't be read ({error.strerror}); nothing was released") from error
    if store.sha256(data) != row.papers[name]:
        raise Tampered(f"{path} is not the paper that was prepared from the approved text; nothing was released")
    return data


def _own_papers(session: Session, row: Release) -> dict[str, bytes]:
    """The papers of a release with a text of its own; the text in its row is the one whose hash was approved."""
    found = {name: _read(row, name) for name in row.papers}
    for language, one in row.texts.items():
        text = own_text.canonical(one["title"], one["paragraphs"])
        same = row.hashes.get(language) == own_text.text_hash(one["title"], one["paragraphs"])
        if not same or found.get(f"press-release-{language}.txt") != text.encode():
            raise Tampered("the release's text is not the one approved; nothing was released")
    if set(row.texts) != set(row.hashes):
        raise Tampered("the release has a text that nobody approved; nothing was released")
    return found


def stored(row: Release) -> dict[str, bytes]:
    """A release's papers as they lie there, each compared with its hash. Raises `Tampered`."""
    return {name: _read(row, name) for name in row.papers}
