"""Entering and leaving: a password, a one-time link; and texts kept while they are typed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from starlette.background import BackgroundTask

from desk import openid, telling
from desk.public.limits import asker
from desk.web import address
from desk.web.asking import Asked, Desk, cookie_name, here, router, secure
from ieom.acts import accounts as acts
from ieom.acts import known_browsers, passwords
from ieom.acts.telling import About
from ieom.errors import BadInput, Refused
from ieom.folder.catalogues import _
from ieom.records import accounts, missions
from ieom.records.base import begin, reading

part = router()
Words = Annotated[str, Form(max_length=300)]
BROWSER = "browser-"
"""How the cookies of a browser that was entered by begin; one for each account, for people share a laptop."""
PLACE, LONGEST = 400, 200_000
"""Characters of a kept text's place, and of the text."""


@part.get("/enter")
def show(desk: Desk, to: str = "/") -> Response:
    """Address and password."""
    return page(desk, to)


@part.post("/enter")
def enter(desk: Desk, request: Request, email: Words = "", password: Words = "", to: Words = "/") -> Response:
    """Enter, or say that address or password is wrong, never which."""
    at, guessed, found, came = missions.real_now(), None, None, None
    wrong = _("Address or password is wrong.")
    with begin(desk.engine) as session:
        try:
            came = acts.knock(session, email=email, at=at, place=asker(request), cookies=_known(request))
        except Refused as error:
            wrong = _(str(error))
            guessed = acts.guessed(session, email=email, at=at)
    if came is not None and came.fits(password):
        with begin(desk.engine) as session:
            found = acts.enter(session, came, at=at, browser=request.headers.get("user-agent", ""))
    if found is None:
        answer = page(desk, to, wrong=wrong, email=email)
        if guessed is not None:  # after the answer: how long a mail server takes would say that there is an account
            answer.background = BackgroundTask(
                telling.tell, desk.engine, About.GUESSED, account=guessed, by="clock", at=at
            )
        return answer
    return entered(desk, request, found[0], here(to))


@part.get("/enter/link")
def link(desk: Desk, t: str = "") -> Response:
    """Choose a password by a one-time link. Looking uses nothing up."""
    return _choosing(desk, t, {})


@part.post("/enter/link")
def choose(
    desk: Desk, request: Request, t: Words, password: Words = "", again: Words = "", name: Words = "", email: Words = ""
) -> Response:
    """The password is chosen; its owner has entered. One that can't be taken is said beside its field; the link stays good."""
    wrong = _unfit(password, again)
    if wrong:
        return _choosing(desk, t, wrong, typed=name, email=email)
    with begin(desk.engine) as session:
        at = missions.real_now()
        account = acts.use_link(session, token=t, password=password, at=at, name=name, email=email)
        token, _row = acts.begin_session(
            session, account=account.id, at=at, browser=request.headers.get("user-agent", "")
        )
    return entered(desk, request, token, "/")


def _unfit(password: str, again: str) -> dict[str, str]:
    """What is wrong with a new password, by field."""
    try:
        passwords.long_enough(password)
    except BadInput as problem:
        return {"password": _(str(problem))}
    return {} if password == again else {"again": _("the two passwords differ; type the same twice")}


def _choosing(desk: Asked, token: str, wrong: dict[str, str], *, typed: str = "", email: str = "") -> Response:
    with reading(desk.engine) as session:
        row = acts.link_of(session, token, at=missions.real_now())
        first = row.account is None
        owner = "" if row.account is None else session.get_one(accounts.Account, row.account).name
    return desk.page(
        "enter_link.html", status=422 if wrong else 200, token=token, first=first, name=owner, wrong=wrong, typed=typed,
        email=email,
    )  # fmt: skip


@part.post("/leave")
def leave(desk: Desk, request: Request) -> Response:
    """End this session; the cookie is worth nothing from now on."""
    with begin(desk.engine) as session:
        if desk.session is not None:
            acts.leave(session, desk.session.digest, at=missions.real_now())
    answer = desk.done("/enter")
    answer.delete_cookie(cookie_name(request), path="/", secure=secure(request), httponly=True, samesite="lax")
    return answer


@part.post("/kept")
def keep(
    desk: Desk, place: Annotated[str, Form(max_length=PLACE)], text: Annotated[str, Form(max_length=LONGEST)] = ""
) -> Response:
    """Keep what is being typed on a page; an empty text is forgotten. Of too many the oldest go (`Asked.keep`)."""
    if not place.startswith("/"):
        raise BadInput("only what is typed on a page of the desk is kept")
    desk.keep(place, text)
    return Response(status_code=204)


def _people(desk: Asked) -> list[dict[str, object]]:
    """Whom one can enter as by a button: in a demonstration alone."""
    if not desk.request.app.state.demonstration:
        return []
    with reading(desk.engine) as session:
        return [
            {"id": account.id, "name": account.name, "roles": [grant.role for grant in given]}
            for account, given in accounts.everybody(session)
            if account.closed_at is None
        ]


def page(desk: Asked, to: str, *, wrong: str = "", email: str = "") -> Response:
    """The page to enter by; `wrong`: why somebody did not."""
    own = address.own()
    return desk.page(
        "enter.html", status=422 if wrong else 200, to=here(to), wrong=wrong, email=email, people=_people(desk),
        passkeys=own.fits and own.asked(desk.request), openid=openid.name() if own.asked(desk.request) else "",
    )  # fmt: skip


def entered(desk: Asked, request: Request, token: str, to: str) -> Response:
    """On to a page of the desk, with the cookie of the session that was begun."""
    answer = desk.done(to)
    # Lax, not Strict: who follows a link from a letter has entered already. No act is a GET.
    answer.set_cookie(
        cookie_name(request), token, max_age=int(acts.LONGEST.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=secure(request),
    )  # fmt: skip
    with reading(desk.engine) as session:
        found = acts.present(session, token, at=missions.real_now())
    if found is not None:
        know(request, answer, found[0])
    return answer


def know(request: Request, answer: Response, account: accounts.Account) -> None:
    """This browser is known from now on as one that the account was entered in."""
    cookie = known_browsers.made(account)
    if cookie:
        answer.set_cookie(
            cookie_name(request, f"{BROWSER}{account.id}"), cookie, max_age=int(known_browsers.KEPT.total_seconds()),
            path="/", httponly=True, samesite="strict", secure=secure(request),
        )  # fmt: skip


def _known(request: Request) -> list[str]:
    start = cookie_name(request, BROWSER)
    return [value for name, value in request.cookies.items() if name.startswith(start)]
