"""Passports and photographs: encrypted, apart from the records, their reading logged, never mailed, erased on a date.

Each item has a key of its own, itself encrypted with the installation's key (`IEOM_VAULT_KEY`) and kept beside it;
erasing destroys both, so that no copy of the encrypted bytes can be read again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused, Tampered
from ieom.papers import store
from ieom.records import audit, missions
from ieom.records.delegation import Member, NomineeItem, VaultItem, VaultReading
from ieom.settings import settings

LARGEST = 10_000_000
"""Bytes; a scanned page or a photograph is far below."""
KINDS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"%PDF-": "PDF"}
KEPT = {"passport_page", "photo"}


@dataclass(frozen=True)
class PersonalPaperStored:
    """A personal paper was stored, encrypted."""

    item: str
    member: str


@dataclass(frozen=True)
class PersonalPaperRead:
    """Someone read a personal paper."""

    item: str


@dataclass(frozen=True)
class PersonalPaperErased:
    """A personal paper and its key were destroyed."""

    item: str


def _master() -> Fernet:
    key = settings().vault_key.get_secret_value()
    if not key:
        raise BadInput("personal papers need a key: 'ieom vault key' makes one for IEOM_VAULT_KEY")
    try:
        return Fernet(key)
    except ValueError as error:
        raise BadInput("IEOM_VAULT_KEY is no key; 'ieom vault key' makes one") from error


def _place(item: str) -> Path:
    return settings().state_dir / "vault" / item


def put(
    session: Session, mission: str, *, by: str, at: datetime, member: str, item: str, file: Path | str,
    erase_on: date | None = None, ref: str | None = None,
) -> str:  # fmt: skip
    """Encrypt and keep a passport page or a photograph (JPEG, PNG or PDF, at most 10 MB); returns its identifier.
    Erased on `erase_on`, or after the mission's retention."""
    if item not in KEPT:
        raise BadInput(f"'{item}' is not kept here; {' and '.join(sorted(KEPT))} are")
    if session.get(Member, (mission, member)) is None:
        raise NotFound(f"nobody with the code '{member}' was nominated")
    data = Path(file).read_bytes()
    if len(data) > LARGEST:
        raise BadInput(f"{file} has {len(data):,} bytes; at most {LARGEST:,} are taken")
    if not any(data.startswith(magic) for magic in KINDS):
        raise BadInput(f"{file} is no JPEG, PNG or PDF")
    master = _master()
    facts = missions.facts(session, mission)
    identifier = uuid.uuid4().hex
    own = Fernet.generate_key()
    store.write(_place(identifier) / "paper", Fernet(own).encrypt(data))
    store.write(_place(identifier) / "key", master.encrypt(own))
    day = erase_on or facts.election_day + timedelta(days=facts.retention_days)
    session.add(VaultItem(id=identifier, mission=mission, member=member, item=item, stored_at=at, erase_on=day))
    found = session.get(NomineeItem, (mission, member, item))
    if found is None:
        found = NomineeItem(mission=mission, member=member, item=item)
        session.add(found)
    found.received_at, found.vault_id = at, identifier
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PersonalPaperStored(identifier, member), ref=ref)
    return identifier


def read(session: Session, mission: str, *, by: str, at: datetime, item: str, why: str) -> bytes:
    """The paper in clear; the reading is logged before it is given out (the caller commits first)."""
    row = session.get(VaultItem, item)
    if row is None or row.mission != mission:
        raise NotFound(f"no personal paper has the identifier {item}")
    if row.erased_at is not None:
        raise Refused(f"it was erased on {row.erased_at:%-d %B %Y}")
    if not why.strip():
        raise BadInput("say what the paper is read for; it is logged")
    session.add(VaultReading(item=item, by=by, at=at, why=why))
    session.flush()
    audit.append(session, mission, by=by, at=at, act=PersonalPaperRead(item))
    try:
        own = _master().decrypt((_place(item) / "key").read_bytes())
        return Fernet(own).decrypt((_place(item) / "paper").read_bytes())
    except InvalidToken as error:
        raise Tampered(f"personal paper {item} can't be decrypted: another key, or it was changed") from error


def erase(session: Session, mission: str, *, by: str, at: datetime, item: str) -> None:
    """Destroy a paper and its key."""
    row = session.get(VaultItem, item)
    if row is None or row.mission != mission:
        raise NotFound(f"no personal paper has the identifier {item}")
    if row.erased_at is not None:
        return
    for name in ("key", "paper"):
        (_place(item) / name).unlink(missing_ok=True)
    if _place(item).is_dir():
        _place(item).rmdir()
    row.erased_at = at
    audit.append(session, mission, by=by, at=at, act=PersonalPaperErased(item))


def erase_due(session: Session, mission: str, *, at: datetime) -> int:
    """Erase what its date says; returns how many."""
    facts = missions.facts(session, mission)
    today = at.astimezone(ZoneInfo(facts.zone)).date()
    query = select(VaultItem.id).where(
        VaultItem.mission == mission, VaultItem.erased_at.is_(None), VaultItem.erase_on <= today
    )
    items = list(session.scalars(query))
    for item in items:
        erase(session, mission, by="clock", at=at, item=item)
    return len(items)
