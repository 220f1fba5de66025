"""What a statement must not say, and what it must: sentences that nothing supports, forbidden claims, verdicts that
have changed, and irregularities observed that it does not mention."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ieom.rules import statement
from ieom.rules.evidence import Claim, Verdict, VerdictKind
from ieom.rules.statement import Content

FORBIDDEN = (
    ("isolated", r"\bisolated\b", "'isolated' is never said: give the number and its base"),
    ("sample", r"\brandom(ly)?\b|\brepresentative sample\b", "no record says how stations were drawn: leave it out"),
    (
        "nationwide",
        r"\bnation-?wide\b|\bcountry-?wide\b|\b(across|throughout|all over) the (whole |entire )?country\b|\bin the whole country\b"
        r"|\bin all regions\b",
        "the Mission did not observe the whole country: speak of what it visited",
    ),
    (
        "every_aspect",
        r"\b(every|all|each) (aspects?|stages?|phases?)\b",
        "name the topics or the phases that are recorded",
    ),
    (
        "all_measures",
        r"\ball (the )?(necessary )?(administrative )?(measures|conditions)\b",
        "'all' can't be observed: leave it out",
    ),
    (
        "results",
        r"\b(won|wins|winner|winners|defeated)\b|\b(was|were|been) (re-)?elected\b|\bturnout\b|\bgained \d|\breceived \d[\d.,]*\s*(%|per)",
        "a statement names no winner and no result",
    ),
    ("free_and_fair", r"\bfree\b[^.]{0,20}\bfair\b", "'free and fair' is more than a mission can observe"),
    (
        "affect_results",
        r"\b(affect|influenc|chang|alter|impact)(e|ed|es|s|ing)?\b( on)? the (election )?(results?|outcome)\b",
        "that something did or did not affect the results needs data that a mission has not",
    ),
    (
        "took_part_in_count",
        r"\b(participat\w+|took part|take part) in (the )?(vote[- ]?)?(count|tabulat)",
        "observers observe a count, they don't take part in it",
    ),
    (
        "vague_number",
        r"\b(different|various|numerous|many|several) (stakeholders|polling stations|cities|regions)\b",
        "name them, or give the number",
    ),
    (
        "thoroughly",
        r"\b(thoroughly|fully|comprehensively|absolutely) (informed|briefed|transparent)\b",
        "leave out what can't be shown",
    ),
    ("above_mentioned", r"\babove[- ]mentioned (cities|regions|places|stations)\b", "name what is meant"),
    ("certainty", r"\bresults\b[^.]*\b(will|would)\b", "hope stays hope"),
)
"""(code, pattern, how to mend). 'sample' and 'nationwide' may stand where the mission file says how stations were
chosen; 'certainty' where the sentence hopes."""
PERCENT = re.compile(r"\d+(?:[.,]\d+)?\s*(?:%|per ?cent\b|percent\b)")
BASE = re.compile(r"[^.;]{0,60}\(\s*[\d,]+ of [\d,]+|\s*of (?:the )?[\d,]+ ")
COUNTED = frozenset({"stations", "commissions", "visits", "forms"})
"""Bases of which there are n of N."""
FEWEST = 3
"""Forms of visits to polling stations below which a conclusion is answered for by the head of mission: there are fewer
than the opening, the voting and the count of one polling station, so that nobody saw a whole day."""
HEADS_OWN = frozenset({"narrow"})
"""Findings that the head of mission alone lets stand."""
NAMING = frozenset({"composition", "meetings", "observed", "informed"})
"""Paragraphs that name persons by their office; findings never do."""


@dataclass(frozen=True)
class Finding:
    """One thing to mend or to answer for by name. `code` and the sentence's hash are what an override names."""

    code: str
    paragraph: str
    sentence: str
    says: str

    @property
    def hash(self) -> str:
        """The sentence's hash."""
        return statement.sentence_hash(self.sentence)


def findings(
    content: Content,
    claims: Sequence[Claim],
    verdicts: Mapping[str, Verdict],
    *,
    station_choice: str = "",
    overridden: Collection[tuple[str, str]] = (),
    set_aside: Collection[tuple[str, str]] = (),
    conduct_attested: bool = True,
    people: Collection[str] = (),
    base: tuple[int, int] | None = None,
) -> list[Finding]:
    """Everything that keeps a statement from being asked approval for. `overridden` are (sentence hash, code) pairs,
    `set_aside` (claim, form) pairs of irregularities that a person set aside with a reason, `people` the names that
    findings must not hold, `base` the forms of visits to polling stations, and of how many stations they speak."""
    by_id = {claim.id: claim for claim in claims}
    found: list[Finding] = []
    for one in content["paragraphs"]:
        for sentence in one["sentences"]:
            text = sentence["text"]
            if not sentence["claims"]:
                says = "nothing recorded supports this sentence: take it back, or let it stand by name and reason"
                found.append(Finding("unsupported", one["key"], text, says))
            found += _forbidden(one["key"], text, sampled=bool(station_choice))
            found += _figures(one["key"], text)
            found += _people(one["key"], text, people)
            found += _changed(one["key"], sentence, by_id, verdicts)
            found += _narrow(one["key"], sentence, base)
            if "conduct" in sentence["claims"] and not conduct_attested:
                says = "the head of mission has not attested the Mission's conduct"
                found.append(Finding("not_attested", one["key"], text, says))
    found += _annex(content, by_id, verdicts)
    found += _unmentioned(content, claims, verdicts, set_aside)
    return [finding for finding in dict.fromkeys(found) if (finding.hash, finding.code) not in overridden]


def _forbidden(key: str, text: str, *, sampled: bool) -> Iterator[Finding]:
    for code, pattern, says in FORBIDDEN:
        allowed = (code in {"sample", "nationwide"} and sampled) or (code == "certainty" and re.search(r"\bhope", text))
        match = None if allowed else re.search(pattern, text, re.IGNORECASE)
        if match:
            yield Finding(code, key, text, f"'{match.group()}': {says}")


def _figures(key: str, text: str) -> Iterator[Finding]:
    """Percentages that stand without the number of answers they are of."""
    for match in PERCENT.finditer(text):
        if not BASE.match(text, match.end()):
            yield Finding("percentage", key, text, f"'{match.group()}' stands without its base: add (n of N)")


def _people(key: str, text: str, people: Collection[str]) -> Iterator[Finding]:
    if key in NAMING:
        return
    for name in people:
        if re.search(rf"\b{re.escape(name.split()[-1])}\b", text):
            yield Finding("person", key, text, f"a finding names no official, voter or observer: leave '{name}' out")


def _changed(
    key: str, sentence: Mapping[str, object], claims: Mapping[str, Claim], verdicts: Mapping[str, Verdict]
) -> Iterator[Finding]:
    """Sentences whose verdict or figures are others now."""
    text, names = str(sentence["text"]), list(sentence["claims"])  # type: ignore[call-overload]  # a list of str
    for claim in names:
        now = verdicts.get(claim)
        if now is None or claim not in claims or claims[claim].kind == "courtesy":
            continue
        if now.kind is VerdictKind.UNOBSERVED:
            yield Finding(
                "unobserved", key, text, f"nothing recorded supports '{claims[claim].label}' any more: take it out"
            )
        elif str(now.kind) != sentence["verdict"]:
            yield Finding(
                "turned", key, text, f"'{claims[claim].label}' is {now.kind} now: {_said(now)}; draft it anew"
            )
        elif claim == names[0] and (now.n, now.answered) != (sentence["n"], sentence["answered"]) and _has_figures(now):
            yield Finding("figures", key, text, f"the record has grown since: {_said(now)}; draft it anew")


def _narrow(key: str, sentence: Mapping[str, object], base: tuple[int, int] | None) -> Iterator[Finding]:
    """A conclusion that affirms something on next to nothing."""
    if base is None or base[0] >= FEWEST or sentence["claim"] != "conclusion" or sentence["verdict"] != "upheld":
        return
    forms, stations = (
        f"{n} {what}{'' if n == 1 else 's'}" for n, what in zip(base, ("visit", "polling station"), strict=True)
    )
    says = f"the conclusion rests on {forms} to {stations}: leave it out, or the head of mission lets it stand by name"
    yield Finding("narrow", key, str(sentence["text"]), says)


def _has_figures(now: Verdict) -> bool:
    """Whether a sentence of this verdict says its figures: mixed and contradicted ones do, and those from records."""
    return now.kind is not VerdictKind.UPHELD or now.base == "records"


def _said(verdict: Verdict) -> str:
    counted = verdict.base in COUNTED
    return f"{verdict.n} of {verdict.answered} {verdict.base} bear it out" if counted else f"{verdict.n} on record"


def _annex(content: Content, claims: Mapping[str, Claim], verdicts: Mapping[str, Verdict]) -> Iterator[Finding]:
    """Rows of the annex whose verdict turned."""
    for row in content.get("annex", []):
        now = verdicts.get(row.get("claim", ""))
        if now is not None and row["claim"] in claims and str(now.kind) != row.get("verdict", str(now.kind)):
            says = f"the annex has {row['figure']}; now {_said(now)}; draft it anew"
            yield Finding("annex", claims[row["claim"]].paragraph, str(row["label"]), says)


def _unmentioned(
    content: Content, claims: Sequence[Claim], verdicts: Mapping[str, Verdict], set_aside: Collection[tuple[str, str]]
) -> Iterator[Finding]:
    """Irregularities observed that neither the statement nor its annex mentions and that nobody set aside."""
    said = statement.mentioned(content)
    for claim in claims:
        now = verdicts.get(claim.id)
        if not claim.irregularity or now is None or not now.against or claim.id in said:
            continue
        if claim.count and content["kind"] == "preliminary":
            continue  # the supplement has to
        left = [form for form in now.forms_against if (claim.id, form) not in set_aside]
        if left or not now.forms_against:
            says = f"observed {_times(now.against)} and nowhere mentioned ({', '.join(left[:3])}): draft it anew, or set it aside"
            yield Finding("unmentioned", claim.paragraph, claim.label, says)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
