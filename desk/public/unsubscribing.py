"""The page to unsubscribe, and the one click of a mailbox provider (RFC 8058). Looking changes nothing, however often:
mail scanners follow every link. An answer is given only once the records hold it; else the provider asks again (503)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from desk.public.forms import form_of
from desk.public.limits import PerMinute, asker
from desk.public.pages import page
from ieom.acts.media import Reader, contact_by_token, unsubscribe_by_token
from ieom.errors import NotFound
from ieom.records import missions
from ieom.records.base import begin, reading

ONE_CLICK = ("List-Unsubscribe", "One-Click")
LONGEST = 8_000
"""Octets of a body; a mailbox provider sends about thirty, as a form or in parts."""
TOKEN = 100
"""Characters; no token of ours is as long."""


def prepare(state: State) -> None:
    """What the pages keep while the application runs. Readers whose link we know are never turned away: a mailbox
    provider sends many readers' clicks from one address. Guesses are."""
    state.guesses = PerMinute(60)


async def show(request: Request) -> Response:
    """One question, one button."""
    token = request.query_params.get("t", "")
    try:
        reader = await run_in_threadpool(_reader, request.app.state.engine, token)
    except NotFound:
        return _nobody(request)
    except SQLAlchemyError:
        reader = None  # the button asks again
    return page(request, "unsubscribe.html", token=token[:TOKEN], reader=reader, done=None)


async def act(request: Request) -> Response:
    """Unsubscribe: by the page's button, or by one click."""
    form = await form_of(request, LONGEST)
    one_click = form.get(ONE_CLICK[0]) == ONE_CLICK[1]
    if not one_click and form.get("confirm") != "yes":
        raise HTTPException(400)
    token = str(request.query_params.get("t") or form.get("t") or "")
    try:
        done = await run_in_threadpool(_unsubscribe, request.app.state.engine, token)
    except NotFound:
        return _nobody(request)
    except SQLAlchemyError:
        raise HTTPException(503, headers={"retry-after": "60"}) from None
    if one_click:
        return PlainTextResponse(
            "Done: no further releases go to this address.\n", headers={"cache-control": "no-store"}
        )
    return page(request, "unsubscribe.html", token="", reader=None, done=done)


def _nobody(request: Request) -> Response:
    if not request.app.state.guesses.allows(asker(request)):
        raise HTTPException(429, headers={"retry-after": "60"})
    return page(request, "unsubscribe.html", status=404, token="", reader=None, done=None)


def _reader(engine: Any, token: str) -> Reader:
    if len(token) > TOKEN:
        raise NotFound("no token is as long")
    with reading(engine) as session:
        return contact_by_token(session, token)


def _unsubscribe(engine: Any, token: str) -> Any:
    if len(token) > TOKEN:
        raise NotFound("no token is as long")
    with begin(engine) as session:
        return unsubscribe_by_token(session, token=token, at=missions.real_now())
