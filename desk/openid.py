"""The organisation's OpenID provider, as far as entering needs it: where it is, where a person is sent, and whom it says has
come back (OpenID Connect Core 1.0, authorization code with PKCE). Nothing of it is kept between two people: few enter a day,
and its keys change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from ieom.acts.openid import LONGEST, Begun
from ieom.errors import Refused, Unavailable
from ieom.settings import settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""By which an ID token may be signed: with a key that the provider alone has. Never 'none', never by the client's secret."""
PATIENCE, LEEWAY = 10.0, 60
"""Seconds that the provider is waited for; and that its clock may be off."""
_WRONG = {
    "iss": "comes from another provider", "aud": "was made for another site", "azp": "was made for another site",
    "nonce": "answers another question than this browser's", "exp": "has run out", "iat": "was made in the future",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Whom the provider says has come."""

    issuer: str
    subject: str
    email: str


def issuer() -> str:
    """The provider's address; '' where the settings name none wholly."""
    told = settings()
    whole = told.oidc_issuer and told.oidc_client_id and told.oidc_client_secret.get_secret_value()
    return told.oidc_issuer if whole and safe(told.oidc_issuer) else ""


def name() -> str:
    """The provider's name, as a person knows it: its host."""
    return urlsplit(issuer()).hostname or ""


def safe(url: str) -> bool:
    """Whether what is sent there stays between us: by TLS, or on this machine."""
    try:
        found = urlsplit(url)
        return bool(found.hostname) and (
            found.scheme == "https" or (found.scheme == "http" and found.hostname in {"127.0.0.1", "::1", "localhost"})
        )
    except ValueError:
        return False


def begin(begun: Begun, back: str) -> str:
    """The provider's address to send a person to, who is sent back to `back`."""
    with _client() as client:
        known = _discovered(client)
    return str(
        prepare_grant_uri(
            known["authorization_endpoint"], settings().oidc_client_id, "code", back, "openid email", begun.state,
            nonce=begun.nonce, code_challenge=create_s256_code_challenge(begun.verifier), code_challenge_method="S256",
        )
    )  # fmt: skip


def finish(begun: Begun, code: str, back: str) -> Person:
    """Who came back with this code. Raises `Refused` with the one thing that is wrong, `Unavailable` where the provider does
    not answer as one."""
    with _client() as client:
        known = _discovered(client)
        tokens = _tokens(client, known, code, begun.verifier, back)
        claims = _proved(tokens, _asked(client, known["jwks_uri"]), begun.nonce)
        said: dict[str, Any] = claims
        if "email" not in claims and safe(known.get("userinfo_endpoint", "")):
            bearer = {"authorization": f"Bearer {tokens.get('access_token', '')}"}
            said = _asked(client, known["userinfo_endpoint"], headers=bearer)
            if said.get("sub") != claims["sub"]:
                raise Refused(_says("speaks of two persons"))
    email, subject = said.get("email"), claims["sub"]
    if said.get("email_verified") is not True or not isinstance(email, str) or not email:
        raise Refused(f"{name()} has not verified your e-mail address; ask whoever keeps your account there")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise Refused(_says("does not say who you are"))
    return Person(issuer(), subject, email)


def _tokens(client: httpx.Client, known: dict[str, Any], code: str, verifier: str, back: str) -> dict[str, Any]:
    told = settings()
    own, secret = told.oidc_client_id, told.oidc_client_secret.get_secret_value()
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        more: dict[str, Any] = {"auth": (quote(own, safe=""), quote(secret, safe=""))}  # RFC 6749, 2.3.1
    else:
        data, more = {**data, "client_id": own, "client_secret": secret}, {}
    try:
        answer = client.post(known["token_endpoint"], data=data, **more)
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise _away() from error
    if answer.status_code != 200 or not isinstance(found, dict) or "id_token" not in found:
        raise Refused(f"{name()} does not take back what it gave this browser; begin again")
    return found


def _proved(tokens: dict[str, Any], keys: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The claims of the ID token: signed by the provider, for us, now, in answer to this browser."""
    try:
        read = jwt.decode(str(tokens["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        wanted = {
            "iss": {"essential": True, "value": issuer()},
            "aud": {"essential": True, "value": settings().oidc_client_id},
        }
        params = {"nonce": nonce, "client_id": settings().oidc_client_id, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(read.claims, read.header, wanted, params)
        claims.validate(leeway=LEEWAY)
    except ExpiredTokenError:
        raise Refused(_says(_WRONG["exp"])) from None
    except ClaimError as error:
        raise Refused(_says(_WRONG.get(error.claim, "is not whole"))) from None
    except (JoseError, ValueError, KeyError, TypeError):
        raise Refused(_says("is not signed by its provider")) from None
    if claims["iss"] != issuer():  # one issuer, not a list that has it
        raise Refused(_says(_WRONG["iss"]))
    return dict(claims)


def _discovered(client: httpx.Client) -> dict[str, Any]:
    known = _asked(client, issuer().rstrip("/") + "/.well-known/openid-configuration")
    needed = [known.get(one) for one in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if known.get("issuer") != issuer() or not all(isinstance(one, str) and safe(one) for one in needed):
        raise _away()
    return known


def _asked(client: httpx.Client, url: str, **more: Any) -> dict[str, Any]:
    try:
        answer = client.get(url, **more)
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise _away() from error
    if answer.status_code != 200 or not isinstance(found, dict):
        raise _away()
    return found


def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE)


def _says(what: str) -> str:
    return f"what {name()} says of you {what}; nobody has entered. Begin again, or enter with the password"


def _away() -> Unavailable:
    return Unavailable(f"{name()} does not answer as a log-in does; try again later, or enter with the password")
