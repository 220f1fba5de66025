"""What must be the same however often a mission was killed."""

from __future__ import annotations

import os
from collections import Counter
from email.parser import BytesHeaderParser
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from ieom.papers import certificates
from ieom.papers.signatures import read
from ieom.records.audit import AuditRow
from ieom.records.base import connect, reading
from ieom.records.letters import Letter
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.settings import settings

ABOUT_DOUBT = "reminder_letters_in_doubt"


def about_doubt(row: AuditRow) -> bool:
    """Whether an act is a person's about a letter in doubt, or the reminder of it: a crash may bring these on."""
    return row.act == "LetterSettled" or (row.act == "ReminderQueued" and row.what["about"] == "letters_in_doubt")


def outcome(url: str) -> dict[str, Any]:
    """What must be the same however often the mission was killed."""
    engine = connect(url)
    with reading(engine) as session:
        rows = session.scalars(select(AuditRow))
        letters = session.scalars(select(Letter).where(Letter.kind != ABOUT_DOUBT))
        result = {
            "acts": Counter((row.act, row.by, row.ref) for row in rows if not about_doubt(row)),
            "letters": Counter((r.occasion, r.recipient, r.state) for r in letters),
            "versions": Counter((v.number, v.content_hash) for v in session.scalars(select(StatementVersion))),
            "releases": [
                (r.number, r.status, _texts(r)) for r in session.scalars(select(Release).order_by(Release.id))
            ],
        }
    engine.dispose()
    return result


def _texts(release: Release) -> list[tuple[str, str]]:
    """The papers' hashes, but for those that carry the audit chain's head (which a settled doubt moves on)."""
    return sorted((name, sha256) for name, sha256 in release.papers.items() if name.endswith(".txt"))


def unproven(url: str, state: Path) -> list[str]:
    """Papers of releases that are not the file on record, and PDFs that bear no signature of ours over the whole."""
    settings.cache_clear()
    with patch.dict(os.environ, IEOM_STATE_DIR=str(state)):
        ours = certificates.kept()
    settings.cache_clear()
    engine, wrong = connect(url), []
    with reading(engine) as session:
        for release in session.scalars(select(Release)):
            for name, digest in release.papers.items():
                data = (state / "papers" / release.mission / f"release-{release.number}" / name).read_bytes()
                found = read(data, ours) if name.endswith(".pdf") else None
                if sha256(data).hexdigest() != digest or (name.endswith(".pdf") and not (found and found.whole)):
                    wrong.append(name)
    engine.dispose()
    return wrong


def letters(mail: Path) -> Counter[tuple[str, str, str]]:
    """What kind of letter reached whom under what subject, each Message-ID counted once: the same of two missions that
    were opened apart, whose contacts' random tokens, and so the Message-IDs of letters to the media, are not."""
    read = [BytesHeaderParser().parsebytes(path.read_bytes()) for path in mail.glob("*.eml")]
    found = {one["Message-ID"]: (one["X-Ieom-Kind"], one["To"], str(one["Subject"])) for one in read}
    return Counter(said for said in found.values() if said[0] != ABOUT_DOUBT)


def received(mail: Path) -> Counter[str]:
    """How often each Message-ID reached the mail server."""
    letters = [BytesHeaderParser().parsebytes(path.read_bytes()) for path in mail.glob("*.eml")]
    return Counter(str(letter["Message-ID"]) for letter in letters if letter["X-Ieom-Kind"] != ABOUT_DOUBT)
