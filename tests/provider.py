"""A small OpenID provider on a port: authorization code with PKCE, one client, whoever it is told is logged in. What it says
can be bent."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from browsers import served
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "the desk", "a secret: of two"


@dataclass
class Provider:
    """Who is logged in there, and how it answers."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    """The claims of whoever is logged in."""
    bend: Callable[[dict[str, Any]], None] = lambda claims: None
    """Changes the claims of an ID token before it is signed."""
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    key: Any = None
    """What an ID token is signed with; its own by default."""
    says: dict[str, Any] = field(default_factory=dict)
    """What stands otherwise in its description."""
    userinfo: bool = False
    """Whether the address is told by the userinfo endpoint alone."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.own = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}, private=True)
        self.other = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        self.shared = OctKey.import_key(SECRET + "x" * 32)

    def tokens(self, given: dict[str, str]) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": given["nonce"],
            **self.person,
        }
        if self.userinfo:
            claims = {name: value for name, value in claims.items() if not name.startswith("email")}
        self.bend(claims)
        return {
            "access_token": "of one person", "token_type": "Bearer",
            "id_token": jwt.encode(self.header, claims, self.key or self.own, algorithms=[self.header["alg"]]),
        }  # fmt: skip

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def noted(request: Request, on: Callable[[Request], Any]) -> Response:
            self.asked.append(request.url.path)
            answer: Response = await on(request)
            return answer

        @app.get("/.well-known/openid-configuration")
        def description() -> dict[str, Any]:
            ours = {
                "authorization_endpoint": "authorize",
                "token_endpoint": "token",
                "jwks_uri": "keys",
                "userinfo_endpoint": "me",
            }
            return {
                "issuer": self.issuer,
                **{name: f"{self.issuer}/{path}" for name, path in ours.items()},
                **self.says,
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.own.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            told = dict(request.query_params)
            assert (told["client_id"], told["response_type"], told["scope"]) == (CLIENT, "code", "openid email")
            assert told["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(16)
            self.codes[code] = told
            return RedirectResponse(f"{told['redirect_uri']}?{urlencode({'code': code, 'state': told['state']})}", 303)

        @app.post("/token")
        async def token(request: Request) -> Response:
            told = dict(await request.form())
            given = self.codes.pop(str(told["code"]), None)
            wrong = given is None or (
                request.headers.get("authorization") != basic()
                or given["redirect_uri"] != told["redirect_uri"]
                or create_s256_code_challenge(str(told["code_verifier"])) != given["code_challenge"]
            )
            if wrong or given is None:
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse(self.tokens(given))

        @app.get("/me")
        def me(request: Request) -> dict[str, Any]:
            assert request.headers["authorization"] == "Bearer of one person"
            return self.person

        return app


def basic() -> str:
    from base64 import b64encode
    from urllib.parse import quote

    return "Basic " + b64encode(f"{quote(CLIENT, safe='')}:{quote(SECRET, safe='')}".encode()).decode()


@contextmanager
def provided() -> Iterator[Provider]:
    """The provider, running."""
    taken, made = socket.socket(), Provider()
    taken.bind(("127.0.0.1", 0))
    with served(made.app(), taken) as base:
        made.issuer = base
        yield made
