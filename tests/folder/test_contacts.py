"""Contacts from the files that people have: spreadsheets and address books as programs write them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ieom.errors import BadInput, Faults
from ieom.folder import cards
from ieom.folder.contacts import EXPORTED, Read, read_contacts, written
from ieom.rules.contacts import EMPTY

GOOD = {"outlet": "Хабар", "language": "kk", "country": "KZ", "kind": "wire"}
TABLE = "E-mail;Media outlet;Language;Country;Type\r\ndesk@wire.example;Хабар;Kazakh;Казахстан;News agency\r\n"


def read(folder: Path, content: str | bytes, name: str = "contacts.csv", **options: object) -> Read:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_contacts(path, **options)  # type: ignore[arg-type]


def said(found: Read) -> list[str]:
    return [str(fault) for fault in found.faults]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_table_is_read_in_the_encodings_and_separators_that_spreadsheets_write(
    tmp_path: Path, delimiter: str, charset: str
) -> None:
    named = {"charset": "cp1251"} if charset == "cp1251" else {}
    found = read(tmp_path, TABLE.replace(";", delimiter).encode(charset), **named)
    assert said(found) == []
    assert [(one.row, one.email, one.values) for one in found.given] == [(2, "desk@wire.example", GOOD)]


def test_a_table_that_is_not_unicode_is_shown_as_it_would_read(tmp_path: Path) -> None:
    assert said(read(tmp_path, TABLE.encode("cp1251"))) == [
        "contacts.csv, row 2: is not UTF-8: as cp1251 it reads 'example;Хабар;Kazakh;Казахстан;N'; "
        "as cp1252 it reads 'example;Õàáàð;Kazakh;Êàçàõñòàí;N'. Say which charset it is in, or save it as 'CSV UTF-8'"
    ]
    with pytest.raises(BadInput, match="no charset 'klingon'"):
        read(tmp_path, TABLE, charset="klingon")


def test_headings_may_be_those_of_other_programs_and_unknown_ones_are_named(tmp_path: Path) -> None:
    table = "First Name,Last Name,Organization Name,E-mail 1 - Value,Phone\nA,Reader,Wire,a@wire.example,1\n"
    assert said(read(tmp_path, table)) == [
        "contacts.csv, row 1, Phone: means nothing to us; rename it to one of " + ", ".join(EXPORTED) + ", or have "
        "columns that mean nothing left out"
    ]
    found = read(tmp_path, table, ignore_unknown=True)
    assert found.given[0].values == {"outlet": "Wire", "name": "A Reader"}
    assert found.notes == ["not taken in: the column 'Phone'"]
    twice = said(read(tmp_path, "email,E-Mail Address\na@b.example,a@b.example\n"))
    assert twice == ["contacts.csv, row 1, email: 'email' and 'E-Mail Address' both mean 'email'; keep one of them"]


def test_everything_wrong_with_a_table_is_said_at_once(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "email,outlet,country,language,kind,consent,consent_on\n"
        "# a comment\n"
        "bad,,Atlantis,French,xx,yes,12.8.2020\n"
        "a@b.example,B,,,,,2020-08-12\n"
        "good@b.example,B,Turkey,tr,tv,asked,2020-08-12\n"
        ",C,,,,,\n"
        "x@b.example,D,,,,,,too much\n",
    )
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (7, None), (3, "email"), (3, "language"), (3, "country"), (3, "kind"), (3, "consent"), (3, "consent_on"),
        (4, "consent_on"), (6, "email"),
    ]  # fmt: skip
    assert found.given[0].values == {
        "outlet": "B", "country": "TR", "language": "tr", "kind": "broadcast", "consent": "asked",
        "consent_on": date(2020, 8, 12),
    }  # fmt: skip


def test_addresses_beyond_ascii_are_taken_and_a_header_in_one_is_not(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'email,outlet\nпочта@хабар.example,A\ndesk@xn--bcher-kva.example,B\n"a@b.example\nBcc: c@d.example",C\n',
    )
    assert [one.email for one in found.given] == ["почта@хабар.example", "desk@bücher.example"]
    assert "holds a line break" in said(found)[0]


def test_no_cell_of_an_export_is_a_formula_and_reading_it_back_gives_what_was(tmp_path: Path) -> None:
    values = {**EMPTY, "outlet": '=HYPERLINK("http://x.example")', "name": "+1 'x'", "source": "@a", "salutation": "-"}
    raw = written([("-desk@wire.example", values, {"wires", "kz"})])
    text = raw.decode("utf-8-sig")
    assert not any(cell.lstrip('"').startswith(("=", "+", "-", "@")) for cell in text.splitlines()[1].split(","))
    found = read(tmp_path, raw)
    assert (found.given[0].email, found.given[0].lists) == ("-desk@wire.example", ("kz", "wires"))
    assert found.given[0].values == {name: value for name, value in values.items() if value}


CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Readerov;=D0=90=D0=BD=D0=B0
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=90=D0=BD=D0=B0 Reader=
ova
ORG;CHARSET=windows-1251;encoding=quoted-printable:=D5=E0=E1=E0=F0
EMAIL;INTERNET;WORK:second@habar.example
EMAIL;PREF;INTERNET:first@habar.example
END:VCARD
begin:vcard
version:3.0
fn:Newsdesk
org:World Wire;Newsdesk
item1.EMAIL;TYPE=INTERNET:other@world-wire.example
item1.X-ABLabel:work
EMAIL;TYPE=INTERNET,pref:newsdesk@world-wire.example
CATEGORIES:wire,Central Asia,friends
ADR;TYPE=WORK:;;1 Street;Astana;;010000;Kazakhstan
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
  AAAA
end:vcard

BEGIN:VCARD
VERSION:4.0
FN:Daily with a name that is folded ov
 er two lines
EMAIL;PREF=2:b@daily.example
EMAIL;PREF=1:mailto:a@daily.example
LANG;PREF=1:kk-KZ
END:VCARD
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_cards_of_every_version_are_read(tmp_path: Path, ends: str) -> None:
    found = read(tmp_path, CARDS.replace("\n", ends), "book.vcf")
    assert said(found) == []
    assert [(one.row, one.email, one.values, one.labels) for one in found.given] == [
        (1, "first@habar.example", {"outlet": "Хабар", "name": "Ана Readerova"}, ()),
        (
            10, "newsdesk@world-wire.example", {"outlet": "World Wire, Newsdesk", "country": "KZ", "kind": "wire"},
            ("Central Asia", "friends"),
        ),
        (23, "a@daily.example", {"outlet": "Daily with a name that is folded over two lines", "language": "kk"}, ()),
    ]  # fmt: skip
    every = read(tmp_path, CARDS, "book.vcf", all_addresses=True)
    assert len(every.given) == 6


def test_every_broken_card_is_named_by_its_line(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "BEGIN:VCARD\nVERSION:3.0\nFN:No address\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:3.0\nFN:x\nthis is no line of a card\nEMAIL:a@b.example\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=klingon;ENCODING=QUOTED-PRINTABLE:=41\nEMAIL:a@b.example\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:3.0\nFN:y\nEMAIL:not an address\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:3.0\nFN:cut off",
        "book.vcf",
    )
    assert [fault.row for fault in found.faults] == [1, 5, 11, 21, 16]
    assert found.given == []


def test_what_is_no_table_at_all_is_said(tmp_path: Path) -> None:
    assert "is empty" in said(read(tmp_path, b""))[0]
    assert "neither an Excel workbook" in said(read(tmp_path, b"email,outlet\n\x00"))[0]
    assert said(read(tmp_path, "email,outlet\n")) == ["contacts.csv: holds no contact"]
    assert "is missing in the header" in said(read(tmp_path, "outlet\nA\n"))[0]
    with pytest.raises(Faults, match="can't be read"):
        read_contacts(tmp_path / "nowhere.csv")


def test_a_book_of_more_cards_than_are_taken_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "MOST", 2)
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Daily\nEMAIL:a@daily.example\nEND:VCARD\n"
    assert said(read(tmp_path, card * 4, "book.vcf")) == ["book.vcf, row 11: has more than 2 cards; send it in parts"]
