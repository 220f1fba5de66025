"""How other programs and people call the columns of a contact, languages, countries and kinds of outlets."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale

from ieom.folder.names import load_names
from ieom.rules.names import LANGUAGES

HEADINGS: dict[str, tuple[str, ...]] = {
    "email": ("e-mail", "mail", "email address", "e-mail address", "address", "e-mail 1 - value", "primary email"),
    "outlet": (
        "media outlet", "media", "organisation", "organization", "organization name", "organisation name",
        "organization 1 - name", "company", "company name", "newsroom", "name of outlet",
    ),
    "name": ("full name", "contact", "contact name", "contact person", "display name", "journalist", "editor"),
    "given": ("first name", "given name", "forename"),
    "family": ("last name", "family name", "surname"),
    "salutation": ("greeting", "form of address"),
    "language": ("lang", "preferred language", "language code"),
    "country": ("country code", "country/region", "country or region", "state", "business country/region"),
    "kind": ("type", "media type", "type of media", "kind of media", "medium"),
    "consent": ("basis", "legal basis"),
    "consent_on": ("consent date", "date of consent", "consent on", "consented on"),
    "source": ("origin", "source of address"),
    "lists": ("list", "groups", "group", "group membership", "labels", "tags", "categories"),
}  # fmt: skip
"""Headings of Outlook's, Google's and press offices' tables. `given` and `family` together are the name."""

KINDS: dict[str, tuple[str, ...]] = {
    "wire": ("agency", "news agency", "wire service", "press agency"),
    "print": ("newspaper", "daily", "weekly", "magazine", "gazette", "press"),
    "broadcast": ("tv", "television", "radio", "broadcaster", "tv/radio", "tv and radio"),
    "online": ("web", "website", "internet", "digital", "news site", "portal", "blog"),
}
OTHER_COUNTRIES = {"uk": "GB", "great britain": "GB", "usa": "US", "u.s.a.": "US", "united states of america": "US"}
"""Names in daily use that the Unicode CLDR has not."""


def plain(text: str) -> str:
    """A heading without what people vary: case, blanks, hyphens, underscores."""
    return re.sub(r"[\s_-]+", " ", text.casefold()).strip(" *:")


@lru_cache(maxsize=1)
def headings() -> dict[str, str]:
    """Headings as `plain` gives them, with the column they mean."""
    known = {plain(word): column for column, words in HEADINGS.items() for word in words}
    return known | {plain(column): column for column in HEADINGS}


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    locales = [Locale(code) for code in LANGUAGES]
    return {
        name.casefold(): code for code in LANGUAGES for locale in locales if (name := locale.languages.get(code))
    } | {code: code for code in LANGUAGES}


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    known = dict(OTHER_COUNTRIES)
    for locale in map(Locale, LANGUAGES):
        known |= {name.casefold(): code for code, name in locale.territories.items() if re.fullmatch("[A-Z]{2}", code)}
    names = load_names()
    for code in names.of_kind("state"):
        for dated in names.entry(code).names.values():
            known |= {said.casefold(): code for one in dated for said in (one.official, one.running, one.short) if said}
    return known | {code.casefold(): code for code in known.values()}


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    return {word: kind for kind, words in KINDS.items() for word in (kind, *words)}


def language(text: str) -> str:
    """The code of a language given as a code ('en', 'en-GB') or by its name in any of ours; else the text itself."""
    said = text.strip().casefold()
    return _languages().get(said) or _languages().get(re.split("[-_]", said)[0], text)


def country(text: str) -> str:
    """The two letters of a country given by them or by its name in any of our languages; else the text itself."""
    said = text.strip().casefold()
    return _countries().get(said) or _countries().get(said.removeprefix("the "), text)


def kind(text: str) -> str:
    """The kind of outlet that a word means; else the word itself."""
    return _kinds().get(plain(text), text)
