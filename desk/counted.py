"""How many of how many, in words: the desk's pages and those behind a link say it alike."""

from __future__ import annotations

from babel.numbers import format_decimal

from ieom.folder.catalogues import ngettext, spoken


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
