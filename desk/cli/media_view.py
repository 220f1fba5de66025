"""How contacts, and what would become of them, are shown to a press officer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from ieom.acts.lists import Selection
from ieom.records.letters import Received
from ieom.records.suppressions import SAID
from ieom.rules.contacts import Change, Entry, Known, Plan, Value

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


def plan(found: Plan, file: str, *, full: bool) -> list[Text | str]:
    """Everything that an import would do."""
    count = found.counts
    rows = sum(len(one.rows) for one in found.entries)
    lines: list[Text | str] = [
        f"{file}: {rows} row{'s' * (rows != 1)}, {len(found.entries)} address{'es' * (len(found.entries) != 1)}: "
        f"{count['new']} new, {count['changed']} changed, {count['unchanged']} unchanged"
        + (f", {count['forgotten']} not taken in." if count["forgotten"] else ".")
    ]
    lines += part("New", [_new(one) for one in found.of("new")], full)
    lines += part("Changed", ["\n".join(_changed(one)) for one in found.of("changed")], full)
    lines += part("Of the same address, what stands", _kept(found), full)
    suppressed = [one for one in found.entries if one.suppressed and one.state != "forgotten"]
    staying = [f"{one.email}: {SAID[one.suppressed]}" for one in suppressed]
    lines += part("Suppressed, and staying so: no release goes to", staying, True)
    lines += part("Not taken in: its reader asked to be forgotten", [one.email for one in found.of("forgotten")], True)
    if found.ignored:
        lines.append(f"Categories that are no list of ours, left out: {', '.join(found.ignored)}")
    return lines


def part(title: str, lines: Sequence[str], full: bool) -> list[Text | str]:
    """Lines under a title, the first few unless all are asked for; nothing where there are none."""
    if not lines:
        return []
    shown = lines if full else lines[:FEW]
    more = [f"  and {len(lines) - FEW} more; --full shows them"] if len(lines) > len(shown) else []
    return [Text(f"{title} ({len(lines)})", style="bold"), *(f"  {line}" for line in shown), *more]


def _new(one: Entry) -> str:
    told = [str(one.values[name]) for name in ("outlet", "country", "language", "kind") if one.values[name]]
    return f"{one.email}  {', '.join(told)}" + (f"; list {', '.join(one.lists)}" if one.lists else "")


def _changed(one: Entry) -> list[str]:
    return [one.email, *(f"    {change(said)}" for said in one.changes)]


def change(said: Change) -> str:
    """A change of one column in words."""
    if said.column == "lists":
        return f"comes on the list {said.new}"
    if said.column == "left":
        return "had left and comes back"
    return f"{said.column}: {_quoted(said.old)} becomes {_quoted(said.new)}"


def _quoted(value: Value) -> str:
    return f"'{value}'" if value else "(nothing)"


def _kept(found: Plan) -> list[str]:
    rows = {one.email: one.rows for one in found.entries}
    doubled = [one for one in found.entries if len(one.rows) > 1]
    lines = []
    for one in doubled:
        lost = [said for said in found.kept if said.email == one.email or said.row in one.rows]
        told = "".join(
            f"\n      {said.column}: {_quoted(said.kept)}, not {_quoted(said.dropped)} (row {said.row})"
            for said in lost
        )
        lines.append(f"{one.email}: rows {', '.join(map(str, one.rows))}{told or ' agree'}")
    for said in found.kept:
        if len(rows.get(said.email, ())) < 2 and not any(said.row in one.rows for one in doubled):
            kept, dropped = _quoted(said.kept), _quoted(said.dropped)
            lines.append(
                f"{said.email}: {said.column} stays {kept}, which has a date; {dropped} (row {said.row}) has none"
            )
    return lines


def selection(found: Selection, *, full: bool) -> list[Text | str]:
    """Whom a mission's releases would go to, and how that differs from now."""
    written = len(found.selected) - len(found.suppressed)
    lines: list[Text | str] = [
        f"{len(found.selected)} selected; releases go to {written}: "
        f"{len(found.added)} added, {len(found.removed)} removed."
    ]
    lines += part("Added", found.added, full)
    lines += part("Removed", found.removed, full)
    lines += part(
        "Suppressed: no release goes to", [f"{email}: {SAID[why]}" for email, why in found.suppressed.items()], True
    )
    lines += part("Nothing says why we may write to (--require-consent leaves them out)", found.without_consent, full)
    return lines
