"""Papers on the disk, whole or not at all: a temporary file in the same folder, synced, renamed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from pathlib import Path

from ieom.errors import Unavailable

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a system says of a disk, or of a share of one, that is full."""


def sha256(data: bytes) -> str:
    """The hash by which a paper is known."""
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: bytes, *, mode: int = 0o600) -> str:
    """Write a file durably and return its SHA-256. Nobody else on the machine reads it: a release's papers lie here before
    the embargo ends. A disk that is full, or a folder that may not be written, leaves
    what was there and raises `Unavailable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108 - by the name that mkstemp gave
        raise _unwritten(path, error) from error
    return sha256(data)


def _unwritten(path: Path, error: OSError) -> Unavailable:
    advice = "make room" if error.errno in FULL else "see to that"
    return Unavailable(
        f"a file can't be written: {error.strerror}; {advice}, then try again",
        command=f"the file is {path}",  # for whoever keeps the machine, not for a page
    )
