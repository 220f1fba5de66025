"""A statement as paragraphs of sentences, each bound to the claim that it states; its canonical form and its hash."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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


def paragraph(key: str, lines: Iterable[str], claims: Mapping[str, Claim], verdicts: Mapping[str, Verdict]) -> Paragraph | None:
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
        verdict = verdicts.get(names[0])
        sentences.append(
            {
                "text": " ".join(text.split()),
                "claims": names,
                "kind": claims[names[0]].kind,
                "verdict": str(verdict.kind) if verdict else "upheld",
                "n": verdict.n if verdict else 0,
                "answered": verdict.answered if verdict else 0,
                "base": verdict.base if verdict else "records",
            }
        )
    if not sentences:
        return None
    kinds = {sentence["kind"] for sentence in sentences}
    kind = next((one for one in ("assessment", "courtesy") if one in kinds), "finding")
    return {"key": key, "kind": kind, "text": " ".join(s["text"] for s in sentences), "sentences": sentences, "footnotes": []}


def annex(claims: Sequence[Claim], verdicts: Mapping[str, Verdict], *, preliminary: bool) -> list[dict[str, Any]]:
    """The figures behind every observation that was answered at all: n of N, by visits or by stations."""
    rows = []
    for claim in claims:
        verdict = verdicts.get(claim.id)
        if claim.kind != "observation" or verdict is None or (claim.count and preliminary):
            continue
        if verdict.answered or verdict.heard:
            figure = f"{verdict.n} of {verdict.answered}"
            row = {"claim": claim.id, "label": claim.label, "figure": figure, "base": verdict.base, "heard": verdict.heard}
            rows.append(row)
    return rows


def canonical(content: Content) -> str:
    """The text that is approved: NFC, LF, one blank line between paragraphs, footnotes and annex included."""
    lines = [
        content["organisation"], content["mission_name"], content["election"], f"{content['place']}, {content['date']}",
        content["title"] + (f" ({content['marking']})" if content.get("marking") else ""), "",
    ]  # fmt: skip
    for one in content["paragraphs"]:
        lines += [one["text"], *(f"[{note}]" for note in one.get("footnotes", [])), ""]
    for row in content.get("annex", []):
        heard = f"; reported to observers: {row['heard']}" if row.get("heard") else ""
        lines.append(f"{row['label']}: {row['figure']} {row['base']}{heard}")
    lines.append(f"Evidence cut-off: {content['cut_off']}")
    return unicodedata.normalize("NFC", "\n".join(" ".join(line.split()) for line in lines)).strip() + "\n"


def content_hash(content: Content) -> str:
    """SHA-256 of what is approved: the canonical text, the language and the kind."""
    body = json.dumps([content["language"], content["kind"], canonical(content)], ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def split_sentences(text: str) -> list[str]:
    """The sentences of a paragraph. Not split after an honorific or an initial."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-ZА-ЯƏÖÜÇŞĞIİ])", " ".join(text.split()))
    joined: list[str] = []
    for part in parts:
        if joined and re.search(r"(\b(Mr|Mrs|Ms|Dr|H\.E|No|St|art)\.|\b[A-Z]\.)$", joined[-1]):
            joined[-1] += " " + part
        else:
            joined.append(part)
    return [part for part in joined if part]


def rebind(old: Paragraph, text: str) -> Paragraph:
    """An edited paragraph: sentences that stand unchanged keep what they rest on, the others rest on nothing."""
    known = {sentence["text"]: sentence for sentence in old["sentences"]}
    sentences = [
        known.get(one, {"text": one, "claims": [], "kind": "edited", "verdict": "unsupported", "n": 0, "answered": 0, "base": ""})
        for one in split_sentences(text)
    ]
    # A claim's sentence may itself consist of several sentences for the splitter; join what belongs together.
    return {**old, "text": " ".join(text.split()), "sentences": _rejoin(sentences, known)}


def _rejoin(sentences: list[dict[str, Any]], known: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    place = 0
    while place < len(sentences):
        for end in range(len(sentences), place + 1, -1):
            joined = " ".join(sentence["text"] for sentence in sentences[place:end])
            if joined in known:
                result.append(known[joined])
                place = end
                break
        else:
            result.append(sentences[place])
            place += 1
    return result


def sentence_hash(text: str) -> str:
    """By which an override knows the sentence that it lets stand."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def people_only(content: Content) -> list[Paragraph]:
    """The paragraphs that only people can answer for; an approval names them."""
    return [one for one in content["paragraphs"] if one["kind"] in PEOPLE_ONLY]


def mentioned(content: Content) -> set[str]:
    """Claims that the statement or its annex speaks of."""
    said = {claim for one in content["paragraphs"] for sentence in one["sentences"] for claim in sentence["claims"]}
    return said | {row["claim"] for row in content.get("annex", [])}


def turned(content: Content, verdicts: Mapping[str, Verdict]) -> list[tuple[str, str, str]]:
    """(claim, was, is) of each claim that the text states and whose verdict is another now."""
    found = []
    for one in content["paragraphs"]:
        for sentence in one["sentences"]:
            for claim in sentence["claims"][:1]:
                now = verdicts.get(claim)
                if now is not None and str(now.kind) != sentence["verdict"] and now.kind is not VerdictKind.UNOBSERVED:
                    found.append((claim, sentence["verdict"], str(now.kind)))
    return found
