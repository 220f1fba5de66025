"""The timeline as a picture in the terminal: seven stages and where each stands, in the host country's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
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

NARROW = 100
"""Columns below which a stage's state and moment share a column, so that what it waits for keeps room."""


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


@dataclass(frozen=True)
class timeline:  # noqa: N801  # stands where a function would: say(timeline(...))
    """The table of the seven stages, as wide as the terminal; a stage that no run has walked yet is said to be not
    begun. A finished stage shows when it was done (UTC moments in `zone`), any other its next moment after an arrow."""

    stood: Sequence[tuple[Standing, datetime]]
    zone: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it for the width there is."""
        narrow = options.max_width < NARROW
        table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
        table.add_column("", width=1)
        table.add_column("Stage", width=26, no_wrap=True)
        if not narrow:
            table.add_column("State", width=8, no_wrap=True)
        table.add_column("Where it stands", ratio=1)
        table.add_column("Done / → next", width=14, no_wrap=True)
        found = {standing.stage: (standing, since) for standing, since in self.stood}
        for stage in Stage:
            standing, since = found.get(stage, (Standing(stage, State.NOT_DUE, "Not begun."), None))
            mark, style = MARKS[standing.state]
            state, when = Text(str(standing.state), style=style), Text(self._when(standing, since))
            head = [Text(mark, style=style), Text(TITLES[stage])]
            says = Text(standing.says)
            if narrow:
                table.add_row(*head, says, Text("\n").join(part for part in (state, when) if part.plain))
            else:
                table.add_row(*head, state, says, when)
        yield table

    def _when(self, standing: Standing, since: datetime | None) -> str:
        if standing.state is State.DONE:
            return local(since, self.zone, short=True) if since is not None else ""
        return f"→ {local(standing.until, self.zone, short=True)}" if standing.until is not None else ""
