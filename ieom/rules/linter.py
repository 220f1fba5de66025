"""What a statement must not say, and what it must: sentences that nothing supports, forbidden claims, verdicts that
have changed, and irregularities observed that it does not mention."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ieom.rules import statement
from ieom.rules.evidence import Claim, Verdict, VerdictKind
from ieom.rules.statement import Content

FORBIDDEN = (
    ("isolated", r"\bisolated (case|incident|instance)s?\b", "'isolated' is never said: give the number and the base"),
    (
        "sample",
        r"\brandom(ly)?\b|\brepresentative sample\b",
        "no record says how stations were drawn: leave 'random' out",
    ),
    (
        "nationwide",
        r"\b(nationwide|across the country|throughout the country|in the whole country|countrywide)\b",
        "the Mission did not observe the whole country: speak of what it visited",
    ),
    (
        "every_aspect",
        r"\b(every|all) (aspect|stage|phase)s? of the (election|electoral)",
        "name the topics or phases recorded",
    ),
    (
        "results",
        r"\b(won the|winner|was elected|were elected|has won|turnout)\b",
        "a statement names no winner and no result",
    ),
    (
        "affect_results",
        r"\b(affect|influence|change|alter)(ed|s|ing)? the (results?|outcome)\b",
        "that nothing affected the results needs data that a mission has not",
    ),
    (
        "participated_in_count",
        r"\bparticipated in the (vote[- ]?)?count",
        "observers observe a count, they don't take part",
    ),
    (
        "several_stations",
        r"\b(different|various|numerous|many) (stakeholders|polling stations)\b",
        "name them, or give the number",
    ),
    ("above_mentioned", r"\babove[- ]mentioned\b", "name what is meant"),
    ("certainty", r"\bresults? (will|would) (further )?(contribute|lead)\b(?!.*\bhope)", "hope stays hope"),
)
PERCENT = re.compile(r"\d+(?:[.,]\d+)?\s*(?:%|per ?cent|percent)")


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
    set_aside: Collection[str] = (),
    conduct_attested: bool = True,
) -> list[Finding]:
    """Everything that keeps a statement from being asked approval for. `overridden` are (sentence hash, code) pairs,
    `set_aside` claims of irregularities that a person set aside with a reason."""
    found = []
    sampled = bool(station_choice)
    by_id = {claim.id: claim for claim in claims}
    for one in content["paragraphs"]:
        for sentence in one["sentences"]:
            text = sentence["text"]
            if not sentence["claims"]:
                found.append(Finding("unsupported", one["key"], text, "nothing recorded supports this sentence"))
            found += _forbidden(one["key"], text, sampled)
            for claim in sentence["claims"]:
                now = verdicts.get(claim)
                if now is None or by_id[claim].kind not in {"observation", "record"}:
                    continue
                if now.kind is VerdictKind.UNOBSERVED:
                    found.append(
                        Finding(
                            "unobserved", one["key"], text, f"nothing recorded answers '{by_id[claim].label}' any more"
                        )
                    )
                elif str(now.kind) != sentence["verdict"] and claim == sentence["claims"][0]:
                    found.append(
                        Finding(
                            "turned",
                            one["key"],
                            text,
                            f"the record now says '{now.kind}': {now.n} of {now.answered} {now.base}",
                        )
                    )
                elif (
                    (now.n, now.answered) != (sentence["n"], sentence["answered"])
                    and re.search(r"\d|\bof\b", text)
                    and now.against
                ):
                    found.append(
                        Finding(
                            "figures", one["key"], text, f"the figures are now {now.n} of {now.answered} {now.base}"
                        )
                    )
            if sentence["claims"] == ["conduct"] and not conduct_attested:
                found.append(
                    Finding(
                        "not_attested", one["key"], text, "the head of mission has not attested the Mission's conduct"
                    )
                )
    said = statement.mentioned(content)
    for claim in claims:
        now = verdicts.get(claim.id)
        if (
            claim.irregularity
            and now is not None
            and now.against
            and claim.id not in said
            and claim.id not in set_aside
        ):
            says = f"observed {now.against} time{'s' if now.against > 1 else ''} and nowhere mentioned: {', '.join(now.forms_against[:3])}"
            found.append(Finding("unmentioned", claim.paragraph, claim.label, says))
    return [finding for finding in found if (finding.hash, finding.code) not in overridden]


def _forbidden(key: str, text: str, sampled: bool) -> list[Finding]:
    found = []
    for code, pattern, says in FORBIDDEN:
        if code in {"sample", "nationwide"} and sampled:
            continue
        if re.search(pattern, text, re.IGNORECASE):
            found.append(Finding(code, key, text, says))
    for match in PERCENT.finditer(text):
        after = text[match.end() : match.end() + 60]
        if not re.search(r"\(\s*[\d,]+ of [\d,]+", after):
            found.append(Finding("percentage", key, text, f"'{match.group()}' stands without its base (n of N)"))
    return found
