"""`ieom serve`: one process that keeps missions going: Prefect's server and runner, the reminders on their schedule, the
desk and the public pages.

Stop order is pages, runner, then Prefect's server. A process that was killed is cleaned up after at the next start: its flow
runs' processes are ended, and the runs that it left 'running' are put back to be run again; the flow is re-entrant.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from desk.children import apart
from desk.quiet import surround
from ieom.errors import IeomError, Refused, Unavailable
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.mail import mailbox
from ieom.settings import settings

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

    from desk.public.serving import Pages

MARK = "IEOM_SERVED_BY"
"""In the environment of every process that a server started, so that its orphans can be told from others."""


def state() -> Path:
    """This installation's state folder, absolute."""
    folder = settings().state_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def auth_string() -> str:
    """The secret that Prefect's API asks for; made once, readable by this user alone."""
    path = state() / "prefect-auth"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"ieom:{secrets.token_urlsafe(32)}")
    return path.read_text("utf-8").strip()


def environment(port: int) -> None:
    """Prefect's surroundings for the server and for its runs; to be called before Prefect is imported."""
    surround(
        state() / "prefect",
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        PREFECT_SERVER_API_HOST="127.0.0.1",
        PREFECT_SERVER_API_PORT=str(port),
        PREFECT_SERVER_API_AUTH_STRING=auth_string(),
        PREFECT_API_AUTH_STRING=auth_string(),
        PREFECT_RUNNER_POLL_FREQUENCY="2",
    )
    os.environ[MARK] = str(state())
    os.environ["IEOM_STATE_DIR"] = str(state())


@contextmanager
def alone() -> Iterator[None]:
    """Only one server works on a state folder. Raises `Refused` naming the other's process."""
    path = state() / "serve.lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Refused(f"another 'ieom serve' (process {file.read().strip()}) works on {state()}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def running() -> dict[str, str | int] | None:
    """The server that works on this state folder, or None."""
    path = state() / "serve.lock"
    if not path.exists():
        return None
    with path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            notes = state() / "serve.json"
            return dict(json.loads(notes.read_text("utf-8"))) if notes.exists() else None
        return None


def orphans() -> list[int]:
    """Processes that an earlier server on this folder started and that outlived it (Linux; elsewhere none)."""
    found = []
    wanted = f"{MARK}={state()}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            marked = wanted in (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # gone meanwhile, or another user's
            continue
        if (
            marked
            and int(entry.name) != os.getpid()
            and not {b"serve", b"desk"} & set((entry / "cmdline").read_bytes().split(b"\0"))
        ):
            found.append(int(entry.name))
    return found


async def put_back() -> int:
    """Runs that a killed server left running or pending are made to run again; returns how many."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import AwaitingRetry

    left = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING]))
    )
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=left)
        for run in runs:
            await client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
    return len(runs)


FOR = {
    "IEOM_PREFECT_PORT": "Prefect's pages", "IEOM_PUBLIC_PORT": "the public pages", "IEOM_DESK_PORT": "the desk",
}  # fmt: skip
"""What each setting of a port is for."""


def listening(
    port: int, setting: str = "IEOM_PREFECT_PORT", host: str = "127.0.0.1", *, option: str = ""
) -> socket.socket:
    """A socket, on loopback by default, taken before anything else is started. Raises `Refused`, naming what the port is for
    and its setting (and the command's `option`), when it can't be had."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise Refused(
            f"port {port} of this machine, for {FOR[setting]}, can't be listened on ({error.strerror}): end the program that "
            f"has it, or name a free one with {f'{option} or ' if option else ''}{setting}"
        ) from None
    return taken


@asynccontextmanager
async def prefect_server(port: int, taken: socket.socket) -> AsyncIterator[None]:
    """Prefect's API and pages on loopback, in this process."""
    import uvicorn
    from prefect.server.api.server import create_app

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # the supervisor owns the signals

    config = uvicorn.Config(create_app(final=True), host="127.0.0.1", port=port, log_level="error", lifespan="on")
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[taken]))
    while not server.started:
        if serving.done():
            serving.result()
            raise Unavailable("Prefect's server did not start; its log says why")
        await asyncio.sleep(0.1)
    try:
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def deploy() -> list[RunnerDeployment]:
    """The deployments of this process: the mission, the reminders, the watch over lost wake-ups; and what comes back by
    mail, where the settings name a mailbox or a policy for letters in doubt."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment

    one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    entry = RunnerDeployment.from_entrypoint
    told = settings()
    returning = [
        entry("flows.returns.returns", name="default", cron="*/5 * * * *", concurrency_limit=one, tags=["ieom"])
    ]
    return [
        *(returning if mailbox.is_set(told) or told.doubt_policy != "ask" else []),
        entry("flows.mission.mission", name="default", tags=["ieom"]),
        entry("flows.reminders.reminders", name="default", cron="*/5 * * * *", concurrency_limit=one, tags=["ieom"]),
        entry("flows.reminders.watch", name="default", cron="* * * * *", concurrency_limit=one, tags=["ieom"]),
    ]


async def watch(stop: asyncio.Event) -> None:
    """Wake missions within seconds of a decision; Prefect's own schedule and the minute's watch are the safety net."""
    from flows.waking import wake_now
    from tasks.wake import due

    woken: dict[str, int] = {}
    while not stop.is_set():
        for mission, revision in await asyncio.to_thread(due):
            if woken.get(mission) != revision:
                woken[mission] = revision
                await asyncio.to_thread(wake_now, mission, revision)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 2)


def swept() -> None:
    """Destroy the personal papers that a killed process left and no record names; what can't be done now is done at the next
    start, and stops none."""
    from ieom.acts.vault_sweep import sweep
    from ieom.records import missions
    from ieom.records.base import begin
    from tasks.stage import records

    try:
        with begin(records()) as session:
            sweep(session, at=missions.real_now())
    except (OSError, IeomError, SQLAlchemyError) as error:
        logging.getLogger("ieom.serve").warning("papers that no record names can't be looked for: %s", error)


async def serve(
    port: int, console: Console, *, first: Callable[[], object] | None = None, demonstration: bool = False,
    option_of: str = "IEOM_PREFECT_PORT",
) -> None:  # fmt: skip
    """Serve until SIGTERM or SIGINT. `first` is done, beside Prefect's server, before missions are kept going; the desk says
    meanwhile that it is being set up. `option_of`: the setting that the command's --port stands for."""
    from desk.public.serving import PublicPages
    from desk.web.serving import DeskPages

    load_names(), load_timeline()  # what can't be read stops the start, not a page in the evening
    taken = _ports(port, option_of)
    pages: list[Pages] = []
    try:
        if "IEOM_PUBLIC_PORT" in taken:
            pages.append(PublicPages(taken["IEOM_PUBLIC_PORT"], rehearsals=demonstration))
        if "IEOM_DESK_PORT" in taken:
            there = taken["IEOM_DESK_PORT"]
            pages.append(DeskPages(there, demonstration=demonstration, ready=first is None))
        await _serve(port, taken["IEOM_PREFECT_PORT"], console, pages, first)
    finally:
        for one in pages:
            await one.stop()


def _ports(prefect: int, option_of: str) -> dict[str, socket.socket]:
    """A socket for each setting of a port that is not 0, before anything is started. Raises `Refused` with every one that
    can't be had."""
    told = settings()
    wanted = {
        "IEOM_PREFECT_PORT": (prefect, "127.0.0.1"), "IEOM_PUBLIC_PORT": (told.public_port, told.public_host),
        "IEOM_DESK_PORT": (told.desk_port, told.desk_host),
    }  # fmt: skip
    taken: dict[str, socket.socket] = {}
    wrong = []
    for setting, (port, host) in wanted.items():
        try:
            if port or setting == "IEOM_PREFECT_PORT":
                taken[setting] = listening(port, setting, host, option="--port" if setting == option_of else "")
        except Refused as error:
            wrong.append(str(error))
    if wrong:
        for one in taken.values():
            one.close()
        raise Refused("\n".join(wrong))
    return taken


async def _serve(
    port: int, taken: socket.socket, console: Console, pages: Sequence[Pages],
    first: Callable[[], object] | None,
) -> None:  # fmt: skip
    from prefect.runner import Runner

    for process in orphans():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def ends() -> None:
        if not stop.is_set():
            stop.set()
            console.print("Stopping ...", style="dim")

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ends)
    async with prefect_server(port, taken), apart(stop.is_set):
        again = await put_back()
        if first is not None:
            await asyncio.to_thread(first)
            for one in pages:
                one.is_ready()
        await asyncio.to_thread(swept)
        runner = Runner(name="ieom", query_seconds=2, pause_on_shutdown=False, limit=4)
        for deployment in await deploy():
            await runner.aadd_deployment(deployment)
        running_ = asyncio.create_task(runner.start())
        await asyncio.sleep(0.5)
        for number in (signal.SIGTERM, signal.SIGINT):  # the runner's own took their place
            loop.add_signal_handler(number, ends)
        notes = {"pid": os.getpid(), "api": f"http://127.0.0.1:{port}/api"}
        (state() / "serve.json").write_text(json.dumps(notes), "utf-8")
        console.print(f"ieom serves missions from {state()}. Prefect's pages: http://127.0.0.1:{port}/ (Ctrl-C ends)")
        for one in pages:
            console.print(one.says, soft_wrap=True)
        if again:
            console.print(f"{again} run(s) that were cut off are run again.")
        watching = asyncio.create_task(watch(stop))
        await asyncio.wait({asyncio.create_task(stop.wait()), running_, watching}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        for one in pages:
            await one.stop()
        if not running_.done():
            await runner.astop()
        running_.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running_
    (state() / "serve.json").unlink(missing_ok=True)
    for process in orphans():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    console.print("Stopped; nothing is left running.")
