"""A release of 1,000, 10,000 and 100,000 letters: the time for each letter, and the peak of the sender's memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bench import peers, queued

SIZES = (1_000, 10_000, 100_000)


def run() -> list[dict[str, object]]:
    """{name, ours, reference, ratio, unit}: ours is the largest release, reference the smallest; each in a process of
    its own, with SQLite."""
    lacks = peers.missing()
    if lacks:
        print(f"release-growth: not measured, {lacks}")
        return []
    reached: list[tuple[float, float]] = []
    with queued.databases("sqlite") as engines, peers.sink(pipelining=True) as port:
        engine = engines["sqlite"]
        mission = queued.opened(engine)
        queued.queue(engine, mission, SIZES[0], size=20_000)
        for size in SIZES:
            queued.multiply(engine, size)
            queued.again(engine)
            engine.dispose()
            done = subprocess.run(
                [sys.executable, "-m", "bench.growth", str(engine.url), mission, str(port), str(size)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            spent, peak = (float(word) for word in done.stdout.split()[-2:])
            reached.append((spent, peak))
            print(
                f"release-growth: {size:,} letters, {1000 * spent:.3g} ms a letter, {peak:.4g} MB at most", flush=True
            )
    (first, memory), (last, most) = reached[0], reached[-1]
    return [
        {"name": "release-growth-time", "ours": 1000 * last, "reference": 1000 * first, "ratio": last / first,
         "unit": "ms a letter, 100,000 over 1,000"},
        {"name": "release-growth-memory", "ours": most, "reference": memory, "ratio": most / memory,
         "unit": "MB at most, 100,000 over 1,000"},
    ]  # fmt: skip


def _child(url: str, mission: str, port: int, count: int) -> None:
    from bench.release import ours
    from ieom.records.base import connect

    speed = ours(connect(url), mission, port, count)
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(1 / speed, int(peak.group(1)) / 1024 if peak else 0)


if __name__ == "__main__":
    os.environ.setdefault("IEOM_STATE_DIR", "var/bench")
    _child(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
