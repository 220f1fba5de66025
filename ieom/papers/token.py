"""The organisation's key on a card or in a hardware module (PKCS#11): it never leaves the token."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pkcs11
from cryptography import x509
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.general import SigningError
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

from ieom.errors import BadInput
from ieom.papers.certificates import certificate
from ieom.papers.keys import UNDONE, Key, chain
from ieom.papers.signing import known_to_pyhanko
from ieom.settings import settings

SAID: dict[type[Exception], str] = {
    pkcs11.PinIncorrect: "the PIN (IEOM_SIGN_PKCS11_PIN) is wrong; too many tries lock the token",
    pkcs11.PinInvalid: "the PIN (IEOM_SIGN_PKCS11_PIN) has a form that the token does not take",
    pkcs11.PinLenRange: "the PIN (IEOM_SIGN_PKCS11_PIN) is too short or too long for the token",
    pkcs11.PinLocked: "it is locked after too many wrong PINs; its officer unlocks it with the PUK",
    pkcs11.PinExpired: "its PIN has expired; set a new one",
    pkcs11.UserPinNotInitialized: "it has no PIN yet; its officer sets one",
    pkcs11.TokenNotPresent: "no token is in the reader",
    pkcs11.TokenNotRecognised: "the token is of a kind that the module does not know",
    pkcs11.DeviceRemoved: "the token was taken out",
}
"""What a module's refusals mean to who holds the token."""


@contextlib.contextmanager
def opened() -> Iterator[Key]:
    """The key on the token, logged in until the block ends. Raises `BadInput`."""
    known = settings()
    module, label, pin = known.sign_pkcs11_module, known.sign_pkcs11_label, known.sign_pkcs11_pin.get_secret_value()
    if not label:
        raise BadInput(f"IEOM_SIGN_PKCS11_LABEL is to name the key on the token; {UNDONE}")
    if not Path(module).is_file():
        raise BadInput(f"IEOM_SIGN_PKCS11_MODULE: there is no file {module}; {UNDONE}")
    criteria = TokenCriteria(label=known.sign_pkcs11_token) if known.sign_pkcs11_token else None
    try:
        session = open_pkcs11_session(module, token_criteria=criteria, user_pin=pin or None)
    except (pkcs11.PKCS11Error, RuntimeError) as error:  # a library that is no module raises a plain RuntimeError
        raise _said(error) from error
    with contextlib.closing(session):
        signer = PKCS11Signer(session, cert_label=label, key_label=label, ca_chain=known_to_pyhanko(chain()))
        try:
            own = signer.signing_cert  # looks for certificate and key, which a token may hold only one of
        except (pkcs11.PKCS11Error, SigningError) as error:
            raise _said(error) from error
        # Every module signs a hash with an EC key; not every one hashes too. With RSA it is the other way about.
        signer.use_raw_mechanism = own.public_key.algorithm == "ec"
        yield Key(signer, certificate(x509.load_der_x509_certificate(own.dump())))


def _said(error: Exception) -> BadInput:
    named = settings().sign_pkcs11_token
    token = f"the token '{named}'" if named else "the token"
    for kind, says in SAID.items():
        if isinstance(error, kind):
            return BadInput(f"{token} can't be used: {says}; {UNDONE}")
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if "No token matching" in said or isinstance(error, pkcs11.NoSuchToken):
        said = "the module knows no token of that name (IEOM_SIGN_PKCS11_TOKEN)"
    elif "more than 1 slot" in said:
        said = "the module has several; name one in IEOM_SIGN_PKCS11_TOKEN"
    elif "Could not find" in said:
        said = f"{said.replace('Could not find', 'it has no')} (IEOM_SIGN_PKCS11_LABEL)"
    return BadInput(f"{token} can't be used: {said}; {UNDONE}")
