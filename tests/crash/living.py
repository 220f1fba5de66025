"""Living the example mission without Prefect's engine: the flow's and the tasks' own functions, for tests that kill
a process hundreds of times."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

from prefect import Flow, Task
from sqlalchemy import Engine, select

from desk.rehearsal import ScriptedAct, script, set_clock
from flows.mission import mission as mission_flow
from flows.reminders import reminders as reminders_flow
from ieom.acts import letters as letter_acts
from ieom.folder import open_mission, read
from ieom.papers import typeset
from ieom.records import missions
from ieom.records.base import begin, reading
from ieom.records.letters import Letter
from ieom.settings import ROOT, settings
from tasks import stage

REAL_COMPILER = typeset._compiler
EXAMPLE = ROOT / "config" / "missions" / "kazakhstan-senate-2020"


def surround(url: str, port: int, state: Path) -> None:
    """Settings of this process for one mission's records, mail server and state folder."""
    os.environ.update(
        IEOM_STATE_DIR=str(state), IEOM_DATABASE_URL=url, IEOM_SMTP_HOST="127.0.0.1", IEOM_SMTP_PORT=str(port),
        IEOM_SMTP_SECURITY="none", IEOM_SMTP_CONNECTIONS="1",
    )  # fmt: skip
    settings.cache_clear()
    stage._engine.cache_clear()


def opened(engine: Engine) -> tuple[str, list[ScriptedAct]]:
    """The example mission in the records, at the moment of its first act."""
    folder = read(EXAMPLE)
    acts = script(folder)
    with begin(engine) as session:
        open_mission(session, folder, by=acts[0].by, at=acts[0].at)
    set_clock(engine, folder.facts.slug, acts[0].at)
    return folder.facts.slug, acts


def walk(mission: str) -> None:
    """One walk of the flow and of the reminders; a letter in doubt is settled as a person would who found no trace of
    it in the server's log."""
    _walk(mission)
    engine = stage.records()
    with reading(engine) as session:
        doubtful = list(session.scalars(select(Letter.id).where(Letter.state == "in_doubt")))
    for letter in doubtful:
        with begin(engine) as session:
            at = missions.now(session, mission)
            letter_acts.settle(session, mission, by="press-officer", at=at, letter=letter, how="resend")
    if doubtful:
        _walk(mission)


def _walk(mission: str) -> None:
    with (
        patch.object(Task, "__call__", lambda self, *args, **kwargs: self.fn(*args, **kwargs)),
        patch.object(Flow, "__call__", lambda self, *args, **kwargs: self.fn(*args, **kwargs)),
        patch("flows.mission.show_timeline", lambda *_: None),
    ):
        mission_flow(mission)
        reminders_flow(mission)


def alone(work: Callable[..., None], *arguments: object, seconds: float) -> None:
    """Run `work` in a process started afresh, and fail when it does. What forks must run in one: Typst's threads, once
    started by an earlier test, would be missing in every child, which then waits for them for ever."""
    process = multiprocessing.get_context("spawn").Process(target=_apart, args=(work, *arguments))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        raise AssertionError(f"not done within {seconds} s")
    assert process.exitcode == 0, "it failed; what it said stands above"


def _apart(work: Callable[..., None], *arguments: object) -> None:
    os.setpgrp()  # so that it can be ended with all its children
    work(*arguments)


def child(work: Callable[[], object]) -> int:
    """Start `work` in a forked child; returns its process id."""
    gc.freeze()  # a collection in the child would copy every page it shares with us
    process = os.fork()
    if process == 0:
        gc.disable()
        try:
            work()
        except BaseException:  # noqa: BLE001 - the child must say what happened and must not return into pytest
            traceback.print_exc(file=sys.stderr)
            sys.stderr.flush()
            os._exit(3)
        os._exit(0)
    return process


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child; returns its wait status."""
    return os.waitpid(child(work), 0)[1]


class KeptPages:
    """A Typst compiler that keeps what it made in a folder: the same input gives the same bytes (a test of its own
    shows that), and hundreds of children that each load Typst's fonts anew would cost minutes."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder, self.template = folder, template

    def compile(self, **wanted: Any) -> bytes:
        asked = json.dumps([str(self.template), wanted], default=str, sort_keys=True)
        path = self.folder / sha256(asked.encode()).hexdigest()
        if not path.exists():
            made = REAL_COMPILER(self.template, self.template.stat().st_mtime_ns).compile(**wanted)
            path.with_suffix(f".{os.getpid()}").write_bytes(made)
            path.with_suffix(f".{os.getpid()}").rename(path)
        return path.read_bytes()
