"""A statement as paragraphs of sentences, each bound to the claim that it states; its canonical form and its hash."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ieom.rules.evidence import Claim, Verdict, VerdictKind

Content = dict[str, Any]
Paragraph = dict[str, Any]

PEOPLE_ONLY = frozenset({"assessment", "courtesy"})
"""Kinds of claim that only people can make; the approval names their paragraphs."""
ORDER = (
    "observed", "composition", "place", "scope", "conduct", "meetings", "informed", "opening", "intervention",
    "observers", "count", "voting", "irregularities", "prepared", "conclusion", "courtesy",
)  # fmt: skip
"""The paragraphs, in the order of the published statement of 12 August 2020; 'scope' and 'irregularities' are ours."""
SUPPLEMENT = ("supplements", "scope", "count", "irregularities")
"""The paragraphs of a supplement to a preliminary statement: what was not said of the count."""
NOBODY_SAW = "–"
"""The figure of what was only reported to observers."""
REST = timedelta(minutes=30)
"""How long a draft rests before figures alone, with no sentence changed, give a new version."""


def order(kind: str) -> tuple[str, ...]:
    """The paragraphs that a statement of this kind may have, in order."""
    return SUPPLEMENT if kind == "supplement" else ORDER


def sentence(
    text: str, names: Sequence[str], claims: Mapping[str, Claim], verdicts: Mapping[str, Verdict]
) -> dict[str, Any]:
    """One sentence, bound to the claims that it states; its verdict and figures are the first one's."""
    verdict = verdicts.get(names[0])
    return {
        "text": " ".join(unicodedata.normalize("NFC", text).split()),
        "claim": names[0],
        "claims": list(names),
        "kind": claims[names[0]].kind,
        "verdict": str(verdict.kind) if verdict else str(VerdictKind.UPHELD),
        "n": verdict.n if verdict else 0,
        "answered": verdict.answered if verdict else 0,
        "base": verdict.base if verdict else "records",
        "stations": verdict.stations if verdict else 0,
    }


def paragraph(
    key: str, lines: Iterable[str], claims: Mapping[str, Claim], verdicts: Mapping[str, Verdict]
) -> Paragraph | None:
    """A paragraph from rendered lines 'claim[, claim] | sentence'; None when no sentence is left. Raises ValueError
    for a line without a known claim: a sentence that rests on nothing."""
    sentences = []
    for line in lines:
        if not line.strip():
            continue
        bound, bar, text = line.partition("|")
        names = [name.strip() for name in bound.split(",")]
        if not bar or any(name not in claims for name in names):
            raise ValueError(f"paragraph '{key}': the line '{line.strip()}' names no claim of config/claims.toml")
        sentences.append(sentence(text, names, claims, verdicts))
    if not sentences:
        return None
    return {
        "key": key,
        "kind": kind_of(sentences),
        "text": " ".join(one["text"] for one in sentences),
        "sentences": sentences,
        "footnotes": [],
    }


def kind_of(sentences: Sequence[Mapping[str, Any]]) -> str:
    """What a paragraph is: an assessment when one of its sentences is one, courtesy, or a finding."""
    kinds = {one["kind"] for one in sentences}
    return next((one for one in ("assessment", "courtesy") if one in kinds), "finding")


def annex(
    claims: Sequence[Claim], verdicts: Mapping[str, Verdict], *, preliminary: bool, set_aside: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The figures behind every observation that was answered at all: n of N, by visits, stations or forms. What was
    only reported to observers is counted apart; what was set aside by name is left out."""
    rows = []
    for claim in claims:
        verdict = verdicts.get(claim.id)
        if (
            verdict is None
            or (claim.count and preliminary)
            or claim.id in set_aside
            or not (claim.kind == "observation" or claim.irregularity)
        ):
            continue
        if verdict.answered or verdict.heard:
            rows.append(
                {
                    "claim": claim.id,
                    "label": claim.label[:1].upper() + claim.label[1:],
                    "figure": f"{verdict.n:,} of {verdict.answered:,}" if verdict.answered else NOBODY_SAW,
                    "base": verdict.base,
                    "heard": verdict.heard,
                    "verdict": str(verdict.kind),
                }
            )
    return rows


def canonical(content: Content) -> str:
    """The text that is approved: NFC, LF, one blank line between paragraphs, footnotes and annex included."""
    day = content.get("day") or content["date"]
    heard = content.get("heard_words", "heard")
    blocks = [
        [content["organisation"], content["mission_name"], content["election"], f"{content['place']}, {day}"],
        [content["title"] + (f" ({content['marking']})" if content.get("marking") else "")],
        *([one["text"], *(f"[{note}]" for note in one.get("footnotes", []))] for one in content["paragraphs"]),
    ]
    rows = [
        f"{row['label']}: {row['figure']} {counted(row, content['language'])}".rstrip()
        + (f"; {heard}: {row['heard']}" if row.get("heard") else "")
        for row in content.get("annex", [])
    ]
    blocks += [[content.get("annex_title", "Annex"), *rows]] if rows else []
    blocks.append([content.get("evidence") or content["cut_off"]])
    text = "\n\n".join("\n".join(" ".join(line.split()) for line in block) for block in blocks)
    return unicodedata.normalize("NFC", text).strip() + "\n"


def counted(row: Mapping[str, Any], language: str) -> str:
    """What a row of the annex counts: '1 of 1 visit', '1 of 2 visits'. English alone has its plural taken off here."""
    base = str(row["base"]) if row["figure"] != NOBODY_SAW else ""
    return base.removesuffix("s") if language == "en" and str(row["figure"]).endswith(" of 1") else base


HASHED = (
    "language", "kind", "title", "marking", "mission_name", "organisation", "election", "place", "date", "day", "cut_off",
    "scope", "evidence", "annex_title", "heard_words",
)  # fmt: skip


def content_hash(content: Content) -> str:
    """SHA-256 over everything that a reader of the statement sees, and over the paragraphs' keys: what is approved.
    What a sentence rests on is not part of it."""
    said = {
        **{key: content.get(key, "") for key in HASHED},
        "paragraphs": [[one["key"], one["text"], one.get("footnotes", [])] for one in content["paragraphs"]],
        "annex": [[row["label"], row["figure"], row["base"], row.get("heard", 0)] for row in content.get("annex", [])],
    }
    body = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(unicodedata.normalize("NFC", body).encode()).hexdigest()


def as_of(content: Content, other: Content) -> Content:
    """The content as if its evidence had been taken at the other's moment: equal hashes then say that nothing but
    time has passed."""
    moments = {key: other.get(key, "") for key in ("cut_off", "evidence")}
    scope = {one["key"]: one for one in other["paragraphs"] if one["key"] == "scope"}
    return {**content, **moments, "paragraphs": [scope.get(one["key"], one) for one in content["paragraphs"]]}


ABBREVIATED = re.compile(r"(\b(Mr|Mrs|Ms|Dr|Prof|Nos?|St|[Aa]rt|H\.\s?E)\.|\b[A-Z]\.)$")


def split_sentences(text: str) -> list[str]:
    """The sentences of a paragraph. Not split after an honorific or an initial."""
    parts = re.split(r"(?<=[.!?])\s+(?=[^\W\d_a-z])", " ".join(text.split()))
    joined: list[str] = []
    for part in parts:
        if joined and ABBREVIATED.search(joined[-1]):
            joined[-1] += " " + part
        else:
            joined.append(part)
    return [part for part in joined if part]


def rebind(old: Paragraph, text: str, *, also: Iterable[Mapping[str, Any]] = ()) -> Paragraph:
    """An edited paragraph: sentences that stood there before, or that the record gives now (`also`), keep what they
    rest on; the others rest on nothing."""
    known = {one["text"]: dict(one) for one in (*old["sentences"], *also)}
    words = " ".join(unicodedata.normalize("NFC", text).split())
    parts = split_sentences(words)
    sentences: list[dict[str, Any]] = []
    place = 0
    while place < len(parts):
        # One claim's sentence may itself be several to the splitter; join what belongs together, longest first.
        for end in range(len(parts), place, -1):
            joined = " ".join(parts[place:end])
            if joined in known:
                sentences.append(known[joined])
                place = end
                break
        else:
            sentences.append(unbound(parts[place]))
            place += 1
    kind = old["kind"] if old["kind"] in PEOPLE_ONLY else kind_of(sentences)
    return {**old, "kind": kind, "text": words, "sentences": sentences, "edited": True}


def unbound(text: str) -> dict[str, Any]:
    """A sentence that rests on nothing recorded."""
    return {
        "text": text, "claim": "", "claims": [], "kind": "edited", "verdict": "unsupported", "n": 0, "answered": 0,
        "base": "", "stations": 0,
    }  # fmt: skip


def merged(old: Content, fresh: Content) -> Content:
    """A draft made anew, with what people changed in the old one: edited and added paragraphs stand, removed ones stay
    away. The linter says where an edited paragraph no longer agrees with the record."""
    removed = list(old.get("removed", []))
    kept = {one["key"]: one for one in old["paragraphs"] if one.get("edited")}
    paragraphs = [kept.pop(one["key"], one) for one in fresh["paragraphs"] if one["key"] not in removed]
    before = [one["key"] for one in old["paragraphs"]]
    for key, one in kept.items():
        ahead = before[: before.index(key)]
        place = max((n + 1 for n, there in enumerate(paragraphs) if there["key"] in ahead), default=0)
        paragraphs.insert(place, one)
    return {**fresh, "paragraphs": paragraphs, "removed": removed}


def edited(content: Content) -> bool:
    """Whether a person changed anything in this draft."""
    return bool(content.get("removed")) or any(one.get("edited") for one in content["paragraphs"])


def placed(content: Content, key: str) -> tuple[int, str]:
    """A paragraph's number in the text, from 1, and its words: how people name it. (0, "") for one that is not there."""
    found = ((number, one["text"]) for number, one in enumerate(content["paragraphs"], 1) if one["key"] == key)
    return next(found, (0, ""))


def renewal(old: Content, fresh: Content, *, written: datetime, at: datetime, grown: bool) -> datetime | None:
    """When an unedited draft is to be renewed by what the record gives now: at once (`at`) when it would state another
    claim or verdict, after a rest when the record has only grown, never (None) when it has not. Moments are UTC."""

    def states(content: Content) -> list[tuple[str, str, str]]:
        return [(one["key"], s["claim"], s["verdict"]) for one in content["paragraphs"] for s in one["sentences"]]

    if states(old) != states(fresh) or old["kind"] != fresh["kind"]:
        return at
    if grown or [one["text"] for one in old["paragraphs"] if one["key"] != "scope"] != [
        one["text"] for one in fresh["paragraphs"] if one["key"] != "scope"
    ]:
        return max(at, written + REST)
    return None


def sentence_hash(text: str) -> str:
    """By which an override knows the sentence that it lets stand."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def paragraph_text(content: Content, key: str) -> str:
    """A paragraph's text; '' when there is none."""
    return next((str(one["text"]) for one in content["paragraphs"] if one["key"] == key), "")


def people_only(content: Content) -> list[Paragraph]:
    """The paragraphs that only people can answer for; an approval names them."""
    return [one for one in content["paragraphs"] if one["kind"] in PEOPLE_ONLY]


def mentioned(content: Content) -> set[str]:
    """Claims that the statement or its annex speaks of."""
    said = {claim for one in content["paragraphs"] for sentence in one["sentences"] for claim in sentence["claims"]}
    return said | {row["claim"] for row in content.get("annex", []) if row.get("claim")}


def turned(content: Content, verdicts: Mapping[str, Verdict]) -> list[tuple[str, str, str]]:
    """(claim, was, is) of each claim that the text or its annex states and whose verdict is another now."""
    stated: dict[str, str] = {}
    for one in content["paragraphs"]:
        for sentence in one["sentences"]:
            stated |= dict.fromkeys(sentence["claims"], sentence["verdict"])
    for row in content.get("annex", []):
        stated.setdefault(row.get("claim", ""), row.get("verdict", ""))
    found = []
    for claim, was in stated.items():
        now = verdicts.get(claim)
        if was and now is not None and str(now.kind) != was and now.kind is not VerdictKind.UNOBSERVED:
            found.append((claim, was, str(now.kind)))
    return found
