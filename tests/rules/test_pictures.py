"""Pictures without what a camera wrote beside them; the drawn lines are untouched."""

from __future__ import annotations

import struct
import zlib

import pytest
from pictured import GPS, jpeg, png

from ieom.rules.pictures import bare


def test_a_photograph_keeps_its_lines_and_how_it_is_turned_and_loses_where_it_was_taken() -> None:
    came = jpeg(turned=6)
    kept = bare(came)
    assert GPS in came
    assert GPS not in kept
    assert b"Kodak" not in kept
    assert kept.count(b"\xff\xe1") == 1
    assert b"Exif\x00\x00MM" in kept
    assert kept.index(b"JFIF") < kept.index(b"Exif")
    assert kept.endswith(b"lines\xff\x00more\xff\xd0again\xff\xd9")
    assert bare(kept) == kept


def test_one_that_stands_upright_holds_no_exif_at_all_and_nothing_after_its_end() -> None:
    kept = bare(jpeg(turned=1) + b"a telephone's own trailer, with " + GPS)
    assert b"Exif" not in kept
    assert GPS not in kept
    assert kept.endswith(b"\xff\xd9")


def test_words_beside_a_png_are_left_out() -> None:
    kept = bare(png())
    assert GPS not in kept
    assert b"IHDR" in kept
    assert b"pHYs" in kept
    assert zlib.decompress(kept.split(b"IDAT")[1][: kept.index(b"IEND")][:-4]) == b"\x00\x00"


@pytest.mark.parametrize("data", [jpeg()[:-20], jpeg()[:30], png()[:-6], b"\xff\xd8\xff", b"\xff\xd8\xff\xd9",
                                  b"\xff\xd8\xff\xe0\x00\x00rest", b"\xff\xd8\xff\xff\xff\xff"])  # fmt: skip
def test_one_that_is_cut_off_is_said(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|empty"):
        bare(data)


def test_an_exif_part_of_no_sense_is_left_out_all_the_same() -> None:
    for odd in (b"Exif\x00\x00MM\x00*\xff\xff\xff\xff", b"Exif\x00\x00", b"Exif\x00\x00XX" + bytes(30),
                b"Exif\x00\x00II*\x00" + struct.pack("<IH", 8, 65535) + bytes(4)):  # fmt: skip
        assert b"Exif" not in bare(jpeg(exif=odd))


def test_a_pdf_is_as_it_came() -> None:
    assert bare(b"%PDF-1.4\n%%EOF\n") == b"%PDF-1.4\n%%EOF\n"
