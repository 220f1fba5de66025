"""The desk as a web application: its parts, what guards every answer, and how errors are said."""

from __future__ import annotations

import importlib
import logging
import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from psycopg.errors import DiskFull
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.public.guarding import Guarded
from desk.web.again import Again, a_strangers, again
from desk.web.alike import Written
from desk.web.asking import SAFE, Asked, router
from desk.web.pages import STATIC
from desk.web.runs import Asking
from ieom.errors import BadInput, Conflict, Faults, IeomError, NotFound, Refused, Unavailable
from ieom.folder.catalogues import _
from ieom.papers.store import FULL
from ieom.rules.names import Unnamed
from ieom.rules.roles import SAID, Role

PARTS = (
    "newmission",  # before a mission, whose address would take its own
    "missions",  # what is asked most is looked for first
    "statement",
    "observation",
    "entering",
    "passkeys",
    "openid",
    "practising",
    "accounts",
    "me",
    "audit",
    "delegation",
    "nominees",
    "statement_answers",
    "statement_comments",
    "statement_versions",
    "statement_translation",
    "meetings",
    "facts",
    "media",
    "media_files",
    "media_selection",
    "approving",
    "correspondence",
    "lists",
    "observation_entry",
    "observation_scans",
    "observation_files",
    "statement_word",
    "announcing",
    "releasing",
    "undelivered",
    "settings",
    "settings_files",
    "deployment",
    "deployment_plan",
)
SECURITY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}
LARGEST = 30_000_000
"""Octets of a request's body."""
SMALL = 100_000
"""The same where nobody has entered yet: a stranger's forms hold a name, a password, a device's answer."""
RENEWED = "x-desk-token"
"""The header by which a page that was opened before is told the token of the session that its reader is entered in now."""
STATUS: dict[type[IeomError], int] = {BadInput: 422, Refused: 409, Conflict: 409, NotFound: 404, Unavailable: 503}

_log = logging.getLogger("ieom.desk")
static = router()


@static.get("/static/{name}")
def file(name: str) -> Response:
    """Style, script and their licences; nothing else lies there."""
    found = {path.name: path for path in STATIC.iterdir() if path.is_file()}
    if name not in found:
        raise HTTPException(404)
    return FileResponse(found[name], headers={"cache-control": "public, max-age=3600"})


def web(engine: Engine, *, demonstration: bool = False) -> ASGIApp:
    """The desk over these records. In a demonstration anybody on this machine enters as whom they like."""
    return Guarded(Bounded(application(engine, demonstration=demonstration)), SECURITY)


def application(engine: Engine, *, demonstration: bool = False) -> FastAPI:
    """The same without what guards its answers: for a test that walks its routes."""
    app = FastAPI(title="The desk", docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    app.state.engine, app.state.demonstration = engine, demonstration
    app.state.known, app.state.written, app.state.streams = {}, Written(), Counter()
    app.state.runs = Asking()
    app.include_router(static)
    for part in PARTS:
        app.include_router(importlib.import_module(f"desk.web.{part}").part)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(IeomError, _said)
    app.add_exception_handler(Unnamed, _unnamed)
    app.add_exception_handler(OverflowError, _no_such_number)
    app.add_exception_handler(DataError, _no_such_number)
    app.add_exception_handler(DBAPIError, _records_away)
    app.add_exception_handler(OSError, _no_room)
    app.add_exception_handler(Exception, _broken)
    return app


class TooLong(Exception):
    """A body is longer than is taken."""


class Bounded:
    """Takes no body without end."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken, begun = 0, False
        most = SMALL if str(scope.get("path", "")).startswith("/enter") else LARGEST

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b"")) if message["type"] == "http.request" else 0
            if taken > most:
                raise TooLong
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        said = dict(scope.get("headers", ())).get(b"content-length", b"")
        if said.isdigit() and int(said) > most:
            await _too_long(self.app, scope, most)(scope, receive, send)
            return
        try:
            await self.app(scope, bounded, watched)
        except TooLong:
            if not begun:
                await _too_long(self.app, scope, most)(scope, receive, send)


def _too_long(app: FastAPI, scope: Scope, most: int) -> Response:
    says = _("What was sent is larger than {size} MB; nothing was taken in. Send a smaller file.").format(
        size=f"{most / 1_000_000:g}"
    )
    request = Request({**scope, "app": app, "state": {}})
    return answer(request, 413, _("This is too large"), says, {"connection": "close"})


def answer(
    request: Request, status: int, title: str, says: str, headers: dict[str, str] | None = None, form: Again | None = None,
    *, enter: bool = False,
) -> Response:  # fmt: skip
    """An error as a page; for a form that was sent in place, as the sentence alone, so that what was typed stays. `form`
    comes back to be sent once more; `enter`: with the way to enter in another tab, so that this one stays."""
    headers = {"cache-control": "no-store", **(headers or {})}
    if "hx-request" in request.headers:
        headers |= {"hx-retarget": "#said", "hx-reswap": "innerHTML show:#said:top", "hx-push-url": "false"}
        return HTMLResponse(_page(request, status, title, says, "_said.html", enter=enter), status, headers=headers)
    return HTMLResponse(_page(request, status, title, says, form=form, enter=enter), status, headers=headers)


def _page(
    request: Request, status: int, title: str, says: str, template: str = "error.html", form: Again | None = None,
    *, enter: bool = False,
) -> str:  # fmt: skip
    asked: Asked | None = getattr(request.state, "asked", None)
    known = asked or Asked(request, request.scope["app"].state.engine)
    nowhere = Asked(known.request, known.engine, known.account, known.session, known.given)
    lines = [line if line.endswith((".", "?", "!", ":", "…")) else f"{line}." for line in says.split("\n")]
    came = _came_from(request)
    return nowhere.text(
        template, zone="UTC", status=status, title=title, says=says, lines=lines, again=form, came=came, enter=enter
    )


def _came_from(request: Request) -> str:
    """The page of ours from which a form was sent, to go back to; empty where there is none."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # no address at all
        return ""
    ours = came.netloc == request.headers.get("host") and not came.path.startswith("//")
    if request.method in SAFE or not ours or came.path == request.url.path:
        return ""
    return came.path + (f"?{came.query}" if came.query else "")


async def _refused(request: Request, error: Any) -> Response:
    if error.status_code == 401:
        return await _ended(request)
    if error.status_code == 403 and error.detail in {"earlier", "another"}:
        return await _opened_before(request, error.detail)
    titles = {
        404: (_("Nothing is here"), _("Nothing is at this address, or it is not for you. Go back, or begin at the first page.")),
        405: (_("This can't be asked this way"), _("Go back and use the page's own buttons.")),
    }  # fmt: skip
    title, says = titles.get(error.status_code, (_("This did not work"), _("Go back and try again.")))
    if error.status_code == 403:
        title = _("This is not yours to do")
        if error.detail == "elsewhere":
            says = _(
                "This did not come from a page of the desk that is still open. Open the page again, then do it there."
            )
        else:
            told = str(error.detail)
            may = ", ".join(
                _(SAID[Role(one)]) for one in told.removeprefix("for all: ").split(", ") if one in set(Role)
            )
            whole = _(", with that role for all missions") if told.startswith("for all: ") else ""
            says = _("Who may: {may}{whole}. Ask one of them, or an administrator for the role.").format(
                may=may, whole=whole
            )
    return answer(request, error.status_code, title, says, dict(error.headers or {}))


async def _ended(request: Request) -> Response:
    """Nobody is entered: what was typed stays where it stands, or comes back with the answer."""
    form = await a_strangers(request)
    if "hx-request" in request.headers or form is not None:
        says = _("Enter again in another tab, come back and send this once more: what you typed is still here.")
    else:
        says = _("Enter again in another tab, then go back to the page before this one and send it once more.")
    return answer(request, 401, _("Your session has ended"), says, form=form, enter=True)


async def _opened_before(request: Request, whose: str) -> Response:
    """A form of a page that was opened before its sender entered. Nothing is done with it; what was typed stays where it
    stands, or comes back, and goes on once it is sent from the page as it is now."""
    asked: Asked = request.state.asked
    if whose == "another":
        title = _("Somebody else has entered here")
        says = _(
            "In this browser {name} is entered now; the page that this came from was opened by somebody else. Nothing was done. Enter as whoever opened it in another tab and send this once more, or open the page again."
        ).format(name=asked.me.name)  # fmt: skip
        return answer(request, 403, title, says, form=await again(request), enter=True)
    token = asked.session.csrf if asked.session else ""
    form = await again(request, token=token)
    if "hx-request" in request.headers or form is not None:
        says = _(
            "You entered again, as {name}, after this page was opened. Nothing was done yet; what you typed is still here."
        )
    else:
        says = _("You entered again, as {name}, after this page was opened. Nothing was done; open the page again, then do it there.")  # fmt: skip
    return answer(request, 403, _("Send it once more"), says.format(name=asked.me.name), {RENEWED: token}, form)


async def _not_understood(request: Request, error: Any) -> Response:
    fields = ", ".join(sorted({str(one["loc"][-1]).replace("_", " ") for one in error.errors()}))
    return answer(
        request,
        422,
        _("Something is missing"),
        _("Fill in or mend: {fields}. Nothing was changed.").format(fields=fields),
    )


def begun(says: str) -> str:
    """A refusal as a sentence: with a capital, unless it begins with a file's name, which stays as it was sent."""
    return says if re.match(r"\S+\.\w{2,5}(?:[\s:,/]|$)", says) else says[:1].upper() + says[1:]


async def _said(request: Request, error: Any) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 409)
    title = {422: _("This can't be taken"), 404: _("This is not there"), 503: _("Something does not answer")}.get(
        status, _("Not now")
    )
    says = _(str(error))  # a sentence without anything put into it is in the catalogue
    if isinstance(error, Faults):
        says += "\n" + _("Nothing was taken in.")
    form = await again(request)
    if form is not None and status != 503 and not any(typed for *_field, typed in form.fields):
        form = None  # nothing that anybody would type twice
    return answer(request, status, title, begun(says), form=form)


async def _unnamed(request: Request, error: Any) -> Response:
    says = _(
        "The file of names lacks something: {error}. Whoever keeps this machine adds it; nothing was changed."
    ).format(error=error)
    return answer(request, 503, _("A name is missing"), says)


async def _no_such_number(request: Request, error: Any) -> Response:
    """A number that no record can have, or a sign that no text can hold."""
    says = _("Nothing has such a number, or a text holds a sign that can't be kept. Nothing was changed.")
    return answer(request, 422, _("This can't be taken"), says)


async def _records_away(request: Request, error: Any) -> Response:
    if "disk is full" in str(error.orig) or isinstance(error.orig, DiskFull):
        return _full(request, error.orig, {}, await again(request))
    diag = getattr(error.orig, "diag", None)  # PostgreSQL's own words go on with the values: an address, a name
    _log.warning("the records: %s", getattr(diag, "message_primary", None) or error.orig)
    if isinstance(error, IntegrityError):
        says = _("Somebody did the same at this moment, and yours was not recorded. Look again before you repeat it.")
        return answer(request, 409, _("Somebody was quicker"), says)
    says = _("The records can't be reached just now, and nothing was changed. Try again in a minute.")
    return answer(request, 503, _("Try again in a minute"), says, {"retry-after": "30"}, await again(request))


async def _no_room(request: Request, error: Any) -> Response:
    """A disk that is full while a file comes in; anything else that the system refuses is a fault."""
    if error.errno not in FULL:
        return await _broken(request, error)
    return _full(request, error, {"connection": "close"})  # the rest of it is not waited for


def _full(request: Request, error: object, headers: dict[str, str], form: Again | None = None) -> Response:
    _log.warning("a full disk: %s", error)
    says = _(
        "This machine's disk is full, and nothing was taken in. Whoever keeps it makes room; then send this again."
    )
    return answer(request, 503, _("There is no room"), says, {"retry-after": "60", **headers}, form)


async def _broken(request: Request, error: Exception) -> Response:
    _log.exception("a page broke", exc_info=error)
    says = _("A fault of the desk's, not yours; nothing was changed. Its log says more. Go back and try again.")
    return answer(request, 500, _("This did not work"), says)
