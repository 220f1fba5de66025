"""What a file that somebody holds is to us: ours and unchanged, ours with a later version, changed after signing, or not
ours. Of a release that is not public yet a stranger learns nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Tampered
from ieom.papers import certificates
from ieom.records import drafts, missions, releases
from ieom.records.audit import AuditRow
from ieom.records.releases import Release
from ieom.rules.release import CARRIES
from ieom.rules.verifying import Answer, Later, Paper, Signed, Verdict, likenesses

if TYPE_CHECKING:
    from ieom.papers.signatures import Signature

__all__ = ["Answer", "unknown", "verify"]

LARGEST = 32_000_000
"""Bytes of a file that is read whole; of a larger one the hash alone is taken."""
KINDS = {
    "arrival": "arrival release", "advisory": "media advisory", "mid_mission": "mid-mission release", "statement": "statement",
    "clarification": "clarification", "correction": "correction", "withdrawal": "withdrawal", "holding": "holding line",
}  # fmt: skip
"""Kinds of release in words."""
NAMED = re.compile(r"(?P<what>.+)-(?P<language>[a-z]{2,3})\.(?P<form>\w+)")


@dataclass(frozen=True)
class _Prepared:
    """A release, and its papers' hashes as the chain of acts has them."""

    row: Release
    papers: dict[str, str]
    signed: dict[str, str] = field(default_factory=dict)
    public: bool = False


def verify(session: Session, source: Path | bytes, *, public: bool = True) -> Answer:
    """Say what a file is, whichever mission it belongs to. A PDF is known by its signature and by the records, any other
    file by the records alone. With `public` what is not released yet is as unknown as a stranger's file; without, the
    secretariat is told. The file bounds time and memory: 32 MB are read, of a larger one the hash alone is taken. Raises
    `BadInput` for a file that can't be read."""
    data, digest = (source, hashlib.sha256(source).hexdigest()) if isinstance(source, bytes) else _taken(source)
    prepared = list(_prepared(session))
    known = [one for one in prepared if one.public or not public]
    told = {digest for one in known for digest in one.signed.values()}
    hidden = {digest for one in prepared for digest in one.signed.values()} - told
    own = _signature(data, hidden) if data[:1024].find(b"%PDF-") >= 0 else None
    found = _by_hash(known, {digest})
    if found:
        return _on_record(session, *found, digest, own)
    found = _by_hash(known, {hashlib.sha256(form).hexdigest() for form in likenesses(data)})
    if found:
        return _on_record(session, *found, digest, None, retyped=True)
    if own is None:
        return Answer(Verdict.NOT_OURS, digest, unknown(data))
    signed_for = _by_digest(known, own.digest)
    if signed_for:
        return _changed(session, signed_for, digest, own)
    if own.whole:
        return Answer(Verdict.UNRECORDED, digest, _unrecorded(own), signature=_signed(own))
    return Answer(Verdict.NOT_OURS, digest, unknown(data))


def _taken(path: Path) -> tuple[bytes, str]:
    """The file's bytes (none of one that is too large) and its hash."""
    try:
        if not path.is_file():
            raise BadInput(f"{path} is no file" if path.exists() else f"there is no file {path}")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return path.read_bytes() if path.stat().st_size <= LARGEST else b"", digest
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}") from error


def _signature(data: bytes, hidden: set[str]) -> Signature | None:
    ours = certificates.kept()
    if not ours or b"/Contents" not in data:
        return None
    from ieom.papers import signatures  # the library behind it takes a second to load

    return signatures.read(data, ours, hidden=hidden)


def _prepared(session: Session) -> Iterator[_Prepared]:
    rows = {(row.mission, row.number): row for row in session.scalars(select(Release))}
    public = {row.id for row in releases.published(session)}
    for act in session.scalars(select(AuditRow).where(AuditRow.act == "ReleasePrepared").order_by(AuditRow.id)):
        row = rows.get((act.mission, act.what["number"]))
        if row is not None:
            yield _Prepared(row, act.what["papers"], act.what.get("signed") or {}, row.id in public)


def _by_hash(known: list[_Prepared], digests: set[str]) -> tuple[_Prepared, str] | None:
    """The release and the name of the paper with one of these hashes; of several releases the one that is public, and the
    newest."""
    found = [(one, name) for one in known for name, digest in one.papers.items() if digest in digests]
    return max(
        found, key=lambda pair: (pair[0].public, pair[0].row.started_at or pair[0].row.prepared_at), default=None
    )


def _by_digest(known: list[_Prepared], digest: str) -> tuple[_Prepared, str] | None:
    """The release and the name of the paper whose signature is over this hash."""
    found = ((one, name) for one in known for name, signed in one.signed.items() if signed == digest)
    return next(found, None)


def _on_record(
    session: Session, one: _Prepared, name: str, digest: str, own: Signature | None, *, retyped: bool = False
) -> Answer:
    """A file that is, byte for byte (or but for its line ends), a paper on record."""
    paper, zone = _paper(session, one, name), missions.facts(session, one.row.mission).zone
    says = [_named(paper, zone)]
    if retyped:
        says.append("Its line ends were changed on the way; every word is as we wrote it.")
    if own is not None:
        says += _signed_says(own, zone)
    elif name.endswith(".pdf"):
        says.append("It was made without a signature; byte for byte it is the file on record.")
    else:
        says.append("Such a file carries no signature; it is known by its content. The signed one is the PDF.")
    answer = Answer(Verdict.UNCHANGED, digest, (), paper, _signed(own) if own else None)
    if not one.public:
        dropped = one.row.status == "dropped"
        says.append(
            "It was put aside for a newer one." if dropped else "Nobody outside is told of it before it is released."
        )
        return replace(answer, verdict=Verdict.NOT_RELEASED, says=tuple(says))
    later = _later(session, one.row)
    if later is not None:
        newsroom, what = paper.newsroom, KINDS.get(later.kind, later.kind)
        when = _moment(later.started_at, zone)
        does = "It was withdrawn" if later.kind == "withdrawal" else f"A {what} took its place"
        says.insert(0, f"{does} on {when} (release {later.number}){_at(newsroom)}")
        told = Later(later.number, later.kind, later.started_at or later.prepared_at, newsroom)
        return replace(answer, verdict=Verdict.LATER, says=tuple(says), later=told)
    beside = [("clarification", more) for more in releases.about(session, one.row.id, "clarification")]
    beside += [("supplement to it", more) for more in _supplements(session, one.row)]
    for what, more in beside:
        if not releases.withdrawn(session, more.id):
            when = _moment(more.started_at, zone)
            says.append(f"A {what} was released on {when} (release {more.number}){_at(paper.newsroom)}")
    return replace(answer, says=tuple(says))


def _changed(session: Session, signed_for: tuple[_Prepared, str], digest: str, own: Signature) -> Answer:
    """A file with a signature of ours, over another file that we signed."""
    says = ["It carries our signature, but it is not the file that we signed. Do not rely on it."]
    if own.added:
        says.append(
            f"{own.added:,} bytes were added after our signature: a comment, a filled-in field, another signature, or other "
            "words."
        )
    paper = _paper(session, *signed_for)
    zone = missions.facts(session, paper.mission).zone
    says.append(f"What we signed: {_named(paper, zone).removeprefix('This is ')}")
    says.append(f"Ask for the unchanged file{_at(paper.newsroom)}")
    return Answer(Verdict.CHANGED, digest, tuple(says), paper, _signed(own))


def _later(session: Session, row: Release) -> Release | None:
    """The public release that stands in this one's place: the withdrawal of any text in its line, else its newest
    correction."""
    first = releases.line(session, row)[0] if row.kind == "correction" and row.concerns is not None else row
    withdrawal = next((one for one in _after(session, first) if one.kind == "withdrawal"), None)
    return withdrawal or next(reversed(_after(session, row)), None)


def _after(session: Session, row: Release) -> list[Release]:
    """What corrected or withdrew this release, and those in turn."""
    found = releases.about(session, row.id, "correction", "withdrawal")
    return [later for one in found for later in (one, *_after(session, one))]


def _supplements(session: Session, row: Release) -> list[Release]:
    """Public statements after this one that supplement it, and take nothing back of it."""
    found = []
    for more in releases.published(session, row.mission) if row.kind in CARRIES else []:
        if more.kind == "statement" and more.number > row.number:
            with suppress(NotFound, Tampered):
                texts = [drafts.by_hash(session, row.mission, digest) for digest in more.hashes.values()]
                if any(text.kind == "supplement" for text in texts):
                    found.append(more)
    return found


def _paper(session: Session, one: _Prepared, name: str) -> Paper:
    row, facts = one.row, missions.facts(session, one.row.mission)
    told = NAMED.fullmatch(name)
    language, version = told["language"] if told else "", None
    with suppress(NotFound, Tampered):
        hashes = {**row.hashes, **(row.translations or {})}
        if language in hashes:
            version = drafts.by_hash(session, row.mission, hashes[language], until=row.prepared_at).number
    return Paper(
        row.mission, facts.title, row.number, row.kind, name, language, version, one.papers.get(name, ""),
        row.started_at if one.public else None,
        facts.release.newsroom_url,
    )  # fmt: skip


def _named(paper: Paper, zone: str) -> str:
    """The paper in a sentence."""
    told = NAMED.fullmatch(paper.file)
    what = told["what"].replace("-", " ") if told else f"paper {paper.file}"
    spoken = Locale("en").languages.get(paper.language, paper.language)
    said = f"This is the {what}{f' in {spoken}' if spoken else ''}: {paper.title}, release {paper.release}"
    if paper.kind not in {"statement", what}:
        said += f" ({KINDS.get(paper.kind, paper.kind)})"
    if paper.version is not None:
        said += f", version {paper.version} of the text"
    return said + (f", released on {_moment(paper.released_at, zone)}." if paper.released_at else ", not released yet.")


def _signed(own: Signature) -> Signed:
    return Signed(own.certificate.subject, own.certificate.fingerprint, own.signed_at, own.stamped_at, own.stamped_by)


def _signed_says(own: Signature, zone: str) -> list[str]:
    says = [f"It is signed by {own.certificate.subject}; the signature covers the whole file."]
    if own.signed_at is not None:
        says[0] = says[0].replace("; the", f" on {_moment(own.signed_at, zone)}; the")
    if own.stamped_at is not None:
        proof = "proves" if own.stamp_trusted else "says"
        says.append(f"A time stamp by {own.stamped_by} {proof} that it was signed by {_moment(own.stamped_at, zone)}.")
    return says


def _unrecorded(own: Signature) -> tuple[str, ...]:
    return (
        f"It is signed by {own.certificate.subject} with a certificate of ours, and nothing in it was changed since.",
        f"It says of itself: {own.reason}." if own.reason else "It does not say what it belongs to.",
        "Our records hold no release with it: they may have been restored from a backup, or another installation made it. "
        "Ask us before you rely on it.",
    )


def unknown(data: bytes) -> tuple[str, ...]:
    """What is said of a stranger's file, and in the same words of all that is not public: true of both."""
    if data.startswith(b"PK"):
        more = "A Word file that was opened and saved again is another file: compare with the PDF, which is signed."
    elif b"%PDF-" in data[:1024]:
        more = "A PDF that was printed to a new file, made smaller or converted is another file: ask for the one that we sent."
    elif not data:
        more = "It is empty, or larger than any paper of ours."
    else:
        more = "Words copied out of a paper can't be recognised: compare them with the PDF, which is signed."
    return ("We released no such file, and it carries no valid signature of one that we released.", more)


def _at(newsroom: str) -> str:
    return f": {newsroom}" if newsroom else "."


def _moment(moment: datetime | None, zone: str) -> str:
    if moment is None:
        return "a day unknown"
    there = moment.astimezone(ZoneInfo(zone))
    offset = there.strftime("%z")
    return (
        f"{there:%-d %B %Y, %H:%M} (UTC{offset[0]}{int(offset[1:3])}{'' if offset[3:] == '00' else ':' + offset[3:]})"
    )
