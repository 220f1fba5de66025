"""What keeps a mission going, as its page tells it: the run that was last and the one that comes, asked of Prefect by the
mission's tag. Prefect may be slow or gone: no page waits for it, and none breaks on it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import httpx

from desk import serving
from ieom.folder.catalogues import N_

FRESH = 5.0
"""Seconds for which an answer is told again, as long as nothing happened to the mission."""
PATIENCE = 0.4
"""Seconds that a page waits at the most; what comes later is told on the next one."""
TIMEOUT = 2.0
"""Seconds for each answer of Prefect's."""
STALE = 60.0
"""Seconds for which an older answer is told while a newer one is on its way."""
TRIES = 3
"""Prefect's SQLite is busy at times (503); it is then asked again."""
BEGUN = ["PENDING", "RUNNING", "PAUSED", "CANCELLING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED"]
SAID = {
    "PENDING": ("working", N_("about to begin")), "RUNNING": ("working", N_("under way")), "PAUSED": ("waiting", N_("paused")),
    "CANCELLING": ("waiting", N_("being stopped by hand")), "COMPLETED": ("done", N_("went well")), "CANCELLED": ("none", N_("stopped by hand")),
    "FAILED": ("late", N_("failed; it is tried again, and whoever keeps this machine finds why in its log")),
    "CRASHED": ("late", N_("was cut off; it is done again")), "SCHEDULED": ("waiting", N_("planned")),
}  # fmt: skip
"""What state Prefect says a run is in: (the shape, the words)."""


@dataclass(frozen=True)
class Run:
    """A run of the mission's: Prefect's own number of it, its state as `SAID` has it, when it began or is to begin (UTC)."""

    number: str
    state: str
    at: datetime


@dataclass(frozen=True)
class Runs:
    """`how`: '' where nothing keeps missions going, 'silent' where its Prefect does not answer, 'slow' where it has not yet; else
    'well', with the address of Prefect's own pages on its machine, the run that began last and the next that is planned, where
    there are such."""

    how: str = ""
    pages: str = ""
    last: Run | None = None
    following: Run | None = None


@dataclass
class Asking:
    """Asks Prefect for the runs of missions, for all pages of one desk: once at a time for each, away from whoever waits."""

    known: dict[str, tuple[object, float, Runs]] = field(default_factory=dict)
    asking: dict[str, Future[Runs]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "runs"))

    def of(self, mission: str, mark: object) -> Runs:
        """The mission's runs as of some seconds ago, or of now where something happened to it since (another `mark`)."""
        with self.lock:
            found = self.known.get(mission)
            age = time.monotonic() - found[1] if found else STALE
            if found and found[0] == mark and age < FRESH:
                return found[2]
            waited = self.asking.get(mission)
            if waited is None:
                waited = self.asking[mission] = self.threads.submit(self._ask, mission, mark)
        try:
            return waited.result(PATIENCE)
        except NotYet:
            return found[2] if found and age < STALE else Runs("slow")

    def _ask(self, mission: str, mark: object) -> Runs:
        runs = Runs("silent")
        try:
            runs = asked(mission)
        except (httpx.HTTPError, OSError, ValueError, LookupError, TypeError):
            pass  # gone, busy, or not Prefect at all: the page says that it does not answer
        finally:
            with self.lock:
                self.known[mission] = (mark, time.monotonic(), runs)
                self.asking.pop(mission, None)
        return runs


def asked(mission: str) -> Runs:
    """What the Prefect server of this installation says just now. Raises what httpx does where it can't be asked."""
    served = serving.running()
    if not served:
        return Runs()
    api = str(served["api"])
    user, _, secret = os.environ.get("PREFECT_API_AUTH_STRING", serving.auth_string()).partition(":")
    with httpx.Client(auth=(user, secret), timeout=TIMEOUT, trust_env=False) as client:
        last = _first(client, api, mission, BEGUN, "START_TIME_DESC")
        following = _first(client, api, mission, ["SCHEDULED"], "EXPECTED_START_TIME_ASC")
    return Runs("well", api.removesuffix("/api"), last, following)


def _first(client: httpx.Client, api: str, mission: str, states: Collection[str], sort: str) -> Run | None:
    wanted = {"tags": {"all_": [f"mission:{mission}"]}, "state": {"type": {"any_": list(states)}}}
    for _ in range(TRIES):
        answer = client.post(f"{api}/flow_runs/filter", json={"flow_runs": wanted, "sort": sort, "limit": 1})
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
    rows: list[dict[str, Any]] = answer.raise_for_status().json()
    for row in rows:
        return Run(
            str(row["id"]),
            str(row["state_type"]),
            datetime.fromisoformat(row["start_time"] or row["expected_start_time"]),
        )
    return None
