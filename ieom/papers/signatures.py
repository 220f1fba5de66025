"""What signature of ours a file carries, and what of the file it covers.

Nothing that a stranger wrote is parsed as a PDF: the bytes are searched for a signature made with one of our
certificates, and the file is held against the hash in it. Only a file that is, but for the room of the signature itself,
wholly what we signed goes to pyHanko's reader. So a file's size bounds the time and memory that it can take.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
from collections.abc import Collection, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from asn1crypto import cms
from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.utils import extract_message_digest
from pyhanko_certvalidator import ValidationContext

from ieom.papers.certificates import Certificate, listed
from ieom.settings import settings

LARGEST = 32_000_000
"""Bytes of a file that is searched for a signature; a paper of ours has some hundred thousand."""
MOST = 16
"""Signatures of a file that are looked at."""
_ROOM = re.compile(rb"/Contents[\x00\t\n\f\r ]{0,16}<([0-9A-Fa-f]{512,262144})>")
_RANGE = re.compile(
    rb"/ByteRange[\x00\t\n\f\r ]{0,16}\[ {0,16}0 {1,16}(\d{1,10}) {1,16}(\d{1,10}) {1,16}(\d{1,10}) {0,80}\]"
)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Signature:
    """A signature that our key made, as found in a file. `digest` is the hash of what was signed, which the signature
    itself protects."""

    certificate: Certificate
    digest: str
    whole: bool
    """The file is what was signed, from its first byte to its last."""
    added: int = 0
    """Bytes that follow what was signed."""
    signed_at: datetime | None = None
    """When, by the signer's own clock (UTC); known where the file is whole, like all below."""
    stamped_at: datetime | None = None
    """When, by a time stamp that holds."""
    stamped_by: str = ""
    stamp_trusted: bool = False
    reason: str = ""


def apart(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end from anywhere, a running event loop included."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def read(data: bytes, ours: Mapping[str, Certificate], *, hidden: Collection[str] = ()) -> Signature | None:
    """The signature by one of `ours` (fingerprint -> certificate) that `data` carries, or None: one that the key made and
    that holds, not one that merely names the certificate. `whole` is true only of a file that is what was signed.
    Signatures over a hash among `hidden` are passed over as a stranger's are."""
    if len(data) > LARGEST:
        return None
    best = None
    for number, room in enumerate(_ROOM.finditer(data)):
        if number >= MOST:
            break
        found = _held_against(data, room.start(1) - 1, room.end(1) + 1, ours)
        if found is None or found.digest in hidden:
            continue
        if found.whole:
            return _read_whole(data, found)
        best = best or found
    return best


def _held_against(data: bytes, begin: int, end: int, ours: Mapping[str, Certificate]) -> Signature | None:
    """The signature in the room between `begin` and `end`, if one of our certificates made it."""
    try:
        signed = cms.ContentInfo.load(bytes.fromhex(data[begin + 1 : end - 1].decode("ascii")))["content"]
        certificate = extract_certificate_info(signed).signer_cert
        own = ours.get(hashlib.sha256(certificate.dump()).hexdigest())
        if own is None:
            return None
        signer = extract_signer_info(signed)
        digest = extract_message_digest(signer)
        _intact, valid = validate_sig_integrity(signer, asn1.Certificate.load(own.der), "data", digest)
    except Exception:  # noqa: BLE001 - bytes of a stranger, and a library that names no family of its errors
        return None
    if not valid:
        return None
    view = memoryview(data)
    here = _hash(view[:begin], view[end:])
    if here == digest:
        return Signature(own, digest.hex(), whole=True)
    for upto in _ends(data, begin, end):
        if _hash(view[:begin], view[end:upto]) == digest:
            return Signature(own, digest.hex(), whole=False, added=len(data) - upto)
    return Signature(own, digest.hex(), whole=False)


def _ends(data: bytes, begin: int, end: int) -> Iterator[int]:
    """Where the file ended when this room was signed, as it says itself."""
    for number, told in enumerate(_RANGE.finditer(data)):
        first, second, length = (int(one) for one in told.groups())
        if (first, second) == (begin, end) and second + length < len(data):
            yield second + length
        if number >= MOST:
            return


def _hash(*parts: memoryview) -> bytes:
    running = hashlib.sha256()
    for part in parts:
        running.update(part)
    return running.digest()


def _read_whole(data: bytes, found: Signature) -> Signature:
    """What pyHanko says of a file that is wholly ours: covered from end to end, never changed since, by our certificate
    alone. Anything less, and it is not whole."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        (embedded,) = reader.embedded_regular_signatures
        status = apart(_validated(embedded, found.certificate))
    except Exception:  # noqa: BLE001 - what is signed is ours; the room of the signature is not, and may hold anything
        return replace(found, whole=False)
    stamp = status.timestamp_validity
    holds = stamp is not None and stamp.valid and stamp.intact and (stamp.trusted or not settings().sign_trust)
    return replace(
        found,
        whole=status.intact and status.valid and status.trusted
        and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        and status.modification_level == ModificationLevel.NONE,
        signed_at=embedded.self_reported_timestamp and embedded.self_reported_timestamp.astimezone(UTC),
        stamped_at=stamp.timestamp.astimezone(UTC) if holds else None,
        stamped_by=_named_in(stamp.signing_cert) if holds else "",
        stamp_trusted=holds and stamp.trusted,
        reason=str(embedded.sig_object.get("/Reason", "")),
    )  # fmt: skip


async def _validated(embedded: Any, own: Certificate) -> Any:
    """The library's own judgement; nothing is asked of the network, and our certificate alone is trusted."""
    moment = embedded.self_reported_timestamp
    ours = ValidationContext(trust_roots=[asn1.Certificate.load(own.der)], allow_fetching=False, moment=moment)
    roots = [asn1.Certificate.load(_der(one)) for one in listed(settings().sign_trust, "IEOM_SIGN_TRUST")]
    stamps = ValidationContext(trust_roots=roots, allow_fetching=False)
    return await async_validate_pdf_signature(embedded, ours, stamps)


def _der(one: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    made: bytes = one.public_bytes(Encoding.DER)
    return made


def _named_in(certificate: asn1.Certificate) -> str:
    name = certificate.subject.native
    return str(name.get("common_name") or name.get("organization_name") or "")
