"""The key on a token: a real PKCS#11 module (SoftHSM), as a card's or a hardware module's own would be."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from test_papers import ABOUT, AT, WORDS
from test_signing import NAME, SINCE, configured, pdfsig, signed

from ieom.errors import BadInput, Refused
from ieom.papers import certificates, keys
from ieom.papers.signatures import read
from ieom.papers.statement import statement_pdf

pytestmark = pytest.mark.pkcs11

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "987654"
TOKEN = "press office"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A module with one token that holds: a pair, a certificate that has expired, and a pair of strangers."""
    found = next((one for one in MODULES if Path(one).exists()), None)
    if found is None:
        pytest.skip("SoftHSM is not installed (Debian: softhsm2)")
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")  # read once, when the module is first loaded
    util = ["softhsm2-util", "--pin", PIN]
    subprocess.run(
        [*util, "--init-token", "--free", "--label", TOKEN, "--so-pin", "12345678"], check=True, capture_output=True
    )
    import pkcs11
    from pkcs11.util.x509 import decode_x509_certificate

    pairs = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    for number, (label, key, certified, term) in enumerate((
        ("release", pairs[0], pairs[0], 900), ("old", pairs[0], pairs[0], 10), ("strangers", pairs[0], pairs[1], 900),
    )):  # fmt: skip
        file = folder / "key.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        identity = ["--token", TOKEN, "--label", label, "--id", f"{number:04x}", "--force"]
        subprocess.run([*util, "--import", str(file), *identity], check=True, capture_output=True)
        made = keys._certified(certified, NAME, SINCE, timedelta(days=term)).public_bytes(Encoding.DER)
        token = pkcs11.lib(found).get_token(token_label=TOKEN)
        with token.open(user_pin=PIN, rw=True) as session:
            session.create_object(
                {
                    **decode_x509_certificate(made), pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: label,
                    pkcs11.Attribute.ID: number.to_bytes(2, "big"),
                }
            )  # fmt: skip
    yield found
    pkcs11.unload(found)
    os.environ.pop("SOFTHSM2_CONF") if before is None else os.environ.update(SOFTHSM2_CONF=before)


@pytest.fixture
def told(module: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the settings of the token, some of them otherwise."""

    def tell(**otherwise: str) -> None:
        said = {
            "sign_pkcs11_module": module, "sign_pkcs11_token": TOKEN, "sign_pkcs11_label": "release",
            "sign_pkcs11_pin": PIN, **otherwise,
        }  # fmt: skip
        configured(monkeypatch, **said)

    return tell


@pytest.mark.poppler
def test_a_token_signs_what_pdfsig_finds_valid(told: Any, tmp_path: Path) -> None:
    told()
    data = signed(a=statement_pdf(WORDS, **ABOUT))["a.pdf"]
    assert "Signature is Valid" in pdfsig(data, tmp_path)
    with keys.opened(AT) as key:
        assert key is not None
        own = key.certificate
    assert own.subject == NAME
    found = read(data, {own.fingerprint: own})
    assert found is not None
    assert found.whole


def test_a_token_goes_before_a_file(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(monkeypatch, sign_passphrase="x y z")
    keys.make(["Another"], at=SINCE, years=1, passphrase="x y z")
    told()
    assert "press office" in keys.held()
    with keys.opened(AT) as key:
        assert key is not None
        assert key.certificate.subject == NAME


@pytest.mark.parametrize(
    ("otherwise", "error", "says"),
    [
        ({"sign_pkcs11_module": "/nowhere/module.so"}, BadInput, "there is no file /nowhere/module.so"),
        ({"sign_pkcs11_module": "/etc/hostname"}, BadInput, "can't be used"),
        ({"sign_pkcs11_pin": "000000"}, BadInput, r"the PIN \(IEOM_SIGN_PKCS11_PIN\) is wrong"),
        ({"sign_pkcs11_token": "another"}, BadInput, "knows no token of that name"),
        ({"sign_pkcs11_label": "another"}, BadInput, "it has no .* with label 'another'"),
        ({"sign_pkcs11_label": ""}, BadInput, "IEOM_SIGN_PKCS11_LABEL is to name the key"),
        ({"sign_pkcs11_label": "old"}, Refused, "held until 23 July 2020"),
        ({"sign_pkcs11_label": "strangers"}, BadInput, "do not belong together"),
    ],
)
def test_what_keeps_a_token_from_signing_is_one_clear_line(
    told: Any, otherwise: dict[str, str], error: type[Exception], says: str
) -> None:
    told(**otherwise)
    with pytest.raises(error, match=says) as raised:
        signed(a=statement_pdf(WORDS, **ABOUT))
    said = str(raised.value)
    assert "nothing was signed" in said
    assert len(said.splitlines()) == 1
    assert PIN not in said
    assert not certificates.folder().exists()


def test_a_locked_token_is_said_to_be_locked() -> None:
    import pkcs11

    from ieom.papers.token import _said

    assert "locked after too many wrong PINs" in str(_said(pkcs11.PinLocked()))
    assert "the token was taken out" in str(_said(pkcs11.DeviceRemoved()))
