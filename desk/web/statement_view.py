"""What the statement's pages show of a version: each paragraph with what it rests on, what is to be mended, what was said."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from sqlalchemy.orm import Session

from desk.beside import beside
from desk.chronicle import named, words
from desk.web.asking import Asked
from desk.web.knowing import known
from ieom.acts import drafting, rounds
from ieom.acts.fallen import fallen
from ieom.acts.grounds import gather
from ieom.folder.catalogues import N_, _
from ieom.folder.names import load_names
from ieom.records import comments, drafts, members, missions, releases
from ieom.records.statements import StatementVersion
from ieom.rules.release import CARRIES
from ieom.rules.statement import PEOPLE_ONLY, Content, placed

SPEAKS = {"preliminary": N_("preliminary"), "final": N_("with the count"), "supplement": N_("supplement")}
"""What a version speaks of, by its kind: nothing of whether it is finished or approved."""


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
        told = words("words")
        bare, elsewhere = beside(session, mission, row, found, grounds)
        keys = {one["key"] for one in row.content["paragraphs"]}
        facts |= {
            "paragraphs": [
                {
                    **one, "begun": False,
                    "comments": [c for c in said if c.paragraph == one["key"] and c.resolved_at is None],
                    "settled": [c for c in said if c.paragraph == one["key"] and c.resolved_at is not None],
                }
                for one in bare
            ],
            "places": {one["key"]: place for place, one in enumerate(row.content["paragraphs"], start=1)},
            "elsewhere": elsewhere,
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
