"""Versions of the statement: written from the record, edited, translated, footnoted; each one new, none ever changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.grounds import Grounds, gather
from ieom.acts.observation import forms_standing, last_close
from ieom.errors import BadInput, Conflict, NotFound, Refused
from ieom.folder.announcing import drafted_in
from ieom.folder.names import load_names
from ieom.mail.writing import LANGUAGES, readable
from ieom.papers import wording
from ieom.papers.frame import words as words_of_frame
from ieom.records import audit, drafts, evidence, missions, teams
from ieom.records.releases import Release
from ieom.records.statements import StatementVersion
from ieom.rules import statement
from ieom.rules.audit import GENESIS
from ieom.rules.release import CARRIES
from ieom.rules.statement import Content
from ieom.rules.timeline import Stage, owes

COUNT = {"counting", "tabulation"}


@dataclass(frozen=True)
class VersionWritten:
    """A version of the statement came to be."""

    number: int
    language: str
    kind: str
    content_hash: str
    evidence_digest: str


def content_of(grounds: Grounds, language: str, kind: str, *, set_aside: Collection[str] = ()) -> Content:
    """A statement as the record gives it: paragraphs, annex, frame."""
    names, on = load_names(), grounds.mission.election_day
    words = wording.titles(language)
    return {
        "language": language,
        "kind": kind,
        "title": words[kind],
        "mission_name": names.official("ieom", language, on=on),
        "organisation": names.official(grounds.mission.organisation, language, on=on),
        "election": grounds.mission.election.title,
        "place": names.short(grounds.mission.base_city, language, on=on),
        "date": grounds.facts["date"],
        "marking": words.get(f"{kind}_marking", ""),
        "paragraphs": wording.paragraphs(
            grounds.facts, grounds.claims, grounds.verdicts, kind=kind, set_aside=set_aside, language=language
        ),
        "annex": statement.annex(
            grounds.claims, grounds.verdicts, preliminary=kind == "preliminary", set_aside=set_aside
        ),
        "cut_off": grounds.cut_off.isoformat(),
        "scope": grounds.facts["visited_phrase"],
        "day": grounds.facts["day"],
        "annex_title": words["annex_title"],
        "heard_words": words["heard"],
        "evidence": words["evidence"].format(moment=grounds.facts["cut_off"], visited=grounds.facts["visited_phrase"]),
    }


def write(
    session: Session, mission: str, content: Content, *, by: str, at: datetime, digest: str, why: str,
    based_on: int | None, ref: str | None,
) -> StatementVersion:  # fmt: skip
    """Keep a content as the next version of its language."""
    last = drafts.newest(session, mission, content["language"])
    head = audit.head(session, mission)
    row = StatementVersion(
        mission=mission, language=content["language"], number=(last.number if last else 0) + 1, kind=content["kind"],
        content=content, content_hash=statement.content_hash(content), evidence_digest=digest,
        cut_off=datetime.fromisoformat(content["cut_off"]), at=at, by=by, based_on=based_on, why=why,
        chain_head=head.hash if head else GENESIS,
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = VersionWritten(row.number, row.language, row.kind, row.content_hash, digest)
    audit.append(session, mission, by=by, at=at, act=act, ref=ref)
    return row


def missing() -> StatementVersion:
    """Nothing was drafted yet. Raises `NotFound`."""
    raise NotFound("there is no draft yet; draft the statement first", command="'ieom statement draft' does")


def count_finished(session: Session, mission: str, *, at: datetime) -> bool:
    """Whether the statement may speak of the count: the polls have closed, and every planned form on the count is in
    (or none was planned)."""
    row = missions.get(session, mission)
    if not owes(Stage.COUNTING, row.starts_at_stage):
        return True
    if row.count_left_at is not None and not COUNT & set(evidence.base(session, mission, cut_off=at)[1]):
        return False  # somebody declared by name that the statement does not wait: it is a preliminary one
    close = last_close(session, mission)
    if forms_standing(session, mission, Stage.COUNTING, COUNT, at=at, opens=close, closes=close).done:
        return True
    planned = [visit for visit in teams.visits(session, mission) if visit.form in COUNT and visit.struck_at is None]
    return not planned and at >= close


def released(session: Session, mission: str, *, round_: int | None = None) -> bool:
    """Whether a statement is going out or has gone (that of one round of approval, by its id, when it is given); one
    that was stopped on its way is neither."""
    query = select(Release.id).where(Release.mission == mission, Release.status.in_(["going", "done"]))
    query = query if round_ is None else query.where(Release.round == round_)
    return session.scalars(query.where(Release.kind.in_(CARRIES))).first() is not None


def begun(session: Session, mission: str, round_: int) -> bool:
    """Whether letters with the text of a round (its id) may have reached readers: its release is going, done, or was
    stopped on its way."""
    query = select(Release.id).where(Release.mission == mission, Release.started_at.is_not(None))
    return session.scalars(query.where(Release.round == round_)).first() is not None


def kind_now(session: Session, mission: str, *, at: datetime, language: str = "en") -> str:
    """What a statement drafted now is: preliminary while the count is not finished, a supplement when a preliminary
    one was released, else final."""
    if not count_finished(session, mission, at=at):
        return "preliminary"
    last = drafts.newest(session, mission, language)
    return "supplement" if last is not None and last.kind != "final" and released(session, mission) else "final"


def drafted(
    session: Session, mission: str, *, at: datetime, kind: str, language: str = "en"
) -> tuple[Grounds, Content]:
    """What the record gives at a moment (UTC), without writing it down."""
    grounds = gather(session, mission, cut_off=at, preliminary=kind == "preliminary", language=language)
    aside = drafts.wholly_set_aside(session, mission, grounds.verdicts)
    return grounds, content_of(grounds, language, kind, set_aside=aside)


def draft(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    why: str = "",
    language: str = "en",
    afresh: bool = False,
    ref: str | None = None,
) -> StatementVersion:
    """Write a draft from the record as it is now. What people edited, added or removed in the newest version stands,
    unless `afresh`. Preliminary while the count is not finished. The same text again is not a new version."""
    last = drafts.newest(session, mission, language)
    if ref and audit.happened(session, mission, ref):
        return last or missing()
    if not drafted_in(language):
        raise BadInput(f"a statement can't be drafted in '{language}'; draft it in English and translate that version")
    kind = kind_now(session, mission, at=at, language=language)
    grounds, content = drafted(session, mission, at=at, kind=kind, language=language)
    if not grounds.facts["forms_total"]:
        raise Refused("no form has come in yet; a statement says only what observers recorded")
    if (
        last is not None
        and not afresh
        and statement.edited(last.content)
        and (last.kind == "supplement") == (kind == "supplement")
    ):
        content = statement.merged(last.content, content)
    if last is not None and statement.content_hash(statement.as_of(content, last.content)) == last.content_hash:
        return last
    return write(
        session, mission, content, by=by, at=at, digest=grounds.digest, why=why, ref=ref,
        based_on=last.number if last else None,
    )  # fmt: skip


def edit(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    paragraph: str,
    text: str,
    why: str = "",
    language: str = "en",
    after: str = "",
    seen: int | None = None,
    ref: str | None = None,
) -> StatementVersion:
    """Another text for a paragraph (an empty one removes it; a new key with `after` adds one). This is a new version;
    sentences that stand unchanged, or that the record gives now, keep what they rest on. `seen` is the number of the
    version that the person edited: a `Conflict` when another one came since."""
    last = drafts.newest(session, mission, language) or missing()
    if ref and audit.happened(session, mission, ref):
        return last
    if seen is not None and seen != last.number:
        raise Conflict(
            f"version {last.number} came since you looked at version {seen}; see what changed, then edit that one"
        )
    if any(ord(sign) < 32 and sign not in "\n\t\r" for sign in text):
        raise BadInput("the text holds a control character; write plain words")
    readable(text, "the paragraph")
    content: Content = {**last.content, "paragraphs": [dict(one) for one in last.content["paragraphs"]]}
    keys = [one["key"] for one in content["paragraphs"]]
    if paragraph in keys:
        place = keys.index(paragraph)
        if text.strip():
            content["paragraphs"][place] = statement.rebind(
                content["paragraphs"][place], text, also=_sentences_now(session, mission, last, at)
            )
        else:
            gone = content["paragraphs"].pop(place)
            content["removed"] = sorted({*content.get("removed", []), gone["key"]})
    elif after in keys and text.strip():
        empty = {"key": paragraph, "kind": "edited", "text": "", "sentences": [], "footnotes": []}
        fresh = statement.rebind(empty, text, also=_sentences_now(session, mission, last, at))
        content["paragraphs"].insert(keys.index(after) + 1, fresh)
        content["removed"] = [key for key in content.get("removed", []) if key != paragraph]
    else:
        raise NotFound(f"there is no paragraph '{paragraph}'; there are {', '.join(keys)}. A new one needs 'after'")
    if statement.content_hash(content) == last.content_hash:
        raise BadInput(f"paragraph '{paragraph}' has this text already")
    return write(
        session, mission, content, by=by, at=at, digest=last.evidence_digest, why=why, based_on=last.number, ref=ref
    )


def _sentences_now(session: Session, mission: str, last: StatementVersion, at: datetime) -> list[dict[str, object]]:
    if not drafted_in(last.language):
        return []
    _grounds, content = drafted(session, mission, at=at, kind=last.kind, language=last.language)
    return [sentence for one in content["paragraphs"] for sentence in one["sentences"]]


def dissociate(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    state: str,
    paragraph: str,
    how: str = "footnote",
    note: str = "",
    why: str = "",
    language: str = "en",
    ref: str | None = None,
) -> StatementVersion:
    """A state dissociates itself from a paragraph, as agreed: by a footnote there (`footnote`, worded `note` or as
    usual), or the paragraph is left out (`omission`). A new version."""
    if how == "omission":
        return edit(session, mission, by=by, at=at, paragraph=paragraph, text="", why=why, language=language, ref=ref)
    if how != "footnote":
        raise BadInput(f"'{how}' is not footnote or omission")
    last = drafts.newest(session, mission, language) or missing()
    if ref and audit.happened(session, mission, ref):
        return last
    facts = missions.facts(session, mission)
    if state not in {one.code for one in facts.states}:
        raise NotFound(f"'{state}' is no state of this mission")
    running = load_names().running(state, language, on=facts.election_day)
    note = " ".join(note.split()) or wording.dissociation(running, language=language)
    readable(note, "the footnote")
    content: Content = {**last.content, "paragraphs": [dict(one) for one in last.content["paragraphs"]]}
    one = next((one for one in content["paragraphs"] if one["key"] == paragraph), None)
    if one is None:
        raise NotFound(f"there is no paragraph '{paragraph}'")
    if note in one["footnotes"]:
        return last
    one["footnotes"], one["edited"] = [*one["footnotes"], note], True
    return write(
        session, mission, content, by=by, at=at, digest=last.evidence_digest, why=why, based_on=last.number, ref=ref
    )


def translate(
    session: Session,
    mission: str,
    *,
    by: str,
    at: datetime,
    language: str,
    texts: Mapping[str, str],
    title: str,
    frame: Mapping[str, str] | None = None,
    source: str = "en",
    why: str = "",
    ref: str | None = None,
) -> StatementVersion:
    """A version in another language from the newest one of `source`, paragraph by paragraph: each is bound to what its
    original rests on. In a language that is not one of the mission's authentic ones it is marked as an unofficial
    translation, needs no approval, and goes out only with the text that it translates. `frame` has the words around them (marking, annex_title, heard_words, evidence, scope). Refused unless every paragraph has its text and nothing else does."""
    last = drafts.newest(session, mission, source) or missing()
    if ref and audit.happened(session, mission, ref):
        return drafts.newest(session, mission, language) or missing()
    authentic = missions.facts(session, mission).languages
    if language == source:
        raise BadInput(f"'{language}' is the language of the text itself")
    if language not in {*authentic, *LANGUAGES}:
        raise BadInput(f"'{language}' is not one of the languages that letters and papers know: {', '.join(LANGUAGES)}")
    keys = [one["key"] for one in last.content["paragraphs"]]
    absent = [key for key in keys if not texts.get(key, "").strip()]
    strange = [key for key in texts if key not in keys]
    if absent or strange:
        wrong = [*(f"no text for '{key}'" for key in absent), *(f"there is no paragraph '{key}'" for key in strange)]
        raise BadInput(f"the translation does not match version {last.number}: {'; '.join(wrong)}")
    for said in (title, *texts.values(), *(frame or {}).values()):
        readable(said, "the translation")
    paragraphs = []
    for one in last.content["paragraphs"]:
        words = " ".join(texts[one["key"]].split())
        first = one["sentences"][0] if one["sentences"] else statement.unbound(words)
        claims = list(dict.fromkeys(claim for sentence in one["sentences"] for claim in sentence["claims"]))
        bound = {**first, "text": words, "claims": claims if first["claims"] else []}
        paragraphs.append({**one, "text": words, "sentences": [bound], "translated": True})
    facts, names = missions.facts(session, mission), load_names()
    on = facts.election_day
    strange = sorted(set(frame or {}) - {"marking", "annex_title", "heard_words", "evidence", "scope"})
    if strange:
        raise BadInput(f"the frame of a statement has no '{strange[0]}'")
    content = {
        **last.content,
        "language": language,
        "title": title,
        "mission_name": names.official("ieom", language, on=on),
        "organisation": names.official(facts.organisation, language, on=on),
        "place": names.short(facts.base_city, language, on=on),
        "day": format_date(date.fromisoformat(last.content["date"]), "d MMMM y", locale=language),
        "paragraphs": paragraphs,
        **(frame or {}),
        "translation_of": last.content_hash,
    }
    if language not in authentic:
        marking = words_of_frame(language)["unofficial"]
        content["marking"] = f"{marking}; {content['marking']}" if content["marking"] else marking
    return write(
        session, mission, content, by=by, at=at, digest=last.evidence_digest, why=f"translation of version {last.number}" + (f": {why}" if why else ""),
        based_on=None, ref=ref,
    )  # fmt: skip


def changed(old: StatementVersion | None, new: StatementVersion) -> list[str]:
    """Keys of the paragraphs that differ between two versions."""
    before = {one["key"]: one["text"] for one in old.content["paragraphs"]} if old else {}
    after = {one["key"]: one["text"] for one in new.content["paragraphs"]}
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]
