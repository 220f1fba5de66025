"""The verdicts of all claims over 25,000 and 250,000 forms, over the plain SQL that counts the same answers."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import insert

from ieom.folder.claims import load_claims
from ieom.folder.forms import load_forms
from ieom.records import evidence, schema
from ieom.records.base import begin, connect, reading
from ieom.records.missions import Mission
from ieom.rules.evidence import Claim
from ieom.rules.forms import Form

SLUG = "bench"
SIZES = {"evidence": (25_000, 1_500), "evidence-250k": (250_000, 15_000)}
"""Forms and stations; ten times as many of both in the second."""
KINDS = ("opening", "voting", "voting", "voting", "voting", "voting", "voting", "closing", "counting", "tabulation")
RARE = 0.01
"""How often an answer is another one than the usual."""
USUAL = ("no", "none", "yes", "on_time", "match", "regular", "urban")
UNUSUAL_YES = ("campaign_", "observers_restricted", "unauthorised_interfered", "ballots_shown", "voting_suspended",
               "protocol_presigned", "figures_changed", "arithmetic_errors", "overcrowded")  # fmt: skip


def run() -> list[dict[str, object]]:
    """{name, ours, reference, ratio, unit}: milliseconds, medians of rounds that alternate."""
    folder = Path("var/bench")
    folder.mkdir(parents=True, exist_ok=True)
    results: list[dict[str, object]] = []
    for name, (forms, stations) in SIZES.items():
        path = folder / f"{name}.db"
        for old in folder.glob(f"{name}.db*"):
            old.unlink()
        build(path, forms, stations)
        ours, reference = compare(path, rounds=7 if forms < 100_000 else 3)
        results.append({"name": name, "ours": ours, "reference": reference, "ratio": ours / reference, "unit": "ms"})
        for old in folder.glob(f"{name}.db*"):
            old.unlink()
    first, last = (float(str(row["ours"])) for row in results)
    counts = [size for size, _ in SIZES.values()]
    per = [1000 * first / counts[0], 1000 * last / counts[1]]
    results.append(
        {"name": "evidence-growth", "ours": per[1], "reference": per[0], "ratio": per[1] / per[0], "unit": "us a form"}
    )
    return results


def compare(path: Path, *, rounds: int) -> tuple[float, float]:
    """Median milliseconds of (ours, plain SQL)."""
    claims = load_claims()
    engine = connect(f"sqlite:///{path}")
    plain = sqlite3.connect(path)
    query = plain_sql(claims)

    def verdicts() -> None:
        with reading(engine) as session:
            evidence.verdicts(session, SLUG, claims)

    def counted() -> None:
        plain.execute(*query).fetchall()

    pairs = [(_ms(verdicts), _ms(counted)) for _ in range(rounds + 1)][1:]  # the first warms both
    plain.close()
    engine.dispose()
    return statistics.median(ours for ours, _ in pairs), statistics.median(reference for _, reference in pairs)


def plain_sql(claims: tuple[Claim, ...]) -> tuple[str, list[str]]:
    """One statement that counts the forms and the distinct stations of every answer that a claim names."""
    wanted = [claim for claim in claims if claim.kind == "observation"]
    questions = sorted({q for claim in wanted for q in (*claim.questions, *claim.heard_by)})
    marks = ", ".join("?" for _ in questions)
    return (
        "SELECT question, value, count(*), count(DISTINCT station) FROM answers "
        f"WHERE mission = ? AND question IN ({marks}) GROUP BY question, value",
        [SLUG, *questions],
    )


def _ms(what: Callable[[], None]) -> float:
    begun = time.perf_counter()
    what()
    return 1000 * (time.perf_counter() - begun)


def build(path: Path, forms: int, stations: int) -> None:
    """A mission's forms with every choice answered, about one answer in a hundred another than the usual."""
    engine = connect(f"sqlite:///{path}")
    schema.metadata.create_all(engine)
    with begin(engine) as session:
        session.execute(insert(Mission), [{"slug": SLUG, "opened_at": datetime(2020, 7, 6, tzinfo=UTC)}])
    engine.dispose()
    chance = random.Random(1)
    known = load_forms()
    day = datetime.combine(date(2020, 8, 12), datetime.min.time()).isoformat(" ")
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA synchronous = OFF")
        kinds = [KINDS[number % len(KINDS)] for number in range(forms)]
        plain.executemany(
            "INSERT INTO submissions (id, mission, instance_id, form, team, station, received_at, channel, content_hash, "
            "original) VALUES (?, ?, ?, ?, ?, ?, ?, 'file', ?, '{}')",
            (
                (n + 1, SLUG, f"i{n}", kind, f"t{n % 250}", f"station-{n % stations:05}", day, f"{n:064x}")
                for n, kind in enumerate(kinds)
            ),
        )
        plain.executemany(
            "INSERT INTO answers (mission, submission, station, question, value) VALUES (?, ?, ?, ?, ?)",
            (
                (SLUG, n + 1, f"station-{n % stations:05}", question, value)
                for n, kind in enumerate(kinds)
                for question, value in _answers(known[kind], chance)
            ),
        )
    plain.close()


def _answers(form: Form, chance: random.Random) -> Iterator[tuple[str, str]]:
    for question in form.questions.values():
        if not question.choices:
            continue
        usual = next((value for value in USUAL if value in question.choices), question.choices[0])
        if set(question.choices) >= {"yes", "no"} and not question.name.startswith(UNUSUAL_YES):
            usual = "yes"
        yield question.name, chance.choice(question.choices) if chance.random() < RARE else usual
