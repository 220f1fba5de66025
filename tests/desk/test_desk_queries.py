"""How many statements the records are asked for a page, which is as many with thousands of forms as with a few."""

from __future__ import annotations

from pathlib import Path

from bench.desk import FEW, build, counted, fill

MANY = 15_000


def test_no_page_asks_more_statements_for_more_forms(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    engine, token = build(path, 1)
    few = counted(engine, token)
    fill(path, FEW, MANY)
    many = counted(engine, token)
    engine.dispose()
    assert set(few) == {"mission", "statement", "observation"}
    assert many == few
