"""The correspondence register: notes verbales and letters to and from states and authorities, by number.

A paper's file is written before its row is committed, under its number: a crash in between leaves a file without a
row, which whoever takes the number next writes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ieom.errors import BadInput, Conflict, NotFound, Refused, Tampered
from ieom.folder.names import load_names
from ieom.mail.writing import one_line
from ieom.papers import store
from ieom.papers.note_verbale import note_verbale
from ieom.papers.official import paragraphs
from ieom.records import audit, correspondence, missions
from ieom.records.correspondence import Correspondence
from ieom.rules.mission import Office
from ieom.rules.names import written
from ieom.settings import settings

LARGEST_SCAN = 25_000_000
"""Bytes; a note of several pages, scanned in colour, is below."""
KINDS = ("note_verbale", "letter")
INVITATION = "invitation"
"""The occasion of the host country's invitation, the paper that bears the reference in the mission file."""
BODY = "named-body"
"""Code of the office that stands for a body whose name was written out; the register has the name itself."""
SCANS = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}


@dataclass(frozen=True)
class PaperDrafted:
    """A numbered paper was drafted for signature or stamp."""

    number: str
    kind: str
    counterpart: str
    sha256: str


@dataclass(frozen=True)
class PaperSigned:
    """A paper was signed, or initialled and stamped."""

    number: str
    scan: str


@dataclass(frozen=True)
class PaperSent:
    """A signed or stamped paper left."""

    number: str
    scan: str


@dataclass(frozen=True)
class PaperReceived:
    """A paper came in."""

    number: str
    counterpart: str
    answers: str | None
    scan: str


def _prefix(slug: str) -> str:
    """A register's prefix as a mission's short name has it: kazakhstan-senate-2020 gives KS20, kg-2026 KG26."""
    words = slug.split("-")
    names = [word for word in words if not word.isdigit()]
    whole = len(names) == 1 and len(names[0]) <= 3
    letters = (names[0] if whole else "".join(word[0] for word in names)).upper()
    digits = "".join(word[-2:] for word in words if word.isdigit())
    return (letters + digits)[:12]


def prefix(session: Session, mission: str) -> str:
    """The prefix of the mission's next number, which no other mission's numbers have or will have. A mission goes on under
    that of its numbers, unless one opened earlier has the same; where short names come to the same prefix, the first to be
    opened has it and a letter is added for each of the others."""
    order, used = missions.all_slugs(session), correspondence.prefixes(session)
    found: dict[str, str] = {}
    for slug in order:
        if slug in used and used[slug][-1] not in found.values():
            found[slug] = used[slug][-1]
    taken = {one for own in used.values() for one in own}
    for slug in order:
        if slug not in found:
            first = _prefix(slug)
            others = (f"{first}{letter}" for letter in chain(ascii_uppercase[1:], count(2)))
            found[slug] = next(one for one in chain([first], others) if one not in taken)
            taken.add(found[slug])
    return found[mission]


def _number(session: Session, mission: str) -> str:
    """The next number. The mission is held until the transaction ends, so that numbers have no gaps and no doubles."""
    missions.lock(session, mission)
    return f"{prefix(session, mission)}/{correspondence.count(session, mission) + 1:03d}"


def of_body(body: str, office: str) -> Office:
    """Whom a paper to a body without an office of its own goes to: a code of the names, or the body's name itself."""
    return Office(code=BODY if written(body) else body, office=office, body=body, salutation="Excellency")


def path_of(row: Correspondence) -> Path:
    """Where the paper lies."""
    return settings().state_dir / row.path


def _folder(mission: str) -> Path:
    return Path("papers") / mission / "correspondence"


def content(row: Correspondence) -> bytes:
    """The paper's bytes as they were filed. Raises `Tampered` when the file is gone or was changed."""
    try:
        data = path_of(row).read_bytes()
    except FileNotFoundError:
        data = b""
    if store.sha256(data) != row.sha256:
        raise Tampered(f"the file of {row.number} ({row.path}) is not the one registered; take it from a backup")
    return data


def draft(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    occasion: str,
    what: str,
    to: Office,
    facts: Mapping[str, Any],
    kind: str = "note_verbale",
    table: Sequence[Sequence[str]] = (),
) -> tuple[Correspondence, bytes]:
    """Draft a paper of the kind `templates/correspondence/<what>` once for an occasion; returns its row and its
    bytes, those of the first time when there was one. Names are those of the day on which it is dated."""
    known = correspondence.for_occasion(session, mission, occasion)
    if known is not None:
        return known, content(known)
    mission_facts = missions.facts(session, mission)
    number = _number(session, mission)
    dated = at.astimezone(ZoneInfo(mission_facts.zone)).date()
    names = load_names()
    told = {
        "mission": mission_facts,
        "organisation": names.running(mission_facts.organisation, on=dated),
        "organisation_plain": names.official(mission_facts.organisation, on=dated),
        "host": names.running(mission_facts.host_state, on=dated),
        "inviting": names.running(
            mission_facts.invitation.from_body
            if written(mission_facts.invitation.from_body)
            else mission_facts.host_state,
            on=dated,
        ),
        "to": to,
        "salutation": to.salutation or "Excellency",
        "body": names.running(to.body, on=dated) if to.body in names else to.office,
        **facts,
    }
    subject, body = paragraphs(what, "en", told, zone=mission_facts.zone)
    data = note_verbale(
        number=number,
        kind=kind,
        organisation=names.official(mission_facts.organisation, on=dated),
        addressee=to.office,
        salutation=to.salutation,
        dated=dated,
        place=names.short(mission_facts.base_city, on=dated),
        subject=subject,
        paragraphs=body,
        table=table,
        at=at,
    )
    relative = _folder(mission) / f"{number.replace('/', '-')}.docx"
    digest = store.write(settings().state_dir / relative, data)
    counterpart = to.body if to.code == BODY and written(to.body) else to.code  # as a paper that came in from it has it
    row = Correspondence(
        mission=mission, number=number, occasion=occasion, direction="out", kind=kind, counterpart=counterpart,
        subject=subject, dated=dated, recorded_at=at, path=relative.as_posix(), sha256=digest, status="drafted",
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PaperDrafted(number, kind, counterpart, digest))
    return row, data


def _one(session: Session, mission: str, number: str) -> Correspondence:
    row = session.get(Correspondence, (mission, number))
    if row is None:
        raise NotFound(f"the register has no number {number}", command="'ieom register list' shows what there is")
    return row


def file_of(session: Session, mission: str, number: str) -> tuple[Path, bytes]:
    """Where a paper lies and its bytes: our own as it was drafted, one that came in as its scan. Raises `Tampered` when
    the file is not the one registered, `BadInput` for a paper without a scan."""
    row = _one(session, mission, number)
    if row.path:
        return path_of(row), content(row)
    return scan_of(session, mission, number)


def scan_of(session: Session, mission: str, number: str) -> tuple[Path, bytes]:
    """The same of a paper's scan: as it came in, or as it was signed or stamped."""
    row = _one(session, mission, number)
    if not row.scan_path:
        came_in = f"{number} came in, without a scan; there is no file"
        raise BadInput(came_in if row.direction == "in" else f"no scan of {number} is filed")
    path = settings().state_dir / row.scan_path
    data = path.read_bytes() if path.is_file() else b""
    if store.sha256(data) != row.scan_sha256:
        raise Tampered(f"the scan of {number} ({row.scan_path}) is not the one registered; take it from a backup")
    return path, data


def file_scan(mission: str, file: Path | str | bytes) -> tuple[str, str]:
    """(path, hash) of a scan (a file, or its bytes), filed by its hash; ("", "") for none. Raises `BadInput` for a file
    that is none."""
    if not file:
        return "", ""
    if isinstance(file, bytes):
        name, size, data = "what was sent", len(file), file
        suffix = next((ending for ending, magic in SCANS.items() if data.startswith(magic)), "")
    else:
        source = Path(file)
        name, suffix = f"the scan {source}", source.suffix.lower()
        try:
            size = source.stat().st_size
            data = source.read_bytes() if size <= LARGEST_SCAN else b""
        except OSError as error:
            raise BadInput(f"{name} can't be read: {error.strerror}") from error
    if size > LARGEST_SCAN:
        raise BadInput(f"{name} has {size:,} bytes; at most {LARGEST_SCAN:,} are taken")
    if suffix not in SCANS or not data.startswith(SCANS[suffix]):
        raise BadInput(f"{name} is no PDF, PNG or JPEG file with that ending")
    digest = store.sha256(data)
    relative = _folder(mission) / "scans" / f"{digest}{suffix}"
    store.write(settings().state_dir / relative, data)
    return relative.as_posix(), digest


def signed(
    session: Session, mission: str, *, by: str, at: datetime, number: str,
    scan: Path | str | bytes = "", ref: str | None = None,
) -> Correspondence:  # fmt: skip
    """A drafted paper was signed (a letter), or initialled and stamped (a note verbale); `scan` is kept by its hash."""
    missions.lock(session, mission)
    row = _one(session, mission, number)
    if ref and audit.happened(session, mission, ref):
        return row
    if row.direction != "out" or row.status != "drafted":
        raise Refused(f"{number} is {row.status}; only a drafted paper of ours can be signed")
    if scan:
        row.scan_path, row.scan_sha256 = file_scan(mission, scan)
    row.status = "signed"
    audit.append(session, mission, by=by, at=at, act=PaperSigned(number, row.scan_sha256), ref=ref)
    return row


def sent(
    session: Session, mission: str, *, by: str, at: datetime, number: str,
    scan: Path | str | bytes = "", ref: str | None = None,
) -> Correspondence:  # fmt: skip
    """A paper of ours left, signed or stamped; `scan` is kept by its hash."""
    missions.lock(session, mission)
    row = _one(session, mission, number)
    if ref and audit.happened(session, mission, ref):
        return row
    if row.direction != "out" or row.status not in {"drafted", "signed"}:
        raise Refused(f"{number} is {row.status}; only a drafted or signed paper of ours can be recorded as sent")
    if scan:
        row.scan_path, row.scan_sha256 = file_scan(mission, scan)
    row.status = "sent"
    audit.append(session, mission, by=by, at=at, act=PaperSent(number, row.scan_sha256), ref=ref)
    return row


def received(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    counterpart: str,
    subject: str,
    kind: str = "note_verbale",
    their_number: str = "",
    dated: date | None = None,
    answers: str = "",
    scan: Path | str | bytes = "",
    occasion: str = "",
    ref: str | None = None,
) -> Correspondence:
    """Register a paper that came in; `answers` is the number of ours that it answers, `dated` the date that it bears
    (left out: today in the host country). The same paper again (counterpart and their number) changes nothing; one
    with another subject under that number is a `Conflict`."""
    missions.lock(session, mission)
    done = audit.of_ref(session, mission, ref)
    if done is not None:
        return _one(session, mission, done.what["number"])
    facts = missions.facts(session, mission)
    if not occasion and their_number and their_number == facts.invitation.reference:
        occasion = INVITATION
    known = correspondence.for_occasion(session, mission, occasion) if occasion else None
    if kind not in KINDS:
        raise BadInput(f"'{kind}' is not {' or '.join(KINDS)}")
    if not subject.strip() or not counterpart.strip():
        raise BadInput("a paper in the register needs a subject and a counterpart")
    one_line(their_number, "their number")
    one_line(subject.strip(), "the subject")  # papers that answer it name both
    twin = correspondence.theirs(session, mission, counterpart, their_number) if their_number else None
    if twin is not None and twin.subject == subject.strip():
        return twin
    if twin is not None:
        raise Conflict(f"{their_number} from {counterpart} is registered as {twin.number} with another subject")
    if known is not None:
        raise Conflict(f"the invitation ({their_number}) is registered already, as {known.number}")
    answered = _one(session, mission, answers) if answers else None
    if answered is not None and answered.direction != "out":
        raise BadInput(f"{answers} is no paper of ours; what came in can't be answered by what came in")
    relative, digest = file_scan(mission, scan)
    number = _number(session, mission)
    row = Correspondence(
        mission=mission, number=number, occasion=occasion or f"in:{number}", direction="in", kind=kind,
        counterpart=counterpart, subject=subject.strip(), recorded_at=at, answers=answers or None,
        dated=dated or at.astimezone(ZoneInfo(facts.zone)).date(), their_number=their_number, scan_path=relative,
        scan_sha256=digest, status="received",
    )  # fmt: skip
    session.add(row)
    if answered is not None:
        answered.status = "answered"
    session.flush()
    audit.append(
        session, mission, by=by, at=at, ref=ref, act=PaperReceived(number, counterpart, answers or None, digest)
    )
    return row
