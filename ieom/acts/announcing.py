"""Releases with a text of their own: arrival, media advisory, mid-mission, clarification, withdrawal, and the holding line
after a leak. Prepared by one, approved by the head of mission by its hash (a withdrawal by a second approver too), sent
by another than who prepared it. Another text is another release, and begins without approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ieom.acts import releasing
from ieom.acts.approvers import approvers, digest_of, lacks
from ieom.acts.bearing import record
from ieom.acts.published import texts
from ieom.acts.signing import announced
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.mail.writing import LANGUAGES
from ieom.papers.announcement import announcement_pdf
from ieom.records import audit, missions, releases
from ieom.records.releases import Release, ReleaseApproval
from ieom.rules import consistency, own_text
from ieom.rules.assessing import assessments
from ieom.rules.lettering import unfit
from ieom.rules.release import ABOUT, CARRIES, ENDED, OWN
from ieom.rules.statement import split_sentences

__all__ = ["approve", "lacks", "noticed", "text_of", "write"]

LARGEST = 100_000
"""Bytes of a text file."""


@dataclass(frozen=True)
class ReleaseApproved:
    """Somebody approved a release with a text of its own, by its hash."""

    number: int
    digest: str


def text_of(path: Path | str) -> str:
    """The text of a file. Raises `BadInput` for one that can't be read, is not UTF-8, or is too long."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise BadInput(f"{path} is no file with a text")  # a pipe would be waited for
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode()
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}; save it as UTF-8") from error
    if len(data) > LARGEST:
        raise BadInput(f"{path} is too long: at most {LARGEST:,} bytes are taken")
    return text


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        title, paragraphs = own_text.read(text)
    except ValueError as problem:
        raise BadInput(f"{where}: {problem}") from None
    return {"title": title, "paragraphs": paragraphs}


def write(
    session: Session, mission: str, *, by: str, at: datetime, kind: str, texts: Mapping[str, str],
    concerns: int | None = None, not_before: datetime | None = None, go: str = "by_time", ref: str | None = None,
) -> Release:  # fmt: skip
    """Prepare a release of `kind` from its texts (language -> first line the title, a blank line, paragraphs); the
    mission's first language must be among them. `concerns` is the number of the release that it clarifies or withdraws
    (left out: the only public one that still stands), `not_before` its embargo (UTC). One of this kind that has not gone
    is dropped for it, and with it its approvals. Raises `Refused` naming each sentence that assesses or reports a finding."""
    missions.lock_anew(session, mission)
    if ref and audit.happened(session, mission, ref):
        return releasing.chosen(session, mission, None)
    if kind not in OWN:
        other = "it is prepared from what was approved" if kind in CARRIES else f"they are {', '.join(sorted(OWN))}"
        command = "'ieom release prepare' makes it" if kind in CARRIES else ""
        raise BadInput(f"'{kind}' is no release with a text of its own; {other}", command=command)
    if go not in releasing.GOES:
        raise BadInput(f"'{go}' is neither by_time nor by_hand")
    if not_before is not None and not_before.tzinfo is None:
        raise BadInput(f"the time {not_before.isoformat()} has no zone; give it one")
    facts = missions.facts(session, mission)
    told = {language: _read(text, f"the text in '{language}'") for language, text in texts.items()}
    _check_languages(told, facts.languages[0])
    concerned = _concerned(session, mission, kind, concerns)
    _check_sentences(session, mission, told)
    for row in releases.of(session, mission):
        if row.kind == kind and row.started_at is None and row.status not in ENDED:
            releasing.drop(session, row, by=by, at=at)
    hashes = {language: own_text.text_hash(one["title"], one["paragraphs"]) for language, one in told.items()}
    papers: dict[str, bytes] = {}
    for language, one in told.items():
        papers[f"press-release-{language}.txt"] = own_text.canonical(one["title"], one["paragraphs"]).encode()
        papers[f"press-release-{language}.pdf"] = announcement_pdf(
            facts, kind=kind, language=language, digest=hashes[language], at=at, seal=announced(session, mission), **one
        )
    row = Release(
        kind=kind, texts=told, hashes=hashes, concerns=concerned.id if concerned else None, not_before=not_before, go=go
    )
    return releasing.add(session, mission, row, papers, by=by, at=at, ref=ref)


def _check_languages(told: Mapping[str, dict[str, Any]], first: str) -> None:
    if first not in told:
        raise BadInput(f"the text in '{first}', the mission's first language, is missing")
    strange = sorted(set(told) - {*LANGUAGES, first})
    if strange:
        raise BadInput(f"'{strange[0]}' is not one of the languages of letters: {', '.join(LANGUAGES)}")
    for language, one in told.items():
        odd = unfit("\n".join([one["title"], *one["paragraphs"]]), language)
        if odd:
            raise BadInput(f"the text in '{language}' is not in that language's letters: {odd}")
    for language in set(told) - {first}:
        wrong = own_text.unlike(
            [told[first]["title"], *told[first]["paragraphs"]], [told[language]["title"], *told[language]["paragraphs"]]
        )
        if wrong:
            raise BadInput(f"the text in '{language}' does not match the one in '{first}': {'; '.join(wrong)}")


def _concerned(session: Session, mission: str, kind: str, number: int | None) -> Release | None:
    if kind not in ABOUT:
        if number is not None:
            raise BadInput(f"a release of kind '{kind.replace('_', ' ')}' concerns no other one")
        return None
    out = [row for row in releases.published(session, mission) if kind != "withdrawal" or row.kind != "withdrawal"]
    stand = [row for row in out if not releases.outdated(session, kind, row)]
    if number is None and len(stand) > 1:
        which = ", ".join(f"{row.number} ({row.kind.replace('_', ' ')})" for row in stand)
        raise BadInput(
            f"several releases are public; say which one this {kind} is about: {which}", command="'--concerns' says it"
        )
    found = [releases.one(session, mission, number)] if number is not None else stand or out
    row = found[-1] if found else None
    if row is None or not releases.public(session, row):
        raise Refused(f"nothing is public that a {kind} could concern")
    why = releases.outdated(session, kind, row)
    if why:
        raise Refused("; ".join(why))
    return row


def _check_sentences(session: Session, mission: str, told: Mapping[str, dict[str, Any]]) -> None:
    """No sentence of a text of its own assesses, save one that a public statement says word for word."""
    said: dict[str, list[str]] = {}
    for row in releases.published(session, mission):
        if row.kind in CARRIES and not releases.withdrawn(session, row.id):
            for language, text in texts(session, row).items():
                said.setdefault(language, []).extend(
                    sentence for paragraph in text.paragraphs for sentence in split_sentences(paragraph)
                )
    wrong = [
        f"({language}) “{sentence}” – {why}"
        for language, one in told.items()
        for sentence, why in assessments(
            [one["title"], *one["paragraphs"]], language=language, said=said.get(language, ())
        )
    ]
    if wrong:
        raise Refused(
            "this text says what only the approved statement may say. "
            f"{'; '.join(wrong)}. Say of the Mission what it is and will do, and where it can be reached, in the "
            "present or the future, without a word on the voting; a finding stands only in the words of a statement that is public"
        )


def noticed(session: Session, mission: str, row: Release) -> list[str]:
    """What the record does not bear out in a text of its own: names, dates and places to look at before it is approved."""
    known = record(session, mission)
    one = row.texts.get("en")
    if one is None:
        return []
    slips = consistency.check(own_text.canonical(one["title"], one["paragraphs"]), known)
    return [f"'{slip.found}': {slip.says}" for slip in slips]


def approve(
    session: Session, mission: str, *, by: str, at: datetime, number: int | None = None, version_hash: str = "",
    ref: str | None = None,
) -> Release:  # fmt: skip
    """The head of mission (or the deputy named in the rule) approves a release with a text of its own by its hash, of
    which at least 12 characters are given; of a withdrawal another approver of the round does too."""
    missions.lock_anew(session, mission)
    waiting = [row for row in releases.of(session, mission) if row.kind in OWN and row.started_at is None]
    waiting = [row for row in waiting if row.status not in ENDED]
    if number is not None:
        row = releases.one(session, mission, number)
    elif len(waiting) == 1:
        row = waiting[0]
    else:
        which = ", ".join(f"{one.number} ({one.kind.replace('_', ' ')})" for one in waiting)
        raise NotFound(f"say which release by its number: {which}" if waiting else "no release waits for approval")
    if ref and audit.happened(session, mission, ref):
        return row
    if row.kind in CARRIES:
        raise Refused("a statement is approved in a round, not here", command="'ieom approve' does")
    if row.status == "dropped":
        raise Refused(f"release {row.number} was dropped for a newer one; read that")
    if releases.public(session, row):
        raise Refused(f"release {row.number} has gone")
    wanted = digest_of(session, row)
    if len(version_hash) < 12 or not wanted.startswith(version_hash):
        raise Refused(
            f"release {row.number} has the hash {wanted[:16]}…, not {version_hash[:16] or 'none'}: read that one first",
            command=f"'ieom release show --number {row.number}' shows it",
        )
    if by == row.prepared_by:
        raise Refused(f"{by} prepared this release; another person approves it")
    heads, seats = approvers(session, mission, row)
    if by not in heads and not (row.kind == "withdrawal" and any(by in seat for seat in seats)):
        who = "the head of mission" + (" or another approver of the round" if row.kind == "withdrawal" else "")
        raise Refused(f"a release of kind '{row.kind.replace('_', ' ')}' is approved by {who}, not by {by}")
    if any(one.by == by for one in releases.approvals(session, row.id)):
        raise Conflict(f"{by} has approved release {row.number} already")
    session.add(ReleaseApproval(release=row.id, by=by, at=at, digest=wanted))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=ReleaseApproved(row.number, wanted), ref=ref)
    return row
