"""The desk on a port of this machine, beside the missions in `ieom serve`."""

from __future__ import annotations

import socket

from sqlalchemy import Engine

from desk.public.naming import Named, desk_names
from desk.public.serving import Pages, reached
from desk.public.site import records
from desk.web.app import web
from ieom.acts import accounts
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings

ANOTHER = "There is no desk under this name. Go to it by its own address; whoever keeps it says the name in that by IEOM_DESK_URL."


class DeskPages(Pages):
    """The desk. As long as nobody can enter, each start says a link for the first administrator."""

    def __init__(self, taken: socket.socket, engine: Engine | None = None, *, demonstration: bool = False) -> None:
        engine = engine or records(settings().database)
        says = f"The desk: {reached(taken)}"
        with begin(engine) as session:
            token = accounts.first_link(session, at=missions.real_now())
        if token is not None:
            says += f"\nBecome its first administrator (once, within three days): {reached(taken)}enter/link?t={token}"
        app = Named(web(engine, demonstration=demonstration), desk_names, ANOTHER)
        super().__init__(app, taken, says, grace=2)
