"""What would become of contacts, in words for a press officer: the command line and the desk show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ieom.acts.lists import Selection
from ieom.records.suppressions import SAID
from ieom.rules.contacts import Change, Entry, Plan, Value


@dataclass(frozen=True)
class Part:
    """Lines under a title; all of them are always shown where `whole`."""

    title: str
    lines: Sequence[str]
    whole: bool = False


def plan(found: Plan, file: str) -> tuple[list[str], list[Part]]:
    """Everything that an import would do: in sentences, and part by part. Parts without a line are left out."""
    count = found.counts
    rows = sum(len(one.rows) for one in found.entries)
    says = [
        f"{file}: {rows} row{'s' * (rows != 1)}, {len(found.entries)} address{'es' * (len(found.entries) != 1)}: "
        f"{count['new']} new, {count['changed']} changed, {count['unchanged']} unchanged"
        + (f", {count['forgotten']} not taken in." if count["forgotten"] else ".")
    ]
    if found.ignored:
        says.append(f"Categories that are no list of ours, left out: {', '.join(found.ignored)}")
    staying = [
        f"{one.email}: {SAID[one.suppressed]}" for one in found.entries if one.suppressed and one.state != "forgotten"
    ]
    return says, _filled(
        Part("New", [_new(one) for one in found.of("new")]),
        Part("Changed", ["\n".join(_changed(one)) for one in found.of("changed")]),
        Part("Of the same address, what stands", _kept(found)),
        Part("Suppressed, and staying so: no release goes to", staying, whole=True),
        Part(
            "Not taken in: its reader asked to be forgotten", [one.email for one in found.of("forgotten")], whole=True
        ),
    )


def selection(found: Selection) -> tuple[list[str], list[Part]]:
    """Whom a mission's releases would go to, and how that differs from now; the same way."""
    written = len(found.selected) - len(found.suppressed)
    says = f"{len(found.selected)} selected; releases go to {written}: {len(found.added)} added, {len(found.removed)} removed."
    suppressed = [f"{email}: {SAID[why]}" for email, why in found.suppressed.items()]
    return [says], _filled(
        Part("Added", found.added),
        Part("Removed", found.removed),
        Part("Suppressed: no release goes to", suppressed, whole=True),
        Part("Nothing says why we may write to", found.without_consent),
    )


def _filled(*parts: Part) -> list[Part]:
    return [one for one in parts if one.lines]


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
