"""A mail server on this machine that keeps every letter as it arrived; for demonstrations and rehearsals only."""

from __future__ import annotations

import itertools
import os
import re
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """Writes each message to `NNN recipient.eml`, the bytes as received."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        there = (path.name.partition("-")[0] for path in folder.glob("*.eml"))
        self.numbers = itertools.count(max((int(number) for number in there if number.isdigit()), default=0) + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message; answered with 250 only when it is on the disk."""
        content = envelope.original_content or b""
        to = re.sub(r"[^A-Za-z0-9.@_-]", "_", envelope.rcpt_tos[0])
        subject = str(BytesHeaderParser().parsebytes(content).get("X-Ieom-Kind", "letter"))
        name = f"{next(self.numbers):03d}-{re.sub(r'[^a-z_]', '', subject)}-{to}.eml"
        temporary = self.folder / f".{name}.part"  # no letter yet to whoever looks for *.eml
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.folder / name)
        return "250 2.0.0 kept"


class Catcher(Controller):
    """The server; `with Catcher(folder) as catcher:` listens on loopback at `catcher.port` until the block ends."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Keeper(folder), hostname="127.0.0.1", port=0, data_size_limit=50_000_000)

    def start(self, *args: Any, **kwargs: Any) -> None:
        """Start listening and learn the port that was free."""
        super().start(*args, **kwargs)
        if self.server is not None:
            self.port = self._free_port()

    def _free_port(self) -> int:
        sockets: Any = getattr(self.server, "sockets", ())
        return int(sockets[0].getsockname()[1])

    def _trigger_server(self) -> None:
        # aiosmtpd proves that the server answers by connecting to the configured port, which is 0 here.
        if self.server is not None:
            self.port = self._free_port()
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd is not typed here

    def __enter__(self) -> Catcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
