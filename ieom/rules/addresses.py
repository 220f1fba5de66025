"""When two e-mail addresses are one mailbox to us, and how an address is shown to somebody who may not read it."""

from __future__ import annotations

import unicodedata

import idna


def fold(email: str) -> str:
    """The form by which an address is known. Desk@ and desk@ are one mailbox to every newsroom, though not to RFC 5321
    (2.4); a domain with letters beyond ASCII is the one that DNS knows (RFC 5891), so that bücher.example and
    xn--bcher-kva.example are one."""
    folded = email.strip().casefold()
    if folded.isascii():
        return folded.rstrip(".")
    local, at, domain = unicodedata.normalize("NFC", folded).rpartition("@")
    try:
        domain = idna.encode(domain.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError:  # no domain that could be written to; what is no address is refused elsewhere
        domain = domain.rstrip(".")
    return f"{local}{at}{domain}"


def masked(email: str) -> str:
    """An address as its own reader knows it again and nobody else learns it: 'n•••@w•••.example'."""
    local, _, domain = email.strip().rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{ending}"
