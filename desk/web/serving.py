"""The desk on a port of this machine, beside the missions in `ieom serve`."""

from __future__ import annotations

import socket

from sqlalchemy import Engine

from desk.public.serving import Pages, reached
from desk.public.site import records
from desk.web.app import web
from ieom.acts import accounts
from ieom.records import missions
from ieom.records.base import begin
from ieom.settings import settings


class DeskPages(Pages):
    """The desk. As long as nobody can enter, each start says a link for the first administrator."""

    def __init__(self, taken: socket.socket, engine: Engine | None = None, *, demonstration: bool = False) -> None:
        engine = engine or records(settings().database)
        says = f"The desk: {reached(taken)}"
        with begin(engine) as session:
            token = accounts.first_link(session, at=missions.real_now())
        if token is not None:
            says += f"\nBecome its first administrator (once, within three days): {reached(taken)}enter/link?t={token}"
        super().__init__(web(engine, demonstration=demonstration), taken, says, grace=2)
