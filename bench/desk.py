"""The desk's pages with 50 missions and 25,000 forms, over a bare FastAPI and Jinja2 page that renders the same bytes from
memory: requests a second, each server a process of its own. And the statements a page asks, which don't grow with forms."""

from __future__ import annotations

import http.client
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, event, update
from starlette.testclient import TestClient

from bench.evidence import KINDS, _answers

FOLDER = Path("var/bench/desk")
MISSIONS, FORMS, FEW = 50, 25_000, 250
SECONDS, ROUNDS, CHANGES = 1.0, 5, 25
SLUG = "kazakhstan-senate-2020"
PAGES = {
    "mission": f"/missions/{SLUG}", "statement": f"/missions/{SLUG}/statement",
    "observation": f"/missions/{SLUG}/observation",
}  # fmt: skip
NOW = datetime(2020, 8, 12, 11, 0, tzinfo=UTC)


def run() -> list[dict[str, object]]:
    """{name, ours, reference, ratio, unit}: medians of rounds that alternate; statements with 25,000 and with 250 forms."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*"):
        old.unlink()
    path = FOLDER / "desk.db"
    engine, token = build(path)
    few = counted(engine, token)
    fill(path, FEW, FORMS)
    many = counted(engine, token)
    results: list[dict[str, object]] = []
    for name, page in PAGES.items():
        if name not in many:
            continue
        print(f"desk-{name}: {many[name]} statements, {few[name]} with {FEW} forms", flush=True)
        ours, reference, changed = speeds(engine, token, page)
        unit = "requests a second"
        results.append(
            {"name": f"desk-{name}", "ours": ours, "reference": reference, "ratio": ours / reference, "unit": unit}
        )
        results.append(
            {"name": f"desk-{name}-changed", "ours": changed, "reference": reference, "ratio": changed / reference,
             "unit": f"{unit}, something having happened to the mission before each"}
        )  # fmt: skip
        results.append(
            {"name": f"desk-{name}-statements", "ours": many[name], "reference": few[name],
             "ratio": many[name] / few[name], "unit": f"SQL statements, {FORMS:,} over {FEW} forms"}
        )  # fmt: skip
    engine.dispose()
    return results


def build(path: Path, count: int = MISSIONS) -> tuple[Engine, str]:
    """The records, and the token of a coordinator's session."""
    from dataclasses import replace

    from ieom.acts import accounts, drafting
    from ieom.folder import open_mission, read
    from ieom.records import missions, schema
    from ieom.records.base import begin, connect
    from ieom.records.missions import Mission
    from ieom.rules.roles import Role
    from ieom.settings import ROOT

    engine = connect(f"sqlite:///{path}")
    schema.metadata.create_all(engine)
    folder = read(ROOT / "config" / "missions" / SLUG)
    with begin(engine) as session:
        for number in range(count):
            slug = SLUG if number == 0 else f"{SLUG}-{number}"
            facts = folder.facts.model_copy(update={"slug": slug})
            open_mission(session, replace(folder, facts=facts), by="coordinator", at=datetime(2020, 7, 6, tzinfo=UTC))
        session.execute(update(Mission).values(simulated_now=NOW))
        at = missions.real_now()
        row = accounts.make(session, by="desk-1", at=at, name="Mission coordinator", email="coordinator@desk.example")
        accounts.give_role(
            session, by="desk-1", at=at, account=row.id, role=Role.COORDINATOR, mission="", code="coordinator"
        )
        token, _ = accounts.begin_session(session, account=row.id, at=at)
    fill(path, 0, FEW)
    with begin(engine) as session:
        drafting.draft(session, SLUG, by="drafter", at=NOW)
    return engine, token


def fill(path: Path, first: int, last: int) -> None:
    """Forms of the first mission, every choice answered."""
    from ieom.folder.forms import load_forms

    chance, known = random.Random(first), load_forms()
    with sqlite3.connect(path) as plain:
        for n in range(first, last):
            kind, station = KINDS[n % len(KINDS)], f"station-{n % 1_500:04}"
            plain.execute(
                "INSERT INTO submissions (id, mission, instance_id, form, team, station, received_at, channel, "
                "content_hash, original) VALUES (?, ?, ?, ?, ?, ?, ?, 'file', ?, '{}')",
                (n + 1, SLUG, f"i{n}", kind, f"t{n % 250}", station, "2020-08-12 10:00:00.000000", f"{n:064x}"),
            )
            plain.executemany(
                "INSERT INTO answers (mission, submission, station, question, value) VALUES (?, ?, ?, ?, ?)",
                ((SLUG, n + 1, station, question, value) for question, value in _answers(known[kind], chance)),
            )
    plain.close()


def counted(engine: Engine, token: str) -> dict[str, int]:
    """SQL statements of each page that there is, from a desk that has just begun."""
    from desk.web.app import web

    found = {}
    for name, page in PAGES.items():
        client = TestClient(web(engine), raise_server_exceptions=True)
        client.cookies.set("desk", token)
        client.get("/me")
        said: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object, into: list[str] = said) -> None:
            into.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        answer = client.get(page)
        event.remove(engine, "before_cursor_execute", note)
        if answer.status_code == 200:
            found[name] = len(said)
        else:
            print(f"desk-{name}: not measured, answered with {answer.status_code}")
    return found


def speeds(engine: Engine, token: str, page: str) -> tuple[float, float, float]:
    """Requests a second of (the desk, the bare page, the desk when something happened to the mission before each: then the
    page is gathered and written anew, which between two changes is done once for everybody)."""
    from desk.web.app import web

    client = TestClient(web(engine))
    client.cookies.set("desk", token)
    same = FOLDER / "same.html"
    same.write_bytes(client.get(page).content)
    ports = [_free(), _free()]
    children = [
        subprocess.Popen([sys.executable, "-m", "bench.desk", str(engine.url), str(ports[0]), ""]),
        subprocess.Popen([sys.executable, "-m", "bench.desk", "", str(ports[1]), str(same)]),
    ]
    try:
        rounds = [(_speed(ports[0], page, token), _speed(ports[1], "/", token)) for _ in range(ROUNDS + 1)][
            1:
        ]  # the first warms both
        changed = _changed(engine, ports[0], page, token)
    finally:
        for child in children:
            child.terminate()
            child.wait()
    ours, reference = (statistics.median(round_[which] for round_ in rounds) for which in (0, 1))
    return ours, reference, changed


def _changed(engine: Engine, port: int, page: str, token: str) -> float:
    from ieom.records import missions
    from ieom.records.base import begin

    line, spent = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    for _ in range(CHANGES):
        with begin(engine) as session:
            missions.lock(session, SLUG).revision += 1
        begun = time.perf_counter()
        line.request("GET", page, headers={"cookie": f"desk={token}"})
        if (answer := line.getresponse()).read() and answer.status != 200:
            raise RuntimeError(f"{page} answered with {answer.status}")
        spent.append(time.perf_counter() - begun)
    line.close()
    return 1 / statistics.median(spent)


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _speed(port: int, page: str, token: str) -> float:
    for _ in range(300):
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line.connect()
            break
        except OSError:
            time.sleep(0.1)
    begun, asked = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        line.request("GET", page, headers={"cookie": f"desk={token}"})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{page} answered with {answer.status}")
        asked += 1
    spent = time.perf_counter() - begun
    line.close()
    return asked / spent


def _serve(url: str, port: int, same: str) -> None:
    import uvicorn

    if url:
        from desk.web.app import web
        from ieom.records.base import connect

        uvicorn.run(web(connect(url)), port=port, log_level="error", lifespan="off")
        return
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse
    from jinja2 import Environment

    app, text = FastAPI(), Path(same).read_text("utf-8")
    template = Environment(autoescape=False).from_string("{{ page }}")

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(template.render(page=text))

    uvicorn.run(app, port=port, log_level="error", lifespan="off")


if __name__ == "__main__":
    os.environ.setdefault("IEOM_STATE_DIR", "var/bench")
    _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
