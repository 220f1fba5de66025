"""Passkeys: entering by one, adding and removing one's own, and an administrator's removing of a lost one."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Form, Path, Request, Response

from desk import telling
from desk.public.limits import asker
from desk.web import address
from desk.web.asking import Asked, Desk, cookie_name, here, router, secure
from desk.web.entering import entered, page
from ieom.acts import challenges, sessions
from ieom.acts import passkeys as acts
from ieom.acts.telling import About
from ieom.errors import BadInput, Refused
from ieom.folder.catalogues import _
from ieom.records import missions
from ieom.records.base import begin

part = router()
Line = Annotated[str, Form(max_length=300)]
Answer = Annotated[str, Form(max_length=20_000)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
HOLDER = "entering"
"""The cookie of a browser that is about to enter."""
NO = "This passkey lets nobody in here, or it took too long. Try again, or enter with the password."
"""Whatever is wrong: a stranger learns nothing by it."""


@part.post("/enter/passkey/options")
def ask_to_enter(desk: Desk, request: Request) -> Response:
    """What a device is asked for, the same for everybody; the browser keeps a cookie that the answer has to come with."""
    holder = secrets.token_urlsafe(32)
    with begin(desk.engine) as session:
        at, site = missions.real_now(), _site(request)
        options = acts.ask_to_enter(session, holder=holder, site=site, place=asker(request), at=at)
    answer = Response(options, media_type="application/json")
    answer.set_cookie(
        cookie_name(request, HOLDER), holder, max_age=int(challenges.ALIVE.total_seconds()), path="/", httponly=True,
        samesite="strict", secure=secure(request),
    )  # fmt: skip
    return answer


@part.post("/enter/passkey")
def enter(desk: Desk, request: Request, answer: Answer = "", to: Line = "/") -> Response:
    """Enter by what the device answered."""
    with begin(desk.engine) as session:
        try:
            found = acts.enter(
                session, answer=answer, holder=request.cookies.get(cookie_name(request, HOLDER), ""), site=_site(request),
                at=missions.real_now(), browser=request.headers.get("user-agent", ""),
            )  # fmt: skip
            wrong = "" if found else NO
        except Refused as error:
            found, wrong = None, str(error)
    went = page(desk, to, wrong=wrong) if found is None else entered(desk, request, found[0], here(to))
    went.delete_cookie(cookie_name(request, HOLDER), path="/", secure=secure(request), httponly=True, samesite="strict")
    return went


@part.post("/me/passkeys/options")
def ask_to_add(desk: Desk, request: Request, name: Line = "", password: Line = "") -> Response:
    """What the device is asked for, once whoever entered has shown again that it is they."""
    at = missions.real_now()
    with begin(desk.engine) as session:
        desk.still(session)
        # Where there is none, the account was entered by the organisation's own accounts alone.
        fits = not desk.me.password or sessions.owned(session, account=desk.me.id, password=password, at=at)
        if fits:
            options = acts.ask_to_add(
                session,
                account=desk.me,
                name=name,
                holder=_holder(desk),
                site=_site(request),
                place=asker(request),
                at=at,
            )
    if not fits:
        raise BadInput("the password that you have now is another one; no passkey was added")
    return Response(options, media_type="application/json")


@part.post("/me/passkeys")
def add(desk: Desk, request: Request, answer: Answer = "") -> Response:
    """Take in what the device made; its owner is told by letter."""
    at = missions.real_now()
    with begin(desk.engine) as session:  # asked once, whatever becomes of the answer
        asked = challenges.take(session, acts.ADD, _holder(desk), at=at)
    with begin(desk.engine) as session:
        desk.still(session)
        row = acts.add(session, account=desk.me.id, answer=answer, asked=asked, site=_site(request), at=at)
        name = row.name
    told = telling.tell(desk.engine, About.PASSKEY, account=desk.me.id, by=desk.as_account, at=at, name=name)
    return desk.done(
        "/me", _("The passkey '{name}' is added; you can enter by it from now on.").format(name=name) + f" {told}"
    )


@part.post("/me/passkeys/{passkey}/remove")
def remove(desk: Desk, passkey: Number) -> Response:
    """Remove one of one's own."""
    _remove(desk, desk.me.id, passkey)
    return desk.done("/me", _("The passkey is removed here. Delete it on your device too."))


@part.post("/accounts/{account}/passkeys/{passkey}/remove")
def remove_anothers(desk: Desk, account: Number, passkey: Number) -> Response:
    """Remove somebody's, whose device was lost."""
    _remove(desk, account, passkey)
    return desk.done(f"/accounts/{account}", _("The passkey is removed: nobody enters by it any more."))


def _remove(desk: Asked, account: int, passkey: int) -> None:
    with begin(desk.engine) as session:
        desk.still(session)
        acts.remove(session, by=desk.as_account, account=account, passkey=passkey, at=missions.real_now())


def _holder(desk: Asked) -> str:
    return desk.session.digest if desk.session else ""


def _site(request: Request) -> address.Address:
    own = address.own()
    if not own.fits or not own.asked(request):
        raise Refused(f"passkeys work where the desk is opened by its own name, {own.origin or 'which is not set'}")
    return own
