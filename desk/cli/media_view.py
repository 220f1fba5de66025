"""How contacts, and what would become of them, are shown to a press officer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich import box
from rich.table import Table
from rich.text import Text

from desk.media_words import Part
from ieom.records.letters import Received
from ieom.rules.contacts import Known

FEW = 15
"""Lines of a kind shown, unless all are asked for."""


def contacts(rows: Iterable[Known], gone: Mapping[str, str]) -> Table:
    """A table of contacts; `gone` has those not written to, by their address."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Address, outlet", overflow="fold", min_width=30)
    for column in ("In", "Reads", "Kind", "Note"):
        table.add_column(column, no_wrap=True)
    for one in rows:
        note = gone.get(one.email, "") or ("left" if one.left else "" if one.values["consent"] else "no consent")
        values = [str(one.values[name]) for name in ("country", "language", "kind")]
        who = Text.assemble(one.email, "\n", (str(one.values["outlet"]), "dim"))
        table.add_row(who, *values, note.replace("_", " "))
    return table


def received(rows: Iterable[tuple[Known, Received | None]]) -> Table:
    """What each contact received."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Address, outlet", overflow="fold", min_width=30)
    for column in ("Sent", "Failed"):
        table.add_column(column, no_wrap=True, justify="right")
    table.add_column("Last", no_wrap=True)
    for one, got in rows:
        figures = (str(got.sent), str(got.failed), f"{got.last:%Y-%m-%d}") if got else ("0", "0", "never")
        table.add_row(Text.assemble(one.email, "\n", (str(one.values["outlet"]), "dim")), *figures)
    return table


def told(said: tuple[list[str], list[Part]], *, full: bool) -> list[Text | str]:
    """What would become of contacts: sentences, then each part with its first lines, or with all."""
    says, parts = said
    lines: list[Text | str] = list(says)
    for one in parts:
        shown = one.lines if full or one.whole else one.lines[:FEW]
        lines += [Text(f"{one.title} ({len(one.lines)})", style="bold"), *(f"  {line}" for line in shown)]
        if len(one.lines) > len(shown):
            lines.append(f"  and {len(one.lines) - len(shown)} more; --full shows them")
    return lines
