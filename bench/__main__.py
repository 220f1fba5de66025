"""`make bench`: prints a table and writes var/bench/results.json, a list of {name, ours, reference, ratio, unit}."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

NAMES = ("orchestration", "evidence", "paper", "release", "growth", "desk")
AIMS = {"orchestration": 1.3, "evidence": 2.0, "evidence-250k": 2.0, "paper": 1.5, "release-growth-time": 1.3,
        "release-growth-memory": 1.3}  # fmt: skip
"""Ratios to stay below."""
AT_LEAST = {"release-0ms": 0.7, "release-50ms": 1.0, "release-50ms-pipelined": 1.5, "release-postfix": 0.9}
"""Ratios to reach, on both databases: letters a second, of which more is better."""
AT_LEAST |= {f"{name}-postgres": aim for name, aim in AT_LEAST.items()} | {
    "release-naive": 8.0, "desk-mission": 0.4, "desk-statement": 0.4,
}  # fmt: skip


def main(wanted: list[str]) -> None:
    os.environ.setdefault("IEOM_STATE_DIR", "var/bench")
    results = []
    for name in wanted or list(NAMES):
        results += importlib.import_module(f"bench.{name}").run()
    into = Path("var/bench")
    into.mkdir(parents=True, exist_ok=True)
    (into / "results.json").write_text(json.dumps(results, indent=2), "utf-8")
    print(f"{'name':<34}{'ours':>12}{'reference':>12}{'ratio':>8}  unit")
    for row in results:
        most, least = AIMS.get(row["name"]), AT_LEAST.get(row["name"])
        note = f"   (aim: at most {most})" if most else f"   (aim: at least {least})" if least else ""
        print(
            f"{row['name']:<34}{row['ours']:>12.4g}{row['reference']:>12.4g}{row['ratio']:>8.2f}  {row['unit']}{note}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
