"""Sentences that assess an election or report a finding. A release with a text of its own carries none: before the close
nothing may be concluded, and after it only the approved statement speaks, in its own words.

The patterns are wide on purpose: a sentence refused is written another way; a finding that slips out can't be called
back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ieom.rules.linter import FORBIDDEN, PERCENT
from ieom.rules.statement import split_sentences

SUBJECT = (
    r"(?:voting|elections?|polls?|polling(?: stations?)?|(?:vote )?count(?:ing)?|tabulation|voters?|electors?|ballots?"
    r"(?: boxes| papers)?|commissions?(?: members)?|campaign(?:ing)?|media coverage|(?:electoral |election )?process"
    r"|turnout|procedures?)"
)
PRAISE = (
    r"(?:(?:well[- ])?organi[sz]ed|transparent(?:ly)?|fair(?:ly)?|competitive|democratic(?:ally)?|legitimate|inclusive"
    r"|calm(?:ly)?|peaceful(?:ly)?|orderly|smooth(?:ly)?|credible|genuine|professional(?:ly)?|efficient(?:ly)?"
    r"|successful(?:ly)?|satisf\w+|positive(?:ly)?|high[- ](?:level|standard)|adequate(?:ly)?|proper(?:ly)?|exemplary"
    r"|open and|flawed|tense|chaotic|deficien\w+|irregular|problematic|undemocratic|unfair|rigged)"
)
NUMBER = (
    r"(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|most|all|many|several|half|some|majority)"
)

ASSESSING = (
    (
        r"\b(?:in (?:line|accordance|compliance|conformity|keeping)|consistent(?:ly)?) with\b"
        r"(?! (?:the|its|an|this) (?:invitation|mandate|programme|agenda|memorandum|methodology|rules of procedure))"
        r"|\bcompl(?:y|ies|ied|iance)\b|\bconform(?:s|ed|ity)?\b|\bmeets?\b[^.]{0,30}\bstandards?\b"
        r"|\bmet\b[^.]{0,30}\bstandards?\b",
        "it says that something meets a standard",
    ),
    (rf"\b{PRAISE}\b", "it assesses"),
    (
        r"\b(?:mission|observers?|delegation|members|teams?|we)\b(?: \w+){0,4}? "
        r"(?:observed|found|noted|noticed|concluded|concludes|witnessed|established|recorded|assess\w*|welcom\w+"
        r"|commend\w*|regret\w*|finds|considers?|believes?|criticis\w+|praise\w*|saw|heard|identified|registered)\b",
        "it reports what observers found, or what they think of it",
    ),
    (
        rf"\b{SUBJECT}\b(?: \w+){{0,4}}? (?:was|were|went|took place|passed|proceeded|has been|have been|had|ran|worked"
        r"|acted|performed|functioned|progress\w*|remain\w*|opened|closed|began|started|ended|continues?)\b"
        r"(?! (?:scheduled|called|set|announced))",
        "it says how the election went",
    ),
    (
        r"\b(?:no|any|without|serious|minor|several|some|few)? ?(?:violations?|irregularit\w+|fraud\w*|breach\w*"
        r"|infring\w+|intimidat\w+|misconduct|ballot[- ]stuffing|shortcomings?|incidents?|problems?)\b",
        "it speaks of irregularities",
    ),
    (
        rf"\b{NUMBER}(?: of)?(?: the)?(?: \w+)? (?:polling stations?|precincts?|commissions?|ballots?|votes|voters)\b",
        "it counts polling stations, commissions, voters or ballots",
    ),
)
"""(pattern, what the sentence does) for English."""

STEMS = {
    "tr": "özgür|adil|şeffaf|demokratik|uygun olarak|ihlal|usulsüz|katılım oran|gözlemle[dn]|barışçıl",
    "az": "azad|ədalət|şəffaf|demokratik|uyğun olaraq|pozun|fəallı|müşahidə et[dm]|sakit",
    "kk": "еркін|әділ|ашық(?:тық)? және|айқын|демократиял|сәйкес өт|бұз|белсенділі|байқа[дғ]|бейбіт",
    "ky": "эркин|адилет|ачык-айкын|демократиял|ылайык өт|буз|активдүү|байка[дг]|тынч",
    "uz": "erkin|adolat|shaffof|demokratik|muvofiq o.t|buzil|faollig|kuzatd|tinch",
    "tk": "erkin|adalat|aç-açan|demokratik|laýyklykda geç|bozul|işjeňli|synlady|asuda",
    "hu": "szabad|tisztesség|átlátható|demokratikus|megfelel|szabálytalan|jogsért|részvétel|megfigyelt|békés",
    "ru": "свободн|справедлив|прозрачн|демократич|соответств(?:ова|уе|ую)|нарушен|явк|наблюдател\\w* отме|мирн|спокойн",
}
"""Beginnings of words that assess, in other languages: a net below the comparison with the original."""


def assessments(paragraphs: Sequence[str], *, language: str, said: Collection[str] = ()) -> list[tuple[str, str]]:
    """(sentence, why it can't stand) for each sentence that assesses. `said` are sentences of a statement that is
    public: repeated word for word they may stand."""
    known = {" ".join(sentence.split()) for sentence in said}
    found = []
    for paragraph in paragraphs:
        for sentence in split_sentences(paragraph):
            if " ".join(sentence.split()).strip("“”\"'«» ") in known:
                continue
            why = next(_why(sentence, language), None)
            if why is not None:
                found.append((sentence, why))
    return found


def _why(sentence: str, language: str) -> Iterator[str]:
    if "%" in sentence or PERCENT.search(sentence):
        yield "it gives a percentage"
    if language == "en":
        for _code, pattern, says in FORBIDDEN:
            if match := re.search(pattern, sentence, re.IGNORECASE):
                yield f"'{match.group()}': {says}"
        for pattern, does in ASSESSING:
            if match := re.search(pattern, sentence, re.IGNORECASE):
                yield f"'{' '.join(match.group().split())}': {does}"
    elif language in STEMS and (match := re.search(rf"\b(?:{STEMS[language]})\w*", sentence, re.IGNORECASE)):
        yield f"'{match.group()}': it assesses"
