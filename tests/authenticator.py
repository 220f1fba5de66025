"""A device that makes passkeys and answers by them, as a browser would hand its answers on; what it says can be bent."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Device:
    """One passkey of one account. `counts`: whether it says how often it was used."""

    def __init__(self, *, counts: bool = False, flags: int = PRESENT | VERIFIED) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = bytes_to_base64url(os.urandom(32))
        self.handle = ""
        self.counts, self.counter, self.flags = counts, 0, flags

    def make(self, options: dict[str, Any], origin: str) -> str:
        """The answer to navigator.credentials.create()."""
        self.handle = options["user"]["id"]
        numbers, credential = self.key.public_key().public_numbers(), base64url_to_bytes(self.id)
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(credential).to_bytes(2, "big") + credential + cbor2.dumps(public)
        told = self._told(options["rp"]["id"], ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
        client = _client("webauthn.create", options, origin)
        return self._answer(
            {"attestationObject": bytes_to_base64url(attestation), "clientDataJSON": bytes_to_base64url(client)}
        )

    def answer(self, options: dict[str, Any], origin: str, **bent: str) -> str:
        """The answer to navigator.credentials.get()."""
        told, client = self._told(options["rpId"]), _client("webauthn.get", options, origin)
        signature = self.key.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": bytes_to_base64url(told), "clientDataJSON": bytes_to_base64url(client),
            "signature": bytes_to_base64url(signature), "userHandle": self.handle,
        }  # fmt: skip
        return self._answer({**response, **bent})

    def _told(self, host: str, more: int = 0) -> bytes:
        self.counter += self.counts
        return hashlib.sha256(host.encode()).digest() + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps(
            {"id": self.id, "rawId": self.id, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )


def _client(kind: str, options: dict[str, Any], origin: str) -> bytes:
    return json.dumps(
        {"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": False}
    ).encode()
