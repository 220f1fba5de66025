"""What is put to an approver: the texts, what changed since they were last asked, what each paragraph rests on, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.answering import office_of, tell
from ieom.acts.links import Held
from ieom.acts.rounds import proven
from ieom.errors import NotFound
from ieom.folder.claims import load_claims
from ieom.folder.names import load_names
from ieom.folder.timeline import load_timeline
from ieom.papers.frame import framed
from ieom.papers.statement import statement_pdf
from ieom.records import drafts, evidence, missions
from ieom.records.approvals import ApprovalRound, ApprovalSeat
from ieom.records.statements import Override, StatementVersion
from ieom.rules.difference import Change, paragraphs
from ieom.rules.evidence import Claim, Verdict
from ieom.rules.mission import MissionFacts
from ieom.rules.statement import people_only, sentence_hash


@dataclass(frozen=True)
class Rest:
    """What one sentence of a paragraph rests on: `n` of `answered` by `base`, at so many stations. Of the kind 'unsupported'
    is a sentence that rests on nothing recorded; its label is the sentence."""

    label: str
    kind: str
    base: str
    n: int
    answered: int
    stations: int
    verdict: str = ""


@dataclass(frozen=True)
class Borne:
    """A sentence that stands in somebody's name although the checks object to it."""

    sentence: str
    unsupported: bool
    """Whether it rests on nothing recorded."""
    by: str
    """The office of who lets it stand."""
    why: str


@dataclass(frozen=True)
class Text:
    """One authentic text."""

    language: str
    number: int
    digest: str
    frame: Mapping[str, Any]
    rests: Mapping[str, list[Rest]]
    """By the paragraph's key."""
    before: int | None
    """The version that this person was asked about last; None when they were not."""
    changes: list[tuple[str, list[Change]]]
    people_only: list[str]
    borne: list[Borne]
    translated: bool
    """Whether it is a translation: what its paragraphs rest on is then what their originals rest on."""


@dataclass(frozen=True)
class Asked:
    """Everything that the page shows."""

    organisation: str
    mission_name: str
    election: str
    zone: str
    place: str
    capacity: str
    state: str
    office: str
    deputy_of: str
    """Whose deputy is asked; '' for who holds the seat."""
    closes: datetime
    silence_until: datetime | None
    texts: list[Text]

    @property
    def borne(self) -> list[Borne]:
        """The sentences of all texts that somebody lets stand by name, once each."""
        return list(dict.fromkeys(sentence for one in self.texts for sentence in one.borne))


def closes(facts: MissionFacts, asked_at: datetime) -> datetime:
    """Until when a decision is expected (UTC): half an hour after it was asked for at the least."""
    return max(load_timeline().moment("approval_expected", facts), asked_at + timedelta(minutes=30))


def approver_s_copy(session: Session, mission: str, version: StatementVersion, *, office: str) -> bytes:
    """The PDF that an approver gets with the letter, and behind the link."""
    return statement_pdf(
        version.content, number=version.number, digest=version.content_hash, chain_head=version.chain_head,
        zone=missions.facts(session, mission).zone, at=version.at, copy_for=office,
    )  # fmt: skip


def copy_of(session: Session, found: Held, language: str) -> bytes:
    """The same for the link's person. Raises `NotFound` for a language in which nothing is asked."""
    digest = found.round.hashes.get(language)
    if digest is None:
        raise NotFound(f"no text in '{language}' is asked about")
    version = drafts.by_hash(session, found.link.mission, digest, until=found.round.opened_at)
    office = tell(session, found.link.mission, found.link.who).office
    return approver_s_copy(session, found.link.mission, version, office=office)


def asked_of(session: Session, found: Held) -> Asked:
    """What is put to the link's person. Raises `Tampered` for a text that has not its hash."""
    mission, seat = found.link.mission, found.seat
    facts, names = missions.facts(session, mission), load_names()
    on = facts.election_day
    read = tell(session, mission, found.link.who)
    earlier = _asked_before(session, found)
    texts = [_text(session, mission, version, earlier) for version in proven(session, mission, found.round)]
    return Asked(
        organisation=names.short(facts.organisation, "en", on=on),
        mission_name=facts.release.from_name,
        election=facts.election.title,
        zone=facts.zone,
        place=names.short(facts.base_city, "en", on=on),
        capacity=seat.capacity,
        state=names.running(seat.state, on=on) if seat.state else "",
        office=read.office,
        deputy_of="" if found.link.who == seat.who else tell(session, mission, seat.who).office,
        closes=closes(facts, seat.asked_at or found.link.made_at),
        silence_until=None if found.disowned else seat.silence_until,
        texts=sorted(texts, key=lambda one: one.language != read.language),
    )


def _asked_before(session: Session, found: Held) -> dict[str, StatementVersion]:
    """language -> the text that this person was asked about last, before this round."""
    query = (
        select(ApprovalRound, ApprovalSeat)
        .join(ApprovalSeat, ApprovalSeat.round == ApprovalRound.id)
        .where(
            ApprovalRound.mission == found.link.mission,
            ApprovalRound.number < found.round.number,
            ApprovalSeat.asked_at.is_not(None),
        )
        .order_by(ApprovalRound.number.desc())
    )
    for round_, seat in session.execute(query).tuples():
        if found.link.who == seat.who or found.link.who in seat.deputies:
            return {one.language: one for one in proven(session, found.link.mission, round_)}
    return {}


def _text(session: Session, mission: str, version: StatementVersion, earlier: Mapping[str, StatementVersion]) -> Text:
    old = earlier.get(version.language)
    return Text(
        version.language, version.number, version.content_hash,
        framed(
            version.content, number=version.number, digest=version.content_hash, chain_head=version.chain_head,
            zone=missions.facts(session, mission).zone,
        ),
        _rests(session, mission, version),
        old.number if old else None,
        paragraphs(_plain(old), _plain(version)) if old else [],
        [one["text"] for one in people_only(version.content)],
        borne(session, mission, version), bool(version.content.get("translation_of")),
    )  # fmt: skip


def borne(session: Session, mission: str, version: StatementVersion) -> list[Borne]:
    """The sentences of a text that somebody lets stand by name, in the text's order: whoever approves is told of each."""
    named: dict[str, list[Override]] = {}
    for row in drafts.overrides(session, mission):
        named.setdefault(row.sentence_hash, []).append(row)
    sentences = {s["text"]: not s["claims"] for one in version.content["paragraphs"] for s in one["sentences"]}
    return list(
        dict.fromkeys(
            Borne(text, unsupported, office_of(session, mission, row.by), row.why)
            for text, unsupported in sentences.items()
            for row in named.get(sentence_hash(text), ())
        )
    )


def _plain(version: StatementVersion) -> list[tuple[str, str]]:
    return [(one["key"], one["text"]) for one in version.content["paragraphs"]]


def _rests(session: Session, mission: str, version: StatementVersion) -> dict[str, list[Rest]]:
    """By the figures that the text was written with, and the stations of the same evidence."""
    claims = {one.id: one for one in load_claims()}
    wanted = {
        name for one in version.content["paragraphs"] for sentence in one["sentences"] for name in sentence["claims"]
    }
    seen = evidence.verdicts(
        session, mission, [claims[name] for name in wanted if name in claims], cut_off=version.cut_off
    )
    found: dict[str, list[Rest]] = {}
    for one in version.content["paragraphs"]:
        rests = [_rest(sentence, claims, seen) for sentence in one["sentences"]]
        found[one["key"]] = list(dict.fromkeys(rests))
    return found


def _rest(sentence: Mapping[str, Any], claims: Mapping[str, Claim], seen: Mapping[str, Verdict]) -> Rest:
    if not sentence["claims"]:
        return Rest(sentence["text"], "unsupported", "", 0, 0, 0)
    name = sentence["claims"][0]
    label = claims[name].label if name in claims else name
    return Rest(
        label[:1].upper() + label[1:], sentence["kind"], sentence["base"], sentence["n"], sentence["answered"],
        seen[name].stations if name in seen else 0, sentence["verdict"],
    )  # fmt: skip
