"""What a statement is drafted from: the mission's records and forms, gathered once, as plain facts and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from ieom.acts.meetings import counterpart
from ieom.acts.observation import last_close
from ieom.folder.announcing import drafted_in
from ieom.folder.claims import load_claims
from ieom.folder.names import load_names
from ieom.papers.wording import SMALL, listed, topics
from ieom.records import drafts, evidence, members, missions, stations
from ieom.records.delegation import Member
from ieom.records.meetings import Meeting
from ieom.records.members import styled
from ieom.records.observation import Attestation, MemberReport
from ieom.records.submissions import Flag, Submission
from ieom.rules.evidence import Claim, Verdict, VerdictKind, assessment, verdict_of
from ieom.rules.mission import MissionFacts
from ieom.rules.names import Names

PHASES = {
    "opening": "the opening", "voting": "the voting", "closing": "the closing", "counting": "the count",
    "tabulation": "the tabulation", "incident": "incidents",
}  # fmt: skip
EXPECTED = ("opening", "voting", "counting", "tabulation")
"""Phases whose absence a statement says."""
OF_THE_COUNT = frozenset({"counting", "tabulation"})
AT_STATIONS = ("opening", "voting", "closing", "counting")
"""Phases at a polling station. A conclusion speaks of the whole election where each of them that a statement owes was
observed, else of those that were."""
RECONCILING = ("ballots_balance", "box_against_issued", "valid_and_invalid", "contestants_sum", "turnout")
"""Checks of the figures of a results protocol; what they flag is a finding."""


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
    """Claims that the head of mission attested by name; `scope` is the override of the conclusion's scope. What a
    head who was replaced attested is the new one's to attest again."""
    head = members.head(session, mission)
    query = select(Attestation.claim).where(
        Attestation.mission == mission, Attestation.by == (head.code if head else "")
    )
    return frozenset(session.scalars(query))


def gather(session: Session, mission: str, *, cut_off: datetime, preliminary: bool, language: str = "en") -> Grounds:
    """Everything a draft of this moment rests on; `cut_off` is UTC."""
    facts, names, claims = missions.facts(session, mission), load_names(), load_claims()
    there, head = members.observers(session, mission), members.head(session, mission)
    vows = attested(session, mission)
    told = {
        **_election(facts, names, language),
        **_delegation(facts, names, there, head, language),
        **_base(session, mission, facts, names, cut_off, preliminary=preliminary, language=language),
        **_meetings(session, mission, facts, names, language),
        "scope_overridden": "scope" in vows,
        **_dated(facts, cut_off, language),
        "press_after_close": facts.moment(facts.release.press_conference) >= last_close(session, mission),
    }
    verdicts = dict(evidence.verdicts(session, mission, claims, cut_off=cut_off))
    verdicts |= _records(claims, told, head=head is not None)
    verdicts["figures_reconcile"] = _reconciled(session, mission, cut_off)
    for claim in claims:
        if claim.kind == "outside":
            known = claim.id in facts.outside_sources
            verdicts[claim.id] = Verdict(claim.id, verdict_of(int(known), 0), int(known), base="outside source")
    # An assessment stands on what the statement says: not on a count it is silent about, nor on what was set aside.
    silent = drafts.wholly_set_aside(session, mission, verdicts) | {c.id for c in claims if c.count and preliminary}
    said = {name: verdict for name, verdict in verdicts.items() if name not in silent}
    for claim in claims:
        if claim.kind in {"assessment", "courtesy"}:
            verdicts[claim.id] = assessment(claim, said)
    verdicts["conduct"] = _conduct(session, mission, there)
    digest = evidence.digest(session, mission, cut_off=cut_off)
    return Grounds(facts, told, claims, verdicts, digest, cut_off.astimezone(UTC), vows)


def _day(day: date, language: str) -> str:
    return format_date(day, "d MMMM y", locale=language)


def _days(days: Sequence[date], language: str) -> str:
    """'12 August 2020', '12 and 13 August 2020', '30 June and 1 July 2020'."""
    parts = []
    for place, day in enumerate(days):
        after = days[place + 1] if place + 1 < len(days) else None
        same_month = after is not None and (after.month, after.year) == (day.month, day.year)
        same_year = after is not None and after.year == day.year
        parts.append(format_date(day, "d" if same_month else "d MMMM" if same_year else "d MMMM y", locale=language))
    return listed(parts)


def _election(facts: MissionFacts, names: Names, language: str) -> dict[str, Any]:
    on = facts.election_day
    indirect = all(contest.suffrage == "indirect" for contest in facts.election.contests)
    title = facts.election.called
    return {
        "organisation": names.official(facts.organisation, language, on=on),
        "organisation_running": names.running(facts.organisation, language, on=on),
        "organisation_short": names.short(facts.organisation, language, on=on),
        "election": facts.election.title,
        "several": facts.election.several,
        "vote": title[:1].lower() + title[1:].lower() if title.isascii() else title,
        "voters": "electors" if indirect else "voters",
        "host": names.running(facts.host_state, language, on=on),
        "people": names.name(facts.host_state, language, on=on).people
        or f"people of {names.short(facts.host_state, language, on=on)}",
        "days": _days(facts.voting_days, language),
        "legal": facts.legal_references,
        "sources": facts.outside_sources,
    }


def _dated(facts: MissionFacts, cut_off: datetime, language: str) -> dict[str, Any]:
    """The day that a paper bears: that of the press conference, or of its evidence where that is later (a supplement)."""
    day = max(facts.release.press_conference.date(), cut_off.astimezone(ZoneInfo(facts.zone)).date())
    return {"date": day.isoformat(), "day": _day(day, language)}


def _delegation(
    facts: MissionFacts, names: Names, there: Sequence[Member], head: Member | None, language: str
) -> dict[str, Any]:
    states = names.precedence({row.state for row in there if row.state}, language, on=facts.election_day)
    return {
        "members": there,
        "states": [names.running(code, language, on=facts.election_day) for code in states],
        "embassies": any(row.state for row in there)
        and all(row.body.endswith("-embassy") for row in there if row.state),
        "secretariat": any(not row.state for row in there),
        "head": {"styled": styled(head), "title": head.title} if head else None,
    }


def _base(
    session: Session,
    mission: str,
    facts: MissionFacts,
    names: Names,
    cut_off: datetime,
    *,
    preliminary: bool,
    language: str,
) -> dict[str, Any]:
    """What the findings rest on: stations, forms by phase, where, until when."""
    visited, by_kind = evidence.base(session, mission, cut_off=cut_off)
    seen = select(distinct(Submission.station)).where(
        Submission.mission == mission, Submission.received_at <= cut_off, Submission.form != "tabulation"
    )
    codes = set(session.scalars(seen))
    cities = list(dict.fromkeys(row.city for row in stations.of(session, mission) if row.code in codes))
    on, local = facts.election_day, cut_off.astimezone(ZoneInfo(facts.zone))
    total = sum(by_kind.values())
    kinds = [{"on": PHASES[kind], "count": by_kind[kind]} for kind in PHASES if by_kind.get(kind)]
    kinds += [{"on": kind, "count": count} for kind, count in sorted(by_kind.items()) if kind not in PHASES]
    spoken_of = [kind for kind in AT_STATIONS if by_kind.get(kind) and not (preliminary and kind in OF_THE_COUNT)]
    return {
        "stations": visited,
        "parts": [PHASES[kind] for kind in spoken_of],
        "whole": all(kind in spoken_of for kind in AT_STATIONS if kind in EXPECTED),
        "visits_total": sum(by_kind.get(kind, 0) for kind in AT_STATIONS),
        "cities": [names.running(city, language, on=on) if city in names else city for city in cities],
        "forms_total": total,
        "forms_by_kind": kinds,
        "few_forms": all(count < len(SMALL) for count in by_kind.values()),
        "one_of_each": all(kind["count"] == 1 for kind in kinds),
        "phases_missing": [
            PHASES[k] for k in EXPECTED if not by_kind.get(k) and not (preliminary and k in OF_THE_COUNT)
        ],
        "cut_off": f"{local:%H:%M} on {_day(local.date(), language)}",
        "visited_phrase": "the one polling station visited"
        if visited == 1
        else f"the {visited:,} polling stations visited",
        "preliminary": preliminary,
    }


def _meetings(session: Session, mission: str, facts: MissionFacts, names: Names, language: str) -> dict[str, Any]:
    query = select(Meeting).where(Meeting.mission == mission, Meeting.status == "held", Meeting.kind == "meeting")
    held = session.scalars(query.order_by(Meeting.starts_at, Meeting.code)).all()
    zone, on = ZoneInfo(facts.zone), facts.election_day
    words = topics(language if drafted_in(language) else "en")  # of a translation no sentence is drafted from them
    days = groupby(held, key=lambda row: row.starts_at.astimezone(zone).date())
    told = [row for row in held if row.topics]
    bodies = dict.fromkeys(row.body for row in told)
    return {
        "meeting_days": [
            {"day": _day(day, language), "people": [counterpart(row) for row in rows]} for day, rows in days
        ],
        "meeting_count": len(held),
        "meetings_told": len(told),
        "bodies": [names.running(body, language, on=on) if body in names else body for body in bodies],
        "topics": [words[code] for code in words if any(code in row.topics for row in told)],
    }


def _records(claims: Sequence[Claim], facts: Mapping[str, Any], *, head: bool) -> dict[str, Verdict]:
    """Verdicts of what the mission's own records say."""
    there = {
        "observed_election": facts["forms_total"],
        "composition": len(facts["members"]),
        "headed_by": int(head),
        "observed_place": facts["stations"],
        "scope": facts["forms_total"],
        "meetings": facts["meeting_count"],
        "informed_topics": len(facts["topics"]),
    }
    wanted = {claim.id for claim in claims if claim.kind == "record"}
    return {name: Verdict(name, verdict_of(n, 0), n) for name, n in there.items() if name in wanted}


def _reconciled(session: Session, mission: str, cut_off: datetime) -> Verdict:
    """Results protocols whose figures don't reconcile: what the checks flagged, of all the counting forms."""
    mine = (Submission.mission == mission, Submission.received_at <= cut_off, Submission.form == "counting")
    counted = session.scalar(select(func.count()).select_from(Submission).where(*mine)) or 0
    flagged = select(distinct(Submission.instance_id)).join(Flag, Flag.submission == Submission.id)
    wrong = sorted(session.scalars(flagged.where(*mine, Flag.check.in_(RECONCILING))))
    good = counted - len(wrong)
    kind = verdict_of(good, len(wrong))
    return Verdict("figures_reconcile", kind, good, len(wrong), "forms", forms_against=tuple(wrong))


def _conduct(session: Session, mission: str, there: Sequence[Member]) -> Verdict:
    """The Mission's conduct: the head attests it; reports against members take the ground from it."""
    reports = session.scalar(select(func.count()).select_from(MemberReport).where(MemberReport.mission == mission)) or 0
    kind = VerdictKind.MIXED if reports else VerdictKind.UPHELD
    return Verdict("conduct", kind, len(there), reports, "records")
