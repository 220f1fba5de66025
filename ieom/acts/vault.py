"""Passports and photographs: encrypted, apart from the records, their reading logged, never mailed, erased on a date.

Each paper is encrypted with a key of its own (AES-256-GCM, bound to its identifier); that key is encrypted with the
installation's (`IEOM_VAULT_KEY`) and kept in another folder, so that the two can be backed up apart. Erasing destroys
the key, then the paper: a copy of the encrypted bytes can't be read any more.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused, Tampered
from ieom.papers import store
from ieom.records import audit, missions
from ieom.records.delegation import Member, NomineeItem, VaultItem, VaultReading
from ieom.settings import settings

LARGEST = 10_000_000
"""Bytes; a scanned page or a photograph is far below."""
MAGIC = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "PDF": b"%PDF-"}
_SCAN = ("JPEG", "PNG", "PDF")
TAKEN = {
    "personal_form": _SCAN, "code_of_conduct": _SCAN, "accreditation_form": _SCAN, "passport_page": _SCAN,
    "photo": ("JPEG", "PNG"),
}  # fmt: skip
"""The kinds of file taken for each item, told by their first bytes."""
_NONCE = 12


@dataclass(frozen=True)
class PersonalPaperStored:
    """A personal paper was stored, encrypted."""

    item: str
    member: str
    erase_on: date


@dataclass(frozen=True)
class PersonalPaperRead:
    """Someone read a personal paper."""

    item: str


@dataclass(frozen=True)
class PersonalPaperErased:
    """A personal paper and its key were destroyed."""

    item: str


def new_key() -> str:
    """A fresh key for `IEOM_VAULT_KEY`."""
    return Fernet.generate_key().decode()


def _master() -> Fernet:
    key = settings().vault_key.get_secret_value()
    if not key:
        raise BadInput("personal papers need a key (IEOM_VAULT_KEY)", command="'ieom vault key' makes one")
    try:
        return Fernet(key)
    except ValueError as error:
        raise BadInput("IEOM_VAULT_KEY is no key", command="'ieom vault key' makes one") from error


def paper_file(item: str) -> Path:
    """Where a paper lies, encrypted."""
    return settings().state_dir / "vault" / "papers" / item


def key_file(item: str) -> Path:
    """Where its key lies."""
    return settings().state_dir / "vault" / "keys" / item


def _taken(item: str, file: Path | str | bytes) -> bytes:
    """The file's bytes, once its kind and size are seen to be right."""
    if item not in TAKEN:
        raise BadInput(f"'{item}' is not kept here; {' and '.join(TAKEN)} are")
    name = "what was sent" if isinstance(file, bytes) else str(file)
    try:
        size = len(file) if isinstance(file, bytes) else Path(file).stat().st_size
        if size > LARGEST:
            raise BadInput(f"{name} has {size:,} bytes; at most {LARGEST:,} are taken")
        data = file if isinstance(file, bytes) else Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"{name} can't be read: {error.strerror}") from error
    if not any(data.startswith(MAGIC[kind]) for kind in TAKEN[item]):
        raise BadInput(f"{name} is no {' or '.join(TAKEN[item])} file; nothing was kept")
    return data


def put(
    session: Session, mission: str, *, by: str, at: datetime, member: str, item: str,
    file: Path | str | bytes, erase_on: date | None = None, ref: str | None = None,
) -> str:  # fmt: skip
    """Encrypt and keep a nominee's signed form, passport page or photograph (at most 10 MB; a file, or its bytes); returns its identifier, which tells nothing of
    the person. Erased on `erase_on`, or after the mission's retention; an earlier one of the same item at the next
    occasion. The item of the nominee's file counts as received."""
    missions.lock(session, mission)
    if session.get(Member, (mission, member)) is None:
        raise NotFound(f"nobody with the code '{member}' was nominated", command="'ieom delegation' lists who was")
    earlier = list(
        session.scalars(
            select(VaultItem)
            .where(VaultItem.mission == mission, VaultItem.member == member, VaultItem.item == item)
            .order_by(VaultItem.stored_at, VaultItem.id)
        )
    )
    done = audit.of_ref(session, mission, ref)
    if done is not None:
        return str(done.what["item"])
    data, master, facts = _taken(item, file), _master(), missions.facts(session, mission)
    today = at.astimezone(ZoneInfo(facts.zone)).date()
    day = erase_on or facts.election_day + timedelta(days=facts.retention_days)
    if day <= today:
        raise BadInput(f"it would be erased on {day}, which is not after today ({today}); give a later date")
    identifier = hashlib.sha256(f"{mission}\n{member}\n{item}\n{len(earlier)}".encode()).hexdigest()[:32]
    own, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
    _write(key_file(identifier), master.encrypt(identifier.encode() + own))
    _write(paper_file(identifier), nonce + AESGCM(own).encrypt(nonce, data, identifier.encode()))
    _unless_kept(session, identifier)
    for row in earlier:
        row.erase_on = min(row.erase_on, today)
    session.add(VaultItem(id=identifier, mission=mission, member=member, item=item, stored_at=at, erase_on=day))
    found = session.get(NomineeItem, (mission, member, item))
    if found is None:
        found = NomineeItem(mission=mission, member=member, item=item)
        session.add(found)
    found.received_at, found.vault_id = found.received_at or at, identifier
    found.waived_at, found.waived_by, found.waived_why = None, None, None
    found.taken_back_at, found.taken_back_by, found.taken_back_why = None, None, None
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PersonalPaperStored(identifier, member, day), ref=ref)
    return identifier


def _unless_kept(session: Session, identifier: str) -> None:
    """Destroy the files again when the transaction does not come to its end: no row would ever have them erased."""
    kept = False

    def committed(session: Session) -> None:
        nonlocal kept
        kept = kept or not session.in_nested_transaction()

    def undone(_session: Session) -> None:
        if not kept:
            for path in (key_file(identifier), paper_file(identifier)):
                destroy(path)

    event.listen(session, "after_commit", committed)
    event.listen(session, "after_rollback", undone)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    store.write(path, data, mode=0o600)


def _row(session: Session, mission: str, item: str) -> VaultItem:
    row = session.get(VaultItem, item)
    if row is None or row.mission != mission:
        raise NotFound(
            f"no personal paper has the identifier {item}", command="'ieom vault list' shows those there are"
        )
    return row


def read(session: Session, mission: str, *, by: str, at: datetime, item: str, why: str) -> bytes:
    """The paper in clear. The reading is logged in this transaction; hand the paper out once it is committed."""
    missions.lock(session, mission)
    row = _row(session, mission, item)
    if row.erased_at is not None:
        raise Refused(f"personal paper {item} was erased on {row.erased_at:%-d %B %Y}")
    if not why.strip():
        raise BadInput("say what the paper is read for; it is logged")
    data = _decrypted(item)
    session.add(VaultReading(item=item, by=by, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PersonalPaperRead(item))
    return data


def _decrypted(item: str) -> bytes:
    try:
        key, paper = key_file(item).read_bytes(), paper_file(item).read_bytes()
    except FileNotFoundError as error:
        raise Tampered(f"the files of personal paper {item} are gone; take them from a backup") from error
    try:
        own = _master().decrypt(key).removeprefix(item.encode())
        return AESGCM(own).decrypt(paper[:_NONCE], paper[_NONCE:], item.encode())
    except (InvalidToken, InvalidTag, ValueError) as error:
        raise Tampered(f"personal paper {item} can't be decrypted: IEOM_VAULT_KEY or its files changed") from error


def erase(session: Session, mission: str, *, by: str, at: datetime, item: str, ref: str | None = None) -> None:
    """Destroy a paper and its key, at once. A crash before the commit leaves a row whose erasure is recorded by the
    next one; a row never says erased while its files are there."""
    missions.lock(session, mission)
    row = _row(session, mission, item)
    if row.erased_at is not None or (ref and audit.happened(session, mission, ref)):
        return
    for path in (key_file(item), paper_file(item)):
        destroy(path)
    row.erased_at = at
    audit.append(session, mission, by=by, at=at, act=PersonalPaperErased(item), ref=ref)


def destroy(path: Path) -> None:
    """Overwrite and remove a file, durably."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def of(session: Session, mission: str) -> list[VaultItem]:
    """Every personal paper that was kept, erased ones included, by member."""
    query = select(VaultItem).where(VaultItem.mission == mission)
    return list(session.scalars(query.order_by(VaultItem.member, VaultItem.item, VaultItem.stored_at, VaultItem.id)))


def readings(session: Session, mission: str) -> list[tuple[VaultReading, VaultItem]]:
    """Every reading of a personal paper, oldest first, with the paper; kept when the paper is erased."""
    query = select(VaultReading, VaultItem).join(VaultItem, VaultItem.id == VaultReading.item)
    rows = session.execute(query.where(VaultItem.mission == mission).order_by(VaultReading.id))
    return [(reading, item) for reading, item in rows]


def erase_due(session: Session, mission: str, *, at: datetime) -> int:
    """Erase what its date says (the host country's day), whatever state the mission is in; returns how many."""
    facts = missions.facts(session, mission)
    today = at.astimezone(ZoneInfo(facts.zone)).date()
    items = [row.id for row in of(session, mission) if row.erased_at is None and row.erase_on <= today]
    for item in items:
        erase(session, mission, by="clock", at=at, item=item)
    return len(items)


def next_erasure(session: Session, mission: str) -> datetime | None:
    """When the next paper is to be erased (UTC): the beginning of its day in the host country."""
    query = select(func.min(VaultItem.erase_on)).where(VaultItem.mission == mission, VaultItem.erased_at.is_(None))
    day = session.scalar(query)
    return missions.facts(session, mission).at(day, time(0)) if day is not None else None
