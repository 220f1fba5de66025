"""A desk that falls in the middle of an act, in a process of its own. Few imports, so that each such process begins fast."""

from __future__ import annotations

import os
import signal
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from desk.web.app import web
from ieom.records.base import connect

HERE = {"origin": "http://testserver"}


def killed_at_its_commit(
    url: str, environment: dict[str, str], cookie: str, path: str, data: dict[str, Any], files: Any, when: str
) -> None:
    """The desk over the records at `url` is asked for `path`, and killed just before its first commit or just after."""
    os.environ.update(environment)
    engine = connect(url)

    def end(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if when == "before":
        event.listen(engine, "commit", end)
    else:
        event.listen(Session, "after_commit", end)
    client = TestClient(web(engine), raise_server_exceptions=False)
    client.cookies.set("desk", cookie)
    said = client.post(path, data=data, files=files, headers=HERE)
    raise AssertionError(f"nothing was committed: {said.status_code} {said.text[:2000]}")
