"""The certificates with which this installation ever signed: each is kept, so that an old paper is known for ours after
its key was replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ieom.errors import BadInput
from ieom.papers import store
from ieom.settings import settings

SOON = timedelta(days=60)
"""A certificate that ends within this term is to be replaced now."""


@dataclass(frozen=True)
class Certificate:
    """A certificate, as it is shown and compared; times are UTC."""

    fingerprint: str
    """SHA-256 of the certificate (DER), in lower-case hexadecimal digits."""
    subject: str
    since: datetime
    until: datetime
    der: bytes

    @property
    def key(self) -> bytes:
        """Its public key (DER)."""
        return x509.load_der_x509_certificate(self.der).public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )  # fmt: skip

    @property
    def pem(self) -> bytes:
        """As it is published."""
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)


def certificate(found: x509.Certificate) -> Certificate:
    """A certificate as the rest of the house knows it."""
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME) or found.subject.get_attributes_for_oid(
        NameOID.ORGANIZATION_NAME
    )
    subject = str(names[0].value) if names else found.subject.rfc4514_string()
    return Certificate(
        found.fingerprint(hashes.SHA256()).hex(), subject, found.not_valid_before_utc, found.not_valid_after_utc,
        found.public_bytes(Encoding.DER),
    )  # fmt: skip


def folder() -> Path:
    """Where they are kept."""
    return settings().state_dir / "certificates"


def keep(one: Certificate) -> Path:
    """Keep a certificate for good; returns the PEM file, which may be published."""
    path = folder() / f"{one.fingerprint}.pem"
    if not path.exists():
        store.write(path, one.pem)
    return path


def kept() -> dict[str, Certificate]:
    """Every certificate kept, by its fingerprint. A file that is none, or bears another's name, counts for nothing."""
    found = {}
    for path in sorted(folder().glob("*.pem")):
        try:
            one = certificate(x509.load_pem_x509_certificate(path.read_bytes()))
        except (OSError, ValueError):
            continue
        if path.stem == one.fingerprint:
            found[one.fingerprint] = one
    return found


def listed(path: str, setting: str) -> list[x509.Certificate]:
    """The certificates of a PEM file that a setting names. Raises `BadInput`."""
    if not path:
        return []
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except OSError as error:
        raise BadInput(f"{setting}: {path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{setting}: {path} holds no certificates in PEM form") from error
