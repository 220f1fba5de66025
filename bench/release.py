"""A release's letters over Postfix's own test client and over a plain loop of yagmail, side by side in one run.

Letters of 150 kB that wait in the outbox are leased, sent and settled, with full durability, over 16 connections.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from sqlalchemy import Engine

from bench import peers, queued

SESSIONS = 16
Row = dict[str, object]


def run() -> list[Row]:
    """{name, ours, reference, ratio, unit}: letters a second, medians of paired rounds."""
    lacks = peers.missing()
    if lacks:
        print(f"release: not measured, {lacks}")
        return []
    rows: list[Row] = []
    with queued.databases() as engines:
        missions = {name: queued.opened(engine) for name, engine in engines.items()}
        for name, engine in engines.items():
            queued.queue(engine, missions[name], 1500)
        with peers.sink(pipelining=True) as port:
            rows += _against("release-0ms", engines, missions, port, count=1500, rounds=5)
            rows += _naive(engines["sqlite"], missions["sqlite"], port, count=1500)
        if os.geteuid() == 0:
            for engine in engines.values():
                queued.keep(engine, 1200)
            with peers.postfix() as (port, empty):
                rows += _against("release-postfix", engines, missions, port, count=1200, rounds=3, before=empty)
        else:
            print("release-postfix: not measured, only root may run Postfix")
        for engine in engines.values():
            queued.keep(engine, 480)
        for name, pipelining in (("release-50ms", False), ("release-50ms-pipelined", True)):
            with peers.sink(pipelining=pipelining) as near, peers.slow_line(near) as port:
                rows += _against(name, engines, missions, port, count=480, rounds=3)
    return rows


def _against(
    name: str,
    engines: dict[str, Engine],
    missions: dict[str, str],
    port: int,
    *,
    count: int,
    rounds: int,
    before: Callable[[], object] = lambda: None,
) -> list[Row]:
    """Ours on each database over `smtp-source`, round by round."""
    reached: dict[str, list[float]] = {which: [] for which in (*engines, "source")}
    for _ in range(rounds):
        before()
        reached["source"].append(peers.source(port, count, sessions=SESSIONS))
        for which, engine in engines.items():
            queued.again(engine)
            before()
            reached[which].append(ours(engine, missions[which], port, count))
    return [
        _row(f"{name}{'' if which == 'sqlite' else f'-{which}'}", reached[which], reached["source"])
        for which in engines
    ]


def ours(engine: Engine, mission: str, port: int, count: int, *, connections: int = SESSIONS) -> float:
    """Letters a second, from the lease to the last one settled. Raises when one did not go."""
    from ieom.mail import sender
    from ieom.mail.smtp import Account

    account = Account("127.0.0.1", port, security="none")
    begun = time.perf_counter()
    report = sender.send_due(engine, account, mission=mission, now=lambda: queued.NOW, connections=connections)
    spent = time.perf_counter() - begun
    if report.outcomes != {"sent": count}:
        raise RuntimeError(f"not all {count} letters went: {report}")
    return count / spent


def _naive(engine: Engine, mission: str, port: int, *, count: int, rounds: int = 3, few: int = 40) -> list[Row]:
    """Ours over a loop of `yagmail.SMTP(...).send(...)` that attaches the same file to each letter."""
    import yagmail

    paper = queued.FOLDER / "statement.pdf"
    paper.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * ((peers.SIZE - 4_500) * 57 // 78 // 256))

    def loop() -> float:
        begun = time.perf_counter()
        for number in range(few):
            client = yagmail.SMTP(
                "press@ieom.example", host="127.0.0.1", port=port, smtp_starttls=False, smtp_ssl=False,
                smtp_skip_login=True,
            )  # fmt: skip
            client.send(f"desk{number}@outlet.example", "Preliminary statement", ["Words. " * 90, str(paper)])
            client.close()
        return few / (time.perf_counter() - begun)

    def measured() -> float:
        queued.again(engine)
        return ours(engine, mission, port, count)

    pairs = [(measured(), loop()) for _ in range(rounds)]
    return [_row("release-naive", [pair[0] for pair in pairs], [pair[1] for pair in pairs])]


def _row(name: str, mine: list[float], theirs: list[float], unit: str = "letters/s") -> Row:
    return {
        "name": name,
        "ours": statistics.median(mine),
        "reference": statistics.median(theirs),
        "ratio": statistics.median(m / t for m, t in zip(mine, theirs, strict=True)),
        "unit": unit,
    }
