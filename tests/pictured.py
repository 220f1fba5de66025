"""Small pictures as telephones make them: with the place and the camera written beside them."""

from __future__ import annotations

import struct
import zlib

GPS = b"51.1694N 71.4491E"


def jpeg(*, turned: int = 1, exif: bytes | None = None) -> bytes:
    told = exif if exif is not None else (
        b"Exif\x00\x00II*\x00" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0) + GPS + b"Kodak"
    )  # fmt: skip
    parts = ((0xE0, b"JFIF\x00" + bytes(9)), (0xE1, told), (0xED, b"Photoshop" + GPS), (0xFE, b"a note " + GPS),
             (0xDB, bytes(65)), (0xC0, bytes(15)), (0xDA, bytes(10)))  # fmt: skip
    head = b"".join(b"\xff" + bytes((mark,)) + struct.pack(">H", len(body) + 2) + body for mark, body in parts)
    return b"\xff\xd8" + head + b"lines\xff\x00more\xff\xd0again\xff\xd9"


def png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    parts = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"pHYs", bytes(9)), (b"eXIf", b"II*\x00" + GPS),
             (b"tEXt", b"Comment\x00" + GPS), (b"IDAT", zlib.compress(b"\x00\x00")), (b"IEND", b""))  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
