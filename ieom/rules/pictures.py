"""A picture without what a camera or a telephone wrote beside it: where it was taken, when, with what, a small copy of it.

No pixel is touched and nothing is decoded: the parts that hold such words are left out (JPEG: ITU-T T.81, B.1.1; PNG:
W3C PNG, 5). How the picture is turned is kept, or a page would lie on its side.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SCAN, _END, _EXIF = 0xDA, 0xD9, 0xE1
_KEPT = {0xE0, 0xE2, 0xEE}
"""Application parts that a picture is drawn by: JFIF's, the colour profile, Adobe's."""
_DRAWN = {b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs", b"tRNS"}
_TURNED = 0x0112
"""Exif's tag for how a picture is turned."""


def bare(data: bytes) -> bytes:
    """The picture alone. Raises `ValueError` for one that is cut off or no picture; another kind of file is returned as it is."""
    if data.startswith(PNG):
        return PNG + b"".join(_chunks(data))
    if data.startswith(JPEG):
        return _jpeg(data)
    return data


def _jpeg(data: bytes) -> bytes:
    kept, turned, at = [], 1, 2
    while True:
        if at + 2 > len(data) or data[at] != 0xFF:
            raise ValueError("the picture is cut off")
        mark = data[at + 1]
        if mark == 0xFF:  # a filling octet
            at += 1
            continue
        if mark == _END:
            break
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise ValueError("the picture is cut off")
        if mark == _EXIF:
            turned = _orientation(data[at + 4 : end]) or turned
        elif mark in _KEPT or not (0xE0 <= mark <= 0xEF or mark == 0xFE):
            end = _after_scan(data, end) if mark == _SCAN else end
            kept.append(data[at:end])
        at = end
    if not kept:
        raise ValueError("the picture is empty")
    first = 1 if kept[0][1] == 0xE0 else 0  # JFIF's part comes first
    if turned != 1:
        kept.insert(first, _exif(turned))
    return b"\xff\xd8" + b"".join(kept) + bytes((0xFF, _END))


def _after_scan(data: bytes, at: int) -> int:
    """Where the drawn lines end: at a mark that is neither a stuffed octet nor a place to begin anew."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in {0x00, *range(0xD0, 0xD8)}:
            return at
        at += 2
    raise ValueError("the picture is cut off")


def _orientation(part: bytes) -> int:
    """How an Exif part says that the picture is turned (1 to 8); 0 for nothing."""
    if not part.startswith(b"Exif\x00\x00"):
        return 0
    order = {b"II": "<", b"MM": ">"}.get(part[6:8], "")
    try:
        (first,) = struct.unpack_from(f"{order}I", part, 10)
        (count,) = struct.unpack_from(f"{order}H", part, 6 + first)
        for number in range(min(count, 200)):
            tag, _kind, _many, value = struct.unpack_from(f"{order}HHIH", part, 8 + first + 12 * number)
            if tag == _TURNED:
                return value if 1 <= value <= 8 else 0
    except struct.error:
        pass
    return 0


def _exif(turned: int) -> bytes:
    """An Exif part that says how the picture is turned, and nothing else."""
    told = b"Exif\x00\x00MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, _TURNED, 3, 1, turned, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told


def _chunks(data: bytes) -> Iterator[bytes]:
    at = len(PNG)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data):
            break
        if kind[:1].isupper() or kind in _DRAWN:
            yield data[at:end]
        if kind == b"IEND":
            return
        at = end
    raise ValueError("the picture is cut off")
