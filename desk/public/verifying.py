"""The page that checks a paper: what `ieom verify` would say of it to a stranger. Nothing of it is kept, and of what is not
published the page says nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from desk.public.limits import PerMinute, TooLarge, TooMany, Uploads, asker, limited
from desk.public.pages import page
from desk.public.site import Served
from ieom.acts.verifying import Answer, unknown, verify
from ieom.papers.newsroom import Paper, Published
from ieom.records.base import reading
from ieom.rules.verifying import HEADLINES, Verdict

LARGEST = 50_000_000
"""Octets of a paper that is checked; ours have a hundred thousand."""
AT_ONCE = 2
"""Papers that are read at once; the bodies of others are taken in meanwhile."""
NUMBERED = re.compile(r",? \(?release \d+\)?")
"""A release's number, which is the secretariat's own: a gap between two would tell the public of a third."""
SECONDS = 120
"""How long a paper may take to arrive."""
WAIT = 15
"""Seconds that a paper which has arrived waits for its turn."""


class Upload(MultiPartParser):
    """Keeps what comes in memory alone."""

    spool_max_size = LARGEST + 1_000_000


@dataclass(frozen=True)
class Said:
    """What is said of a file: the answer, and where in the newsroom to go."""

    headline: str
    answer: Answer
    release: Published | None = None
    paper: Paper | None = None
    later: Published | None = None
    ours: bool = False


def prepare(state: State) -> None:
    """What the page keeps while the application runs."""
    state.checks, state.uploads, state.turns = PerMinute(20), Uploads(), asyncio.Semaphore(AT_ONCE)


def judged(engine: Engine, data: bytes, known: Served) -> Said:
    """What is to be said of a file with these bytes. What the newsroom does not show, a rehearsal's papers say, is a
    stranger's to it."""
    with reading(engine) as session:
        answer = verify(session, data, public=True)
    answer = replace(answer, says=tuple(NUMBERED.sub("", one) for one in answer.says))
    if answer.paper is None:
        return Said(answer.headline, answer)
    found = known.by_sum.get(answer.paper.sha256)
    if found is None:
        return Said(HEADLINES[Verdict.NOT_OURS], Answer(Verdict.NOT_OURS, answer.sha256, unknown(data)))
    mission, release, paper = found
    later = next((one for one in mission.after(release) if one.kind in {"correction", "withdrawal"}), None)
    gone = answer.verdict is Verdict.LATER and later is not None and later.kind == "withdrawal"
    headline = "Ours and unchanged, but withdrawn" if gone else answer.headline
    return Said(headline, answer, release, paper, later, ours=answer.verdict in {Verdict.UNCHANGED, Verdict.LATER})


async def show(request: Request) -> Response:
    """The form."""
    await run_in_threadpool(request.app.state.site.current)
    return page(request, "verify.html", said=None)


async def check(request: Request) -> Response:
    """Check a paper that somebody gives. Too large: 413; too many, or too many at once: 429, 503."""
    state = request.app.state
    if not state.checks.allows(asker(request)):
        raise HTTPException(429, headers={"retry-after": "60"})
    known = await run_in_threadpool(state.site.current)
    if known is None:
        raise HTTPException(503, headers={"retry-after": "10"})
    try:
        with state.uploads.place(request) as more:  # until the answer: the paper is in memory as long
            data = await _taken(request, more)
            if not data:
                return page(request, "verify.html", status=400, said=None, nothing=True)
            return page(request, "verify.html", said=await _in_turn(state, data, known))
    except TooMany as full:
        raise HTTPException(429 if full.own else 503, headers={"retry-after": "10"}) from None


async def _taken(request: Request, more: Callable[[int], None]) -> bytes:
    """The paper given. Raises `TooMany`; anything else that is wrong with it is an answer."""
    try:
        return await _given(request, more)
    except TooLarge:
        raise HTTPException(413) from None
    except TimeoutError:
        raise HTTPException(408, headers={"connection": "close"}) from None
    except (MultiPartException, ValueError, ClientDisconnect):
        raise HTTPException(400) from None


async def _in_turn(state: State, data: bytes, known: Served) -> Said:
    try:
        async with asyncio.timeout(WAIT):
            await state.turns.acquire()
    except TimeoutError:
        raise HTTPException(503, headers={"retry-after": "10"}) from None
    try:
        return await run_in_threadpool(judged, state.engine, data, known)
    except SQLAlchemyError:
        raise HTTPException(503, headers={"retry-after": "60"}) from None
    finally:
        state.turns.release()


async def _given(request: Request, more: Callable[[int], None]) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ValueError("a form with a file is wanted")

    async def counted() -> AsyncGenerator[bytes, None]:
        async for chunk in limited(request, LARGEST + 10_000, seconds=SECONDS):
            more(len(chunk))
            yield chunk

    form = await Upload(request.headers, counted(), max_files=1, max_fields=2).parse()
    try:
        paper = form.get("paper")
        return await paper.read() if isinstance(paper, UploadFile) else b""
    finally:
        await form.close()
