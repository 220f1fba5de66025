"""`make bench`: prints a table and writes var/bench/results.json, a list of {name, ours, reference, ratio, unit}."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

NAMES = ("orchestration", "evidence", "paper")
AIMS = {"orchestration": 1.3, "evidence": 2.0, "evidence-250k": 2.0, "paper": 1.5}


def main(wanted: list[str]) -> None:
    os.environ.setdefault("IEOM_STATE_DIR", "var/bench")
    results = []
    for name in wanted or list(NAMES):
        results += importlib.import_module(f"bench.{name}").run()
    into = Path("var/bench")
    into.mkdir(parents=True, exist_ok=True)
    (into / "results.json").write_text(json.dumps(results, indent=2), "utf-8")
    print(f"{'name':<22}{'ours':>12}{'reference':>12}{'ratio':>8}  unit")
    for row in results:
        aim = AIMS.get(row["name"])
        note = f"   (aim: at most {aim})" if aim else ""
        print(
            f"{row['name']:<22}{row['ours']:>12.4g}{row['reference']:>12.4g}{row['ratio']:>8.2f}  {row['unit']}{note}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
