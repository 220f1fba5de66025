"""What taking in contacts changes: which are new, what changes in those we have, which rows speak of the same address
and what then stands. The preview and the import share this plan, so that one is what the other does."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ieom.rules.addresses import fold
from ieom.rules.words import N_

Value = str | date | None

KINDS = (N_("wire"), N_("print"), N_("broadcast"), N_("online"))
CONSENTS = ("asked", "accredited", "public", "contract")
"""What entitles us to write: the reader asked for it; was accredited with the mission; the address is published for the
press; or a contract says so."""
COLUMNS = ("outlet", "name", "salutation", "language", "country", "kind", "consent", "consent_on", "source")
EMPTY: Mapping[str, Value] = {**dict.fromkeys(COLUMNS, ""), "language": "en", "consent_on": None}
"""What a new contact has where nothing is said."""
FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Given:
    """One row of a file (or one card): what is filled in, and nothing else."""

    row: int
    email: str
    values: Mapping[str, Value]
    lists: tuple[str, ...] = ()
    """Lists by code or title; each must exist."""
    labels: tuple[str, ...] = ()
    """A card's categories; those that name a list put the contact on it, others say nothing to us."""


@dataclass(frozen=True)
class Known:
    """A contact in the records."""

    email: str
    values: Mapping[str, Value]
    left: bool = False
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """What one column becomes."""

    column: str
    old: Value
    new: Value


@dataclass(frozen=True)
class Kept:
    """A value that won over others said of the same address: of several rows, or of the records (row 0)."""

    email: str
    column: str
    kept: Value
    dropped: Value
    row: int
    """The row whose value was dropped."""


@dataclass(frozen=True)
class Refusal:
    """A row that can't be taken."""

    row: int
    column: str
    says: str


@dataclass(frozen=True)
class Entry:
    """What becomes of one address. `state`: new, changed, unchanged, or forgotten (its reader asked for that; nothing is
    taken in)."""

    key: str
    email: str
    rows: tuple[int, ...]
    state: str
    values: Mapping[str, Value]
    changes: tuple[Change, ...] = ()
    lists: tuple[str, ...] = ()
    """Lists that it comes on."""
    suppressed: str = ""
    """Why no letter goes to it, before as after."""


@dataclass(frozen=True)
class Plan:
    """Everything that an import does, or why it does nothing."""

    entries: tuple[Entry, ...]
    kept: tuple[Kept, ...] = ()
    refused: tuple[Refusal, ...] = ()
    ignored: tuple[str, ...] = field(default=())
    """Categories of cards that name no list."""

    def of(self, state: str) -> list[Entry]:
        """Entries in this state."""
        return [entry for entry in self.entries if entry.state == state]

    @property
    def counts(self) -> Counter[str]:
        """How many entries are in which state."""
        return Counter(entry.state for entry in self.entries)

    @property
    def digest(self) -> str:
        """By which it is known that the records have not changed since the preview."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def plan(
    given: Sequence[Given],
    known: Mapping[str, Known],
    suppressed: Mapping[str, str],
    lists: Mapping[str, str],
    *,
    onto: Sequence[str] = (),
) -> Plan:
    """What taking in these rows comes to. `known` and `suppressed` go by folded address, `lists` maps codes to titles;
    every contact comes onto the lists `onto`. No filled field is ever emptied, and no suppression ended."""
    names = {title.casefold(): code for code, title in lists.items()} | {code.casefold(): code for code in lists}
    together: dict[str, list[Given]] = {}
    for one in given:
        together.setdefault(fold(one.email), []).append(one)
    entries, kept, refused = [], [], []
    for key, rows in together.items():
        values, dropped = _together(rows)
        standing = known.get(key)
        if standing is None and not values.get("outlet"):
            refused.append(Refusal(rows[0].row, "outlet", f"is empty, and '{rows[0].email}' is new; fill it in"))
        wanted = [names.get(name.casefold(), "") for one in rows for name in (*one.lists, *one.labels)]
        entry, lost = _entry(key, rows, values, standing, [*onto, *wanted], suppressed.get(key, ""))
        entries.append(entry)
        kept += [*dropped, *lost] if entry.state != FORGOTTEN else []
    strange: dict[str, Given] = {}
    for one in given:
        for name in one.lists:
            if name.casefold() not in names:
                strange.setdefault(name, one)
    refused += [Refusal(one.row, "lists", f"there is no list '{name}'; make it first") for name, one in strange.items()]
    labels = {label for one in given for label in one.labels if label.casefold() not in names}
    return Plan(tuple(entries), tuple(kept), tuple(sorted(refused, key=lambda one: one.row)), tuple(sorted(labels)))


def _together(rows: Sequence[Given]) -> tuple[dict[str, Value], list[Kept]]:
    """What several rows say of one address: each field from the first row that fills it. Consent and its date are one
    fact; a dated one goes before one without."""
    values: dict[str, Value] = {}
    dropped: list[Kept] = []
    for column in COLUMNS:
        if column == "consent_on":
            continue
        saying = [one for one in rows if one.values.get(column)]
        if column == "consent":
            saying.sort(key=lambda one: not one.values.get("consent_on"))  # sort is stable
        for one in saying:
            said = one.values[column]
            if said != values.setdefault(column, said):
                dropped.append(Kept(one.email, column, values[column], said, one.row))
        if column == "consent" and saying and (day := saying[0].values.get("consent_on")):
            values["consent_on"] = day
    return values, dropped


def _entry(
    key: str,
    rows: Sequence[Given],
    values: dict[str, Value],
    known: Known | None,
    lists: Sequence[str],
    suppressed: str,
) -> tuple[Entry, list[Kept]]:
    places = tuple(one.row for one in rows)
    if suppressed == FORGOTTEN:
        return Entry(key, rows[0].email, places, FORGOTTEN, {}, suppressed=suppressed), []
    onto = tuple(dict.fromkeys(one for one in lists if one and (known is None or one not in known.lists)))
    if known is None:
        return Entry(key, rows[0].email, places, "new", {**EMPTY, **values}, (), onto, suppressed), []
    lost: list[Kept] = []
    before = known.values
    if before["consent_on"] and values.get("consent") not in {None, before["consent"]} and not values.get("consent_on"):
        lost.append(Kept(known.email, "consent", before["consent"], values.pop("consent"), places[0]))
    changes = [Change(name, before[name], new) for name, new in values.items() if new != before[name]]
    changes += [Change("left", "left", "")] if known.left else []
    changes += [Change("lists", "", one) for one in onto]
    state = "changed" if changes else "unchanged"
    return Entry(key, known.email, places, state, {**before, **values}, tuple(changes), onto, suppressed), lost


@dataclass(frozen=True)
class Wanted:
    """Whom a selection takes: those on any of the lists (all contacts when none is named) who meet each filter."""

    lists: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    with_consent: bool = False

    def takes(self, one: Known) -> bool:
        """Whether this contact is meant."""
        return (
            not one.left
            and (not self.lists or bool(one.lists & set(self.lists)))
            and (not self.countries or one.values["country"] in self.countries)
            and (not self.languages or one.values["language"] in self.languages)
            and (not self.kinds or one.values["kind"] in self.kinds)
            and (not self.with_consent or entitled(one.values))
        )


def entitled(values: Mapping[str, Value]) -> bool:
    """Whether it is known why we may write to this contact."""
    return bool(values["consent"])


def chosen(known: Mapping[str, Known], wanted: Wanted) -> Iterator[str]:
    """The folded addresses that a selection takes."""
    return (key for key, one in known.items() if wanted.takes(one))
