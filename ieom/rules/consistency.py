"""Papers checked against the record, and the release against the statement: names, dates, places, numbers, sums.

Each check answers to a defect that a published statement of some mission had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ieom.rules.difference import MONTHS
from ieom.rules.names import Names

HONORIFICS = r"(?:H\.\s?E\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?)"
NUMBER_WORDS = {
    word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}


@dataclass(frozen=True)
class Record:
    """What the record holds that a paper may name."""

    persons: Mapping[str, str]
    """Name to the form of address: 'Malika Bekturova' -> 'Ms.'."""
    dates: frozenset[date]
    places: Mapping[str, int]
    """City to the number of stations visited there."""
    numbers: frozenset[int]
    states: frozenset[str]
    """Short and official names of the states in the delegation."""
    observed: bool
    names: Names
    on: date
    sampled: bool = False
    other_states: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Slip:
    """Something in a paper that the record does not bear out."""

    code: str
    found: str
    says: str


def dates_in(text: str) -> list[tuple[str, date]]:
    """Dates such as '12 August 2020' and '11-12 August 2020'."""
    found = []
    for match in re.finditer(r"(\d{1,2})(?:\s*[-–]\s*(\d{1,2}))?\s+([A-Z][a-z]+)\s+(\d{4})", text):
        first, second, month, year = match.groups()
        if month.lower() not in MONTHS:
            continue
        number = (
            1
            + "january february march april may june july august september october november december".split().index(
                month.lower()
            )
        )
        for day in (first, second):
            if day:
                try:
                    found.append((match.group(), date(int(year), number, int(day))))
                except ValueError:
                    found.append((match.group(), date.min))
    return found


def check(text: str, record: Record) -> list[Slip]:
    """Everything in one paper that the record does not bear out."""
    found = []
    for said, day in dates_in(text):
        if day not in record.dates:
            found.append(Slip("date", said, f"no record has the date {said}"))
    for slip in record.names.slips(text, on=record.on):
        found.append(Slip("name", slip.found, f"is called '{slip.right}' here"))
    for person, address in record.persons.items():
        surname = person.split()[-1]
        forms = {
            match.group(1).replace(" ", "")
            for match in re.finditer(rf"({HONORIFICS})\s+(?:{re.escape(person)}|{re.escape(surname)})", text)
        }
        wrong = sorted(form for form in forms if form != address)
        if wrong:
            found.append(
                Slip("address", f"{', '.join(wrong)} {person}", f"is addressed as {address or 'no honorific'}")
            )
    for match in re.finditer(rf"{HONORIFICS}\s+((?:[A-Z][\w'’-]+\s?){{2,3}})", text):
        name = match.group(1).strip()
        if not any(person in name or name in person for person in record.persons):
            found.append(Slip("person", name, "no record has this person"))
    found += _sums(text, record)
    if re.search(r"\babove[- ]mentioned (cities|regions|places)\b", text) and len(record.places) < 2:
        found.append(
            Slip("carried_over", "above-mentioned cities", "no cities are mentioned: carried over from another paper?")
        )
    turnout = re.search(r"\bturnout\b[^.]*", text)
    if turnout:
        found.append(Slip("carried_over", turnout.group().strip(), "no record has a turnout"))
    if not record.sampled and re.search(r"\brandom(ly)?\b", text):
        found.append(Slip("sample", "randomly", "no record says how stations were chosen"))
    if not record.observed:
        conclusion = re.search(r"[^.]*\b(open|transparent|free|fair|complied|in line with)\b[^.]*\.", text)
        if conclusion:
            found.append(
                Slip("no_observation", conclusion.group().strip(), "no observation is recorded that could bear this")
            )
    for match in re.finditer(r"\d+(?:[.,]\d+)?\s*(?:%|per ?cent)", text):
        if not re.search(r"\(\s*[\d,]+ of [\d,]+", text[match.end() : match.end() + 60]):
            found.append(Slip("percentage", match.group(), "a percentage stands with its base (n of N)"))
    return found


def _count(word: str) -> int | None:
    word = word.lower().replace(",", "")
    return int(word) if word.isdigit() else NUMBER_WORDS.get(word)


def _sums(text: str, record: Record) -> list[Slip]:
    """Station counts: the total against the record, the sum of the cities against the total."""
    found = []
    counts = [
        (match.group(), number)
        for match in re.finditer(r"\b([A-Za-z]+|\d[\d,]*)\s+polling stations?\b", text)
        if (number := _count(match.group(1))) is not None
    ]
    if re.search(r"\bseveral polling stations\b", text) and sum(record.places.values()) < 3:
        found.append(Slip("stations", "several polling stations", f"the record has {sum(record.places.values())}"))
    allowed = record.numbers | {sum(record.places.values())} | set(record.places.values())
    for said, number in counts:
        if number not in allowed:
            found.append(Slip("stations", said, f"the record has {sum(record.places.values())} polling stations"))
    by_city = [
        number
        for match in re.finditer(r"\b(\d+|[a-z]+) in (?:the city of )?([A-Z][\w-]+)", text)
        if (number := _count(match.group(1))) is not None
    ]
    if len(by_city) > 1 and counts and sum(by_city) not in {number for _, number in counts}:
        found.append(Slip("sum", f"{' + '.join(map(str, by_city))}", f"makes {sum(by_city)}, not {counts[0][1]}"))
    return found


ADJECTIVES = ("open", "transparent", "free", "fair", "competitive", "democratic", "legitimate")


def against_statement(release: str, statement: str, *, states: Sequence[str]) -> list[Slip]:
    """Where a release does not say what the statement says: the delegation, the conclusion's adjectives, hope, stations,
    days. Both are plain texts; the release is given without the statement's full text."""
    found = []
    for state in states:
        if (state in release) != (state in statement):
            where = "the release" if state in release else "the statement"
            found.append(Slip("delegation", state, f"only {where} names it in the delegation"))
    for body in ("Secretariat", "Central Election Commission of the Republic of Azerbaijan"):
        if (f"the {body}" in release) != (f"the {body}" in statement) and body == "Secretariat":
            found.append(Slip("delegation", body, "one paper has it in the delegation, the other has not"))
    mine, theirs = (
        {word for word in ADJECTIVES if re.search(rf"\b{word}\b", _conclusion(text))} for text in (release, statement)
    )
    if mine and theirs and mine != theirs:
        missing = ", ".join(sorted(theirs ^ mine))
        found.append(
            Slip("conclusion", missing, "the release and the statement don't use the same words for the elections")
        )
    if (
        re.search(r"\bhope\b", statement)
        and re.search(r"results[^.]*\b(would|will)\b", release)
        and not re.search(r"\bhope\b", release)
    ):
        found.append(Slip("hope", "would further contribute", "the statement only hopes"))
    several = re.search(r"\bseveral polling stations\b", release)
    if several and re.search(r"\bthe polling station\b", statement) and "polling stations" not in statement:
        found.append(Slip("stations", "several polling stations", "the statement speaks of one polling station"))
    days = {day for _, day in dates_in(release)} - {day for _, day in dates_in(statement)} - {date.min}
    for day in sorted(days):
        found.append(Slip("date", day.isoformat(), "the statement does not have this date"))
    return found


def _conclusion(text: str) -> str:
    sentences = re.findall(r"[^.]*\b(?:affirm|conclu|complied)[^.]*\.", text)
    return " ".join(sentences)
