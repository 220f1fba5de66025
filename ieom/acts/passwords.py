"""Passwords: long enough, kept as argon2 hashes, compared in the same time whether there is one or not."""

from __future__ import annotations

from contextlib import nullcontext
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ieom.errors import BadInput

SHORTEST, LONGEST = 12, 200
"""Characters of a password (NIST SP 800-63B asks for 8; 15 where it is the only factor)."""

_hasher = PasswordHasher()
_AT_ONCE = BoundedSemaphore(2)
"""Each comparison takes 64 MB and a core for a moment: a flood of them waits for its turn."""
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """What the records hold of a password. Raises `BadInput` for one that is too short or too long."""
    long_enough(password)
    return _hasher.hash(password)


def fits(kept: str, password: str, *, entered: bool = False) -> bool:
    """Whether this is the password of that hash; '' (nobody's) takes as long, and fits none. Whoever has entered does not
    wait behind strangers."""
    try:
        with nullcontext() if entered else _AT_ONCE:
            _hasher.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def long_enough(password: str) -> None:
    """Raises `BadInput` for a password that is too short or too long."""
    if len(password) < SHORTEST:
        raise BadInput(f"choose at least {SHORTEST} characters; a few words that you remember are good")
    if len(password) > LONGEST:
        raise BadInput(f"choose at most {LONGEST} characters")
