"""A file that is packed of others (.zip, and so .docx and .xlsx): opened only when it unpacks to what such a file may hold."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from ieom.errors import BadInput

MARK = b"PK\x03\x04"
UNPACKED, PARTS, RATIO = 60_000_000, 2_000, 200
"""Octets unpacked, files in it, and how many times larger than packed one of them may be."""
BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, KeyError)
"""What Python raises for a packed file that is cut off, locked by a password or packed in an unknown way."""


class NotPacked(BadInput):
    """What begins like a packed file is none, or can't be opened."""


@contextmanager
def unpacked(data: bytes, what: str, *, most: int = UNPACKED) -> Iterator[zipfile.ZipFile]:
    """The parts of a packed file, to be read within the block. Raises `NotPacked`, naming it by `what`, for one that can't
    be read, `BadInput` for one that unpacks to more than `most` octets."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            sizes = [(part.file_size, part.compress_size) for part in box.infolist()]
            bomb = any(size > RATIO * max(small, 1000) for size, small in sizes)
            if bomb or len(sizes) > PARTS or sum(size for size, _ in sizes) > most:
                raise BadInput(f"{what} unpacks to far more than such a file holds; it was not opened")
            yield box
    except BROKEN as problem:
        raise NotPacked(f"{what} can't be unpacked ({problem}); save or pack it again, without a password") from problem
