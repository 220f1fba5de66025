"""What stands beside a statement's paragraphs: what each sentence rests on and what is to be mended, on the desk's page and, in
words alone, as comments of the Word file that is worked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk.chronicle import named, words
from desk.counted import DENIED, held
from ieom.acts import answering, drafting
from ieom.acts.grounds import Grounds, gather
from ieom.folder.catalogues import N_, _, ngettext
from ieom.records import drafts, members, received
from ieom.records.statements import Override, StatementVersion
from ieom.rules import translating
from ieom.rules.evidence import Verdict
from ieom.rules.linter import COUNTED, HEADS_OWN, Finding
from ieom.rules.statement import sentence_hash

RECORD = N_("Record of the mission")
"""Who says it in a comment: nobody did, it is read from the record."""
SOME = 12
"""Forms named beside a sentence; its own page has them all."""
NOT_OVERRIDDEN = frozenset({"unmentioned", "not_attested"})
"""Findings that are answered for in another way."""
OWN = {"assessment": N_("the Mission's own judgement"), "courtesy": N_("the Mission's own courtesy")}
"""What only people can say, by kind of sentence."""
BORNE = {
    "upheld": N_("what it rests on is borne out"), "contradicted": N_("what was looked at did not hold, and it says so"),
    "mixed": N_("what was looked at did not hold in part, and it says so"), "unsupported": N_("nothing recorded bears it out"),
    "unobserved": N_("what it rests on was not observed"),
}  # fmt: skip
IN_PART = N_("what was observed of what it rests on is borne out")
"""The same of a judgement that rests on claims of which some were not observed."""
KINDS = {"upheld": "done", "contradicted": "done", "mixed": "done", "unsupported": "late", "unobserved": "none"}
"""Shapes, of the sentence and not of the claim: it was written from its claim's verdict and says what did not hold."""
COMPARED = N_(
    "Only this was compared. Names, and whether the words say what the original says, are for a reader of the language to answer for."
)
"""Of a translation's paragraph."""
VOUCHED = N_("no form shows it; a person answers for it")


def beside(
    session: Session, mission: str, row: StatementVersion, found: Sequence[Finding], grounds: Grounds
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A version's paragraphs, each with what it rests on and what of `found` is to be mended in it; and what is to be mended
    of no paragraph."""
    labels = {claim.id: claim.label for claim in grounds.claims}
    vouched: dict[str, list[Override]] = {}
    for one in drafts.overrides(session, mission):
        vouched.setdefault(one.sentence_hash, []).append(one)
    forms = received.named(session, mission, _against(row, grounds))
    source = answering.original(session, mission, row)
    checked = {one.key: one for one in translating.checked(source.content, row.content)} if source else {}
    paragraphs = [
        {
            **one, "edited": bool(one.get("edited")), "checked": _checked(checked.get(one["key"])),
            "rests": [
                _rests_on(s, grounds.verdicts, forms, labels, vouched.get(sentence_hash(s["text"]), []))
                for s in one["sentences"]
            ],
            "whole": " ".join(s["text"] for s in one["sentences"]) == one["text"],
            "findings": [_finding(f, labels) for f in found if f.paragraph == one["key"]],
        }
        for one in row.content["paragraphs"]
    ]  # fmt: skip
    keys = {one["key"] for one in paragraphs}
    return paragraphs, [_finding(f, labels) for f in found if f.paragraph not in keys]


def in_words(session: Session, mission: str, row: StatementVersion, at: datetime) -> dict[str, list[str]]:
    """The same as texts by the paragraph's key, by the record at `at` (UTC): one for what a paragraph rests on, one for each
    thing to mend in it. Those of no paragraph are under ''."""
    grounds = gather(session, mission, cut_off=at, preliminary=row.kind == "preliminary", language=row.language)
    found = drafting.lint(session, mission, row, at=at, grounds=grounds)
    paragraphs, elsewhere = beside(session, mission, row, found, grounds)
    known, head = named(session, mission), members.head(session, mission)
    answers = known.get(head.code, head.code) if head else ""
    said: dict[str, list[str]] = {"": [_to_mend(one) for one in elsewhere]}
    for one in paragraphs:
        rests = [_stands(r, known, answers) for r in one["rests"]]
        if one["checked"]:
            rests = ["\n".join([*(says for _kind, says in one["checked"]), _(COMPARED)])]
        if len(rests) > 1:
            rests = [f"{place}. {text}" for place, text in enumerate(rests, start=1)]
        said[one["key"]] = [*filter(None, ["\n".join(rests)]), *(_to_mend(f) for f in one["findings"])]
    return said


def _checked(one: translating.Checked | None) -> list[tuple[str, str]]:
    """(shape, words) of what was compared of a translation's paragraph; nothing for what is none."""
    if one is None:
        return []
    figures = ("none", _("the original has no figures here"))
    if one.missing or one.added:
        figures = ("late", _("the figures are not the original's"))
    elif one.figures:
        figures = ("done", _("the figures are the original's: {figures}").format(figures=", ".join(one.figures)))
    own = ("done", _("a text of its own"))
    if one.untouched:
        own = ("late", _("the original's text"))
    elif one.repeated:
        own = ("late", _("the text of another paragraph"))
    there, here = one.sentences
    counted = ngettext("{here} sentence, {there} in the original", "{here} sentences, {there} in the original", here)
    return [figures, own, ("done" if here == there else "waiting", counted.format(here=here, there=there))]


def _stands(rests: Mapping[str, Any], known: Mapping[str, str], head: str) -> str:
    """What one sentence rests on."""
    says = str(rests["says"])
    if rests["figures"] and not rests["own"]:
        says += f" · {rests['figures']}"
    if rests["stations"]:
        counted = ngettext("%(count)s station", "%(count)s stations", rests["stations"])
        says += ", " + counted % {"count": rests["stations"]}
    parts = [says]
    if rests["own"] and rests["bases"]:
        stands = ngettext(
            "It stands while this is upheld: %(bases)s.",
            "It stands while these are upheld: %(bases)s.",
            len(rests["bases"]),
        )
        parts.append(stands % {"bases": "; ".join(rests["bases"])})
    if rests["own"] and rests["unseen"]:
        unseen = _("Not observed, and not among what it rests on: %(unseen)s.")
        parts.append(unseen % {"unseen": "; ".join(rests["unseen"])})
    if rests["own"]:
        by_head = _("%(who)s, head of mission, answers for it, with all who approve the text.") % {"who": head}
        parts.append(by_head if head else _("Those who approve the text answer for it by name."))
    for one in rests["vouched"]:
        told = {"who": known.get(one.by, one.by), "why": one.why}
        parts.append(_("Stands in the name of %(who)s: %(why)s") % told)
    against = [f"{one['form']}, {one['station']}, {one['team']}" for one in rests["against"]]
    if against:
        more = " " + _("and %(more)s more") % {"more": rests["more"]} if rests["more"] else ""
        parts.append((_("recorded in") if rests["denied"] else _("otherwise in")) + ": " + "; ".join(against) + more)
    return "\n".join(parts)


def _to_mend(found: Mapping[str, Any]) -> str:
    about = f"{_('Observed')}: {found['sentence']}" if found["claim"] else found["sentence"]
    return "\n".join(filter(None, [f"{_('To mend')}: {found['says']}", about]))


def _against(row: StatementVersion, grounds: Grounds) -> set[str]:
    stated = {claim for one in row.content["paragraphs"] for s in one["sentences"] for claim in s["claims"]}
    return {
        form for claim in stated if claim in grounds.verdicts for form in grounds.verdicts[claim].forms_against[:SOME]
    }


def _rests_on(
    sentence: Mapping[str, Any], verdicts: Mapping[str, Verdict], forms: Mapping[str, dict[str, Any]],
    labels: Mapping[str, str], vouched: Sequence[Override],
) -> dict[str, Any]:  # fmt: skip
    """What a sentence rests on: its verdict in words with a shape, n of N, stations, the forms that say otherwise, and who
    answers for it by name."""
    if not sentence["claims"]:
        return {
            "kind": "working" if vouched else "late",
            "says": _(VOUCHED) if vouched else _("rests on nothing recorded"),
            "vouched": vouched,
            "figures": "",
            "stations": 0,
            "against": [],
            "more": 0,
            "own": "",
            "bases": [],
            "unseen": [],
            "denied": False,
        }
    now = verdicts.get(sentence["claim"])
    base = str(sentence["base"])
    figures = {"records": _("from the mission's records"), "outside source": _("from the source named")}.get(base, "")
    if base in COUNTED:
        label = labels.get(sentence["claim"], sentence["claim"])
        figures = held(sentence["verdict"], label, sentence["n"], sentence["answered"], base)
    against = now.forms_against if now else ()
    own = _(OWN.get(sentence["kind"], ""))
    bases, unseen = (
        [labels.get(one, one) for one in now.detail.get(side, ())] if now else [] for side in ("seen", "unseen")
    )
    verdict = "upheld" if sentence["verdict"] in DENIED else sentence["verdict"]
    says = own or words("words").get(verdict, verdict)
    if own and (bases or sentence["verdict"] != "upheld"):
        borne = (
            IN_PART
            if unseen and sentence["verdict"] == "upheld"
            else BORNE.get(sentence["verdict"], sentence["verdict"])
        )
        says += f"; {_(borne)}"
    kind = KINDS.get(sentence["verdict"], "none")
    if vouched and kind == "late":
        kind, says = "working", _(VOUCHED)
    return {
        "kind": kind, "says": says, "vouched": vouched,
        "figures": figures, "stations": sentence.get("stations", 0) if base in COUNTED - {"stations"} else 0,
        "against": [forms[one] for one in against[:SOME] if one in forms], "more": max(0, len(against) - SOME), "own": own, "bases": bases, "unseen": unseen,
        "denied": sentence["verdict"] in DENIED,
    }  # fmt: skip


def _finding(found: Finding, labels: Mapping[str, str]) -> dict[str, Any]:
    claim = next((claim for claim, label in labels.items() if label == found.sentence), "")
    return {
        "code": found.code, "paragraph": found.paragraph, "sentence": found.sentence, "says": found.says,
        "overridable": found.code not in NOT_OVERRIDDEN, "heads": found.code in HEADS_OWN, "claim": claim if found.code == "unmentioned" else "",
        "hash": found.hash,
    }  # fmt: skip
