"""Time stamps: a real RFC 3161 responder on a socket, asked over HTTP as in earnest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from test_papers import ABOUT, AT, WORDS
from test_signing import NAME, PASSPHRASE, SINCE, configured, pdfsig, signed

from ieom.errors import BadInput, Unavailable
from ieom.papers import certificates, keys, signing
from ieom.papers.signatures import read
from ieom.papers.statement import statement_pdf


def authority() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A time stamp authority")]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=30))
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return key, builder.sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def responder() -> Iterator[tuple[str, list[str], x509.Certificate]]:
    """A responder's address, a list whose word says how it answers from now on, and its certificate."""
    key, made = authority()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    stamper = DummyTimeStamper(
        asn1.Certificate.load(made.public_bytes(Encoding.DER)), asn1_keys.PrivateKeyInfo.load(plain)
    )
    how = [""]

    class Responder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            if how[0] == "busy":
                self.send_error(503)
                return
            answer = stamper.request_tsa_response(asked)
            if how[0] == "refusing":
                answer = tsp.TimeStampResp({"status": {"status": "rejection"}})
            body = {"a page": b"<html>", "without end": b"0" * 300_000}.get(how[0], answer.dump())
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if how[0] == "a page" else "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if how[0] == "a drop at a time":
                with suppress(OSError):
                    for octet in body:
                        self.wfile.write(bytes([octet]))
                        time.sleep(0.05)
                return
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Responder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", how, made
    server.shutdown()
    server.server_close()


@pytest.fixture
def own(responder: Any, monkeypatch: pytest.MonkeyPatch) -> certificates.Certificate:
    """A key of ours, with the responder as its authority."""
    responder[1][0] = ""
    configured(monkeypatch, sign_passphrase=PASSPHRASE, tsa_url=responder[0])
    return keys.make([NAME], at=SINCE, years=3, passphrase=PASSPHRASE)[0]


def trusting(patch: pytest.MonkeyPatch, folder: Path, made: x509.Certificate) -> None:
    (folder / "roots.pem").write_bytes(made.public_bytes(Encoding.PEM))
    configured(patch, sign_trust=str(folder / "roots.pem"))


@pytest.mark.poppler
def test_a_signature_bears_the_authority_s_time(own: Any, responder: Any, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    data = signed(a=statement_pdf(WORDS, **ABOUT))["a.pdf"]
    assert "Signature is Valid" in pdfsig(data, tmp_path)
    found = read(data, {own.fingerprint: own})
    assert found is not None
    assert found.whole
    assert found.signed_at == AT
    assert found.stamped_at is not None
    assert before <= found.stamped_at <= datetime.now(UTC)
    assert (found.stamped_by, found.stamp_trusted) == ("A time stamp authority", False)


@pytest.mark.verapdf
def test_a_time_stamped_paper_is_archival_and_accessible_still(own: Any) -> None:
    from verapdf import faults

    data = signed(a=statement_pdf(WORDS, **ABOUT))["a.pdf"]
    assert faults(data, "2a") == []
    assert faults(data, "ua1") == []


def test_a_time_stamp_is_held_against_the_roots_that_are_named(
    own: Any, responder: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusting(monkeypatch, tmp_path, responder[2])
    data = signed(a=statement_pdf(WORDS, **ABOUT))["a.pdf"]
    found = read(data, {own.fingerprint: own})
    assert found is not None
    assert found.stamp_trusted
    trusting(monkeypatch, tmp_path, authority()[1])
    with pytest.raises(BadInput, match="does not hold by the roots of IEOM_SIGN_TRUST; nothing was signed"):
        signed(a=statement_pdf(WORDS, **ABOUT))


@pytest.mark.parametrize("how", ["busy", "refusing", "a page", "down", "a drop at a time", "without end"])
def test_an_authority_that_gives_no_time_stamp_keeps_the_paper_from_being_signed(
    own: Any, responder: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    responder[1][0] = how
    if how == "a drop at a time":
        monkeypatch.setattr(signing, "TSA_TIMEOUT", 0.3)
    if how == "down":
        configured(monkeypatch, tsa_url="http://127.0.0.1:9/")
    with pytest.raises(Unavailable, match=r"did not answer as it should .*; nothing was signed; try again") as raised:
        signed(a=statement_pdf(WORDS, **ABOUT))
    assert raised.value.again
    assert len(str(raised.value).splitlines()) == 1
