"""The bytes of a message, by the standard library's `email`: the same input gives the same bytes, in CRLF lines of ASCII.

What many letters share stands at the end of the message (`Shared`), so that it is encoded and stored once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import cached_property

from email_validator import validate_email
from markupsafe import escape

from ieom.errors import BadInput
from ieom.mail.dkim import Key, relaxed_body, signature
from ieom.mail.writing import Words, one_line
from ieom.rules.mission import MissionFacts

LONGEST_LINE = 998
"""Bytes in a line (RFC 5322, 2.1.1)."""
GREETING, UNSUBSCRIBE = "\ue000greeting\ue000", "\ue000unsubscribe\ue000"
"""Where a letter to many has what is its reader's own."""
PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]{1,255}")
"""Addresses that stand in a header as they are."""


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

    @cached_property
    def relaxed(self) -> bytes:
        """The same as a DKIM signature covers it."""
        return relaxed_body(self.content)


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


@dataclass(frozen=True)
class Envelope:
    """What is one reader's own in the head of a letter."""

    to: str
    message_id: str
    unsubscribe: str = ""
    """The link that a letter to the media carries (RFC 8058)."""
    answers: tuple[str, ...] = ()
    """Message-IDs of the letters that this one refers to, oldest first (RFC 5322, 3.6.4)."""


def constant_fields(
    facts: MissionFacts,
    words: Words,
    *,
    at: datetime,
    kind: str,
    by_people: bool,
    list_id: str,
    headers: Mapping[str, str],
) -> bytes:
    """The header fields that all readers of a letter share. What a person decides to send, a release, is not marked as
    automatic; all else is (RFC 3834, 5). Raises `BadInput` naming a header that would break the message."""
    message = EmailMessage(policy=SMTP)
    sender = one_line(facts.release.from_name, "release.from_name in the mission file")
    message["From"] = Address(sender, addr_spec=wire(facts.release.from_email))
    message["Reply-To"] = wire(one_line(facts.release.reply_to, "release.reply_to in the mission file"))
    message["Date"] = format_datetime(at)
    message["Content-Language"] = words.language
    message["X-Ieom-Kind"] = kind
    if not by_people:
        message["Auto-Submitted"] = "auto-generated"
    if list_id:
        message["List-Id"] = list_id
    for name, value in headers.items():
        message[name] = value
    message["MIME-Version"] = "1.0"
    fields = message.as_bytes().split(b"\r\n\r\n", 1)[0] + b"\r\n" + _subject(one_line(words.subject, "the subject"))
    longest = max(fields.split(b"\r\n"), key=len)
    if len(longest) > LONGEST_LINE:
        name = longest.partition(b":")[0].decode("ascii", "replace")
        raise BadInput(
            f"the header {name[:40]} has a line of {len(longest)} bytes; at most {LONGEST_LINE} may go (RFC 5322)"
        )
    return fields


def _subject(text: str) -> bytes:
    """The Subject field. What is not ASCII, has a word too long for a line, or looks encoded already, is encoded (RFC
    2047); all else stands as it is, folded at its blanks. (The standard library's policy begins a long one with an empty
    line, which readers see as a blank.)"""
    plain = text.isascii() and "=?" not in text and all(len(word) < 70 for word in text.split(" "))
    header = Header(text, "us-ascii" if plain else "utf-8", maxlinelen=76, header_name="Subject")
    return b"Subject: " + header.encode(linesep="\r\n").encode("ascii") + b"\r\n"


def own_fields(own: Envelope) -> bytes:
    """The header fields that are one reader's own. A link or an address is never folded: a fold within one would be
    sent as a blank."""
    lines = [b"To: " + _address(own.to), f"Message-ID: {own.message_id}".encode()]
    if own.answers:
        lines.append(f"In-Reply-To: {own.answers[-1]}".encode())
        lines.append(b"References: " + b"\r\n ".join(one.encode() for one in own.answers))
    if own.unsubscribe:
        if not re.fullmatch(r"https://[!#-;=?-Z\[\]_a-z~%]{1,900}", own.unsubscribe):
            raise BadInput(f"'{own.unsubscribe[:60]}' is no address of a page that may stand in a header")
        lines.append(f"List-Unsubscribe:\r\n <{own.unsubscribe}>".encode())
        lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return b"\r\n".join(lines) + b"\r\n"


def readdressed(head: bytes, to: str, message_id: str, tail: bytes | None, *, key: Key | None, at: datetime) -> bytes:
    """The head of a letter that was written already, with another address, Message-ID and date; signed anew. All else is
    byte for byte as it was."""
    fields, _, body = head.partition(b"\r\n\r\n")
    told = {b"to": _address(to), b"message-id": message_id.encode(), b"date": format_datetime(at).encode()}
    made = []
    for field_ in re.split(rb"\r\n(?![ \t])", fields):
        name = field_.partition(b":")[0]
        if name.lower() in told:
            field_ = name + b": " + told[name.lower()]
        if name.lower() != b"dkim-signature":
            made.append(field_)
    whole = b"\r\n".join(made) + b"\r\n\r\n" + body
    return whole if key is None else signature(key, whole, relaxed_body(tail) if tail else b"", at=at) + whole


def _address(to: str) -> bytes:
    email = wire(to)
    if PLAIN.fullmatch(email):
        return email.encode()
    message = EmailMessage(policy=SMTP if email.isascii() else SMTPUTF8)
    message["To"] = email
    return message.as_bytes().split(b"\r\n\r\n", 1)[0].removeprefix(b"To: ")


class Body:
    """The text and the HTML of a letter as one multipart/alternative, encoded once for all its readers. Where the words
    hold a marker (`GREETING`, `UNSUBSCRIBE`) each reader's own stands."""

    def __init__(self, words: Words, boundary: str) -> None:
        self.boundary = boundary
        self.parts = [
            (kind, html, _pieces(text))
            for kind, html, text in (("plain", False, words.text), ("html", True, words.html))
        ]

    def encoded(self, own: Mapping[str, str]) -> bytes:
        """The part with its own header; `own` is what stands in the markers' places."""
        made = [f'Content-Type: multipart/alternative; boundary="{self.boundary}"\r\n\r\n'.encode()]
        for kind, html, pieces in self.parts:
            made.append(
                f'--{self.boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
            )
            for piece in pieces:
                if isinstance(piece, bytes):
                    made.append(piece)
                else:
                    made.append(_quoted(str(escape(own[piece])) if html else own[piece]))
            made.append(b"\r\n")
        return b"".join(made) + f"--{self.boundary}--\r\n".encode()


def _pieces(text: str) -> list[bytes | str]:
    """The encoded text between its markers, and the markers. A soft line break (RFC 2045, 6.7) parts them, so that each
    is encoded by itself."""
    found: list[bytes | str] = []
    parts = re.split(f"({GREETING}|{UNSUBSCRIBE})", text)
    for place, part in enumerate(parts):
        if place % 2:
            found.append(part)
        elif part:
            before = b"=\r\n" if place and not part.startswith("\n") else b""
            after = b"=\r\n" if place + 1 < len(parts) and not part.endswith("\n") else b""
            found.append(before + _quoted(part) + after)
    return found


def _quoted(text: str) -> bytes:
    return body_encode(text.encode().decode("latin-1"), 76, "\r\n").encode("ascii")


def assembled(
    fields: bytes, own: Envelope, body: bytes, tail: Shared | None, *, key: Key | None, at: datetime
) -> bytes:
    """The message up to where its shared part begins; all of it when there is none. It ends with a whole line. With a
    key it is signed (DKIM)."""
    head = fields + own_fields(own)
    if tail is None:
        head += body
    else:
        head += (
            f'Content-Type: multipart/mixed; boundary="{tail.boundary}"\r\n\r\n--{tail.boundary}\r\n'.encode() + body
        )
    if key is None:
        return head
    return signature(key, head, tail.relaxed if tail else b"", at=at) + head
