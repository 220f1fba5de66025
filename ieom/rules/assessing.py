"""Sentences that assess an election or report a finding. A release with a text of its own carries none: before the close
nothing may be concluded, and after it only the approved statement speaks, in its own words.

The patterns are wide on purpose: a sentence refused is written another way; a finding that slips out can't be called
back. The patterns of all languages hold for each text, and a sentence has to speak of the Mission, its people, its papers
or its meetings with the media.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from ieom.rules.assessing_words import JUDGING, SPEAKING_OF, TOOK_PLACE, VOTING
from ieom.rules.lettering import folded
from ieom.rules.linter import FORBIDDEN, PERCENT
from ieom.rules.statement import split_sentences

W = r"[\w’'-]+"
"""A word, hyphens and apostrophes included."""
SUBJECT = (
    r"(?:voting|votes?|elections?|election (?:day|night)|day|polls?|polling(?: stations?)?|(?:vote )?count(?:ing)?|tabulation"
    r"|voters?|electors?|electorate|ballots?(?: boxes| papers)?|commissions?(?: members)?|precincts?|campaign(?:ing)?"
    r"|media coverage|(?:electoral |election )?process|turnout|procedures?|referendum|candidates?|citizens|people|race)"
)
PRAISE = (
    r"(?:(?:well[- ])?organi[sz]ed|transparent(?:ly)?|transparency|fair(?:ly|ness)?|free(?! of charge| entry| admission| seating)"
    r"|freely|freedom|competitive(?:ly)?|democratic(?:ally)?|democracy|legitima\w+|inclusive(?:ly)?|calm(?:ly)?|quiet(?:ly)?"
    r"|tranquil\w*|peace(?:ful(?:ly)?)?|orderly|smooth(?:ly)?|credib\w+|genuine(?:ly)?|professional(?:ly|ism)?|efficient(?:ly)?"
    r"|success\w*|satisf\w+|positive(?:ly)?|high[- ](?:level|standard|turnout|attendance|participation|interest)|adequate(?:ly)?"
    r"|proper(?:ly)?|exemplary|open and|flaw\w*|tense|chao\w*|deficien\w+|irregular\w*|problematic|undemocratic|unfair\w*|rigg\w+"
    r"|normal(?:ly)?|good|excellent\w*|perfect\w*|worthy|proud\w*|pride|honest\w*|correctly|remarkabl\w+|historic|uneventful\w*"
    r"|impressi\w+|unhindered|beyond (?:doubt|reproach|question)|flawless\w*|legal(?:ly)|illegal\w*|lawful\w*|unlawful\w*|null and"
    r"|void|invalid\w*|valid(?! (?:press|media|accreditation|id|identity|identification|passport|until|for))|validity|secret(?:ly)?"
    r"|secrecy|ordinary|congratulat\w+|applau\w+|salut\w+|hail\w*|celebrat\w+|tribute|trust\w*|confiden\w+|dignif\w+|dignity)"
)
WRONGDOING = (
    r"(?:violat\w+|irregularit\w+|fraud\w*|breach\w*|infring\w+|intimidat\w+|misconduct|ballot[- ]stuffing|stuff(?:ed|ing)"
    r"|shortcomings?|incidents?|problems?|complaints?|remarks?|objections?|falsif\w+|forge[ds]?|forgery|stole|stolen|steal\w*"
    r"|tamper\w*|manipulat\w+|pressur\w+|hinder\w*|hindrance|obstruct\w*|(?<!does not )interfer\w+|turned (?:away|back)|disrupt\w*|cheat\w*|brib\w+"
    r"|harass\w*|threat\w*|coerc\w+|violen\w+|torn|broken|seal(?:s|ed)?|queue\w*|sham|farce|mockery|unjust\w*|scandal\w*|mess|duress"
    r"|re-?runs?|recount\w*|annul\w*|invalidat\w+|condemn\w*|denounc\w+|deplor\w+)"
)
DIGIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"
NUMBER = (
    rf"(?:\d[\d,.]*|(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]{DIGIT})?|{DIGIT}|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|hundreds?|thousands?|millions?|dozens?)(?:[- ](?:hundred|thousand|million))?"
    r"|most|all|many|several|half|some|majority|both|each|every|few|third|quarter|no|[½⅓⅔¼¾])"
)
LAW = r"(?:laws?|code|legislation|constitution|norms?|rules?(?! of procedure)|standards?|principles|rights|commitments|obligations)"
DONE = (
    r"(?:was|were|went|took place|passed|proceeded|has|have|had|ran|worked|acted|performed|functioned|progress\w*|remain\w*"
    r"|opened|closed|began|started|ended|continues?|is|are|stays?|deserves?|shows?|showed|reflects?|belongs?|proves?|proved"
    r"|marks?|can|could|may|might|must|should|did|does|do|got|came|saw|turned|kept|cast|chose|voted|spoke|stood|met)"
)
NOT_YET = (
    r"(?! (?:been )?(?:scheduled|called|set|announced|invited|accredited|informed|held (?:on|in)|due|to (?:be held|be read|take place)"
    r"|observed\b|be (?:reached|contacted|found|followed|read|downloaded|asked)\b|registered (?:the|with)|received (?:the|by)|on \d|at \d|\d))"
)

ASSESSING = (
    (
        r"\b(?:in (?:line|accordance|compliance|conformity|keeping)|consistent(?:ly)?) with\b"
        r"(?! (?:the|its|an|this) (?:invitation|mandate|programme|agenda|memorandum|methodology|rules of procedure))"
        r"|\baccording to (?:the )?(?:\w+ )?(?:law|rules|code|standards?|norms?|constitution|plan)\b"
        r"|\bcompl(?:y|ies|ied|iance)\b|\bconform(?:s|ed|ity)?\b|\bmeets?\b[^.]{0,30}\bstandards?\b"
        r"|\bmet\b[^.]{0,30}\bstandards?\b|\b(?:respected|upheld|uphold\w*|honou?red|obeyed|adher\w+|guarantee[ds]?|assured"
        r"|safeguard\w*)\b"
        rf"|\b{LAW}\b(?: {W}){{0,6}}? (?:was|were|has|have|had|kept|followed|applied|prevail\w*|is|are) (?:{W} )?\w+(?:ed|ept|ken|et|eld)\b",
        "it says that something meets a standard",
    ),
    (rf"\b{PRAISE}\b", "it assesses"),
    (
        rf"\b(?:mission|observers?|delegation|members|teams?|we|it|they)\b(?:,? {W}){{0,8}}?,? (?<!be )(?:observed|found|noted"
        r"|noticed|concluded|concludes|witnessed|established(?! (?:by|in|on|at)\b)|recorded|assess\w*|welcom\w+|commend\w*|regret\w*|finds|considers?"
        r"|believes?|criticis\w+|praise\w*|saw|heard|identified|registered|felt|thinks?|thought|learn(?:ed|t))\b"
        r"|(?<!be )\b(?:saw|observed|noticed|witnessed|impressed|pleased|glad|happy|delighted|disappointed|worried|convinced"
        r"|(?:is|are|was|were) concerned)\b",
        "it reports what observers found, or what they think of it",
    ),
    (
        rf"\b{SUBJECT}\b(?:,? {W}){{0,8}}?,? {DONE}\b{NOT_YET}"
        r"|\bwell\b(?<!as well)(?! as\b)|\bwent\b|\b(?:win|wins|won|winners?|victor\w*|defeat\w*|lost|landslide|elected)\b",
        "it says how the election went",
    ),
    (rf"\b(?:no |any |without |serious |minor |several |some |few )?{WRONGDOING}\b", "it speaks of irregularities"),
    (
        rf"\b{NUMBER}(?: (?:out )?of)?(?: the)?(?: {W})? (?:polling stations?|stations|precincts?|commissions?|ballots?"
        r"|votes|voters|electors|electorate|citizens)\b"
        rf"|\b{NUMBER} (?:out )?of (?:the )?(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)\b"
        r"|\bper ?(?:cent|mille)\w*|\bpercent\w*|\bproportion\b|\b(?:participation rate|rate of participation)\b",
        "it counts polling stations, commissions, voters or ballots, or gives a share",
    ),
    (
        r"\b(?:endors\w+|recogni[sz]\w+|reject\w*|condemn\w*|back(?:s|ed)|certif(?:y|ies|ied)|attest\w*|doubt\w*|admir\w+|merit\w*"
        r"|conscience|progress|denounc\w+|deplor\w+|support(?:s|ed)|deserv\w+|highly|joy\w*|festive|model|clean\w*|tidy|mood|verdict"
        r"|accomplished|stands? (?:by|behind)|(?:observers|mission|members|teams?) (?:report|describe|rate|note|tell|sa[yi])(?:s|d)?\b"
        r"|outcome|choice|results?|long lines|lines? of|in favou?r)\b",
        "it takes a stand",
    ),
    (
        r"\b(?:every(?:one|body|thing|where)|nobody|no[- ]one|nothing|none|nowhere|not (?:one|a single)|(?:nearly|almost) (?:all|every)"
        r"\w*|all (?:went|was|were))\b",
        "it speaks of all, or of nobody: that is a finding",
    ),
)
"""(pattern, what the sentence does) for English."""
_ON_VOTE = (
    r"(?:(?:the |a |an |all |last |parliamentary |presidential |early |senate |snap |local |general |upcoming |forthcoming ){0,4}"
    r"(?:elections?(?: day| night)?(?: of deputies)?|voting|votes?|polls?|polling(?: stations?| day)?|count(?:ing)?|electoral process"
    r"|election process|precincts?))"
)
TIME = re.compile(
    rf"\b(?:after|before|until|once|when|as soon as) {_ON_VOTE} (?:has|have|is|are) (?:closed|ended|begun|over|finished)\b",
    re.IGNORECASE,
)
PERMITTED = re.compile(
    # a time
    rf"\b(?:after|before|until|during|following|from|since|ahead of|on|for|between) (?:(?:the )?(?:opening|clos(?:e|ing)|end|start|day"
    rf"|eve) (?:of )?)?{_ON_VOTE}"
    # what the Mission observes or goes to, and bodies and papers by their names
    rf"|\b(?:(?:to |will )?(?:observe|monitor|follow|attend|visit)s?|observing|monitoring|visiting|observation of|interfere in|mission (?:to|for)|names|statement on"
    rf"|report on)(?: the (?:opening|closing|preparations?|conduct) of)?(?:,? (?:and |or )?{_ON_VOTE}| the (?:opening|close|closing))+"
    r"|\b(?:central |district |precinct |regional )?(?:election|electoral|polling) (?:commissions?|authorit(?:y|ies)|board|management bod"
    r"(?:y|ies)|observ\w+)"
    # that it is called
    rf"|{_ON_VOTE},?(?: (?!was|were)[\w’'-]+){{0,9}},? (?:are scheduled|is scheduled|scheduled|to be held|to take place|take place|takes place"
    r"|will be held)",
    re.IGNORECASE,
)
"""How a sentence may speak of the voting in English: as a time, as what the Mission observes, as somebody's name, as called."""
VOTE = re.compile(
    r"\b(?:vot(?:ing|es?|ers?)|elections?|elector\w*|polls?|polling|ballots?|count(?:ing)?|precincts?)\b", re.IGNORECASE
)
PAST = re.compile(
    r"\b(?!(?:united|based|named|headed|composed|accredited|invited|scheduled|called|announced|deployed|expected|interested|asked"
    r"|requested|related|limited|provided|registered|published|presented|released|concerned|detailed|signed|dated|arrived|advised"
    r"|led|need|speed|indeed|held|organised|appointed|established|printed|embargoed|issued|added|attached|translated|informed"
    r"|entitled|addressed|closed|observed|accompanied|authorised|reached|contacted|moved|postponed|briefed|founded|asked|red|bed)\b)[a-z]\w+ed\b",
    re.IGNORECASE,
)
"""A verb in the past; with voting in the same sentence it tells of it. What a mission does beforehand is left out."""
_JUDGING = {code: re.compile(rf"\b(?:{folded(stems)})[\w’'-]*", re.IGNORECASE) for code, stems in JUDGING.items()}
_TOOK = {
    code: (
        re.compile(rf"\b(?:{folded(VOTING[code])})", re.IGNORECASE),
        re.compile(rf"\b(?:{folded(stems)})[\w’'-]*", re.IGNORECASE),
    )
    for code, stems in TOOK_PLACE.items()
}
_ABOUT = {code: re.compile(rf"\b(?:{folded(stems)})", re.IGNORECASE) for code, stems in SPEAKING_OF.items()}
_NAMES = re.compile(
    r"\b(?:Erkin|Azad|Azat|Adil|Adyl|Zafer|Galip|Serbest|Еркін|Әділ|Еркин|Эркин|Адил|Азат)(?:bek|jan|бек|жан)?(?= (?!Saylov|Secim|Seckil|Sailau)"
    r"[^\W\d_a-zа-я][^\W\d_]+(?:ov|ev|ova|eva|in|ina|oglu|li|ly|bayev|ов|ев|ова|ева|ин|ина|улы|уулу)\b)"
)


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
    text = unicodedata.normalize("NFKC", sentence)
    if re.search("[%٪‰]", text) or PERCENT.search(text):
        yield "it gives a percentage"
    plain = _NAMES.sub("N", folded(text))
    whole = re.sub(r"(?<=[^\W_])[-.·'_*]+(?=[^\W_])", "", plain)
    for one in dict.fromkeys((plain, whole)):
        one = TIME.sub(lambda match: "_" * len(match.group()), one)
        yield from _judged(one, text if len(text) == len(one) else one)
    if language in _ABOUT and not _ABOUT[language].search(plain):
        yield (
            "it speaks neither of the Mission, nor of its people, its papers or its meetings with the media; name what it is "
            "about, as 'Place:' or 'The Mission …'"
        )


def _judged(text: str, written: str) -> Iterator[str]:
    """Why plain letters can't stand, by the patterns of every language; said with the letters as they were written."""

    def found(pattern: re.Pattern[str] | str) -> str:
        match = re.search(pattern, text, 0 if isinstance(pattern, re.Pattern) else re.IGNORECASE)
        return f"'{' '.join(written[match.start() : match.end()].split())}'" if match else ""

    for _code, pattern, says in FORBIDDEN:
        if words := found(pattern):
            yield f"{words}: {says}"
    for pattern, does in ASSESSING:
        if words := found(pattern):
            yield f"{words}: {does}"
    if (rest := VOTE.search(PERMITTED.sub(lambda match: "_" * len(match.group()), text))) is not None:
        words = written[rest.start() : rest.end()]
        yield (
            f"'{words}': it speaks of the voting otherwise than as of a time ('after the close of the polls'), of what the Mission "
            "observes ('will observe the elections') or of what is called ('the elections are scheduled for')"
        )
    if VOTE.search(text) and (words := found(PAST)):
        yield f"{words}: it tells of the voting as of something that was"
    for judging in _JUDGING.values():
        if words := found(judging):
            yield f"{words}: it assesses"
    for voting, took in _TOOK.values():
        if voting.search(text) and (words := found(took)):
            yield f"{words}: it says how the election went"
