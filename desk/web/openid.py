"""Entering by an account at the organisation's OpenID provider, where the settings name one; and whose an account is there."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Form, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from desk import openid
from desk.public.limits import asker
from desk.web import address
from desk.web.asking import Desk, cookie_name, here, router, secure
from desk.web.entering import entered, page
from ieom.acts import challenges
from ieom.acts import openid as acts
from ieom.errors import IeomError
from ieom.folder.catalogues import _
from ieom.records import missions
from ieom.records.base import begin

part = router()
HOLDER = "openid"
"""The cookie of a browser that went to the provider."""
BACK = "/enter/openid/back"
Said = Annotated[str, Query(max_length=4000)]


@part.post("/enter/openid")
def go(desk: Desk, request: Request, to: Annotated[str, Form(max_length=300)] = "/") -> Response:
    """To the provider, by a page that goes on by itself: a form may lead to no other site than ours."""
    _only(request)
    holder = secrets.token_urlsafe(32)
    try:
        with begin(desk.engine) as session:
            begun = acts.ask(session, holder=holder, to=here(to), place=asker(request), at=missions.real_now())
        where = openid.begin(begun, address.own().origin + BACK)
    except IeomError as error:
        return page(desk, to, wrong=_sentence(error))
    answer = desk.page("enter_openid.html", where=where, name=openid.name())
    # Lax: what leads back is a link of another site's.
    answer.set_cookie(
        cookie_name(request, HOLDER), holder, max_age=int(challenges.ALIVE.total_seconds()), path="/", httponly=True,
        samesite="lax", secure=secure(request),
    )  # fmt: skip
    return answer


@part.get(BACK)
def back(desk: Desk, request: Request, state: Said = "", code: Said = "", error: Said = "", iss: Said = "") -> Response:
    """From the provider: the one GET that begins a session. It is its own browser's alone, once."""
    _only(request)
    at, holder = missions.real_now(), request.cookies.get(cookie_name(request, HOLDER), "")
    with begin(desk.engine) as session:  # asked once, whatever becomes of it
        begun = acts.back(session, holder=holder, state=state, at=at)
    wrong, token = "", ""
    if not begun.state:
        wrong = _("This took too long, was used already, or began in another browser; nobody has entered. Begin again.")
    elif iss not in {"", openid.issuer()}:  # RFC 9207
        wrong = _("This answer comes from another provider; nobody has entered. Begin again.")
    elif error or not code:
        wrong = _("{provider} has let nobody in. Try again, or enter with the password.").format(provider=openid.name())
    else:
        try:
            who = openid.finish(begun, code, address.own().origin + BACK)
            with begin(desk.engine) as session:
                token, _account = acts.enter(
                    session, issuer=who.issuer, subject=who.subject, email=who.email, at=at,
                    browser=request.headers.get("user-agent", ""),
                )  # fmt: skip
        except IeomError as refused:
            wrong = _sentence(refused)
    went = page(desk, begun.to, wrong=wrong) if wrong else entered(desk, request, token, here(begun.to))
    went.delete_cookie(cookie_name(request, HOLDER), path="/", secure=secure(request), httponly=True, samesite="lax")
    return went


@part.post("/accounts/{account}/openid")
def bind(
    desk: Desk, account: Annotated[int, Path(ge=1, le=2**31 - 1)], subject: Annotated[str, Form(max_length=300)] = ""
) -> Response:
    """Say whose an account is at the provider, or that it is nobody's yet."""
    if not openid.issuer():
        raise HTTPException(404)
    with begin(desk.engine) as session:
        desk.still(session)
        at = missions.real_now()
        acts.bind(session, by=desk.as_account, account=account, issuer=openid.issuer(), subject=subject, at=at)
    whose, nobodys = (
        _("At {provider} the account is that person's from now on."),
        _("At {provider} the account is nobody's until somebody enters by it."),
    )
    said = (whose if subject.strip() else nobodys).format(provider=openid.name())
    return desk.done(f"/accounts/{account}", said)


def _only(request: Request) -> None:
    if not openid.issuer() or not address.own().asked(request):
        raise HTTPException(404)


def _sentence(error: IeomError) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + "."
