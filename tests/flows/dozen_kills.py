"""The whole process is killed with SIGKILL, a dozen times over the mission, under the real Prefect server; it goes on by
itself, and at the end the records, the papers and the letters are what they are without a kill."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from living import in_child, opened, surround, walk
from outcome import letters, outcome, received
from served import SLUG, Served, serving
from sqlalchemy import func, select

from desk.catcher import Catcher
from desk.rehearsal import ScriptedAct, live, next_moment, pending, perform, set_clock
from ieom.records.audit import AuditRow
from ieom.records.base import connect, reading
from ieom.records.letters import Letter
from tasks import stage

STOPS = (
    datetime(2020, 7, 7, 4, 0, tzinfo=UTC),
    datetime(2020, 7, 27, 4, 0, tzinfo=UTC),
    datetime(2020, 8, 11, 4, 0, tzinfo=UTC),
    datetime(2020, 8, 12, 9, 0, tzinfo=UTC),
    datetime(2020, 8, 12, 12, 0, tzinfo=UTC),
    datetime(2020, 8, 12, 14, 0, tzinfo=UTC),
)
"""From each of these on, the first moment at which people act or a letter is due is lived under the server, which is
killed at its work, started again, and killed once more when it has done it."""


def fast(state: Path, mail: int, acts: list[ScriptedAct], until: datetime | None) -> None:
    """Live the mission without a server up to a moment (UTC), or to its end."""
    surround(f"sqlite:///{state / 'mission.db'}", mail, state)
    while (moment := next_moment(stage.records(), SLUG, acts)) is not None and (until is None or moment < until):
        live(stage.records(), SLUG, acts, walk, moment)
    stage.records().dispose()


def undisturbed(folder: Path) -> tuple[list[ScriptedAct], dict[str, Any], Counter[tuple[str, str, str]]]:
    """The script, and what the mission comes to when nobody kills it."""
    folder.mkdir()
    with Catcher(folder / "mail") as catcher:
        surround(f"sqlite:///{folder / 'mission.db'}", catcher.port, folder)
        _, acts = opened(stage.records())
        assert in_child(lambda: (walk(SLUG), fast(folder, catcher.port, acts, None))[1]) == 0
    return acts, outcome(f"sqlite:///{folder / 'mission.db'}"), letters(folder / "mail")


def at_work(served: Served) -> int:
    """What the mission's run has written down so far."""
    engine = connect(served.url)
    with reading(engine) as session:
        rows = session.scalar(select(func.count()).select_from(AuditRow)) or 0
        moved = session.scalar(select(func.count()).select_from(Letter).where(Letter.state != "queued")) or 0
    engine.dispose()
    return rows + moved


def a_dozen_kills(tmp_path: Path, seed: int, share: int) -> None:
    """Live the mission in `tmp_path` under a server that is killed a dozen times, or at one in `share` of the stops
    alone. Start it in a process of its own."""
    print(f"the seed of this run's kills: {seed}")
    chance, stops = random.Random(seed), STOPS[seed % share :: share]
    acts, wanted, sent = undisturbed(tmp_path / "undisturbed")
    kills = 0
    with serving(tmp_path) as served:
        mail = int(served.environment["IEOM_SMTP_PORT"])
        surround(served.url, mail, served.state)
        opened(stage.records())
        assert in_child(lambda: walk(SLUG)) == 0
        for number, stop in enumerate(stops):
            assert in_child(lambda: fast(served.state, mail, acts, stop)) == 0  # noqa: B023 - run at once
            surround(served.url, mail, served.state)
            moment = next_moment(stage.records(), SLUG, acts)
            assert moment is not None
            set_clock(stage.records(), SLUG, moment)
            for act in pending(stage.records(), SLUG, acts):
                if act.at <= moment:
                    perform(stage.records(), SLUG, act)
            stage.records().dispose()
            before = at_work(served)
            served.start()
            served.until(lambda: at_work(served) != before or served.walked(), 300, every=0.02)  # noqa: B023
            time.sleep(chance.uniform(0, 0.6))
            served.kill(children=number % 2 == 0)
            served.start()
            served.until(served.walked, 300)
            served.remind()  # the moment is lived whole; the schedule would take five minutes of the real clock
            # What the last server leaves running no later one would end: it would send beside what is lived without one.
            served.kill(children=number % 2 == 1 or stop == stops[-1])
            kills += 2
        assert in_child(lambda: fast(served.state, mail, acts, None)) == 0
        got, told = received(tmp_path / "mail"), letters(tmp_path / "mail")
        result = outcome(served.url)
    assert kills == 2 * len(stops)
    differ = {what: (dict(wanted[what] - found), dict(found - wanted[what])) for what, found in result.items()
              if isinstance(found, Counter)}  # fmt: skip
    assert result == wanted, f"(only undisturbed, only killed): {differ}"
    assert told == sent
    doubted = sum(got.values()) - len(got)
    assert doubted <= kills / 2 * 4, "more letters went twice than four connections a kill can leave in doubt"
