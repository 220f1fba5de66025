"""The timeline as a picture in the terminal: seven stages and where each stands, in the host country's zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Table
from rich.text import Text

from ieom.rules.timeline import TITLES, Stage, Standing, State

MARKS = {
    State.DONE: ("✓", "green"),
    State.WORKING: ("●", "cyan"),
    State.WAITING: ("◌", "yellow"),
    State.HELD: ("■", "red"),
    State.NOT_DUE: ("·", "dim"),
}


def local(moment: datetime, zone: str, *, short: bool = False) -> str:
    """A moment on paper: the host country's time, with the offset when there is room."""
    there = moment.astimezone(ZoneInfo(zone))
    if short:
        return there.strftime("%-d %b %H:%M")
    offset = there.strftime("%z")
    return (
        there.strftime("%-d %B %Y, %H:%M ")
        + f"(UTC{offset[0]}{int(offset[1:3])}"
        + (f":{offset[3:]})" if offset[3:] != "00" else ")")
    )


def timeline(stood: Sequence[tuple[Standing, datetime]], zone: str) -> Table:
    """The table of the seven stages; a stage that no run has walked yet is said to be not due."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("", width=1)
    table.add_column("Stage", width=26, no_wrap=True)
    table.add_column("State", width=8, no_wrap=True)
    table.add_column("Where it stands", ratio=1)
    table.add_column("Next", width=12, no_wrap=True)
    found = {standing.stage: (standing, since) for standing, since in stood}
    for stage in Stage:
        standing, since = found.get(stage, (Standing(stage, State.NOT_DUE, "Not begun."), None))
        mark, style = MARKS[standing.state]
        when = ""
        if standing.state is State.DONE and since is not None:
            when = local(since, zone, short=True)
        elif standing.until is not None:
            when = local(standing.until, zone, short=True)
        table.add_row(
            Text(mark, style=style), TITLES[stage], Text(str(standing.state), style=style), Text(standing.says), when
        )
    return table
