"""The paper behind a form: a photograph or scan, filed by its hash; the chain of acts ties it to the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ieom.errors import BadInput, NotFound, Refused, Tampered
from ieom.papers import store
from ieom.records import audit, missions
from ieom.records.audit import AuditRow
from ieom.records.submissions import by_instance
from ieom.rules.pictures import bare
from ieom.settings import settings

LARGEST, MOST = 10_000_000, 20
"""Octets of a file, and files of one form."""
MAGIC = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}


@dataclass(frozen=True)
class FormScanFiled:
    """A photograph or scan of the paper was filed with a form."""

    instance: str
    sha256: str
    kind: str


@dataclass(frozen=True)
class Scan:
    """A photograph or scan that is filed; `at` is UTC."""

    sha256: str
    kind: str
    by: str
    at: datetime


def readable(data: bytes) -> tuple[str, bytes]:
    """(kind, what is kept) of a photograph or scan: without what a camera wrote beside the picture. Raises `BadInput`."""
    if len(data) > LARGEST:
        raise BadInput(f"the file has {len(data):,} bytes; at most {LARGEST:,} are taken")
    kind = next((name for name, magic in MAGIC.items() if data.startswith(magic)), "")
    if not kind:
        raise BadInput("the file is no JPEG, PNG or PDF, whatever its name says; photograph or scan the paper again")
    try:
        return kind, bare(data)
    except ValueError as problem:
        raise BadInput(f"{problem}; photograph the paper again, or send the whole file") from None


def file(
    session: Session, mission: str, *, by: str, at: datetime, instance: str, scan: bytes, ref: str | None = None
) -> str:
    """File a photograph or scan with a form; returns its hash. The same file again changes nothing."""
    missions.lock(session, mission)
    done = audit.of_ref(session, mission, ref)
    if done is not None:
        return str(done.what["sha256"])
    row = by_instance(session, mission, instance)
    if row is None:
        raise NotFound(f"there is no form {instance}", command="'ieom forms' lists them")
    kind, data = readable(scan)
    digest = store.sha256(data)
    known = of_form(session, mission, row.instance_id)
    if digest in {one.sha256 for one in known}:
        return digest
    if len(known) >= MOST:
        raise Refused(f"{MOST} photographs or scans are filed with this form; no more are taken")
    store.write(_path(mission, digest, kind), data)
    audit.append(session, mission, by=by, at=at, act=FormScanFiled(row.instance_id, digest, kind), ref=ref)
    return digest


def of_form(session: Session, mission: str, instance: str) -> list[Scan]:
    """What is filed with a form, in the order in which it was."""
    query = select(AuditRow).where(AuditRow.what["instance"].as_string() == instance, *_filed(mission))
    return [
        Scan(str(row.what["sha256"]), str(row.what["kind"]), row.by, row.at)
        for row in session.scalars(query.order_by(AuditRow.seq))
    ]


def content(session: Session, mission: str, digest: str) -> tuple[str, bytes]:
    """(kind, bytes) of what is filed under this hash. Raises `NotFound`; `Tampered` when the file is gone or another."""
    query = select(AuditRow).where(AuditRow.what["sha256"].as_string() == digest, *_filed(mission))
    row = session.scalars(query.limit(1)).first()
    if row is None:
        raise NotFound("no photograph or scan is filed under this hash")
    path = _path(mission, digest, str(row.what["kind"]))
    data = path.read_bytes() if path.is_file() else b""
    if store.sha256(data) != digest:
        raise Tampered(f"the scan {digest[:12]} is not the one filed; take it from a backup")
    return str(row.what["kind"]), data


def _filed(mission: str) -> tuple[ColumnElement[bool], ...]:
    return AuditRow.mission == mission, AuditRow.act == FormScanFiled.__name__


def _path(mission: str, digest: str, kind: str) -> Path:
    return settings().state_dir / "papers" / mission / "forms" / f"{digest}.{kind}"
