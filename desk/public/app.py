"""The public pages as a web application: no cookie, no script, nothing said of what is not published.

Every address that is not public is answered alike, whether something will ever stand there or not.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from desk.public import deciding, nominating, unsubscribing, verifying
from desk.public.by_link import Spoken
from desk.public.guarding import Guarded
from desk.public.pages import error_page
from desk.public.site import Site, tag
from ieom.acts.newsroom import proved
from ieom.errors import Tampered
from ieom.papers.newsroom import TYPES

SECURITY = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",  # the link to unsubscribe holds the reader's token
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def public(engine: Engine, *, rehearsals: bool = False) -> ASGIApp:
    """The public pages over these records."""
    app = Starlette(
        routes=[
            Route("/unsubscribe", unsubscribing.show, methods=["GET"]),
            Route("/unsubscribe", unsubscribing.act, methods=["POST"]),
            Route("/verify", verifying.show, methods=["GET"]),
            Route("/verify", verifying.check, methods=["POST"]),
            *deciding.ROUTES,
            *nominating.ROUTES,
            Route("/{path:path}", newsroom, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _refused, Exception: _broken},
    )
    app.router.redirect_slashes = False
    app.state.site = Site(engine, rehearsals=rehearsals)
    app.state.engine = engine
    unsubscribing.prepare(app.state)
    verifying.prepare(app.state)
    deciding.prepare(app.state)
    nominating.prepare(app.state)
    return Guarded(Spoken(app), SECURITY)


async def newsroom(request: Request) -> Response:
    """A page or a paper of the newsroom."""
    site: Site = request.app.state.site
    known = await run_in_threadpool(site.current)
    if known is None:
        raise HTTPException(503, headers={"retry-after": "30"})
    path = request.path_params["path"]
    page = path + "index.html" if path in known.folders else path
    if page in known.files:
        data, entity = known.files[page]
        kept = "public, max-age=31536000, immutable" if page.endswith(".css") else "public, max-age=60"
        return _answer(request, page, data, entity, kept)
    if path in known.papers:
        try:
            data = await run_in_threadpool(proved, known.papers[path])
        except Tampered:
            raise HTTPException(503, headers={"retry-after": "300"}) from None
        return _answer(request, path, data, tag(data), "public, max-age=3600")
    if f"{path}/" in known.folders:
        return RedirectResponse(f"{path.rpartition('/')[2]}/", 308, headers={"cache-control": "public, max-age=60"})
    raise HTTPException(404)


def _answer(request: Request, path: str, data: bytes, entity: str, kept: str) -> Response:
    """Bytes, or that they are unchanged (304), or a part of them (206, RFC 9110, 14)."""
    ending = path.rpartition("/")[2].rpartition(".")[2] if "." in path.rpartition("/")[2] else ""
    headers = {"etag": entity, "cache-control": kept, "accept-ranges": "bytes", "content-type": TYPES[ending]}
    asked = request.headers.get("if-none-match", "")
    if asked == "*" or entity in [one.strip().removeprefix("W/") for one in asked.split(",")]:
        return Response(status_code=304, headers=headers)
    if request.headers.get("if-range", entity) == entity and (part := _part(request, len(data))) is not None:
        first, last = part
        if first > last:
            return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(data)}"})
        headers["content-range"] = f"bytes {first}-{last}/{len(data)}"
        return Response(data[first : last + 1], 206, headers=headers)
    return Response(data, headers=headers)


def _part(request: Request, size: int) -> tuple[int, int] | None:
    """The one range asked for; None for none, or for several, which are then answered with the whole."""
    found = _RANGE.match(request.headers.get("range", "")[:60])
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    if last and int(last) < int(first):
        return None
    return (int(first), min(int(last) if last else size - 1, size - 1)) if int(first) < size else (1, 0)


async def _refused(request: Request, error: Any) -> Response:
    return error_page(request, error.status_code, dict(error.headers or {}))


async def _broken(request: Request, _error: Exception) -> Response:
    return error_page(request, 500, {})
