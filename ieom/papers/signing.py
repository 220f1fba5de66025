"""PDF signatures (PAdES baseline B-B, with a time stamp B-T: ETSI EN 319 142-1), invisible, so that what Typst made stays
PDF/A-2a and PDF/UA-1; each is read back before it is handed out.

The same paper, key and moment give the same bytes: EC signatures are deterministic (RFC 6979), and nothing in the file
tells a clock's time or a random number. A time stamp and a token's own signatures are new each time.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx
from asn1crypto import tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import PKCS11Error
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ieom.errors import BadInput, Unavailable
from ieom.papers.keys import UNDONE, Key
from ieom.papers.signatures import Signature, apart, read
from ieom.settings import settings

TSA_TIMEOUT = 10
"""Seconds for a time stamp: others wait for the records meanwhile."""
TSA_MOST = 200_000
"""Octets of an authority's answer; one has some thousand."""


class _Stamper(HTTPTimeStamper):
    """Asks the authority, and waits no longer for it than `TSA_TIMEOUT` in all, however slowly it sends its octets, and
    for no more of them than `TSA_MOST`."""

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        try:
            async with (
                asyncio.timeout(TSA_TIMEOUT),
                httpx.AsyncClient(timeout=TSA_TIMEOUT, follow_redirects=True) as web,
                web.stream("POST", self.url, content=req.dump(), headers=self.request_headers()) as answer,
            ):
                if answer.headers.get("content-type") != "application/timestamp-reply":
                    raise TimestampRequestError("Timestamp server response is malformed.")
                told = b""
                async for part in answer.aiter_bytes():
                    told += part
                    if len(told) > TSA_MOST:
                        raise TimestampRequestError(f"more than {TSA_MOST:,} bytes came")
        except (TimeoutError, httpx.TimeoutException):
            raise TimestampRequestError(f"no whole answer came within {TSA_TIMEOUT} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise TimestampRequestError("the authority can't be spoken to") from error
        return tsp.TimeStampResp.load(told)


class _FileSigner(SimpleSigner):
    """A key held in memory, whose EC signatures need no random number."""

    own: Any

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        if isinstance(self.own, ec.EllipticCurvePrivateKey) and digest_algorithm == "sha256":
            try:
                return self.own.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
            except UnsupportedAlgorithm:  # an OpenSSL before 3.2: as good, but for the same bytes each time
                pass
        return super().sign_raw(data, digest_algorithm)


def known_to_pyhanko(certificates: Iterable[x509.Certificate]) -> list[asn1.Certificate]:
    """Certificates in pyHanko's own form."""
    return [asn1.Certificate.load(one.public_bytes(Encoding.DER)) for one in certificates]


def file_signer(key: Any, own: x509.Certificate, more: Iterable[Any]) -> SimpleSigner:
    """What signs with a key from a file. `more` are certificates above `own`, put into each signature."""
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(known_to_pyhanko(getattr(one, "certificate", one) for one in more))
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = _FileSigner(
        known_to_pyhanko([own])[0], load_private_key_from_pemder_data(plain, None), registry, embed_roots=False
    )
    signer.own = key
    return signer


class _Revision(IncrementalPdfFileWriter):
    """The paper with its signature added: its dates stay those of the text, and its second identifier (ISO 32000-1,
    14.4) follows from what is signed, by which certificate and when."""

    def _update_meta(self) -> None:
        """Nothing: the date of the last change is the text's."""

    def identified(self, by: bytes) -> _Revision:
        first, _random = self._document_id
        self._document_id = ArrayObject([first, ByteStringObject(hashlib.sha256(by).digest()[:16])])
        return self


class _Signer(PdfSigner):
    """Signs at a moment that it is told, not at the clock's."""

    at: datetime

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.at
        return session


def sign(
    papers: dict[str, bytes], key: Key, *, at: datetime, reason: str, location: str, contact: str
) -> tuple[dict[str, bytes], dict[str, Signature]]:
    """Sign each PDF among `papers` (file name -> bytes) at a moment (UTC); what is no PDF stays as it is. `reason` goes
    before the file's name. Returns the papers and, of those signed, the signatures as read back. Raises `BadInput` when
    key and certificate do not belong together, `Unavailable` when the time stamp authority does not answer."""
    stamper = _Stamper(settings().tsa_url) if settings().tsa_url else None
    signed, found = dict(papers), {}
    for name in sorted(name for name in papers if name.endswith(".pdf")):
        about = PdfSignatureMetadata(
            field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=key.certificate.subject,
            reason=f"{reason}: {name}", location=location, contact_info=contact or None, certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )  # fmt: skip
        signed[name] = _signed(papers[name], key, about, at, stamper)
        own = read(signed[name], {key.certificate.fingerprint: key.certificate})
        if own is None or not own.whole:
            raise BadInput(f"the signing key and its certificate do not belong together; {UNDONE}")
        if stamper is not None and own.stamped_at is None:
            raise BadInput(
                "the time stamp that came from IEOM_TSA_URL does not hold"
                f"{' by the roots of IEOM_SIGN_TRUST' if settings().sign_trust else ''}; {UNDONE}"
            )
        found[name] = own
    return signed, found


def ended(pdf: bytes) -> bytes:
    """The paper with a line end after its last word: Typst writes none, and the revision that holds the signature would
    begin on the same line (against ISO 19005-2, 6.1.9)."""
    return pdf if pdf.endswith(b"\n") else pdf + b"\n"


def _signed(pdf: bytes, key: Key, about: PdfSignatureMetadata, at: datetime, stamper: HTTPTimeStamper | None) -> bytes:
    whole = ended(pdf)
    by = b"\n".join((whole, key.certificate.der, at.isoformat().encode(), str(about.reason).encode()))
    out = _Revision(io.BytesIO(whole)).identified(by)
    signer = _Signer(about, key.signer, timestamper=stamper)
    signer.at = at
    try:
        made: bytes = apart(signer.async_sign_pdf(out)).getvalue()
    except (TimestampRequestError, TimeoutError, OSError) as error:
        raise Unavailable(
            f"the time stamp authority {settings().tsa_url} did not answer as it should ({_first(error)}); {UNDONE}; "
            "try again"
        ) from error
    except (PKCS11Error, SigningError) as error:
        raise BadInput(f"the signing key does not sign: {_first(error)}; {UNDONE}") from error
    return made


def _first(error: BaseException) -> str:
    """What went wrong, as near to its cause as it is told."""
    cause = error.__cause__ or error
    return " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
