"""The seed's mission through its flow, over a bare Prefect flow with as many runs and as many empty tasks."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from pathlib import Path

from desk.quiet import surround

ROUNDS = 3


def run() -> list[dict[str, object]]:
    """{name, ours, reference, ratio, unit}: seconds for the whole mission, medians of paired rounds."""
    surround(Path("var/bench/prefect"), PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="true")
    os.environ.update(IEOM_SMTP_HOST="127.0.0.1", IEOM_SMTP_SECURITY="none")

    from prefect import flow, task
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from desk.catcher import Catcher
    from desk.cli.demo import EXAMPLE
    from desk.rehearsal import next_moment, pending, perform, script, set_clock
    from flows.mission import mission as mission_flow
    from ieom.folder import open_mission, read
    from ieom.records.base import begin
    from ieom.settings import settings
    from tasks.reminders import remind
    from tasks.stage import records

    calls = {"tasks": 0}

    @task
    def empty() -> None: ...

    @flow
    def bare(count: int) -> None:
        for _ in range(count):
            empty()

    ours, reference = [], []
    folder = read(EXAMPLE)
    acts = script(folder)
    slug = folder.facts.slug
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        bare(1)  # the server is started and warm before anything is timed
        for number in range(ROUNDS):
            into = Path(f"var/bench/mission-{number}")
            shutil.rmtree(into, ignore_errors=True)
            into.mkdir(parents=True)
            os.environ.update(IEOM_STATE_DIR=str(into), IEOM_DATABASE_URL=f"sqlite:///{into / 'mission.db'}")
            settings.cache_clear()
            engine = records()
            with begin(engine) as session:
                open_mission(session, folder, by=acts[0].by, at=acts[0].at)
            set_clock(engine, slug, acts[0].at)
            walks: list[int] = []
            spent = 0.0
            with Catcher(into / "mail") as catcher, _counting(calls):
                settings().smtp_port = catcher.port
                for _ in range(1000):
                    before, begun = calls["tasks"], time.perf_counter()
                    mission_flow(slug)
                    spent += time.perf_counter() - begun
                    walks.append(calls["tasks"] - before)
                    moment = next_moment(engine, slug, acts)
                    if moment is None:
                        break
                    set_clock(engine, slug, moment)
                    for act in pending(engine, slug, acts):
                        if act.at <= moment:
                            perform(engine, slug, act)
                    remind.fn(slug)
            ours.append(spent)
            begun = time.perf_counter()
            for count in walks:
                bare(count)
            reference.append(time.perf_counter() - begun)
    ratio = statistics.median(o / r for o, r in zip(ours, reference, strict=True))
    return [
        {
            "name": "orchestration",
            "ours": statistics.median(ours),
            "reference": statistics.median(reference),
            "ratio": ratio,
            "unit": f"s a mission ({len(walks)} flow runs, {sum(walks)} tasks)",
        }
    ]


class _counting:  # noqa: N801 - reads as a phrase where it is used
    """Counts the stage tasks that Prefect runs, by their transitions into 'running'."""

    def __init__(self, calls: dict[str, int]) -> None:
        self.calls = calls

    def __enter__(self) -> None:
        from prefect.task_engine import SyncTaskRunEngine

        self.original = SyncTaskRunEngine.begin_run
        original, calls = self.original, self.calls

        def counted(engine: object) -> object:
            calls["tasks"] += 1
            return original(engine)  # type: ignore[arg-type]

        SyncTaskRunEngine.begin_run = counted  # type: ignore[method-assign,assignment]

    def __exit__(self, *_: object) -> None:
        from prefect.task_engine import SyncTaskRunEngine

        SyncTaskRunEngine.begin_run = self.original  # type: ignore[method-assign]
