"""The bytes of a message, by the standard library's `email`: the same input gives the same bytes, in CRLF lines of ASCII.

What many letters share stands at the end of the message (`Shared`), so that it is encoded and stored once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from email_validator import validate_email

from ieom.errors import BadInput
from ieom.mail.writing import Words, one_line
from ieom.rules.mission import MissionFacts


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter; `parameters` are those of its content type (a calendar's method)."""

    name: str
    content_type: str
    content: bytes
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shared:
    """The end of a multipart message: its attachments, and the boundary that follows from what they are."""

    sha256: str
    content: bytes
    boundary: str


def shared_part(attachments: Sequence[Attachment]) -> Shared | None:
    """The attachments, encoded. base64 has neither '_' nor a dot, so that neither the boundary nor a line that would
    need dot-stuffing (RFC 5321, 4.5.2) can occur in it. Raises `BadInput` naming a file that can't be attached."""
    if not attachments:
        return None
    digest = hashlib.sha256()
    for attachment in attachments:
        told = (attachment.name, attachment.content_type, *sum(sorted(attachment.parameters.items()), ()))
        digest.update(repr((told, len(attachment.content))).encode())
        digest.update(attachment.content)
    boundary = f"=_ieom_{digest.hexdigest()[:32]}"
    content = b"".join(f"--{boundary}\r\n".encode() + _encoded(attachment) for attachment in attachments)
    content += f"--{boundary}--\r\n".encode()
    return Shared(hashlib.sha256(content).hexdigest(), content, boundary)


def _encoded(attachment: Attachment) -> bytes:
    name = one_line(attachment.name, "the name of an attachment")
    for value in (attachment.content_type, *attachment.parameters.values()):
        one_line(value, f"the type of the attachment {name}")
    part = EmailMessage(policy=SMTP)
    main, _, sub = attachment.content_type.partition("/")
    if main == "text":
        try:
            text = attachment.content.decode()
        except UnicodeDecodeError as error:
            raise BadInput(f"the attachment {name} says it is text and is not UTF-8: {error}") from error
        part.set_content(text, subtype=sub, charset="utf-8", cte="base64")
        for key, value in attachment.parameters.items():
            part.set_param(key, value)
    else:
        part.set_content(attachment.content, maintype=main, subtype=sub, cte="base64")
    part.add_header("Content-Disposition", "attachment", filename=name)
    del part["MIME-Version"]
    encoded = part.as_bytes()
    return encoded if encoded.endswith(b"\r\n") else encoded + b"\r\n"


def wire(email: str) -> str:
    """The address as it stands in headers and in SMTP commands: an internationalised domain in its ASCII form. A local
    part beyond ASCII stays as it is and needs a server with SMTPUTF8 (RFC 6531)."""
    if email.isascii():
        return email
    found = validate_email(email, check_deliverability=False, test_environment=True)
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def assembled(
    facts: MissionFacts,
    words: Words,
    *,
    to: str,
    message_id: str,
    at: datetime,
    kind: str,
    unsubscribe: str,
    headers: Mapping[str, str],
    tail: Shared | None,
) -> bytes:
    """The message up to where its shared part begins; all of it when there is none. It ends with a whole line.
    `unsubscribe` is the link that a letter to the media carries (RFC 8058); other letters are marked as automatic
    (RFC 3834, 5). Raises `BadInput` naming a header that would break the message."""
    message = EmailMessage(policy=SMTP if to.isascii() or wire(to).isascii() else SMTPUTF8)
    sender = one_line(facts.release.from_name, "release.from_name in the mission file")
    message["From"] = Address(sender, addr_spec=wire(facts.release.from_email))
    message["To"] = wire(to)
    message["Reply-To"] = wire(one_line(facts.release.reply_to, "release.reply_to in the mission file"))
    message["Subject"] = words.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Content-Language"] = words.language
    message["X-Ieom-Kind"] = kind
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        message["Auto-Submitted"] = "auto-generated"
    for name, value in headers.items():
        message[name] = value
    message["MIME-Version"] = "1.0"
    body = EmailMessage(policy=SMTP)
    body.set_content(words.text, charset="utf-8", cte="quoted-printable")
    body.add_alternative(words.html, subtype="html", charset="utf-8", cte="quoted-printable")
    body.set_boundary(f"=_alt_{message_id[1:33]}")
    del body["MIME-Version"]
    top, inner = message.as_bytes().split(b"\r\n\r\n", 1)[0] + b"\r\n", body.as_bytes()
    inner += b"" if inner.endswith(b"\r\n") else b"\r\n"
    if tail is None:
        return top + inner
    top += f'Content-Type: multipart/mixed; boundary="{tail.boundary}"\r\n\r\n'.encode()
    return top + f"--{tail.boundary}\r\n".encode() + inner
