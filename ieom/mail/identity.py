"""A letter's Message-ID: the same whenever the letter is made again in this installation, and nobody outside computes it.
Who forges a bounce or a complaint about a letter must have seen it."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from ieom.errors import Unavailable
from ieom.mail.message import wire
from ieom.settings import settings

FILE = "secret"
"""Beside the database and the papers, in the state folder."""


def secret() -> bytes:
    """The installation's secret: `IEOM_SECRET`, else one that is made once in the state folder, readable by this user
    alone. Raises `Unavailable` where it can be neither read nor made."""
    given = settings().secret.get_secret_value()
    if given:
        return given.encode()
    path = settings().state_dir / FILE
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"{path}, the secret of the letters' Message-IDs: {error.strerror}") from error
    if not found:
        raise Unavailable(f"{path}, the secret of the letters' Message-IDs: it is empty; bring it back from a backup")
    return found


def _make(path: Path) -> None:
    """Whole or not at all: of several processes that make one, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        os.unlink(made)  # noqa: PTH108 - by the name that mkstemp gave


def identity(key: bytes, mission: str, occasion: str, email: str, sender: str, token: str = "") -> str:
    """The Message-ID of the occasion's letter to this address, at the sender's domain; `key` is the `secret`."""
    told = f"{mission}\n{occasion}\n{email}\n{token}".encode()
    return f"<{hmac.new(key, told, hashlib.sha256).hexdigest()[:40]}@{wire(sender).rpartition('@')[2]}>"
