"""What comes back by mail: delivery reports (RFC 3464, RFC 6533) and complaints (RFC 5965), read by their structure and
never by their words. Everything else is for people.

Reports come from anybody who cares to write one. What they say is used only about a letter whose Message-ID they give,
and only when they speak of that letter's reader.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser, HeaderParser

from ieom.mail.message import wire
from ieom.rules.addresses import fold
from ieom.rules.replies import enhanced

LIMIT = 512 * 1024
"""So many bytes of a message are looked at: a report stands before the letter that it returns, which may be long."""
HEAD = 64 * 1024
"""So many tell whether a message is a report at all."""
NESTED = 40
"""More parts within parts than any report has; they would be costly to read."""
MOST = 20
"""So many readers that one report speaks of are looked at; a letter of ours has one."""

DELIVERY = {"message/delivery-status", "message/global-delivery-status"}
RETURNED = {"message/rfc822", "message/global"}
RETURNED_HEADS = {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
KINDS = {
    "failed": "bounce",
    "delayed": "delay",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
"""RFC 3464, 2.3.3."""
COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list"}
"""RFC 5965, 7.3; 'not-spam', 'virus' and 'auth-failure' (RFC 6591) are no reader's wish to get no more."""
MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}@[^<>\s]{1,255}>")
SMTP_STATUS = re.compile(r"\s*[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class Report:
    """What one report says of one reader. `kind` is bounce, delay, delivered or complaint."""

    kind: str
    identities: tuple[str, ...]
    """Message-IDs that the report gives for the letter."""
    readers: frozenset[str]
    """Addresses that it gives for the reader, folded; empty when a complaint hides them."""
    action: str = ""
    status: str = ""
    """RFC 3463; empty when none is given."""
    diagnostic: str = ""

    def speaks_of(self, recipient: str) -> bool:
        """Whether the report is about this reader of ours."""
        if not self.readers:
            return self.kind == "complaint"
        return bool(self.readers & {fold(recipient), fold(wire(recipient))})


@dataclass(frozen=True)
class Read:
    """A message: its reports, or none when it is for people; whom it is from and what about, in one line each."""

    reports: tuple[Report, ...]
    sender: str
    subject: str


def is_report(head: bytes) -> bool:
    """Whether a message that begins like this is a delivery report or a complaint."""
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
    return message.get_content_type() == "multipart/report" and _kind_of(message) in {
        "delivery-status", "feedback-report"
    }  # fmt: skip


def read(content: bytes) -> Read:
    """Read a message. Whatever it holds, nothing is raised; what is no proper report is for people."""
    content = content[:LIMIT]
    nested = re.findall(rb"(?im)^content-type:[ \t]*(?:\r?\n[ \t]+)?(?:multipart|message)/", content)
    top = BytesHeaderParser(policy=policy.compat32).parsebytes(content[:HEAD])
    sender, subject = one_line(top["From"]), one_line(top["Subject"])
    if len(nested) > NESTED or not is_report(content[:HEAD]):
        return Read((), sender, subject)
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(content)
        parts = list(message.get_payload()) if message.is_multipart() else []
        make = _deliveries if _kind_of(message) == "delivery-status" else _complaint
        return Read(tuple(make([part for part in parts if isinstance(part, Message)])), sender, subject)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        MessageError,
    ):  # no report that anybody should write
        return Read((), sender, subject)


def _kind_of(message: Message) -> str:
    value = message.get_param("report-type", "")
    return (value[2] if isinstance(value, tuple) else str(value)).strip().lower()


def one_line(value: object, most: int = 200) -> str:
    """A header's value as a line for people: decoded, without anything that would move a terminal's cursor."""
    text = str(value or "")
    with contextlib.suppress(ValueError, LookupError, TypeError, MessageError):
        text = str(make_header(decode_header(text)))
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())[:most]


def _deliveries(parts: list[Message]) -> Iterator[Report]:
    blocks = [block for part in parts if part.get_content_type() in DELIVERY for block in _blocks(part)]
    of_message = next((block for block in blocks if "Original-Envelope-Id" in block), None)
    identities = _identities(parts, str(of_message["Original-Envelope-Id"]) if of_message is not None else "")
    for block in [block for block in blocks if "Action" in block][:MOST]:
        action = str(block["Action"]).partition("(")[0].strip().lower()
        readers = {_address(block[name]) for name in ("Final-Recipient", "Original-Recipient") if name in block}
        if action in KINDS and identities and readers - {""}:
            kind, value = _typed(block["Diagnostic-Code"])
            yield Report(
                KINDS[action], identities, frozenset(readers - {""}), action,
                _status(str(block["Status"] or ""), value if kind == "smtp" else ""), one_line(value, 500),
            )  # fmt: skip


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery status; the library reads those of RFC 3464, and RFC 6533's as a message."""
    payload = part.get_payload()
    found = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/global-delivery-status":
        for one in list(found):
            rest = one.get_payload()
            texts = re.split(r"(?:\r?\n){2,}", rest) if isinstance(rest, str) else []
            found += [HeaderParser(policy=policy.compat32).parsestr(text) for text in texts if text.strip()]
    return found


def _complaint(parts: list[Message]) -> Iterator[Report]:
    for part in parts:
        payload = part.get_payload()
        told = payload[0] if isinstance(payload, list) and payload else None
        if part.get_content_type() != "message/feedback-report" or not isinstance(told, Message):
            continue
        kind = str(told["Feedback-Type"] or "").strip().lower()
        identities = _identities(parts, str(told["Original-Envelope-Id"] or ""))
        if kind in COMPLAINTS and identities:
            readers = {_plain(str(value)) for value in told.get_all("Original-Rcpt-To", [])[:MOST]} - {""}
            yield Report("complaint", identities, frozenset(readers), kind)
        return


def _identities(parts: list[Message], envelope: str) -> tuple[str, ...]:
    """Message-IDs of the letter that a report returns, wholly or its header alone; and the envelope's identifier, of
    which a sender may have made the same (RFC 3461, 4.4)."""
    found = []
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        first = payload[0] if isinstance(payload, list) and payload else None
        if kind in RETURNED | RETURNED_HEADS and isinstance(first, Message):
            found.append(str(first["Message-ID"] or ""))  # the library reads whatever is message/... as a message
        elif kind in RETURNED_HEADS and isinstance(raw := part.get_payload(decode=True), bytes):
            found.append(str(BytesHeaderParser(policy=policy.compat32).parsebytes(raw)["Message-ID"] or ""))
    text = _unquoted(envelope).strip()
    found.append(text if text.startswith("<") else f"<{text}>")
    return tuple(dict.fromkeys(match[0] for one in found if (match := MESSAGE_ID.search(one))))


def _unquoted(text: str) -> str:
    """xtext as it was before (RFC 3461, 4)."""
    return re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)


def _typed(value: object) -> tuple[str, str]:
    """A field of the form `type; value`."""
    kind, separator, rest = str(value or "").partition(";")
    return (kind.strip().lower(), rest.strip()) if separator else ("", kind.strip())


def _address(value: object) -> str:
    kind, text = _typed(value)
    if kind == "utf-8":  # RFC 6533, 3
        text = re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", lambda found: chr(int(found[1], 16)), text)
    return _plain(text) if kind in {"rfc822", "utf-8"} else ""


def _plain(text: str) -> str:
    text = text.partition("(")[0].strip()
    return fold(text[1:-1] if text.startswith("<") and text.endswith(">") else text)


def _status(status: str, smtp: str) -> str:
    """The status given; where it says no more than its class, as Exim's does, the one that the server gave."""
    found, given = enhanced(status), SMTP_STATUS.match(smtp)
    if given is not None and (not found or (found.endswith(".0.0") and found[0] == given[1][0])):
        return given[1]
    return found
