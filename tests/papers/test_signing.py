"""The signature on a paper, as a PDF reader, an archive and a reader who does not trust us see it."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from test_papers import ABOUT, AT, WORDS

from ieom.errors import BadInput, Conflict, Refused
from ieom.papers import certificates, keys, signing
from ieom.papers.press_release import ReleaseText, press_release_pdf
from ieom.papers.signatures import read
from ieom.papers.statement import statement_pdf
from ieom.settings import settings

PASSPHRASE = "a long passphrase"
NAME = "Cooperation Council of Turkic Speaking States"
SINCE = AT - timedelta(days=30)


def configured(patch: pytest.MonkeyPatch, **words: str) -> None:
    """Set settings by their names without the prefix."""
    for name, value in words.items():
        patch.setenv(f"IEOM_{name.upper()}", value)
    settings.cache_clear()


def signed(at: datetime = AT, **papers: bytes) -> dict[str, bytes]:
    made = {f"{name.replace('_', '-')}.pdf": data for name, data in papers.items()}
    with keys.opened(at) as key:
        assert key is not None
        done, _found = signing.sign(
            made, key, at=at, reason="Release 1 of a-mission", location="Nur-Sultan", contact="https://news.example/m"
        )
    return done


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> certificates.Certificate:
    """A key of this test's own."""
    configured(monkeypatch, sign_passphrase=PASSPHRASE)
    return keys.make([NAME], at=SINCE, years=3, passphrase=PASSPHRASE)[0]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, certificates.Certificate]:
    """A signed statement and the certificate that signed it."""
    with pytest.MonkeyPatch.context() as patch:
        configured(patch, sign_passphrase=PASSPHRASE, state_dir=str(tmp_path_factory.mktemp("state")))
        own, _ = keys.make([NAME], at=SINCE, years=3, passphrase=PASSPHRASE)
        made = signed(statement_en=statement_pdf(WORDS, **ABOUT, seal="https://news.example/m"))["statement-en.pdf"]
    settings.cache_clear()
    return made, own


def pdfsig(data: bytes, folder: Path) -> str:
    (folder / "x.pdf").write_bytes(data)
    environment = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(
        ["pdfsig", "-nocert", folder / "x.pdf"], capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout


@pytest.mark.verapdf
def test_a_signed_paper_is_archival_and_accessible_still(key: object) -> None:
    from verapdf import faults

    noted = {**WORDS, "marking": "PRELIMINARY"}
    papers = signed(
        statement_en=statement_pdf(noted, **ABOUT, seal="https://news.example/m"),
        press_release_en=press_release_pdf(WORDS, ReleaseText("Title", ("Lead.",)), **ABOUT, contact="x", seal="-"),
    )
    for data in papers.values():
        assert faults(data, "2a") == []
        assert faults(data, "ua1") == []


@pytest.mark.verapdf
def test_without_a_line_end_before_the_signature_it_would_not_be_archival(
    key: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from verapdf import faults

    plain = statement_pdf(WORDS, **ABOUT)
    monkeypatch.setattr(signing, "ended", lambda pdf: pdf)
    assert any(one.startswith("6.1.9") for one in faults(signed(a=plain)["a.pdf"], "2a"))


@pytest.mark.poppler
def test_pdfsig_finds_the_signature_valid_over_the_whole_file(paper: Any, tmp_path: Path) -> None:
    said = pdfsig(paper[0], tmp_path)
    for words in (
        "Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "SHA-256", f"CN={NAME}",
        "Aug 12 2020 11:00:00",
    ):  # fmt: skip
        assert words in said
    assert "Signature #2" not in said


@pytest.mark.poppler
def test_a_changed_byte_is_reported_by_pdfsig_and_by_us(paper: Any, tmp_path: Path) -> None:
    data, own = paper
    at = data.index(b"/Reason")
    changed = data[: at + 12] + b"!" + data[at + 13 :]
    assert "Digest Mismatch" in pdfsig(changed, tmp_path)
    found = read(changed, {own.fingerprint: own})
    assert found is not None
    assert not found.whole


@pytest.mark.poppler
def test_what_is_added_after_the_signature_is_counted(paper: Any, tmp_path: Path) -> None:
    data, own = paper
    longer = data + b"\n1 0 obj\n<<>>\nendobj\n"
    assert "Not total document signed" in pdfsig(longer, tmp_path)
    found = read(longer, {own.fingerprint: own})
    assert found is not None
    assert (found.whole, found.added) == (False, len(longer) - len(data))


def test_no_changed_byte_goes_unseen(paper: Any) -> None:
    """A sample of every part of the file. A changed paper still carries our signature, and is not what we signed; what
    is changed in a signature makes it none of ours, or touches nothing that it vouches for. What follows the signature in
    its room is only filled up: a change there is told by the file's hash (see the verdicts)."""
    data, own = paper
    digest = read(data, {own.fingerprint: own}).digest
    room = data.index(b"/Contents <3082")
    upto = data.index(b">", room)
    begin = data.index(b"<", room) + 1
    # DER: a tag, 82, two octets that give the length of the rest, the rest
    octets = 4 + int(data[begin + 4 : begin + 8], 16)
    filled, lost = begin + 2 * octets, 0
    for place in [*range(3, room, 977), *range(room + 12, upto, 101), *range(upto + 1, len(data), 61)]:
        changed = bytearray(data)
        changed[place] ^= 0x04
        found = read(bytes(changed), {own.fingerprint: own})
        if not room < place < upto:
            assert found is not None, place
            assert (found.whole, found.digest) == (False, digest), place
        elif place < filled:
            lost += found is None
            assert found is None or (found.whole, found.digest) == (False, digest), place
        else:
            assert found is not None, place
            assert found.digest == digest, place
    assert lost > 20, "a signature that was changed is none"
    assert read(data[:upto] + b" " + data[upto + 1 :], {own.fingerprint: own}) is None, "its room has no end"


def test_the_same_text_key_and_moment_give_the_same_bytes(key: object) -> None:
    paper = statement_pdf(WORDS, **ABOUT)
    made = signed(a=paper)["a.pdf"]
    assert signed(a=paper)["a.pdf"] == made
    assert signed(AT + timedelta(minutes=1), a=paper)["a.pdf"] != made


def test_the_file_itself_says_what_it_belongs_to_who_signed_it_and_when(paper: Any) -> None:
    data, own = paper
    found = read(data, {own.fingerprint: own})
    assert found is not None
    assert found.reason == "Release 1 of a-mission: statement-en.pdf"
    assert found.signed_at == AT
    assert found.certificate.subject == NAME
    for words in (b"/Location (Nur", b"/Name (Cooperation", b"/ContactInfo (https", b"sha256:" + b"ab" * 32):
        assert words in data


def test_another_organisation_s_certificate_is_none_of_ours(paper: Any, key: certificates.Certificate) -> None:
    assert read(paper[0], {key.fingerprint: key}) is None
    assert read(paper[0], {}) is None


def test_a_paper_that_is_not_signed_does_not_say_that_it_is() -> None:
    assert settings().sign_pkcs12 == ""
    assert keys.held() == ""
    with keys.opened(AT) as none:
        assert none is None


def test_a_key_that_is_there_is_never_written_over(key: object) -> None:
    before = keys.path().read_bytes()
    with pytest.raises(Conflict, match="is there already"):
        keys.make([NAME], at=AT, years=3, passphrase=PASSPHRASE)
    assert keys.path().read_bytes() == before
    assert keys.path().stat().st_mode & 0o777 == 0o600
    assert keys.path().parent.stat().st_mode & 0o077 == 0


def test_the_certificate_is_for_signing_documents_alone(key: certificates.Certificate) -> None:
    made = x509.load_der_x509_certificate(key.der)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert list(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [keys.DOCUMENT_SIGNING]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.serial_number.bit_length() > 64
    assert (key.until - key.since).days == 3 * 365
    assert list(certificates.kept()) == [key.fingerprint]


def test_a_long_name_gives_way_to_the_short_one() -> None:
    made, _ = keys.make(["An organisation " * 5, "Short"], at=AT, years=1, passphrase=PASSPHRASE)
    assert made.subject == "Short"


@pytest.mark.parametrize(
    ("passphrase", "at", "error", "says"),
    [
        ("wrong", AT, BadInput, "the passphrase is wrong"),
        ("", AT, BadInput, "needs its passphrase in IEOM_SIGN_PASSPHRASE"),
        (PASSPHRASE, AT + timedelta(days=4000), Refused, "held until 13 July 2023"),
        (PASSPHRASE, AT - timedelta(days=4000), Refused, "holds from 13 July 2020 on"),
    ],
)
def test_what_keeps_a_key_from_signing_is_one_clear_line(
    key: object, monkeypatch: pytest.MonkeyPatch, passphrase: str, at: datetime, error: type[Exception], says: str
) -> None:
    configured(monkeypatch, sign_passphrase=passphrase)
    with pytest.raises(error, match=says) as raised, keys.opened(at):
        pass
    assert "nothing was signed" in str(raised.value)
    assert PASSPHRASE not in str(raised.value)


def test_a_key_and_a_certificate_that_are_strangers_sign_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    foreign = keys._certified(other, NAME, SINCE, timedelta(days=90))
    sealed = BestAvailableEncryption(PASSPHRASE.encode())
    (tmp_path / "both.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"x", one, None, [foreign], sealed))
    configured(monkeypatch, sign_passphrase=PASSPHRASE, sign_pkcs12=str(tmp_path / "both.p12"))
    with pytest.raises(BadInput, match="no certificate that belongs to its key; nothing was signed"), keys.opened(AT):
        pass


def issued(folder: Path) -> tuple[Path, x509.Certificate]:
    """A PKCS#12 file as an authority gives it: an RSA key, its certificate, and the authority's above it."""
    above, own = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME)])
    made = []
    for subject, public in ((root, above), (name, own)):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(root).public_key(public.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(SINCE)
        builder = builder.not_valid_after(SINCE + timedelta(days=800))
        builder = builder.add_extension(x509.BasicConstraints(ca=subject == root, path_length=None), critical=True)
        if subject == name:
            usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
            builder = builder.add_extension(usage, critical=True)
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        made.append(builder.sign(above, hashes.SHA256()))
    file = folder / "issued.p12"
    sealed = BestAvailableEncryption(PASSPHRASE.encode())
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", own, made[1], made[:1], sealed))
    return file, made[1]


@pytest.mark.poppler
def test_a_certificate_of_an_authority_signs_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file, made = issued(tmp_path)
    configured(monkeypatch, sign_passphrase=PASSPHRASE, sign_pkcs12=str(file))
    data = signed(a=statement_pdf(WORDS, **ABOUT))["a.pdf"]
    assert "Signature is Valid" in pdfsig(data, tmp_path)
    own = certificates.certificate(made)
    assert own.subject == NAME
    found = read(data, {own.fingerprint: own})
    assert found is not None
    assert found.whole
