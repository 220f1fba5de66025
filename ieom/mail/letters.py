"""Letters are written and queued here, in the same transaction as the reason for them.

A message is `head` + `tail`: the head holds everything that is one recipient's own, the tail what many share (an
encoded PDF), stored once. Both together are the exact bytes that go over the wire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.errors import BadInput
from ieom.folder.names import load_names
from ieom.mail.writing import render
from ieom.records import missions
from ieom.records.letters import Letter, LetterPart
from ieom.records.media import Suppression
from ieom.rules.mission import MissionFacts

GRACE = timedelta(hours=6)
"""A letter queued this long after its time waits for a person."""
TO_MEDIA = {"release"}
"""Kinds that go to the media: they respect suppressions and can be unsubscribed from (RFC 8058)."""


@dataclass(frozen=True)
class Recipient:
    """One address, and how its reader is addressed."""

    email: str
    office: str
    language: str = "en"
    salutation: str = ""
    name: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter; `parameters` are those of its content type (a calendar's method)."""

    name: str
    content_type: str
    content: bytes
    parameters: Mapping[str, str] = field(default_factory=dict)


def queue(
    session: Session,
    mission: str,
    *,
    kind: str,
    occasion: str,
    to: Recipient,
    facts: Mapping[str, Any],
    at: datetime,
    due_at: datetime | None = None,
    attachments: Sequence[Attachment] = (),
    release: int | None = None,
    headers: Mapping[str, str] | None = None,
    grace: timedelta = GRACE,
) -> Letter | None:
    """Queue one letter; None when this occasion has a letter to this address already, or when the address is
    suppressed for letters of this kind. `at` is the mission's now, `due_at` the moment the letter belongs to (UTC);
    queued more than `grace` after it, the letter waits for a person. Raises `BadInput`."""
    made = queue_many(
        session, mission, kind=kind, occasion=occasion, to=[(to, facts)], at=at, due_at=due_at,
        attachments=attachments, release=release, headers=headers, grace=grace,
    )  # fmt: skip
    return made[0] if made else None


def queue_many(
    session: Session,
    mission: str,
    *,
    kind: str,
    occasion: str,
    to: Sequence[tuple[Recipient, Mapping[str, Any]]],
    at: datetime,
    due_at: datetime | None = None,
    attachments: Sequence[Attachment] = (),
    release: int | None = None,
    headers: Mapping[str, str] | None = None,
    grace: timedelta = GRACE,
) -> list[Letter]:
    """Queue one letter for each recipient; those that have one for this occasion are passed over. What they share is
    encoded and stored once."""
    facts = missions.facts(session, mission)
    query = select(Letter.recipient).where(Letter.mission == mission, Letter.occasion == occasion)
    passed = set(session.scalars(query))
    if kind in TO_MEDIA:
        passed |= set(session.scalars(select(Suppression.email)))
    tail = _tail(attachments)
    if tail and session.get(LetterPart, tail.sha256) is None:
        session.add(LetterPart(sha256=tail.sha256, content=tail.content))
        session.flush()
    due = due_at or at
    names = official_names(facts)
    made = []
    for recipient, own in to:
        email = address(recipient.email)
        if email in passed:
            continue
        passed.add(email)
        message_id = identity(mission, occasion, email, facts.release.from_email)
        subject, head = _head(facts, names, recipient, email, kind, own, message_id, at, tail, headers or {})
        made.append(
            Letter(
                mission=mission,
                occasion=occasion,
                kind=kind,
                release=release,
                recipient=email,
                to_office=recipient.office,
                language=recipient.language,
                subject=subject,
                message_id=message_id,
                envelope_from=facts.release.from_email,
                head=head,
                tail=tail.sha256 if tail else None,
                state="late" if at - due > grace else "queued",
                queued_at=at,
                due_at=due,
            )
        )
    session.add_all(made)
    session.flush()
    return made


def address(email: str) -> str:
    """The address in its normal form. Raises `BadInput` for what is no single address, a line break above all."""
    if any(ord(character) < 32 or ord(character) == 127 for character in email):
        raise BadInput(f"the address {email!r} holds a line break or another control character; write it on one line")
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise BadInput(f"'{email}' is no e-mail address: {error}") from error


def identity(mission: str, occasion: str, email: str, sender: str) -> str:
    """The Message-ID, the same whenever this letter is made again."""
    digest = hashlib.sha256(f"{mission}\n{occasion}\n{email}".encode()).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


@dataclass(frozen=True)
class _Tail:
    sha256: str
    content: bytes
    boundary: str


def _tail(attachments: Sequence[Attachment]) -> _Tail | None:
    """The attachments as the end of a multipart message, with the boundary that follows from what they are."""
    if not attachments:
        return None
    digest = hashlib.sha256()
    for attachment in attachments:
        digest.update(f"{attachment.name}\n{attachment.content_type}\n{len(attachment.content)}\n".encode())
        digest.update(attachment.content)
    boundary = f"=_ieom_{digest.hexdigest()[:32]}"
    content = b""
    for attachment in attachments:
        part = EmailMessage(policy=SMTP)
        main, _, sub = attachment.content_type.partition("/")
        if main == "text":
            part.set_content(attachment.content.decode(), subtype=sub, charset="utf-8", cte="base64")
            for name, value in attachment.parameters.items():
                part.set_param(name, value)
        else:
            part.set_content(attachment.content, maintype=main, subtype=sub, cte="base64")
        part.add_header("Content-Disposition", "attachment", filename=attachment.name)
        del part["MIME-Version"]
        content += f"--{boundary}\r\n".encode() + part.as_bytes()
        content += b"" if content.endswith(b"\r\n") else b"\r\n"
    content += f"--{boundary}--\r\n".encode()
    return _Tail(hashlib.sha256(content).hexdigest(), content, boundary)


def _head(
    facts: MissionFacts,
    names: Mapping[str, str],
    recipient: Recipient,
    email: str,
    kind: str,
    own: Mapping[str, Any],
    message_id: str,
    at: datetime,
    tail: _Tail | None,
    headers: Mapping[str, str],
) -> tuple[str, bytes]:
    """(subject, bytes up to where the shared part begins)."""
    told = {
        "mission": facts,
        "names": names,
        "recipient": recipient,
        "greeting": recipient.salutation or f"Dear {recipient.name or 'Sir or Madam'}",
        "release": facts.release,
        "to_media": kind in TO_MEDIA,
        **own,
    }
    words = render(kind, recipient.language, told, zone=facts.zone, place=names["base_city"], at=at)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(facts.release.from_name, addr_spec=facts.release.from_email)
    message["To"] = email
    message["Reply-To"] = facts.release.reply_to
    message["Subject"] = words["subject.txt"].strip()
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Content-Language"] = recipient.language
    message["X-Ieom-Kind"] = kind
    if kind in TO_MEDIA:
        token = hashlib.sha256(message_id.encode()).hexdigest()[:24]
        joint = "&" if "?" in facts.release.unsubscribe_url else "?"
        message["List-Unsubscribe"] = f"<{facts.release.unsubscribe_url}{joint}t={token}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        message["Auto-Submitted"] = "auto-generated"
    for name, value in headers.items():
        message[name] = value
    body = EmailMessage(policy=SMTP)
    body.set_content(words["body.txt"], charset="utf-8", cte="quoted-printable")
    body.add_alternative(words["body.html"], subtype="html", charset="utf-8", cte="quoted-printable")
    body.set_boundary(f"=_alt_{message_id[1:33]}")
    del body["MIME-Version"]
    message["MIME-Version"] = "1.0"
    top = message.as_bytes().split(b"\r\n\r\n", 1)[0]
    if tail is None:
        return message["Subject"], top + b"\r\n" + body.as_bytes()
    top += f'\r\nContent-Type: multipart/mixed; boundary="{tail.boundary}"\r\n\r\n'.encode()
    inner = body.as_bytes()
    inner += b"" if inner.endswith(b"\r\n") else b"\r\n"
    return message["Subject"], top + f"--{tail.boundary}\r\n".encode() + inner


def message_bytes(session: Session, letter: Letter) -> bytes:
    """The whole message as it goes over the wire."""
    if letter.tail is None:
        return letter.head
    part = session.get_one(LetterPart, letter.tail)
    return letter.head + part.content


def official_names(facts: MissionFacts, language: str = "en") -> dict[str, str]:
    """What a letter calls the organisation, the mission, the host state and its city, on election day."""
    names, on = load_names(), facts.election_day
    return {
        "organisation": names.running(facts.organisation, language, on=on),
        "organisation_short": names.short(facts.organisation, language, on=on),
        "host": names.running(facts.host_state, language, on=on),
        "base_city": names.short(facts.base_city, language, on=on),
    }
