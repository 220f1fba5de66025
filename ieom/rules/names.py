"""What a state, city, body or organisation is officially called on a day in a language, and who comes before whom.

The names are the secretariat's (`config/names.toml`), never a library's: a paper about 2020 says 'Republic of Turkey'.
Where a language has no name for a day, the English one of that day stands and `Name.language` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

LANGUAGES = ("en", "tr", "az", "kk", "ky", "uz", "tk", "hu", "ru")
FALLBACK = "en"


def _day(value: object) -> object:
    if isinstance(value, int | float):  # pydantic would read a number as seconds since 1970
        raise ValueError("write a date such as 2022-06-01")
    return value


Day = Annotated[date, BeforeValidator(_day)]


_CODE = re.compile(r"[A-Z]{2}|[a-z0-9][a-z0-9._-]*")


def written(text: str) -> bool:
    """Whether this is a name itself, written out by somebody for one mission, and no code of the file: 'the National Assembly
    of Atlantis'. It stands as it is written, on every day and in every language."""
    return bool(text.strip()) and _CODE.fullmatch(text) is None


class Unnamed(KeyError):
    """The file of names has no entry for a code, or none for a day. Its text says what to do."""

    def __str__(self) -> str:
        return str(self.args[0])


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DatedName(_Table):
    """A name in one language from its first day to the day on which it holds no longer."""

    since: Day | None = Field(default=None, validation_alias=AliasChoices("from", "since"))
    until: Day | None = None
    official: str = Field(min_length=1)
    running: str = ""
    short: str = ""
    adjective: str = ""
    people: str = ""
    forms: dict[str, str] = {}

    def holds(self, on: date) -> bool:
        """Whether this is the name on that day; `until` is the first day on which it is not."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)

    @model_validator(mode="after")
    def _in_order(self) -> DatedName:
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"'{self.official}' begins on {self.since} and ends on {self.until}; turn them round")
        return self


class Entry(_Table):
    """One state, organisation, mission, body or city, and what it is called when."""

    kind: Literal["state", "organisation", "mission", "body", "city"]
    state: str = ""
    names: dict[str, tuple[DatedName, ...]]
    wrong: tuple[str, ...] = ()

    @field_validator("names")
    @classmethod
    def _one_name_a_day(cls, names: dict[str, tuple[DatedName, ...]]) -> dict[str, tuple[DatedName, ...]]:
        if FALLBACK not in names:
            raise ValueError("there is no English name (names.en); every entry needs one")
        for language, dated in names.items():
            if language not in LANGUAGES:
                raise ValueError(f"'{language}' is not one of {', '.join(LANGUAGES)}")
            ordered = sorted(dated, key=lambda name: name.since or date.min)
            for before, after in pairwise(ordered):
                if before.until is None or (after.since or date.min) < before.until:
                    raise ValueError(
                        f"'{before.official}' and '{after.official}' ({language}) hold on the same day; "
                        "end the first where the second begins"
                    )
        return names


@dataclass(frozen=True)
class Name:
    """What something is called on a day. `language` is the one the words are in, which may be the fallback."""

    code: str
    language: str
    official: str
    running: str
    short: str
    adjective: str
    people: str


@dataclass(frozen=True)
class Slip:
    """A wrong name found in a text: where it stands, what stands there and what it should be."""

    start: int
    end: int
    found: str
    code: str
    right: str


class Names(_Table):
    """All names, as the file states them."""

    patterns: dict[str, dict[str, str]] = {}
    precedence_lists: dict[str, tuple[str, ...]] = Field(default={}, validation_alias="precedence")
    entries: dict[str, Entry]

    @model_validator(mode="after")
    def _codes_are_known(self) -> Names:
        for language, codes in self.precedence_lists.items():
            unknown = [code for code in codes if code not in self.entries]
            if unknown:
                raise ValueError(f"precedence.{language} lists {', '.join(unknown)}, which has no entry")
        return self

    def __contains__(self, code: object) -> bool:
        return code in self.entries or (isinstance(code, str) and written(code))

    def entry(self, code: str) -> Entry:
        """The entry of a code. Raises KeyError saying what to do."""
        found = self.entries.get(code)
        if found is None:
            raise Unnamed(f"'{code}' has no entry in names.toml; add it there with its official name")
        return found

    def _dated(self, code: str, language: str, on: date) -> tuple[str, DatedName]:
        if code not in self.entries and written(code):
            return FALLBACK, DatedName(official=code.removeprefix("the "), running=code)
        entry = self.entry(code)
        for candidate in (language, FALLBACK):
            for dated in entry.names.get(candidate, ()):
                if dated.holds(on):
                    return candidate, dated
        raise Unnamed(f"names.toml has no name for '{code}' on {on.isoformat()}; add one with its dates")

    def name(self, code: str, language: str = FALLBACK, *, on: date) -> Name:
        """Everything it is called on a day (of the mission: election day). Raises KeyError for an unknown code or
        a day without a name."""
        spoken, dated = self._dated(code, language, on)
        return Name(
            code, spoken, dated.official, dated.running or dated.official, dated.short or dated.official,
            dated.adjective, dated.people,
        )  # fmt: skip

    def official(self, code: str, language: str = FALLBACK, *, on: date) -> str:
        """The full name, without an article: 'Republic of Turkey'."""
        return self.name(code, language, on=on).official

    def running(self, code: str, language: str = FALLBACK, *, on: date) -> str:
        """The name as it stands in a sentence: 'the Republic of Turkey'."""
        return self.name(code, language, on=on).running

    def short(self, code: str, language: str = FALLBACK, *, on: date) -> str:
        """The short form: 'Turkey'."""
        return self.name(code, language, on=on).short

    def phrase(self, code: str, language: str, form: str, *, on: date) -> str:
        """A whole phrase such as `of` or `in`: the name's own form, else the language's pattern. Where neither is
        written down, the English phrase stands; a name is never inflected by a program."""
        spoken, dated = self._dated(code, language, on)
        if form in dated.forms:
            return dated.forms[form]
        pattern = self.patterns.get(spoken, {}).get(form)
        if pattern is not None:
            return pattern.format(running=dated.running or dated.official)
        if spoken != FALLBACK:
            return self.phrase(code, FALLBACK, form, on=on)
        raise Unnamed(f"names.toml says neither '{form}' for '{code}' nor a pattern for it in {spoken}")

    def spoken(self, code: str, language: str, *, on: date) -> bool:
        """Whether the language has a name of its own on that day, so that no fallback is needed."""
        return self._dated(code, language, on)[0] == language

    def precedence(self, codes: Iterable[str], language: str = FALLBACK, *, on: date | None = None) -> list[str]:
        """The codes in the order of precedence of a language; those that it does not list follow by short name."""
        listed = self.precedence_lists.get(language) or self.precedence_lists.get(FALLBACK, ())
        place = {code: number for number, code in enumerate(listed)}
        day = on or date.max

        def key(code: str) -> tuple[int, str, str]:
            known = code in self.entries and code not in place
            return place.get(code, len(place)), self.short(code, language, on=day).casefold() if known else "", code

        return sorted(dict.fromkeys(codes), key=key)

    def of_kind(self, kind: str) -> list[str]:
        """Codes of all entries of a kind."""
        return [code for code, entry in self.entries.items() if entry.kind == kind]

    def officials(self, kind: str, *, on: date) -> dict[str, str]:
        """Code -> full English name of every entry of a kind that has a name on that day."""
        found = {}
        for code in self.of_kind(kind):
            with suppress(KeyError):  # one that has no name on that day
                found[code] = self.official(code, on=on)
        return found

    def wrong_names(self, language: str = FALLBACK, *, on: date) -> dict[str, str]:
        """Every name that must not stand in a paper about that day, with the code it stands for: what `wrong` lists,
        and names that hold on other days alone (the city's later name, the organisation's later name)."""
        right = {text for code in self.entries for text in self._right(code, language, on)}
        found: dict[str, str] = {}
        for code, entry in self.entries.items():
            others = [
                text
                for dated in entry.names.get(language, ())
                if not dated.holds(on)
                for text in (dated.official, dated.short)
                if text
            ]
            for text in (*(entry.wrong if language == FALLBACK else ()), *others):
                if text not in right:
                    found.setdefault(text, code)
        return found

    def slips(self, text: str, language: str = FALLBACK, *, on: date) -> list[Slip]:
        """Wrong names in a text about that day. A wrong name inside a right one is none ('Observation Mission' in
        'International Election Observation Mission')."""
        wrong = self.wrong_names(language, on=on)
        right = {name for code in self.entries for name in self._right(code, language, on)}
        words = sorted((*right, *wrong), key=len, reverse=True)
        if not words:
            return []
        pattern = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in words) + r")(?!\w)")
        return [
            Slip(match.start(), match.end(), match[0], code, self.official(code, language, on=on))
            for match in pattern.finditer(text)
            if (code := wrong.get(match[0])) is not None
        ]

    def _right(self, code: str, language: str, on: date) -> Iterator[str]:
        for dated in self.entries[code].names.get(language, ()):
            if dated.holds(on):
                yield from filter(None, (dated.official, dated.short))
