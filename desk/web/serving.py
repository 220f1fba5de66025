"""The desk on a port of this machine, beside the missions in `ieom serve`."""

from __future__ import annotations

import socket
from typing import Any

from fastapi.responses import HTMLResponse
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.public.guarding import Guarded
from desk.public.naming import Named, desk_names
from desk.public.serving import Pages, reached
from desk.public.site import records
from desk.web.app import SECURITY, web
from desk.web.asking import SAFE
from desk.web.pages import rendered
from ieom.acts import accounts
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings

ANOTHER = "There is no desk under this name. Go to it by its own address; whoever keeps it says the name in that by IEOM_DESK_URL."


class DeskPages(Pages):
    """The desk. As long as nobody can enter, each start says a link for the first administrator."""

    def __init__(
        self, taken: socket.socket, engine: Engine | None = None, *, demonstration: bool = False, ready: bool = True
    ) -> None:
        engine = engine or records(settings().database)
        says = f"The desk: {reached(taken)}"
        with begin(engine) as session:
            token = accounts.first_link(session, at=missions.real_now())
        if token is not None:
            says += f"\nBecome its first administrator (once, within three days): {reached(taken)}enter/link?t={token}"
        self.waiting = SettingUp(web(engine, demonstration=demonstration), ready=ready)
        super().__init__(Named(self.waiting, desk_names, ANOTHER), taken, says, grace=2)

    def is_ready(self) -> None:
        """The desk is set up: its pages are shown."""
        self.waiting.ready = True


class SettingUp:
    """As long as the desk is being set up it says so, on a page that asks again by itself, and does nothing that is sent."""

    def __init__(self, app: ASGIApp, *, ready: bool) -> None:
        self.app, self.ready = app, ready
        self.meanwhile = Guarded(self._say, SECURITY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        waits = scope["type"] == "http" and not self.ready and not str(scope["path"]).startswith("/static/")
        await (self.meanwhile if waits else self.app)(scope, receive, send)

    async def _say(self, scope: Scope, receive: Receive, send: Send) -> None:
        nobody: dict[str, Any] = {"csrf": "", "me": None, "mission": "", "said": "", "unfit": []}
        text = rendered("setting_up.html", language="en", zone="UTC", sent=scope["method"] not in SAFE, **nobody)
        await HTMLResponse(text, 503, {"retry-after": "3"})(scope, receive, send)
