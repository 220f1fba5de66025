"""What is said of a file that somebody holds: to a stranger, and to the secretariat."""

from __future__ import annotations

import json
import re
import resource
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import released
from living import EXAMPLE
from sqlalchemy import Engine
from test_papers import ABOUT, WORDS
from test_signing import NAME, PASSPHRASE, configured

from ieom.acts import signing
from ieom.acts.releasing import ReleasePrepared
from ieom.acts.verifying import verify
from ieom.errors import BadInput
from ieom.folder import read
from ieom.papers import certificates, keys, signatures, store
from ieom.papers.statement import statement_docx, statement_pdf, statement_txt
from ieom.records import audit
from ieom.records.base import begin, reading
from ieom.records.releases import Release
from ieom.rules.verifying import Answer, Verdict

AT = datetime(2020, 8, 12, 12, 45, tzinfo=UTC)
OUT = datetime(2020, 8, 12, 14, 0, tzinfo=UTC)
NEWSROOM = read(EXAMPLE).facts.release.newsroom_url


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> certificates.Certificate:
    configured(monkeypatch, sign_passphrase=PASSPHRASE)
    return keys.make([NAME], at=AT - timedelta(days=30), years=3, passphrase=PASSPHRASE)[0]


class Office:
    """The press office: it prepares releases and lets them go."""

    def __init__(self, engine: Engine, mission: str) -> None:
        self.engine, self.mission = engine, mission

    def prepare(
        self, number: int = 1, kind: str = "statement", concerns: int | None = None, word: str = ""
    ) -> dict[str, bytes]:
        """Prepare a release; returns its papers."""
        content = {
            **WORDS,
            "paragraphs": [*WORDS["paragraphs"], {**WORDS["paragraphs"][0], "key": "more", "text": f"More {word}."}],
        }
        made = {
            "statement-en.pdf": statement_pdf(content, **ABOUT, seal=NEWSROOM),
            "statement-en.docx": statement_docx(content, **ABOUT),
            "statement-en.txt": statement_txt(content),
        }
        with begin(self.engine) as session:
            made, seal = signing.signed(session, self.mission, number, made, at=AT)
            papers = {name: store.sha256(data) for name, data in made.items()}
            row = Release(
                mission=self.mission, number=number, kind=kind, hashes={}, papers=papers, prepared_by="press-officer",
                prepared_at=AT, concerns=concerns, round=None, press_conference_at=None,
            )  # fmt: skip
            session.add(row)
            session.flush()
            act = {"number": number, "kind": kind, "hashes": {}, "papers": papers}
            fields = ReleasePrepared.__dataclass_fields__
            more = {name: None for name, one in fields.items() if name not in {*act, "certificate", "signed"}}
            done = ReleasePrepared(**act, **more, certificate=seal.certificate, signed=seal.signed)  # type: ignore[arg-type]
            audit.append(session, self.mission, by="press-officer", at=AT, act=done)
        return made

    def let_go(self, number: int = 1, at: datetime = OUT) -> None:
        with begin(self.engine) as session:
            released.begin(session, self._row(session, number), at)

    def _row(self, session: Any, number: int) -> Release:
        from ieom.records import releases

        return releases.one(session, self.mission, number)

    def identity(self, number: int) -> int:
        with reading(self.engine) as session:
            return self._row(session, number).id

    def ask(self, data: bytes | Path, *, public: bool = True) -> Answer:
        with reading(self.engine) as session:
            return verify(session, data, public=public)


@pytest.fixture
def office(engine: Engine, mission: str, key: object) -> Office:
    return Office(engine, mission)


@pytest.fixture
def out(office: Office) -> dict[str, bytes]:
    """The papers of release 1, which is public."""
    papers = office.prepare()
    office.let_go()
    return papers


def test_a_released_pdf_is_ours_and_unchanged(office: Office, out: dict[str, bytes], key: Any) -> None:
    answer = office.ask(out["statement-en.pdf"])
    assert (answer.verdict, answer.headline, answer.sound) == (Verdict.UNCHANGED, "Ours and unchanged", True)
    assert answer.says == (
        "This is the statement in English: Elections of Deputies of the Senate of the Parliament of the Republic of "
        "Kazakhstan, release 1, released on 12 August 2020, 20:00 (UTC+6).",
        f"It is signed by {NAME} on 12 August 2020, 18:45 (UTC+6); the signature covers the whole file.",
    )
    assert answer.signature is not None
    assert answer.signature.certificate == key.fingerprint
    told = json.loads(json.dumps(answer.facts()))
    assert told["paper"]["released_at"] == "2020-08-12T14:00:00+00:00"
    assert (told["paper"]["mission"], told["paper"]["release"], told["paper"]["language"]) == (office.mission, 1, "en")


@pytest.mark.parametrize("name", ["statement-en.docx", "statement-en.txt"])
def test_a_word_or_text_file_is_known_by_its_content(office: Office, out: dict[str, bytes], name: str) -> None:
    answer = office.ask(out[name])
    assert answer.verdict is Verdict.UNCHANGED
    assert "carries no signature" in answer.says[1]


def test_a_text_with_other_line_ends_has_the_same_words(office: Office, out: dict[str, bytes]) -> None:
    text = out["statement-en.txt"]
    for other in (
        text.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + text, text.rstrip(b"\n"), text + b"\n\n",
        b"\xff\xfe" + text.decode().encode("utf-16-le"),
    ):  # fmt: skip
        answer = office.ask(other)
        assert answer.verdict is Verdict.UNCHANGED, other[:40]
        assert "Its line ends were changed on the way" in " ".join(answer.says)
    assert office.ask(text.replace(b"observed", b"Observed")).verdict is Verdict.NOT_OURS


def test_a_correction_or_a_withdrawal_is_the_later_version(office: Office, out: dict[str, bytes]) -> None:
    corrected = office.prepare(2, "correction", office.identity(1), word="corrected")
    assert office.ask(out["statement-en.pdf"]).verdict is Verdict.UNCHANGED, "the correction is not public yet"
    office.let_go(2, OUT + timedelta(hours=2))
    for name in ("statement-en.pdf", "statement-en.docx"):
        answer = office.ask(out[name])
        assert (answer.verdict, answer.sound) == (Verdict.LATER, False)
        assert answer.says[0] == (
            f"A correction took its place on 12 August 2020, 22:00 (UTC+6) (release 2): {NEWSROOM}"
        )
        assert answer.later is not None
        assert (answer.later.release, answer.later.kind) == (2, "correction")
    assert office.ask(corrected["statement-en.pdf"]).verdict is Verdict.UNCHANGED
    office.prepare(3, "withdrawal", office.identity(2), word="withdrawn")
    office.let_go(3, OUT + timedelta(hours=3))
    for papers in (out, corrected):
        answer = office.ask(papers["statement-en.pdf"])
        assert answer.says[0].startswith("It was withdrawn on 12 August 2020, 23:00 (UTC+6) (release 3)")


def test_a_clarification_is_pointed_to_and_replaces_nothing(office: Office, out: dict[str, bytes]) -> None:
    office.prepare(2, "clarification", office.identity(1), word="clarified")
    office.let_go(2, OUT + timedelta(hours=1))
    answer = office.ask(out["statement-en.pdf"])
    assert answer.verdict is Verdict.UNCHANGED
    assert answer.says[-1].startswith("A clarification was released on 12 August 2020, 21:00 (UTC+6) (release 2)")


def test_any_other_byte_is_a_change_after_signing(office: Office, out: dict[str, bytes]) -> None:
    data = out["statement-en.pdf"]
    room = data.index(b"/Contents <3082")
    outside = [place for place in range(5, len(data), 1499) if not room < place < data.index(b">", room)]
    places = [*outside, data.index(b">", room) - 5]
    for place in places:
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        answer = office.ask(changed)
        assert (answer.verdict, answer.sound) == (Verdict.CHANGED, False), place
        assert "Do not rely on it." in answer.says[0]
    answer = office.ask(data[:9] + b"X" + data[10:])
    assert answer.says[1].startswith("What we signed: the statement in English: ")
    assert answer.says[2] == f"Ask for the unchanged file: {NEWSROOM}"


def test_what_was_added_after_our_signature_is_told(office: Office, out: dict[str, bytes]) -> None:
    answer = office.ask(out["statement-en.pdf"] + b"1 0 obj\n<<>>\nendobj\n")
    assert answer.verdict is Verdict.CHANGED
    assert answer.says[1].startswith("20 bytes were added after our signature")
    assert answer.paper is not None
    assert answer.paper.release == 1


def test_a_second_signature_is_something_added(
    office: Office, out: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    signed_again = by_somebody_else(out["statement-en.pdf"])
    answer = office.ask(signed_again)
    assert answer.verdict is Verdict.CHANGED
    assert "another signature" in answer.says[1]


def by_somebody_else(data: bytes) -> bytes:
    """The file signed (again) with a key of somebody else, whom our certificate does not keep from it."""
    import io
    from unittest.mock import patch

    from cryptography.hazmat.primitives.asymmetric import ec
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    from ieom.papers.signing import file_signer

    key = ec.generate_private_key(ec.SECP256R1())
    signer = file_signer(key, keys._certified(key, NAME, datetime.now(UTC), timedelta(days=9)), [])
    with patch.object(PdfSigner, "_enforce_certification_constraints"):
        made = PdfSigner(PdfSignatureMetadata(field_name="Other", name=NAME), signer).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(data))
        )
    return bytes(made.getvalue())


def test_a_paper_of_ours_signed_by_somebody_else_in_our_name_is_not_ours(office: Office, out: dict[str, bytes]) -> None:
    ours = statement_pdf(WORDS, **ABOUT)
    assert office.ask(by_somebody_else(ours + b"\n")).verdict is Verdict.NOT_OURS
    assert office.ask(ours).verdict is Verdict.NOT_OURS


def test_our_certificate_lifted_into_a_stranger_s_file_is_no_signature_of_ours(
    office: Office, out: dict[str, bytes]
) -> None:
    data = out["statement-en.pdf"]
    room = data.index(b"/Contents <3082")
    lifted = b"%PDF-1.7\n% other words\n" + data[room : data.index(b">", room) + 1] + b"\n/ByteRange [0 1 2 3]\n%%EOF\n"
    answer = office.ask(lifted)
    assert answer.verdict is Verdict.CHANGED
    assert not answer.sound


def test_a_signature_of_ours_made_to_fit_other_words_does_not_hold(
    office: Office, out: dict[str, bytes], key: Any
) -> None:
    data = out["statement-en.pdf"].replace(b"/Reason (Release 1", b"/Reason (Release 2", 1)
    begin_, end = data.index(b"<3082"), data.index(b">", data.index(b"<3082")) + 1
    ours = signatures.read(out["statement-en.pdf"], {key.fingerprint: key})
    assert ours is not None
    fits = sha256(data[:begin_] + data[end:]).hexdigest().encode()
    forged = data[:begin_] + re.sub(ours.digest.encode(), fits, data[begin_:end], flags=re.IGNORECASE) + data[end:]
    assert out["statement-en.pdf"] != data != forged
    assert signatures.read(forged, {key.fingerprint: key}) is None
    assert office.ask(forged).verdict is Verdict.NOT_OURS


@pytest.mark.parametrize("released", [False, True])
def test_what_merely_names_our_certificate_is_told_as_a_stranger_s_file_is(
    office: Office, key: Any, *, released: bool
) -> None:
    data = office.prepare()["statement-en.pdf"]
    if released:
        office.let_go()
    begin_, end = data.index(b"<3082") + 1, data.index(b">", data.index(b"<3082"))
    value = len(data[begin_:end].rstrip(b"0")) + begin_ - 20
    broken = [data[:place] + (b"1" if data[place : place + 1] != b"1" else b"2") + data[place + 1 :]
              for place in (value, begin_ + 200)]  # fmt: skip
    pasted = b"%PDF-1.7 /Contents (" + key.der.hex().encode() + b") The elections were rigged"
    stranger = office.ask(b"%PDF-1.7 /Contents (" + b"ab" * 900 + b") The elections were rigged")
    for file in (*broken, pasted):
        for public in (True, False):
            answer = office.ask(file, public=public)
            assert (answer.verdict, answer.says) == (Verdict.NOT_OURS, stranger.says)
            assert (answer.paper, answer.signature, answer.later) == (None, None, None)


def test_a_signature_not_public_is_passed_over_and_one_that_is_public_is_not(office: Office) -> None:
    rooms = []
    for number, word in ((1, "one"), (2, "two")):
        data = office.prepare(number, word=word)["statement-en.pdf"]
        begin_ = data.index(b"/Contents <3082")
        rooms.append(data[begin_ : data.index(b">", begin_) + 1])
        if number == 1:
            office.let_go()
    out, hidden = rooms
    garbage = b"/Contents <" + b"ab" * 900 + b">"
    told = [office.ask(b"%PDF-1.7\n" + first + out) for first in (hidden, garbage)]
    assert [one.verdict for one in told] == [Verdict.CHANGED] * 2
    assert told[0].says == told[1].says
    assert office.ask(b"%PDF-1.7\n" + hidden).says == office.ask(b"%PDF-1.7\n" + garbage).says
    assert office.ask(b"%PDF-1.7\n" + hidden, public=False).verdict is Verdict.CHANGED


def test_before_its_release_a_stranger_learns_nothing_of_a_paper(office: Office) -> None:
    papers = office.prepare()
    unknown = office.ask(statement_pdf({**WORDS, "title": "ANOTHER"}, **ABOUT))
    data = papers["statement-en.pdf"]
    for copy in (data, data + b"\n", data[:50] + b"!" + data[51:]):
        answer = office.ask(copy)
        assert (answer.verdict, answer.says) == (Verdict.NOT_OURS, unknown.says)
        assert (answer.paper, answer.signature, answer.later) == (None, None, None)
    for name in ("statement-en.docx", "statement-en.txt"):
        assert office.ask(papers[name]).verdict is Verdict.NOT_OURS
    answer = office.ask(data, public=False)
    assert (answer.headline, answer.sound) == ("Ours, not released yet", False)
    assert office.ask(data + b"\n", public=False).verdict is Verdict.CHANGED


def test_a_signature_of_ours_without_a_record_is_said_with_care(office: Office) -> None:
    made = {"statement-en.pdf": statement_pdf(WORDS, **ABOUT)}
    with begin(office.engine) as session:
        made, _ = signing.signed(session, office.mission, 7, made, at=AT)
    answer = office.ask(made["statement-en.pdf"])
    assert (answer.headline, answer.sound) == ("Signed by us, but we have no record of this release", False)
    assert answer.says[1] == "It says of itself: Release 7 of kazakhstan-senate-2020: statement-en.pdf."
    assert office.ask(made["statement-en.pdf"] + b" ").verdict is Verdict.NOT_OURS


def test_papers_signed_with_an_earlier_key_stay_ours(office: Office, out: dict[str, bytes], key: Any) -> None:
    keys.path().rename(keys.path().with_suffix(".old"))
    newer, _ = keys.make([NAME], at=AT, years=3, passphrase=PASSPHRASE)
    again = office.prepare(2, word="again")
    office.let_go(2)
    first, second = (office.ask(papers["statement-en.pdf"]) for papers in (out, again))
    assert first.sound
    assert second.sound
    assert first.signature is not None
    assert second.signature is not None
    assert first.signature.certificate == key.fingerprint != newer.fingerprint == second.signature.certificate


def test_a_hash_that_only_the_records_hold_and_not_the_chain_of_acts_is_not_believed(
    office: Office, out: dict[str, bytes]
) -> None:
    forged = b"Other words.\n"
    with begin(office.engine) as session:
        row = office._row(session, 1)
        row.papers = {**row.papers, "statement-en.txt": store.sha256(forged)}
    assert office.ask(forged).verdict is Verdict.NOT_OURS


def test_without_a_key_a_released_paper_is_known_by_its_hash(engine: Engine, mission: str) -> None:
    office = Office(engine, mission)
    papers = office.prepare()
    office.let_go()
    assert b"/ByteRange" not in papers["statement-en.pdf"]
    answer = office.ask(papers["statement-en.pdf"])
    assert answer.sound
    assert "without a signature" in answer.says[1]


@cache
def bomb() -> bytes:
    """A PDF whose cross-reference stream, packed twice, unpacks to 400 megabytes."""
    packed = b"".join(_packed(_packed(bytes(1_000_000) for _ in range(400))))
    head = (
        b"%PDF-1.7\n1 0 obj\n<< /Type /XRef /Size 2 /W [1 2 1] /Root 1 0 R /Filter [/FlateDecode /FlateDecode] /Length "
    )
    return head + str(len(packed)).encode() + b" >>\nstream\n" + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


def _packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1)
    yield from map(packer.compress, parts)
    yield packer.flush()


@contextmanager
def within(megabytes: int, seconds: float) -> Iterator[None]:
    """What happens here finds no more memory than this, and is to take no longer (of the processor's time)."""
    had, begun = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize(), time.process_time()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (had + megabytes * 1_000_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert time.process_time() - begun < seconds


STRANGE = {
    "nothing": b"", "no PDF": b"\x89PNG\r\n" + bytes(range(256)), "a bare head": b"%PDF-1.7",
    "encrypted": b"%PDF-1.7\n1 0 obj\n<< /Filter /Standard /V 5 /R 6 >>\nendobj\ntrailer\n<< /Encrypt 1 0 R >>\n%%EOF",
    "no ASN.1": b"%PDF-1.7\n/Contents <" + b"ab" * 2000 + b">\n/ByteRange [0 10 20 30]\n%%EOF",
    "deep ASN.1": b"%PDF-1.7\n/Contents <" + b"3080" * 40_000 + b">\n/ByteRange [0 10 20 30]\n%%EOF",
    "many": b"%PDF-1.7\n" + (b"/Contents <" + b"30" * 400 + b">\n/ByteRange [0 1 2 3]\n") * 20_000,
    "never closed": b"%PDF-1.7\n" + b"/Contents <" * 400_000,
    "all digits": b"%PDF-1.7\n/Contents <" + b"a" * 20_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", [*STRANGE, "a bomb", "a bomb after ours"])
def test_no_stranger_s_file_takes_long_or_much_or_fails(office: Office, out: dict[str, bytes], name: str) -> None:
    data = STRANGE[name] if name in STRANGE else bomb()
    if name == "a bomb after ours":
        data = out["statement-en.pdf"] + data
    office.ask(out["statement-en.pdf"])
    with within(megabytes=200, seconds=3):
        answer = office.ask(data)
    assert answer.verdict is (Verdict.CHANGED if name == "a bomb after ours" else Verdict.NOT_OURS)


def test_a_hundred_megabytes_are_hashed_and_no_more(office: Office, tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(100_000_000)
    with within(megabytes=60, seconds=2):
        answer = office.ask(large)
    assert answer.verdict is Verdict.NOT_OURS
    assert "larger than any paper of ours" in answer.says[1]


def test_what_is_no_file_is_said(office: Office, tmp_path: Path) -> None:
    for path, says in (
        (tmp_path, "is no file"),
        (tmp_path / "none.pdf", "there is no file"),
        (Path("/dev/zero"), "is no file"),
    ):
        with pytest.raises(BadInput, match=says):
            office.ask(path)
