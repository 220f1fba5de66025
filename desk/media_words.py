"""What would become of contacts, in words for a press officer: the command line and the desk show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ieom.acts.lists import Selection
from ieom.folder.catalogues import N_, _, ngettext
from ieom.records.suppressions import SAID
from ieom.rules.contacts import Change, Entry, Plan, Value

COLUMN = {
    "outlet": N_("outlet"), "name": N_("name"), "salutation": N_("salutation"), "language": N_("language"),
    "country": N_("country"), "kind": N_("kind"), "consent": N_("consent"), "consent_on": N_("consent since"),
    "source": N_("source"),
}  # fmt: skip
"""What a contact's columns are called."""


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
    sums = (
        _("{new} new, {changed} changed, {unchanged} unchanged, {forgotten} not taken in.")
        if count["forgotten"]
        else _("{new} new, {changed} changed, {unchanged} unchanged.")
    )
    held = ngettext("{count} row", "{count} rows", rows).format(count=rows)
    meant = ngettext("{count} address", "{count} addresses", len(found.entries)).format(count=len(found.entries))
    told = {one: count[one] for one in ("new", "changed", "unchanged", "forgotten")}
    says = [f"{file}: {held}, {meant}: {sums.format(**told)}"]
    if found.ignored:
        says.append(_("Categories that are no list of ours, left out: {names}").format(names=", ".join(found.ignored)))
    staying = [
        f"{one.email}: {_(SAID[one.suppressed])}"
        for one in found.entries
        if one.suppressed and one.state != "forgotten"
    ]
    return says, _filled(
        Part(_("New"), [_new(one) for one in found.of("new")]),
        Part(_("Changed"), ["\n".join(_changed(one)) for one in found.of("changed")]),
        Part(_("Of the same address, what stands"), _kept(found)),
        Part(_("Suppressed, and staying so: no release goes to"), staying, whole=True),
        Part(
            _("Not taken in: its reader asked to be forgotten"),
            [one.email for one in found.of("forgotten")],
            whole=True,
        ),
    )


def selection(found: Selection) -> tuple[list[str], list[Part]]:
    """Whom a mission's releases would go to, and how that differs from now; the same way."""
    written = len(found.selected) - len(found.suppressed)
    says = _("{selected} selected; releases go to {written}: {added} added, {removed} removed.").format(
        selected=len(found.selected), written=written, added=len(found.added), removed=len(found.removed)
    )
    suppressed = [f"{email}: {_(SAID[why])}" for email, why in found.suppressed.items()]
    return [says], _filled(
        Part(_("Added"), found.added),
        Part(_("Removed"), found.removed),
        Part(_("Suppressed: no release goes to"), suppressed, whole=True),
        Part(_("Nothing says why we may write to"), found.without_consent),
    )


def _filled(*parts: Part) -> list[Part]:
    return [one for one in parts if one.lines]


def _new(one: Entry) -> str:
    told = [str(one.values[name]) for name in ("outlet", "country", "language", "kind") if one.values[name]]
    on = _("; list {names}").format(names=", ".join(one.lists)) if one.lists else ""
    return f"{one.email}  {', '.join(told)}{on}"


def _changed(one: Entry) -> list[str]:
    return [one.email, *(f"    {change(said)}" for said in one.changes)]


def change(said: Change) -> str:
    """A change of one column in words."""
    if said.column == "lists":
        return _("comes on the list {code}").format(code=said.new)
    if said.column == "left":
        return _("had left and comes back")
    return _("{column}: {old} becomes {new}").format(
        column=_column(said.column), old=_quoted(said.old), new=_quoted(said.new)
    )


def _column(name: str) -> str:
    return _(COLUMN.get(name, name))


def _quoted(value: Value) -> str:
    return f"'{value}'" if value else _("(nothing)")


def _kept(found: Plan) -> list[str]:
    rows = {one.email: one.rows for one in found.entries}
    doubled = [one for one in found.entries if len(one.rows) > 1]
    lines = []
    for one in doubled:
        lost = [said for said in found.kept if said.email == one.email or said.row in one.rows]
        told = "".join(
            "\n      "
            + _("{column}: {kept}, not {dropped} (row {row})").format(
                column=_column(said.column), kept=_quoted(said.kept), dropped=_quoted(said.dropped), row=said.row
            )
            for said in lost
        )
        rows_ = ", ".join(map(str, one.rows))
        says = _("{email}: rows {rows}") if told else _("{email}: rows {rows} agree")
        lines.append(says.format(email=one.email, rows=rows_) + told)
    for said in found.kept:
        if len(rows.get(said.email, ())) < 2 and not any(said.row in one.rows for one in doubled):
            kept, dropped = _quoted(said.kept), _quoted(said.dropped)
            says = _("{email}: {column} stays {kept}, which has a date; {dropped} (row {row}) has none")
            column = _column(said.column)
            lines.append(says.format(email=said.email, column=column, kept=kept, dropped=dropped, row=said.row))
    return lines
