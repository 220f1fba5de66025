"""The whole mission is killed with SIGKILL at every commit boundary that it has, and goes on from there: the same
records, and each letter at most once but those shown as in doubt.

The mission is lived step by step. Before each step its state is copied; for each commit of the step that changes anything
(counted in an undisturbed run, not by hand) a warm process is forked that takes the copy, lives the step and kills itself at
that commit; another takes it up from there. What the step then leaves must be what the undisturbed step left. As the
rest of a mission depends on nothing but that state, the whole mission ends the same.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from living import KeptPages, child, in_child, opened, surround, walk
from outcome import outcome, received, unproven
from sqlalchemy import Engine, event

from desk.catcher import Catcher
from desk.rehearsal import ScriptedAct, live, next_moment
from ieom.papers import keys, signing, typeset
from ieom.records.base import connect
from tasks import stage

LEAST_POINTS = 100
UNREACHED, FEW = "unreached", 0.02
"""File that has a byte for each point at which nothing was killed, and the share of them that is let pass."""
PASSPHRASE = "of a key that signs in this test alone"
LANES = 2
"""Points that are tried side by side."""
COMPILED: dict[Any, Any] = {}
"""SQL as SQLAlchemy compiled it, kept from one engine to the next, with the dialect that it is kept under: each child has
an engine of its own, and would else compile every statement anew."""


@lru_cache(maxsize=4)
def records(url: str) -> Engine:
    """In the place of the tasks' own: the schema is the newest already, being a copy of one that was brought to it."""
    engine = connect(url)
    engine.dialect = COMPILED.setdefault("dialect", engine.dialect)
    return engine.execution_options(compiled_cache=COMPILED)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'mission.db'}"


def copy(source: Path, target: Path) -> None:
    """The state of a mission: its database (with what is still in the write-ahead log), papers and witness."""
    target.mkdir(parents=True, exist_ok=True)
    if (source / "var").exists():
        shutil.copytree(source / "var", target / "var", copy_function=os.link)
    with sqlite3.connect(source / "mission.db") as old, sqlite3.connect(target / "mission.db") as new:
        old.backup(new)


def at_commits(then: Callable[[int], None]) -> None:
    """Call `then(n)` just before the n-th commit from now on that changes anything, in this process."""
    seen, changed = 0, False

    @event.listens_for(stage.records(), "before_cursor_execute")
    def _statement(_conn: object, _cursor: object, sql: str, *_: object) -> None:
        nonlocal changed
        changed = changed or sql.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}

    @event.listens_for(stage.records(), "commit")
    def _commit(_connection: object) -> None:
        nonlocal seen, changed
        if changed:
            seen, changed = seen + 1, False
            then(seen)


def live_moment(
    mission: tuple[str, list[ScriptedAct]],
    folder: Path,
    port: int,
    moment: datetime,
    then: Callable[[int], None] | None = None,
) -> None:
    slug, acts = mission
    surround(url(folder), port, folder / "var")
    if then is not None:
        at_commits(then)
    live(stage.records(), slug, acts, walk, moment)
    stage.records().dispose()


def count_into(path: Path) -> Callable[[int], None]:
    def count(_seen: int) -> None:
        with path.open("ab") as file:
            file.write(b".")

    return count


def kill_at(nth: int) -> Callable[[int], None]:
    def kill(seen: int) -> None:
        if seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def point(
    mission: tuple[str, list[ScriptedAct]], before: Path, moment: datetime, nth: int, wanted: dict[str, Any],
    sent: Counter[str],
) -> None:  # fmt: skip
    """Live a step from `before`, killed at its n-th commit, and go on: it must come to what is `wanted`. The sender
    writes down together what comes together, so that a step may have a commit less than when it was counted: it is
    lived again then, and noted when it never came to that commit."""
    there, which = before.with_name(f"{before.name}-{nth}"), f"{moment}, commit {nth}"
    for again in (True, True, False):
        copy(before, there)
        with Catcher(there / "mail") as own:
            status = in_child(lambda: live_moment(mission, there, own.port, moment, kill_at(nth)))
            assert os.WIFSIGNALED(status) or status == 0, f"{which}: ended by itself ({status})"
            if killed := os.WIFSIGNALED(status):
                status = in_child(lambda: live_moment(mission, there, own.port, moment))
                assert status == 0, f"{which}: did not go on"
        if killed or not again:
            break
        shutil.rmtree(there)
    if not killed:
        with before.with_name(UNREACHED).open("ab") as file:
            file.write(b".")
    assert outcome(url(there)) == wanted, f"{which}: the records differ"
    assert unproven(url(there), there / "var") == [], f"{which}: papers that are not what is on record, or not signed"
    got = received(there / "mail")
    assert set(got) == set(sent), f"{which}: letters lost or made up"
    assert sum(got.values()) <= len(sent) + 1, f"{which}: more went twice than in doubt"
    shutil.rmtree(there)


def lane(
    mission: tuple[str, list[ScriptedAct]], before: Path, moment: datetime, numbers: list[int], wanted: dict[str, Any],
    sent: Counter[str],
) -> None:  # fmt: skip
    """The points of a step that one process tries."""
    for nth in numbers:
        point(mission, before, moment, nth, wanted, sent)


def warm(mission: tuple[str, list[ScriptedAct]], before: Path, moment: datetime) -> None:
    """Live a step in this process and forget it, so that the children forked from it have at hand what Python, Jinja and
    SQLAlchemy make ready at first use. Its papers are kept already: Typst is not come to, nor are its threads started."""
    there = before.with_name(f"{before.name}-warm")
    copy(before, there)
    with Catcher(there / "mail") as own:
        live_moment(mission, there, own.port, moment)
    shutil.rmtree(there)


def killed_at_every_commit(folder: Path, share: int, first: int) -> None:
    """Live the mission in `folder`, killed at each commit of each of its steps; or at one in `share` of them, from the
    `first` on. Start it in a process of its own."""
    print(f"killed at one in {share} commits, from number {first} on")
    main, kept = folder / "main", folder / "pages"
    main.mkdir()
    kept.mkdir()
    assert signing  # loaded here, once: each child would else load the library anew
    os.environ["IEOM_SIGN_PASSPHRASE"] = PASSPHRASE
    with (
        Catcher(main / "mail") as catcher,
        patch.object(typeset, "_compiler", lambda path, _: KeptPages(kept, path)),
        ExitStack() as stack,
    ):
        surround(url(main), catcher.port, main / "var")
        mission = slug, acts = opened(stage.records())
        keys.make(["The organisation"], at=acts[0].at, years=3, passphrase=PASSPHRASE)
        stage.records().dispose()
        stack.enter_context(patch.object(stage, "_engine", records))
        walk(slug)
        points, tried, number = 0, 0, 0
        while True:
            number += 1
            before = folder / f"step-{number}"
            copy(main, before)
            had = received(main / "mail")
            surround(url(main), catcher.port, main / "var")
            moment = next_moment(stage.records(), slug, acts)
            stage.records().dispose()
            if moment is None:
                break
            counted = folder / f"commits-{number}"
            # In a child too: Typst's threads, once started here, would be missing in every later child.
            status = in_child(lambda: live_moment(mission, main, catcher.port, moment, count_into(counted)))  # noqa: B023 - run at once
            assert status == 0, f"step {number} at {moment} failed"
            commits = counted.stat().st_size if counted.exists() else 0
            wanted, sent = outcome(url(main)), received(main / "mail") - had
            chosen = [nth for nth in range(1, commits + 1) if (points + nth) % share == first % share]
            if len(chosen) > 2 * LANES:
                warm(mission, before, moment)
            lanes = [
                child(lambda: lane(mission, before, moment, chosen[begun::LANES], wanted, sent))  # noqa: B023 - waited for below
                for begun in range(min(LANES, len(chosen)))
            ]
            assert [os.waitpid(process, 0)[1] for process in lanes] == [0] * len(lanes), f"step {number}: see above"
            shutil.rmtree(before)
            points, tried = points + commits, tried + len(chosen)
    print(f"killed at {tried} of {points} commits of {number - 1} steps")
    unreached = (folder / UNREACHED).stat().st_size if (folder / UNREACHED).exists() else 0
    assert unreached <= FEW * tried, f"{unreached} of {tried} commits were not come to"
    assert points >= LEAST_POINTS, f"only {points} commits were found"
    assert [(number, status) for number, status, _ in outcome(url(main))["releases"]] == [(1, "done")]
