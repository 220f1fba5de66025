"""The organisation's signing key: made for a start, or taken from a PKCS#12 file or a PKCS#11 token as the settings say.

A key that can't be opened, and a certificate whose time has not come or is over, are refused before anything is signed; a
pair that does not belong together when its first signature is read back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

from ieom.errors import BadInput, Conflict, Refused
from ieom.papers import store
from ieom.papers.certificates import Certificate, certificate, keep, listed
from ieom.settings import settings

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning (RFC 9336, 3.1)."""
LONGEST = 64
"""Characters of a name in a certificate (RFC 5280, ub-common-name)."""
UNDONE = "nothing was signed"


@dataclass(frozen=True)
class Key:
    """The key, open: what signs, and the certificate that goes with it."""

    signer: Signer
    certificate: Certificate


def path() -> Path:
    """Where the PKCS#12 file lies, or would be made."""
    named = settings().sign_pkcs12
    return Path(named) if named else settings().state_dir / "keys" / "signing.p12"


def held() -> str:
    """Where the key is, in words; empty when none is set, and papers are released unsigned."""
    known = settings()
    if known.sign_pkcs11_module:
        token = f"the token '{known.sign_pkcs11_token}'" if known.sign_pkcs11_token else "the token"
        return f"{token} behind {known.sign_pkcs11_module}"
    return str(path()) if known.sign_pkcs12 or path().exists() else ""


def make(names: list[str], *, at: datetime, years: int, passphrase: str) -> tuple[Certificate, Path]:
    """Make a key (EC P-256) and a certificate that it signs itself, valid from `at` (UTC). The first of `names` that a
    certificate has room for stands in it. Returns the certificate and the file to publish; never overwrites a key."""
    if not passphrase.strip():
        raise BadInput("the passphrase is empty; a key is not kept without one")
    if not 1 <= years <= 10:
        raise BadInput(f"{years} years: a certificate is made for 1 to 10")
    where = path()
    if where.exists():
        raise Conflict(f"{where} is there already and stays as it is; move it away to make another")
    named = next((name for name in names if 0 < len(name) <= LONGEST), names[0][:LONGEST])
    key = ec.generate_private_key(ec.SECP256R1())
    made = _certified(key, named, at.replace(microsecond=0), timedelta(days=365 * years + years // 4))
    sealed = pkcs12.serialize_key_and_certificates(
        named.encode(), key, made, None, BestAvailableEncryption(passphrase.encode())
    )
    where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    public = keep(certificate(made))  # first: a key without its certificate kept would sign what is not known for ours
    store.write(where, sealed, mode=0o600)
    return certificate(made), public


def _certified(key: ec.EllipticCurvePrivateKey, name: str, since: datetime, term: timedelta) -> x509.Certificate:
    """A certificate for signing documents and nothing else."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + term)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


@contextlib.contextmanager
def opened(at: datetime | None) -> Iterator[Key | None]:
    """The key that signs at a moment (UTC; None: whenever), or None where none is set. Raises `BadInput` when it can't be
    opened, and `Refused` when its certificate does not hold at that moment."""
    if not held():
        yield None
        return
    if settings().sign_pkcs11_module:
        from ieom.papers import token

        with token.opened() as key:
            yield _holds(key, at)
    else:
        yield _holds(_from_file(), at)


def _holds(key: Key, at: datetime | None) -> Key:
    own = key.certificate
    if at is None:
        return key
    if at < own.since:
        raise Refused(
            f"the signing certificate holds from {own.since:%-d %B %Y} on, and it is {at:%-d %B %Y}; {UNDONE}"
        )
    if at > own.until:
        raise Refused(
            f"the signing certificate held until {own.until:%-d %B %Y}; {UNDONE}. Move the key away and make another, "
            "or renew it with your authority",
            command="'ieom keys new' makes one",
        )
    return key


def _from_file() -> Key:
    where, passphrase = path(), settings().sign_passphrase.get_secret_value()
    try:
        data = where.read_bytes()
    except OSError as error:
        raise BadInput(f"the signing key {where} can't be read: {error.strerror}; {UNDONE}") from error
    if not passphrase:
        raise BadInput(f"the signing key {where} needs its passphrase in IEOM_SIGN_PASSPHRASE; {UNDONE}")
    try:
        key, own, more = pkcs12.load_key_and_certificates(data, passphrase.encode())
    except ValueError as error:
        raise BadInput(
            f"the signing key {where} can't be opened: the passphrase is wrong, or it is no PKCS#12 file; {UNDONE}"
        ) from error
    if key is None or own is None:
        lacks = "no private key" if key is None else "no certificate that belongs to its key"
        raise BadInput(f"the signing key {where} has {lacks}; {UNDONE}")
    from ieom.papers.signing import file_signer

    return Key(file_signer(key, own, [*more, *chain()]), certificate(own))


def chain() -> list[x509.Certificate]:
    """The certificates between ours and its authority's."""
    return listed(settings().sign_chain, "IEOM_SIGN_CHAIN")
