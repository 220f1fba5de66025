"""One request: who asks, in which mission, by what right. Checked before its body is read; a stranger is answered alike
whatever there is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from desk.public.texts import strange, turned
from desk.web.access import FOR_ALL, MAY, SEES, Open
from desk.web.alike import Written
from desk.web.pages import rendered, seat_of
from ieom.acts import accounts as acts
from ieom.errors import BadInput, NotFound, Refused, Tampered
from ieom.folder.catalogues import negotiated, speak, suited
from ieom.folder.names import names_changed, names_wrong
from ieom.folder.timeline import timeline_wrong
from ieom.records import accounts, letters, missions
from ieom.records.accounts import Account, DeskSession
from ieom.records.base import begin, reading
from ieom.rules.roles import Given, Role, acts_as, roles_anywhere, roles_in

SAME_ORIGIN = "same-origin"
SAFE = {"GET", "HEAD"}
DECIDES = {Role.HEAD_OF_MISSION, Role.APPROVER}
"""Whose pages may say what is asked of them by name."""
KEPT_PLACES, KEPT_TEXT = 100, 2_000_000
"""Of what a person typed and did not send: at how many places, and how many characters in all. The oldest go."""


@dataclass
class Asked:
    """A request, once it is known who asks. Pages and acts are reached through it alone."""

    request: Request
    engine: Engine
    account: Account | None = None
    session: DeskSession | None = None
    given: list[Given] = field(default_factory=list)
    mission: str = ""
    marked: tuple[object, ...] | None = None
    """Another one whenever something happened to the mission; None where there is no such mission, or nobody asks."""
    left: dict[str, str] | None = None
    """What the asker left unsent on this page, by place, where that was looked up with who asks."""

    @property
    def me(self) -> Account:
        """Who asks. Only where the table asks for somebody who entered."""
        if self.account is None:
            raise HTTPException(401)
        return self.account

    @property
    def language(self) -> str:
        """The language that pages are shown in: the account's; before anybody entered, the browser's."""
        if self.account is None:
            return negotiated(self.request.headers.get("accept-language", ""))
        return suited(self.account.language)

    @property
    def code(self) -> str:
        """The code that the asker acts under in this mission; '' for nobody."""
        return acts_as(self.given, self.mission)

    @property
    def demonstration(self) -> bool:
        """Whether this is a desk to try, whose letters reach nobody."""
        return bool(self.request.app.state.demonstration)

    @property
    def as_account(self) -> str:
        """By which the installation's own chain knows the asker."""
        return f"desk-{self.me.id}"

    @property
    def on_this_machine(self) -> bool:
        """Whether the browser came by an address that leads to its own machine, whose other ports it then reaches too."""
        asker = self.request.client
        return asker is not None and own_machine(asker.host) and own_machine(self.request.url.hostname or "")

    def roles(self) -> set[Role]:
        """The asker's roles in this mission; outside of any, those held anywhere."""
        return roles_in(self.given, self.mission) if self.mission else roles_anywhere(self.given)

    def roles_for(self, route: str) -> set[Role]:
        """The asker's roles that count for a route: for some those alone that hold in all missions."""
        return roles_in(self.given, "") if route in FOR_ALL else self.roles()

    def may(self, route: str) -> bool:
        """Whether the asker may call 'METHOD /missions/{mission}/...' here: whether to show the button."""
        who = MAY[route]
        return isinstance(who, Open) or bool(who & self.roles_for(route))

    def may_in(self, mission: str, route: str) -> bool:
        """Whether the asker might call 'METHOD /missions/{mission}/...' in this mission, not the one asked about."""
        who = MAY[route]
        return isinstance(who, Open) or bool(who & roles_in(self.given, mission))

    def sees(self, part: str) -> bool:
        """Whether the asker is shown a part of pages here that not all of their readers are: 'addresses', 'complaints'."""
        return bool(SEES[part] & self.roles())

    def known(self, route: str) -> bool:
        """Whether there is such a route at all."""
        return route in MAY

    def reaches(self, route: str) -> bool:
        """Whether there is such a page and the asker may see it: whether to lead there."""
        return self.known(route) and self.account is not None and self.may(route)

    @contextmanager
    def look(self) -> Iterator[tuple[Session, str, datetime]]:
        """For looking only: the session, the mission's short name and its present moment (UTC)."""
        with reading(self.engine) as session:
            yield session, self.mission, missions.now(session, self.mission) if self.mission else missions.real_now()

    @contextmanager
    def act(self) -> Iterator[tuple[Session, str, str, datetime]]:
        """A transaction in which the asker acts in the mission: session, mission, code, present moment (UTC). Refused
        when the asker's session or role ended meanwhile."""
        with begin(self.engine) as session:
            if self.mission:
                missions.lock(session, self.mission)
            self.still(session)
            if not self.code:
                raise Refused("your account acts under no name in this mission; an administrator gives it one")
            yield session, self.mission, self.code, missions.now(session, self.mission)

    @contextmanager
    def act_outside(self) -> Iterator[tuple[Session, str, datetime]]:
        """A transaction in which the asker acts on what belongs to no mission: session, code, the real moment (UTC)."""
        with begin(self.engine) as session:
            self.still(session)
            yield (
                session,
                acts_as(self.given, "") or next((g.code for g in self.given if g.code), self.as_account),
                missions.real_now(),
            )

    def stands(self) -> bool:
        """Whether the session has not ended and the roles are still those that let it in, for an answer that takes long."""
        with reading(self.engine) as session:
            return self._stands(session)

    def _stands(self, session: Session) -> bool:
        cookie = self.request.cookies.get(cookie_name(self.request), "")
        found = acts.present(session, cookie, at=missions.real_now())
        return found is not None and set(found[2]) == set(self.given)

    def still(self, session: Session) -> None:
        """Within the transaction that acts: the session has not ended and the roles are still those that let it in."""
        if not self._stands(session):
            raise Refused("your session ended or your roles changed meanwhile; nothing was done. Enter again")
        if not acts.in_chain(session, self.given):
            raise Tampered("a role of yours is not in the record of acts; nothing was done. Tell an administrator")

    def page(self, template: str, *, status: int = 200, zone: str = "", **facts: Any) -> Response:
        """A page of templates/desk/. `zone` is the host country's; left out: of the mission asked about."""
        return HTMLResponse(self.text(template, zone=zone, **facts), status, headers={"cache-control": "no-store"})

    def text(self, template: str, *, zone: str = "", **facts: Any) -> str:
        """The same as text."""
        account = self.account
        own = {
            "desk": self, "unfit": unfit() if account else [], "me": account, "csrf": self.session.csrf if self.session else "", "said": self.said, "kept": self.kept,
        }  # fmt: skip
        language = self.language
        zone, place = self._there(zone, language)
        return rendered(
            template, language=language, zone=zone, place=place,
            own=account.zone if account else "", mission=self.mission, path=self.request.url.path, **{**own, **facts},
        )  # fmt: skip

    @property
    def written(self) -> Written:
        """This desk's pages that were written for many."""
        found: Written = self.request.app.state.written
        return found

    @cached_property
    def alike(self) -> tuple[object, ...] | None:
        """What a page of the mission depends on, beside the mission: what is asked and with which rights, and for whoever
        decides in an own name that code. None for who has typed something there, or was just told of an act: theirs is no
        other's page."""
        if self.account is None or self.marked is None or self.left or "said" in self.request.cookies:
            return None
        here, code = self.roles(), self.code
        return (
            self.request.url.path, self.request.url.query, self.mission, frozenset(here), frozenset(roles_in(self.given, "")),
            code if here & DECIDES else bool(code), self.account.language, self.account.zone, names_changed(), tuple(unfit()), self.on_this_machine,
        )  # fmt: skip

    def as_written(self) -> Response | None:
        """The page as it was written for a reader alike, when nothing happened to the mission since."""
        if self.account is None or self.session is None or self.alike is None:
            return None
        text = self.written.find(self.alike, self.marked, name=self.account.name, token=self.session.csrf)
        return HTMLResponse(text, headers={"cache-control": "no-store"}) if text is not None else None

    @property
    def said(self) -> str:
        """What the act before this page did, said once."""
        return unquote(self.request.cookies.get("said", ""))[:500]

    def mark(self, mission: str = "") -> tuple[object, ...] | None:
        """Another one whenever something happened to a mission; for the one asked about, as of when the request came."""
        if mission in {"", self.mission}:
            return self.marked
        with reading(self.engine) as session:
            return letters.mark(session, mission)

    def mark_now(self) -> tuple[object, ...] | None:
        """The same for the mission asked about, as of now."""
        with reading(self.engine) as session:
            return letters.mark(session, self.mission)

    def _there(self, zone: str, language: str) -> tuple[str, str]:
        """The zone of a page and the city its time is named after; '' for the city that the zone itself names."""
        if not self.mission:
            return zone or "UTC", ""
        kept: dict[tuple[str, str], Any] = self.request.app.state.known
        found = kept.get((self.mission, "there"))
        if found is None or found[0] != self.marked:
            with reading(self.engine) as session:
                found = kept[self.mission, "there"] = (self.marked, missions.facts(session, self.mission))
        facts = found[1]
        return zone or facts.zone, seat_of(facts, language) if zone in {"", facts.zone} else ""

    def kept(self, place: str) -> str:
        """What the asker typed at a place and did not send; '' for nothing."""
        if self.account is None:
            return ""
        if self.left is not None and place.startswith(f"{self.request.url.path}#"):
            return self.left.get(place, "")
        with reading(self.engine) as session:
            return accounts.kept_text(session, self.account.id, place)

    def keep(self, place: str, text: str) -> None:
        """Keep what the asker types at a place of a page; an empty text is forgotten, and so are the oldest of too many."""
        with begin(self.engine) as session:
            accounts.keep_text(session, self.me.id, place, text, at=missions.real_now())
            accounts.trim_texts(session, self.me.id, "/", most=KEPT_PLACES, longest=KEPT_TEXT)

    def done(self, to: str, said: str = "") -> Response:
        """After an act: to a page of the desk (303), which says once what was done."""
        answer = RedirectResponse(to, 303)
        if said:
            answer.set_cookie(
                "said", quote(said[:500]), max_age=30, httponly=True, samesite="strict", secure=secure(self.request)
            )
        return answer


def own_machine(host: str) -> bool:
    """Whether a host is a machine's name for itself: 'localhost', 127.0.0.1, ::1."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def secure(request: Request) -> bool:
    """Whether the browser came by TLS (a proxy on this machine is believed about that)."""
    return request.url.scheme == "https"


def cookie_name(request: Request, name: str = "desk") -> str:
    """A cookie's name, the session's by default. With TLS one that no other host and no plain page can set (RFC 6265bis,
    4.1.3)."""
    return f"__Host-{name}" if secure(request) else name


def unfit() -> list[str]:
    """What is wrong with the files that the secretariat owns, and every page leans on; the desk goes on with what it read
    before."""
    return [line for said in (names_wrong(), timeline_wrong()) for line in said.split("\n") if line]


class Guarded(APIRoute):
    """A route that is answered only to whom the table names; and an act only by a form of ours."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own, which reads the body."""
        inside = super().get_route_handler()

        async def handler(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            who = MAY.get(f"{method} {self.path}")
            if who is None:
                raise HTTPException(404)
            asked = await run_in_threadpool(_asked, request)
            request.state.asked = asked
            speak(asked.language)
            if who is not Open.ANYBODY:
                if asked.account is None:
                    return _to_enter(request)
                if not isinstance(who, Open):
                    _allowed(asked, who, f"{method} {self.path}")
            if method not in SAFE:
                from_here(request)
                if asked.session is not None and who is not Open.ANYBODY:
                    await _by_our_form(request, asked.session)
            elif (page := asked.as_written()) is not None:
                return page
            answer = await inside(request)
            if method not in SAFE and asked.account is not None and answer.status_code == 303:
                await _sent(request, asked)
            if method == "GET" and "said" in request.cookies and answer.media_type == "text/html":
                answer.delete_cookie("said")
            return answer

        return handler


async def asked(request: Request) -> Asked:
    """The request, as its route's function takes it. (Async, for nothing is waited for: else it would take a thread.)"""
    found: Asked = request.state.asked
    return found


Desk = Annotated[Asked, Depends(asked)]
"""What a route's function takes to look, act and answer."""


def router() -> APIRouter:
    """A part of the desk: its routes are guarded."""
    return APIRouter(route_class=Guarded, default_response_class=HTMLResponse)


def _asked(request: Request) -> Asked:
    engine: Engine = request.app.state.engine
    mission = request.path_params.get("mission", "")
    made = Asked(request, engine, mission=mission)
    cookie = request.cookies.get(cookie_name(request), "")
    if not cookie:
        return made
    now = missions.real_now()
    with reading(engine) as session:
        found = acts.present(session, cookie, at=now)
        if found is None:
            return made
        made.account, made.session, made.given = found
        if mission:
            made.marked = letters.mark(session, mission)
        if request.method in SAFE:  # in the transaction that is open anyway: a page is made of few
            made.left = accounts.kept(session, made.account.id, f"{request.url.path}#")
        session.expunge_all()
    if now - made.session.seen_at > timedelta(minutes=5):
        with begin(engine) as session:
            acts.seen(session, made.session.digest, at=now)
    return made


def _allowed(asked: Asked, who: frozenset[Role], route: str) -> None:
    """Raises 404 to somebody without any role in the mission, or for a mission that there is not; 403 to the others."""
    if not asked.roles():
        raise HTTPException(404)
    if asked.mission and asked.marked is None:
        raise HTTPException(404)
    if not who & asked.roles_for(route):
        raise HTTPException(403, detail=("for all: " if route in FOR_ALL else "") + ", ".join(sorted(who)))


def from_here(request: Request) -> None:
    """An act comes from a page of ours: by Sec-Fetch-Site and Origin, whichever the browser sends."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in {None, SAME_ORIGIN, "none"} or (origin is not None and _host(origin) != request.url.netloc):
        raise HTTPException(403, detail="elsewhere")
    if site is None and origin is None and _host(request.headers.get("referer", "")) != request.url.netloc:
        raise HTTPException(403, detail="elsewhere")


async def parsed(request: Request) -> FormData:
    """The form that was sent, within bounds. More files than a page takes are told so by the page: an empty field counts."""
    return await request.form(max_files=40, max_fields=2000, max_part_size=2_000_000)


async def _by_our_form(request: Request, session: DeskSession) -> None:
    try:
        form = request.state.form = await parsed(request)
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise HTTPException(400) from error  # what can't be read as a form is none
    if strange(form):
        raise BadInput("a text holds a sign that can't be kept; take it out and send it again. Nothing was changed")
    if (says := turned(form)) and request.url.path != "/kept":  # what is typed so far is its writer's alone
        raise BadInput(f"{says}. Nothing was changed")
    told = request.headers.get("x-desk-token") or str(form.get("csrf", ""))
    if not secrets.compare_digest(told.encode(), session.csrf.encode()):
        raise HTTPException(
            403, detail=await run_in_threadpool(_whose, request.app.state.engine, session.account, told)
        )


def _whose(engine: Engine, account: int, token: str) -> str:
    """Of what page a form is that came without this session's token, by the token that it came with: 'earlier', of one that
    the same account had open in a session before; 'another' account's, or nobody's any more; 'elsewhere' without any."""
    if not token:
        return "elsewhere"
    with reading(engine) as session:
        return "earlier" if accounts.had_token(session, account, token) else "another"


async def _sent(request: Request, asked: Asked) -> None:
    """What a form was typed into is kept no longer once it was taken: its long fields say where they were kept."""
    places = [str(place) for place in (await request.form()).getlist("kept")]
    if places:
        await run_in_threadpool(_forget, asked, places)


def _forget(asked: Asked, places: list[str]) -> None:
    with begin(asked.engine) as session:
        accounts.forget_texts(session, asked.me.id, places)


def _to_enter(request: Request) -> Response:
    if request.method in SAFE and "hx-request" not in request.headers:
        to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/enter?to={quote(to)}", 303)
    raise HTTPException(401)


def here(to: str) -> str:
    """A path of the desk to go on to; '/' for anything that leads elsewhere."""
    ours = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable() and not _host(to)
    return to if ours else "/"


def _host(address: str) -> str:
    """The host that an address names; one of no sense for what is no address."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return "?"


def missing(what: str) -> NotFound:
    """Nothing is there under this name."""
    return NotFound(f"{what} is not in the records; go back to the list")
