"""What the statement's pages show of a version: each paragraph with what it rests on, what is to be mended, what was said."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from sqlalchemy.orm import Session

from desk.chronicle import named, words
from desk.counted import DENIED, held
from desk.web.asking import Asked
from desk.web.knowing import known
from ieom.acts import drafting, rounds
from ieom.acts.fallen import fallen
from ieom.acts.grounds import Grounds, gather
from ieom.folder.catalogues import N_, _
from ieom.folder.names import load_names
from ieom.records import comments, drafts, members, missions, received, releases
from ieom.records.statements import Override, StatementVersion
from ieom.rules.evidence import Verdict
from ieom.rules.linter import COUNTED, HEADS_OWN, Finding
from ieom.rules.release import CARRIES
from ieom.rules.statement import PEOPLE_ONLY, Content, placed, sentence_hash

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
SPEAKS = {"preliminary": N_("preliminary"), "final": N_("with the count"), "supplement": N_("supplement")}
"""What a version speaks of, by its kind: nothing of whether it is finished or approved."""
IN_PART = N_("what was observed of what it rests on is borne out")
"""The same of a judgement that rests on claims of which some were not observed."""
KINDS = {"upheld": "done", "contradicted": "done", "mixed": "done", "unsupported": "late", "unobserved": "none"}
"""Shapes, of the sentence and not of the claim: it was written from its claim's verdict and says what did not hold."""


def numbered(content: Content, key: str) -> str:
    """A paragraph by its number, as people name it."""
    number, _text = placed(content, key)
    return _("Paragraph {number}").format(number=number) if number else _("A paragraph that was taken out")


def where(content: Content, key: str) -> str:
    """The same with the paragraph's first words."""
    _number, text = placed(content, key)
    return numbered(content, key) + (f": {shorten(text, 60, placeholder='…')}" if text else "")


def place_of(mission: str, key: str, language: str) -> str:
    """Where what is typed into a paragraph's form is kept."""
    return f"/missions/{mission}/statement#{language}-{key}"


def statement_facts(desk: Asked, language: str) -> dict[str, Any]:
    """Everything that the statement's page shows of the newest version; which of its forms the reader has begun is added
    to what is the same for everybody."""
    facts = known(desk, ("statement", language), lambda: _gathered(desk, language))
    if not desk.left:
        return facts
    paragraphs = [
        {**one, "begun": place_of(desk.mission, one["key"], language) in desk.left} for one in facts["paragraphs"]
    ]
    return {**facts, "paragraphs": paragraphs, "word_waits": place_of(desk.mission, "word", language) in desk.left}


def out_now(session: Session, mission: str, language: str) -> dict[str, Any] | None:
    """What the public has of the statement in a language: its version, in which release, and when it began to leave. None
    where nothing is out, or what was out is withdrawn."""
    rows = [row for row in releases.published(session, mission) if row.kind in CARRIES and language in row.hashes]
    if not rows or releases.withdrawn(session, rows[-1].id):
        return None
    row = rows[-1]
    version = drafts.by_hash(session, mission, row.hashes[language], until=row.prepared_at)
    return {
        "release": row.number, "at": row.started_at, "number": version.number, "hash": version.content_hash, "kind": version.kind,
    }  # fmt: skip


def states_of(session: Session, mission: str) -> list[tuple[str, str]]:
    """The states that may dissociate themselves from a paragraph: (code, name)."""
    facts, names = missions.facts(session, mission), load_names()
    here = [one.code for one in facts.states if one.withdrew_on is None]
    return [(code, names.short(code, on=facts.election_day)) for code in names.precedence(here, on=facts.election_day)]


def _gathered(desk: Asked, language: str) -> dict[str, Any]:
    with desk.look() as (session, mission, now):
        names = named(session, mission)
        row = drafts.newest(session, mission, language)
        head = members.head(session, mission)
        facts: dict[str, Any] = {
            "spoken": language, "languages": drafts.languages(session, mission), "row": row, "now": now,
            "known": names, "head": head.code if head else "", "paragraphs": [], "elsewhere": [], "turned": [],
            "findings": 0, "fall": [], "answers": [], "lacks": [], "word_waits": False, "approved": False, "out": None, "states": states_of(session, mission), "editing": "", "adding": "", "zone": missions.facts(session, mission).zone,
        }  # fmt: skip
        if row is None:
            return facts
        grounds = gather(session, mission, cut_off=now, preliminary=row.kind == "preliminary", language=language)
        found = drafting.lint(session, mission, row, at=now, grounds=grounds)
        labels = {claim.id: claim.label for claim in grounds.claims}
        mark = drafting.is_ready(session, mission, row.content_hash)
        approved, last = rounds.approved_round(session, mission), rounds.newest_round(session, mission)
        ended = last is not None and last.status in {"changes_asked", "void", "stopped"}
        again = last is not None and ended and row.content_hash in last.hashes.values()
        said = comments.on(session, mission, language)
        vouched: dict[str, list[Override]] = {}
        for one in drafts.overrides(session, mission):
            vouched.setdefault(one.sentence_hash, []).append(one)
        told = words("words")
        forms = received.named(session, mission, _against(row, grounds))
        keys = {one["key"] for one in row.content["paragraphs"]}
        facts |= {
            "paragraphs": [
                {
                    **one, "edited": bool(one.get("edited")), "begun": False,
                    "rests": [
                        {**rests_on(s, grounds.verdicts, forms, labels), "vouched": vouched.get(sentence_hash(s["text"]), [])}
                        for s in one["sentences"]
                    ],
                    "whole": " ".join(s["text"] for s in one["sentences"]) == one["text"],
                    "findings": [_finding(f, labels) for f in found if f.paragraph == one["key"]],
                    "comments": [c for c in said if c.paragraph == one["key"] and c.resolved_at is None],
                    "settled": [c for c in said if c.paragraph == one["key"] and c.resolved_at is not None],
                }
                for one in row.content["paragraphs"]
            ],
            "places": {one["key"]: place for place, one in enumerate(row.content["paragraphs"], start=1)},
            "elsewhere": [_finding(f, labels) for f in found if f.paragraph not in keys],
            "orphaned": [c for c in said if c.paragraph not in keys and c.resolved_at is None],
            "turned": [
                {
                    "claim": claim, "label": labels.get(claim, claim), "was": told.get(was, was),
                    "verdict": told.get(verdict, verdict), "release": number,
                }
                for claim, was, verdict, number in _turned(session, mission, row)
            ],
            "findings": len(found), "grown": grounds.digest != row.evidence_digest, "mark": mark,
            "lacks": [pair for pair in drafting.not_asked(session, mission) if pair[0] != language] if last is None else [],
            "to_ask": mark is None or again, "round": last.status if last is not None and again else "",
            "approved": approved is not None and row.content_hash in approved.hashes.values(),
            "out": out_now(session, mission, language), "attested": grounds.attested, "people_only": PEOPLE_ONLY, "fall": rounds.would_fall(session, mission, row.content_hash),
            "answers": [names.get(seat.who, seat.who) for seat in grounds.mission.approval.seats],
        }  # fmt: skip
        return facts


def _turned(session: Session, mission: str, row: StatementVersion) -> list[tuple[str, str, str, int | None]]:
    """(claim, was, is, number of the release that published it) of what turned: of what is public, and of this version."""
    out = [(one.claim, one.was, one.verdict, one.release) for one in fallen(session, mission)]
    public = {claim for claim, *_ in out}
    own = drafts.unsettled(session, mission, row.content_hash)
    return [*out, *((turn.claim, turn.was, turn.verdict, None) for turn in own if turn.claim not in public)]


def _against(row: StatementVersion, grounds: Grounds) -> set[str]:
    stated = {claim for one in row.content["paragraphs"] for s in one["sentences"] for claim in s["claims"]}
    return {form for claim in stated if claim in grounds.verdicts for form in grounds.verdicts[claim].forms_against}


def rests_on(
    sentence: Mapping[str, Any], verdicts: Mapping[str, Verdict], forms: Mapping[str, dict[str, Any]],
    labels: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """What a sentence rests on: its verdict in words with a shape, n of N, stations, and the forms that say otherwise."""
    if not sentence["claims"]:
        return {
            "kind": "late",
            "says": _("rests on nothing recorded"),
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
    known = [forms[one] for one in now.forms_against if one in forms] if now else []
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
    return {
        "kind": KINDS.get(sentence["verdict"], "none"), "says": says,
        "figures": figures, "stations": sentence.get("stations", 0) if base in COUNTED - {"stations"} else 0,
        "against": known[:SOME], "more": max(0, len(known) - SOME), "own": own, "bases": bases, "unseen": unseen,
        "denied": sentence["verdict"] in DENIED,
    }  # fmt: skip


def _finding(found: Finding, labels: Mapping[str, str]) -> dict[str, Any]:
    claim = next((claim for claim, label in labels.items() if label == found.sentence), "")
    return {
        "code": found.code, "paragraph": found.paragraph, "sentence": found.sentence, "says": found.says,
        "overridable": found.code not in NOT_OVERRIDDEN, "heads": found.code in HEADS_OWN, "claim": claim if found.code == "unmentioned" else "",
        "hash": found.hash,
    }  # fmt: skip
