"""What the pages behind a link in a letter share: looking changes nothing, however often, and another site's form does
nothing. A token that nobody was sent is answered like any address that nobody knows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.public.site import tag
from ieom.errors import NotFound, Tampered
from ieom.folder.catalogues import negotiated, speak, spoken
from ieom.papers.page import environment
from ieom.records.base import reading
from ieom.settings import settings

LOG = logging.getLogger("ieom.public")
HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex"}
Facts = dict[str, Any]
T = TypeVar("T")


class Spoken:
    """Sentences are looked up in the language that a reader's browser asks for: nobody has entered, no account says it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            speak(negotiated(Headers(scope=scope).get("accept-language", "")))
        await self.app(scope, receive, send)


async def style(request: Request) -> Response:
    """The newsroom's style with what these pages add."""
    folder = settings().templates_dir
    data = b"".join((folder / path).read_bytes() for path in ("newsroom/style.css", "deciding/style.css"))
    return Response(data, media_type="text/css", headers={"cache-control": "public, max-age=3600", "etag": tag(data)})


async def read(request: Request, what: Callable[[Session], T]) -> T:
    """Something of the records: 404 where nobody was sent such a link, 503 while they can't be read."""
    try:
        return await run_in_threadpool(_reading, request.app.state.engine, what)
    except NotFound:
        raise HTTPException(404) from None
    except (SQLAlchemyError, Tampered) as error:
        LOG.error("what was asked by a link can't be shown: %s", error)
        raise HTTPException(503, headers={"retry-after": "60"}) from None


def _reading(engine: Engine, what: Callable[[Session], T]) -> T:
    with reading(engine) as session:
        return what(session)


def ours(request: Request) -> None:
    """Refuse a form that another site's page sends. Nothing but the token lets anybody in, so this is the second lock;
    under no-referrer a browser says 'null' for its own page, and Sec-Fetch-Site tells whose it was."""
    said, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    base = urlsplit(settings().decide_url)
    known = {f"{request.url.scheme}://{request.url.netloc}", f"{base.scheme}://{base.netloc}"}
    if (site or "same-origin") not in {"same-origin", "none"} or (said or "null") not in {*known, "null"}:
        raise HTTPException(403)
    if said is None and site is None:
        raise HTTPException(403)


def page(status: int, template: str, facts: Facts, headers: dict[str, str] | None = None) -> Response:
    """A page of `templates/`, in the language of this request; `facts` hold the host country's `zone`."""
    known = environment(settings().templates_dir, spoken(), facts["zone"])
    data = known.get_template(template).render(**facts)
    return Response(data, status, media_type="text/html", headers=HEADERS | (headers or {}))
