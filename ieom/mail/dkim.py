"""DKIM signatures (RFC 6376), made once when a letter is queued, where the organisation has no mail server that signs:
relaxed/relaxed, RSA with SHA-256 or Ed25519 (RFC 8463)."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ieom.errors import BadInput
from ieom.settings import settings

SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "list-id",
    "list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type",
)  # fmt: skip
TWICE = ("from", "to", "subject")
"""Signed once more than they occur, so that none can be added (RFC 6376, 8.15)."""


@dataclass(frozen=True)
class Key:
    """A signing key, the domain that it speaks for and its selector there."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    def signed(self, data: bytes) -> bytes:
        """The signature over canonical headers."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(hashlib.sha256(data).digest())
        return self.private.sign(data, PKCS1v15(), hashes.SHA256())

    @property
    def algorithm(self) -> str:
        """The value of a=."""
        return "ed25519-sha256" if isinstance(self.private, Ed25519PrivateKey) else "rsa-sha256"


def key_for(sender: str) -> Key | None:
    """The key with which letters from this address are signed; None where the settings name none. Raises `BadInput` for
    a key that can't be used, and for one of another domain than the sender's."""
    path, selector, domain = settings().dkim_key, settings().dkim_selector, settings().dkim_domain
    if path is None:
        return None
    domain = domain or sender.rpartition("@")[2]
    if not selector or not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", selector):
        raise BadInput("IEOM_DKIM_SELECTOR is to be the selector under which the key's DNS record stands")
    own = sender.rpartition("@")[2].casefold()
    if own != domain.casefold() and not own.endswith(f".{domain.casefold()}"):
        raise BadInput(f"IEOM_DKIM_DOMAIN is {domain}, and the letters are from {own}: receivers would not believe it")
    return Key(domain, selector, _private(path, path.stat().st_mtime_ns if path.is_file() else 0))


@lru_cache(maxsize=4)
def _private(path: Path, _changed: int) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise BadInput(f"the key {path} (IEOM_DKIM_KEY) can't be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInput(f"{path} (IEOM_DKIM_KEY) is no PEM file of a private key without a password") from error
    if isinstance(key, RSAPrivateKey) and key.key_size < 2048:
        raise BadInput(f"the key {path} has {key.key_size} bits; receivers want 2048 (RFC 8301)")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadInput(f"the key {path} is neither RSA nor Ed25519")
    return key


def relaxed_body(data: bytes) -> bytes:
    """Whole lines of a body in relaxed form (RFC 6376, 3.4.4), but for empty lines at its end."""
    return re.sub(rb"[ \t]+", b" ", re.sub(rb"[ \t]+\r\n", b"\r\n", data))


def _relaxed_header(name: str, value: str) -> bytes:
    plain = re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip()
    return f"{name}:{plain}".encode()


def signature(key: Key, head: bytes, tail: bytes, *, at: datetime) -> bytes:
    """The DKIM-Signature field of a message, with its line's end. `head` is the message up to its shared part, `tail`
    that part in relaxed form; `at` is UTC."""
    top, _, own = head.partition(b"\r\n\r\n")
    body = relaxed_body(own) + tail
    body = re.sub(rb"(\r\n)+\Z", b"\r\n", body) if body.endswith(b"\r\n\r\n") else body
    fields: dict[str, str] = {}
    for line in re.split(r"\r\n(?![ \t])", top.decode("utf-8")):
        name, _, value = line.partition(":")
        fields[name.lower()] = value
    named = [name for name in SIGNED if name in fields]
    named = [one for name in named for one in ([name, name] if name in TWICE else [name])]
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    listed = _folded(named)
    value = (
        f" v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};\r\n t={int(at.timestamp())};"
        f" h={listed};\r\n bh={digest};\r\n b="
    )
    seen: set[str] = set()
    data = b""
    for name in named:
        if name not in seen:  # the second time there is no such field: nothing is added (RFC 6376, 3.5, h=)
            data += _relaxed_header(name, fields[name]) + b"\r\n"
        seen.add(name)
    data += _relaxed_header("dkim-signature", value)
    made = base64.b64encode(key.signed(data)).decode()
    lines = "\r\n ".join(made[start : start + 72] for start in range(0, len(made), 72))
    return f"DKIM-Signature:{value}{lines}\r\n".encode()


def _folded(names: list[str]) -> str:
    text, line = "", ""
    for name in names:
        if len(line) + len(name) > 60:
            text, line = f"{text}{line}\r\n  ", ""
        line += f"{name}:"
    return (text + line).removesuffix(":")
