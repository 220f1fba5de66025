"""Papers checked against the record, and the release against the statement: names, dates, places, numbers, sums.

Each check answers to a defect that a published statement of some mission had.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher

from ieom.rules.difference import MONTHS
from ieom.rules.linter import BASE, PERCENT
from ieom.rules.names import Names
from ieom.rules.statement import split_sentences

HONORIFICS = r"(?:H\.\s?E\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Prof\.?)"
NUMBER_WORDS = {
    word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
PEOPLE = ("observers", "members", "delegates", "representatives", "diplomats", "experts")
COUNTED = r"\b([A-Za-z]+|\d[\d,]*)\s+(?:(?:randomly )?(?:selected |chosen ))?polling stations?\b"
ADJECTIVES = (
    "open",
    "transparent",
    "free",
    "fair",
    "competitive",
    "democratic",
    "legitimate",
    "inclusive",
    "calm",
    "peaceful",
)
CALLED = (
    "representatives",
    "officials",
    "diplomats",
    "experts",
    "parliamentarians",
    "Secretariat",
    "Academy",
    "Central Election Commissions",
)
"""What the delegation of a paper consists of, in the words that papers use."""


@dataclass(frozen=True)
class Record:
    """What the record holds that a paper may name."""

    persons: Mapping[str, str]
    """Name to the form of address: 'Malika Bekturova' -> 'Ms.'."""
    dates: frozenset[date]
    places: Mapping[str, int]
    """City to the number of stations visited there."""
    numbers: frozenset[int]
    """Counts that may stand beside 'observers', 'members' and 'delegates'."""
    states: frozenset[str]
    """Running names of the states in the delegation."""
    observed: bool
    names: Names
    on: date
    sampled: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)
    """Name to the office as the record has it: 'Ambassador Extraordinary ... in the Republic of Kazakhstan'."""
    other_places: frozenset[str] = frozenset()
    """Cities that may be named although no station was visited there: where the mission sits or met somebody."""
    by_phase: frozenset[int] = frozenset()
    """Numbers of stations at which one phase was observed: 'the count at eight polling stations' of forty visited."""


@dataclass(frozen=True)
class Slip:
    """Something in a paper that the record does not bear out."""

    code: str
    found: str
    says: str


def dates_in(text: str) -> list[tuple[str, date]]:
    """Dates such as '12 August 2020' and '11-12 August 2020', the latter as two; `date.min` for one that can't be."""
    found = []
    for match in re.finditer(r"\b(\d{1,2})(?:\s*(?:[-–]|and)\s*(\d{1,2}))?\s+([A-Z][a-z]+)\s+(\d{4})\b", text):
        first, second, month, year = match.groups()
        if month.lower() not in MONTHS:
            continue
        for day in filter(None, (first, second)):
            try:
                found.append((match.group(), date(int(year), MONTHS.index(month.lower()) + 1, int(day))))
            except ValueError:
                found.append((match.group(), date.min))
    return found


def check(text: str, record: Record, *, apart: Collection[str] = ()) -> list[Slip]:
    """Everything in one paper that the record does not bear out. `apart` are sentences that each rest on a claim of
    their own: two findings say different things, however alike their words."""
    found = [
        *_dates(text, record), *_names(text, record), *_addresses(text, record), *_places(text, record),
        *_counts(text, record), *_sums(text), *_carried_over(text, record), *_style(text, apart),
    ]  # fmt: skip
    if not record.observed:
        conclusion = re.search(rf"[^.]*\b({'|'.join(ADJECTIVES)}|complied|in line with)\b[^.]*\.", text)
        if conclusion:
            says = "no observation is recorded that could bear this conclusion"
            found.append(Slip("no_observation", " ".join(conclusion.group().split()), says))
    return list(dict.fromkeys(found))


def _dates(text: str, record: Record) -> Iterator[Slip]:
    for said, day in dates_in(text):
        if day not in record.dates:
            near = next(
                (known for known in sorted(record.dates) if (known.month, known.day) == (day.month, day.day)), None
            )
            meant = f"; {near.day} {MONTHS[near.month - 1].title()} {near.year} is meant?" if near else ""
            yield Slip("date", said, f"no record has this date{meant}")


def _names(text: str, record: Record) -> Iterator[Slip]:
    for slip in record.names.slips(text, on=record.on):
        yield Slip("name", slip.found, f"is called '{slip.right}' in 'config/names.toml'")


def _addresses(text: str, record: Record) -> Iterator[Slip]:
    """One form of address and one office for a person, and no person whom no record has."""
    for person, address in record.persons.items():
        forms = re.finditer(rf"({HONORIFICS})\s+(?:{re.escape(person)}|{re.escape(person.split()[-1])})\b", text)
        for form in dict.fromkeys(match.group(1).replace(" ", "") for match in forms):
            if form != address:
                yield Slip("address", f"{form} {person}", f"is addressed as '{address or 'no honorific'}'")
        title = record.titles.get(person, "")
        start = " ".join(title.split()[:3])
        if person in text and title and start in text and title not in " ".join(text.split()):
            said = re.search(rf"{re.escape(start)}[^,.;]*", text)
            yield Slip("title", " ".join(said.group().split()) if said else start, f"the record has '{title}'")
    for match in re.finditer(rf"\b{HONORIFICS}\s+((?:[A-Z][\w'’-]+\s?){{2,3}})", text):
        name = match.group(1).strip()
        if not any(person in name or name in person for person in record.persons):
            yield Slip("person", name, "no record has this person")


def _places(text: str, record: Record) -> Iterator[Slip]:
    """Cities that were not visited, as long as the names file knows them."""
    allowed = {*record.places, *record.other_places}
    for code in record.names.of_kind("city"):
        try:
            city = record.names.short(code, on=record.on)
        except KeyError:
            continue
        if city not in allowed and record.places and re.search(rf"\bin {re.escape(city)}\b", text):
            yield Slip(
                "place", city, f"no station was visited there; the record has {', '.join(sorted(record.places))}"
            )


def number(word: str) -> int | None:
    """The number that a word or figure says, None when it says none."""
    word = word.lower().replace(",", "")
    return int(word) if word.isdigit() else NUMBER_WORDS.get(word)


def _counts(text: str, record: Record) -> Iterator[Slip]:
    """Numbers of stations and of people against the record; a number of stations stated at all."""
    total = sum(record.places.values())
    allowed = {total, *record.places.values(), *record.by_phase}
    stated = False
    for match in re.finditer(COUNTED, text):
        said = number(match.group(1))
        ahead = text[max(0, match.start() - 25) : match.start()]
        if said is None or re.search(r"\bof (the )?$|\d of $", ahead):
            continue
        stated = True
        if said not in allowed:
            yield Slip("stations", match.group(), f"the record has {total}")
    for match in re.finditer(r"\b(several|many|numerous|various) polling stations\b", text):
        if total < 3 or not stated:
            yield Slip("stations", match.group(), f"the record has {total}; give the number")
    if record.observed and not stated and re.search(r"\bpolling stations?\b", text):
        yield Slip("base", "polling station", f"the number of polling stations visited ({total}) is not stated")
    for match in re.finditer(rf"\b([A-Za-z]+|\d[\d,]*)\s+(?:international )?({'|'.join(PEOPLE[:3])})\b", text):
        said = number(match.group(1))
        if said is not None and record.numbers and said not in record.numbers:
            yield Slip("number", match.group(), f"the record has {', '.join(map(str, sorted(record.numbers)))}")
    for match in PERCENT.finditer(text):
        if not BASE.match(text, match.end()):
            yield Slip("percentage", match.group(), "a percentage stands with its base (n of N)")


def _sums(text: str) -> Iterator[Slip]:
    """Numbers by city against the total that stands with them."""
    for sentence in split_sentences(text):
        totals = [n for match in re.finditer(COUNTED, sentence) if (n := number(match.group(1)))]
        by_city = [
            n
            for match in re.finditer(
                r"\b(\d[\d,]*|[a-z]+) in (?:the city of )?[A-Z][\w-]+|\b[A-Z][\w-]+ \((\d[\d,]*)\)", sentence
            )
            if (n := number(match.group(1) or match.group(2))) is not None
        ]
        if len(by_city) > 1 and totals and sum(by_city) not in totals:
            yield Slip("sum", " + ".join(map(str, by_city)), f"makes {sum(by_city)}, not {max(totals)}")


def _carried_over(text: str, record: Record) -> Iterator[Slip]:
    above = re.search(r"\b(above[- ]mentioned|aforementioned) (cities|regions|places|districts)\b", text)
    if above and len(record.places) < 2:
        yield Slip("carried_over", above.group(), "the record has one place: carried over from another paper?")
    turnout = re.search(r"\bturnout\b[^.]*(\.\d[^.]*)*", text)
    if turnout:
        yield Slip(
            "carried_over",
            " ".join(turnout.group().split()),
            "no record has a turnout: carried over from another paper?",
        )
    random = re.search(r"\brandom(ly)?\b( selected| chosen)?", text)
    if random and not record.sampled:
        yield Slip("sample", random.group(), "no record says how stations were chosen")


def _style(text: str, apart: Collection[str]) -> Iterator[Slip]:
    """One name for the Mission, a plural with a plural verb, nothing said twice."""
    if re.search(r"\breferred to as the Mission\b", text):
        for match in re.finditer(r"\b(We|we|[Oo]ur delegation|\w+ Council delegation)\b", text):
            yield Slip("name", match.group(), "the paper calls itself 'the Mission'")
    plural = re.search(r"\bElections of\b(?:(?!\b(?:were|are|Elections)\b)[^.])*\bwas\b", text)
    if plural:
        yield Slip("grammar", "Elections ... was", "'the Elections' goes with 'were'")
    sentences = [sentence for sentence in split_sentences(text) if len(sentence.split()) > 8]
    for place, one in enumerate(sentences):
        for other in sentences[place + 1 :]:
            if one in apart and other in apart:
                continue
            matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
            if one != other and matcher.real_quick_ratio() > 0.7 and matcher.ratio() > 0.7:
                yield Slip("twice", other, "says nearly the same as another sentence; merge them")


def against_statement(
    release: str, statement: str, *, states: Sequence[str], presented: date | None = None
) -> list[Slip]:
    """Where a release does not say what the statement says: the delegation, the conclusion's adjectives, hope, stations,
    days. Both are plain texts; the release is given without the statement's full text. `presented` is the day of the
    press conference, which only the release has to say."""
    found = []
    for state in states:
        if (state in release) != (state in statement):
            where = "the release" if state in release else "the statement"
            found.append(Slip("delegation", state, f"only {where} names it in the delegation"))
    mine, theirs = _delegation(release), _delegation(statement)
    for word in CALLED:
        if mine and theirs and (word in mine) != (word in theirs):
            where = "the release" if word in mine else "the statement"
            found.append(Slip("delegation", word, f"only {where} has it in the delegation"))
    found += _otherwise_named(release, statement)
    ours, its = (
        {word for word in ADJECTIVES if re.search(rf"\b{word}\b", _conclusion(text))} for text in (release, statement)
    )
    if ours and its and ours != its:
        lost = ", ".join(sorted(its - ours) + sorted(ours - its))
        found.append(
            Slip("conclusion", lost, "the release and the statement don't use the same words for the elections")
        )
    certain = re.search(r"\bresults\b[^.]*\b(?:would|will)\b[^.]*", release)
    if certain and re.search(r"\bhope\b", statement) and not re.search(r"\bhope", release):
        found.append(Slip("hope", " ".join(certain.group().split()), "the statement only hopes"))
    several = re.search(r"\b(?:several|many|various) polling stations\b", release)
    if several and not re.search(r"\bpolling stations\b", statement):
        found.append(Slip("stations", several.group(), "the statement speaks of one polling station"))
    counts = [{n for m in re.finditer(COUNTED, text) if (n := number(m.group(1)))} for text in (release, statement)]
    if counts[0] and counts[1] and not counts[0] <= counts[1]:
        found.append(
            Slip("stations", ", ".join(map(str, sorted(counts[0] - counts[1]))), "the statement has another number")
        )
    for day in sorted(_observing_days(release) - _observing_days(statement)):
        says = "the release has the Mission observe on this day, the statement has not"
        found.append(Slip("period", f"{day.day} {MONTHS[day.month - 1].title()} {day.year}", says))
    known = {day for _, day in dates_in(statement)}
    for said, day in dates_in(release):
        if day not in known and day != presented and day not in _observing_days(release):
            found.append(Slip("date", said, "the statement does not have this date"))
    return list(dict.fromkeys(found))


def _delegation(text: str) -> str:
    sentences = [one for one in split_sentences(text) if re.search(r"\b(compos|compris|consist)\w*\b", one)]
    return sentences[0] if sentences else ""


def _otherwise_named(release: str, statement: str) -> Iterator[Slip]:
    """Persons whom the two papers address differently."""

    def forms(text: str) -> dict[str, str]:
        found = re.finditer(rf"\b({HONORIFICS})\s+((?:[A-Z][\w'’-]+\s+)[A-Z][\w'’-]+)", text)
        return {match.group(2): match.group(1) for match in found}

    theirs = forms(statement)
    for person, address in forms(release).items():
        if person in theirs and theirs[person] != address:
            yield Slip("address", f"{address} {person}", f"the statement has '{theirs[person]}'")


def _observing_days(text: str) -> set[date]:
    """Days on which a paper says that the elections were observed."""
    days: set[date] = set()
    for sentence in split_sentences(text):
        if (
            re.search(r"\b(monitored|observed|conducted observation)\b[^.]*\b[Ee]lections\b", sentence)
            and "meeting" not in sentence
        ):
            days |= {day for _, day in dates_in(sentence)}
    return days - {date.min}


def _conclusion(text: str) -> str:
    sentences = [one for one in split_sentences(text) if re.search(r"\b(affirm|conclu|complied)", one)]
    return " ".join(sentences)
