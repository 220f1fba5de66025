"""What a statement is drafted from: the mission's records and forms, gathered once, as plain facts and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from ieom.acts.meetings import counterpart
from ieom.folder.claims import load_claims
from ieom.folder.names import load_names
from ieom.papers.wording import listed, topics
from ieom.records import evidence, members, missions, stations
from ieom.records.meetings import Meeting
from ieom.records.observation import Attestation
from ieom.records.members import styled
from ieom.records.submissions import Submission
from ieom.rules.evidence import Claim, Verdict, VerdictKind, assessment
from ieom.rules.mission import MissionFacts

KINDS = {
    "opening": ("opening", "openings"), "voting": ("voting", "voting"), "closing": ("closing", "closing"),
    "counting": ("count", "counts"), "tabulation": ("tabulation", "tabulation"), "incident": ("incident", "incidents"),
}  # fmt: skip
PHASES = {"opening": "the opening", "voting": "the voting", "counting": "the count", "tabulation": "the tabulation"}


@dataclass(frozen=True)
class Grounds:
    """Facts for the words, verdicts for the claims, and the digest of the evidence behind them."""

    mission: MissionFacts
    facts: Mapping[str, Any]
    claims: tuple[Claim, ...]
    verdicts: Mapping[str, Verdict]
    digest: str
    cut_off: datetime
    attested: frozenset[str]


def attested(session: Session, mission: str) -> frozenset[str]:
    """Claims that the head of mission attested by name; `scope` is the override of the conclusion's scope."""
    return frozenset(session.scalars(select(Attestation.claim).where(Attestation.mission == mission)))


def gather(session: Session, mission: str, *, cut_off: datetime, preliminary: bool, language: str = "en") -> Grounds:
    """Everything a draft of this moment rests on; `cut_off` is UTC."""
    facts, names, claims = missions.facts(session, mission), load_names(), load_claims()
    on = facts.election_day
    verdicts = dict(evidence.verdicts(session, mission, claims, cut_off=cut_off))
    there = members.observers(session, mission)
    head = members.head(session, mission)
    visited, by_kind = evidence.base(session, mission, cut_off=cut_off)
    places = {row.code: row for row in stations.of(session, mission)}
    seen = set(session.scalars(select(Submission.station).where(Submission.mission == mission, Submission.received_at <= cut_off)))
    cities = sorted({places[code].city for code in seen if code in places})
    held = session.scalars(
        select(Meeting)
        .where(Meeting.mission == mission, Meeting.status == "held", Meeting.kind == "meeting")
        .order_by(Meeting.starts_at)
    ).all()
    zone = ZoneInfo(facts.zone)
    days = [
        {"day": _day(day, language), "people": [counterpart(row) for row in rows]}
        for day, rows in ((d, list(g)) for d, g in groupby(held, key=lambda row: row.starts_at.astimezone(zone).date()))
    ]
    told = topics(language)
    states = names.precedence({row.state for row in there if row.state}, language, on=on)
    embassies = bool(there) and all(row.body.endswith("-embassy") for row in there if row.state)
    total = sum(by_kind.values())
    local = cut_off.astimezone(zone)
    there_all = {
        "organisation": names.official(facts.organisation, language, on=on),
        "organisation_short": names.short(facts.organisation, language, on=on),
        "election": facts.election.title,
        "host": names.running(facts.host_state, language, on=on),
        "people": names.name(facts.host_state, language, on=on).people,
        "days": listed([_day(day, language) for day in facts.voting_days]),
        "members": there,
        "states": [names.running(code, language, on=on) for code in states],
        "embassies": embassies,
        "secretariat": any(row.role in {"observer", "head", "deputy_head"} and not row.state for row in there),
        "head": {"styled": styled(head), "title": head.title} if head else None,
        "stations": visited,
        "cities": [names.running(city, language, on=on) if city in names else city for city in cities],
        "forms_total": total,
        "forms_by_kind": [f"{by_kind[kind]} on the {KINDS[kind][0]}" for kind in KINDS if by_kind.get(kind)],
        "cut_off": f"{local.hour:02}:{local.minute:02} on {_day(local.date(), language)}",
        "visited_phrase": "the one polling station visited" if visited == 1 else f"the {visited} polling stations visited",
        "phases_missing": [words for kind, words in PHASES.items() if not by_kind.get(kind)],
        "preliminary": preliminary,
        "meeting_days": days,
        "meeting_count": len(held),
        "bodies": list(dict.fromkeys(names.running(row.body, language, on=on) if row.body in names else row.body for row in held)),
        "topics": [told[code] for code in told if any(code in row.topics for row in held)],
        "legal": facts.legal_references,
        "sources": facts.outside_sources,
        "scope_overridden": "scope" in attested(session, mission),
    }
    verdicts |= _records(claims, there_all, bool(head), visited)
    by_id = {claim.id: claim for claim in claims}
    for claim in claims:
        if claim.kind in {"assessment", "courtesy"}:
            verdicts[claim.id] = assessment(by_id[claim.id], verdicts)
        elif claim.kind == "outside":
            kind = VerdictKind.UPHELD if claim.id in facts.outside_sources else VerdictKind.UNOBSERVED
            verdicts[claim.id] = Verdict(claim.id, kind, base="outside source")
    digest = evidence.digest(session, mission, cut_off=cut_off)
    return Grounds(facts, there_all, claims, verdicts, digest, cut_off.astimezone(UTC), attested(session, mission))


def _day(day: Any, language: str) -> str:
    return format_date(day, "d MMMM y", locale=language)


def _records(claims: tuple[Claim, ...], facts: Mapping[str, Any], head: bool, visited: int) -> dict[str, Verdict]:
    """Verdicts of what the mission's own records say."""
    there = {
        "observed_election": visited,
        "composition": len(facts["members"]),
        "headed_by": int(head),
        "observed_place": visited,
        "scope": facts["forms_total"],
        "meetings": facts["meeting_count"],
        "informed_topics": len(facts["topics"]),
    }
    return {
        claim.id: Verdict(claim.id, VerdictKind.UPHELD if there[claim.id] else VerdictKind.UNOBSERVED, there[claim.id], 0)
        for claim in claims
        if claim.kind == "record"
    }
