"""How many of how many, in words: the desk's pages and those behind a link say it alike."""

from __future__ import annotations

from babel.numbers import format_decimal

from ieom.folder.catalogues import _, ngettext, spoken


def n_of(n: int, answered: int, base: str) -> str:
    """'3 of 5 visits', of what is counted (`ieom.rules.linter.COUNTED`)."""
    match base:
        case "stations":
            says = ngettext("{n} of {answered} station", "{n} of {answered} stations", answered)
        case "visits":
            says = ngettext("{n} of {answered} visit", "{n} of {answered} visits", answered)
        case "forms":
            says = ngettext("{n} of {answered} form", "{n} of {answered} forms", answered)
        case _:
            says = ngettext("{n} of {answered} commission", "{n} of {answered} commissions", answered)
    return says.format(n=format_decimal(n, locale=spoken()), answered=format_decimal(answered, locale=spoken()))


DENIED = frozenset({"contradicted", "mixed"})
"""Verdicts of a claim whose sentence says that it did not hold, or where: that sentence is borne out by them."""


def held(verdict: str, label: str, n: int, answered: int, base: str) -> str:
    """How far what a claim is called (`label`) held, of what is counted: '3 of 3 visits', or what did not hold and where."""
    if verdict == "contradicted":
        return _("“{label}” did not hold: {figures}").format(label=label, figures=n_of(answered - n, answered, base))
    if verdict == "mixed":
        rest = format_decimal(answered - n, locale=spoken())
        return _("“{label}” held in {figures} and not in {rest}").format(
            label=label, figures=n_of(n, answered, base), rest=rest
        )
    return n_of(n, answered, base)
