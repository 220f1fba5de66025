"""Verdicts counted by the database are those that a person would count by hand, on SQLite and PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from ieom.acts.observation import correct
from ieom.folder import MissionFolder, open_mission, read
from ieom.folder.claims import load_claims
from ieom.records import evidence
from ieom.records.base import begin
from ieom.records.submissions import Answer, Flag, Submission
from ieom.rules.evidence import HEARD, Claim, Verdict, VerdictKind
from ieom.settings import ROOT

DAY = datetime(2020, 8, 12, 5, tzinfo=UTC)
SLUG = "kazakhstan-senate-2020"
CLAIMS = load_claims()
BY_ID = {claim.id: claim for claim in CLAIMS}
Forms = Sequence[tuple[str, str, Mapping[str, str | list[str]]]]
"""(form, station, answers)."""


@cache
def the_folder() -> MissionFolder:
    return read(ROOT / "config" / "missions" / SLUG)


@pytest.fixture
def records(either: Engine) -> Engine:
    with begin(either) as session:
        open_mission(session, the_folder(), by="coordinator", at=datetime(2020, 7, 6, tzinfo=UTC))
    return either


def put(session: Session, forms: Forms, *, at: datetime = DAY, prefix: str = "f") -> None:
    for number, (form, station, answers) in enumerate(forms):
        row = Submission(
            mission=SLUG, instance_id=f"{prefix}{number}", form=form, team=f"team-{number % 2 + 1}", station=station,
            received_at=at + timedelta(minutes=number), channel="file", content_hash=f"{prefix}-{number}", original={},
        )  # fmt: skip
        session.add(row)
        session.flush()
        for question, value in answers.items():
            for one in value if isinstance(value, list) else [value]:
                session.add(Answer(mission=SLUG, submission=row.id, station=station, question=question, value=one))
    session.flush()


def counted(engine: Engine, forms: Forms, claim: str, **options: Any) -> Verdict:
    with begin(engine) as session:
        put(session, forms)
        return evidence.verdicts(session, SLUG, CLAIMS, **options)[claim]


CAMPAIGN = {"incident_seen": "campaign_on_election_day"}
NO, YES = {"campaign_activity_nearby": "no"}, {"campaign_activity_nearby": "yes"}


@pytest.mark.parametrize(
    ("forms", "kind", "n", "against", "stations"),
    [
        ([], VerdictKind.UNOBSERVED, 0, 0, 0),
        ([("voting", "s1", NO)], VerdictKind.UPHELD, 1, 0, 1),
        ([("voting", "s1", NO), ("voting", "s1", NO)], VerdictKind.UPHELD, 2, 0, 1),
        ([("voting", "s1", NO), ("voting", "s2", YES)], VerdictKind.MIXED, 1, 1, 2),
        ([("voting", "s1", YES)], VerdictKind.CONTRADICTED, 0, 1, 1),
        ([("voting", "s1", {"campaign_activity_nearby": "not_observed"})], VerdictKind.UNOBSERVED, 0, 0, 0),
        ([("opening", "s1", {"full_access": "yes"})], VerdictKind.UNOBSERVED, 0, 0, 0),
        ([("voting", "s1", NO), ("incident", "s2", CAMPAIGN)], VerdictKind.MIXED, 1, 1, 2),
    ],
)  # fmt: skip
def test_a_fact_of_the_voting_counts_visits(
    records: Engine, forms: Forms, kind: VerdictKind, n: int, against: int, stations: int
) -> None:
    found = counted(records, forms, "no_campaign_activity")
    assert (found.kind, found.n, found.against, found.stations) == (kind, n, against, stations)
    assert (found.base, found.answered) == ("visits", n + against)


@pytest.mark.parametrize(
    ("answers", "kind", "n", "against"),
    [
        (["yes", "yes"], VerdictKind.UPHELD, 1, 0),
        (["yes", "no"], VerdictKind.CONTRADICTED, 0, 1),
        (["no", "no"], VerdictKind.CONTRADICTED, 0, 1),
    ],
)
def test_a_fact_of_a_station_counts_stations_and_one_contradiction_is_enough(
    records: Engine, answers: list[str], kind: VerdictKind, n: int, against: int
) -> None:
    forms = [("opening", "s1", {"box_sealed": answer}) for answer in answers]
    found = counted(records, forms, "box_sealed")
    assert (found.kind, found.n, found.against, found.base) == (kind, n, against, "stations")


def test_what_was_heard_is_neither_for_nor_against_and_is_counted_apart(records: Engine) -> None:
    forms = [
        ("voting", "s1", {"attempt_to_influence": "none"}),
        ("voting", "s2", {"attempt_to_influence": HEARD}),
        ("incident", "s3", {"incident_heard": "intimidation"}),
    ]
    with begin(records) as session:
        put(session, forms)
        found = evidence.verdicts(session, SLUG, CLAIMS)
        assert evidence.irregularities(session, SLUG, CLAIMS) == []
    assert (found["no_attempt_to_influence"].kind, found["no_attempt_to_influence"].heard) == (VerdictKind.UPHELD, 1)
    assert (found["no_intimidation"].kind, found["no_intimidation"].heard) == (VerdictKind.UNOBSERVED, 1)


@pytest.mark.parametrize(
    ("inside", "outside", "kind"),
    [
        ("no", "no", VerdictKind.UPHELD),
        ("yes", "no", VerdictKind.CONTRADICTED),
        ("no", "yes", VerdictKind.CONTRADICTED),
        ("no", "not_observed", VerdictKind.UNOBSERVED),
    ],
)
def test_a_claim_of_two_questions_needs_both(records: Engine, inside: str, outside: str, kind: VerdictKind) -> None:
    answers = {"campaign_material_inside": inside, "campaign_material_outside": outside}
    found = counted(records, [("voting", "s1", answers)], "no_campaign_material")
    assert found.kind is kind
    assert found.against <= 1


def test_a_form_that_says_both_contradicts_and_is_counted_once(records: Engine) -> None:
    forms = [("voting", "s1", {"unauthorised_persons": ["none", "police", "other"]})]
    found = counted(records, forms, "no_unauthorised_persons")
    assert (found.n, found.against, found.kind) == (0, 1, VerdictKind.CONTRADICTED)


def test_the_contradicting_forms_are_named_and_the_others_on_demand(records: Engine) -> None:
    forms = [("voting", "s1", NO), ("voting", "s2", YES), ("voting", "s3", NO)]
    with begin(records) as session:
        put(session, forms)
        found = evidence.verdicts(session, SLUG, CLAIMS)["no_campaign_activity"]
        assert found.forms_against == ("f1",)
        assert evidence.forms_behind(session, SLUG, BY_ID["no_campaign_activity"]) == (["f0", "f2"], ["f1"])
        rows = evidence.irregularities(session, SLUG, CLAIMS)
    assert [(row.claim, row.answer, row.instance_id, row.station) for row in rows] == [
        ("no_campaign_activity", "yes", "f1", "s2")
    ]


def test_a_phase_is_observed_by_a_form_of_it(records: Engine) -> None:
    with begin(records) as session:
        put(session, [("opening", "s1", {}), ("opening", "s1", {}), ("opening", "s2", {})])
        found = evidence.verdicts(session, SLUG, CLAIMS)
        assert evidence.base(session, SLUG) == (2, {"opening": 3})
        assert evidence.forms_behind(session, SLUG, BY_ID["attended_opening"]) == (["f0", "f1", "f2"], [])
    assert (found["attended_opening"].n, found["attended_opening"].kind) == (2, VerdictKind.UPHELD)
    assert found["observed_count"].kind is VerdictKind.UNOBSERVED


def test_only_forms_received_by_the_cut_off_count_even_when_the_clock_was_set_back(records: Engine) -> None:
    with begin(records) as session:
        put(session, [("voting", "s1", NO)], prefix="a")
        put(session, [("voting", "s2", YES)], at=DAY + timedelta(hours=5), prefix="late")
        put(session, [("voting", "s3", NO)], at=DAY + timedelta(hours=1), prefix="b")
        cut = DAY + timedelta(hours=2)
        found = evidence.verdicts(session, SLUG, CLAIMS, cut_off=cut)["no_campaign_activity"]
        assert (found.n, found.against) == (2, 0)
        assert evidence.irregularities(session, SLUG, CLAIMS, cut_off=cut) == []
        assert evidence.base(session, SLUG, cut_off=DAY - timedelta(hours=1)) == (0, {})
        assert evidence.verdicts(session, SLUG, CLAIMS)["no_campaign_activity"].against == 1


def test_the_digest_changes_with_a_form_and_with_a_correction_and_with_nothing_else(records: Engine) -> None:
    with begin(records) as session:
        put(session, [("voting", "ns-1", NO), ("voting", "ns-1", YES)])
        cut = DAY + timedelta(hours=1)
        first = evidence.digest(session, SLUG, cut)
        assert first == evidence.digest(session, SLUG, cut_off=cut)
        put(session, [("voting", "ns-1", NO)], at=DAY + timedelta(hours=2), prefix="late")
        assert evidence.digest(session, SLUG, cut) == first
        assert evidence.digest(session, SLUG) != first
        correct(
            session, SLUG, by="tr-1", at=DAY + timedelta(hours=3), instance="f1", question="campaign_activity_nearby",
            new="no", why="the team marked the wrong line",
        )  # fmt: skip
        assert evidence.digest(session, SLUG, cut) != first


SMALL = (
    BY_ID["no_campaign_material"],
    BY_ID["no_campaign_activity"],
    BY_ID["box_sealed"],
    BY_ID["no_unauthorised_persons"],
    BY_ID["no_serious_technical_problem"],
    BY_ID["no_intimidation"],
    BY_ID["no_other_incident"],
    BY_ID["attended_opening"],
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "campaign_material_inside": st.sampled_from(["yes", "no", "not_observed"]),
        "campaign_material_outside": st.sampled_from(["yes", "no", "not_observed"]),
        "campaign_activity_nearby": st.sampled_from(["yes", "no"]),
        "box_sealed": st.sampled_from(["yes", "no", "not_observed"]),
        "unauthorised_persons": st.lists(st.sampled_from(["none", "police", "other"]), unique=True, max_size=3),
        "technical_problem": st.sampled_from(["none", "minor", "serious"]),
        "intimidation": st.sampled_from(["none", HEARD, "observed"]),
        "incident_seen": st.sampled_from(["intimidation", "other"]),
        "incident_heard": st.sampled_from(["intimidation", "other"]),
    },
)
many = st.lists(
    st.tuples(st.sampled_from(["opening", "voting", "incident"]), st.sampled_from("abc"), answers), max_size=9
)


def says(form: Mapping[str, str | list[str]], question: str, values: Iterable[str]) -> bool:
    given = form.get(question, [])
    return bool(set(given if isinstance(given, list) else [given]) & set(values))


def by_hand(claim: Claim, forms: Forms) -> tuple[int, int, int]:
    """(n, against, heard), counted form by form."""
    if claim.present:
        return len({station for kind, station, _ in forms if kind in claim.present}), 0, 0
    bad = [any(says(form, q, v) for q, v in claim.contradicted_by.items()) for _, _, form in forms]
    good = [bool(claim.upheld_by) and all(says(form, q, v) for q, v in claim.upheld_by.items()) for _, _, form in forms]
    heard = sum(
        sum(says(form, q, [HEARD]) for q in claim.questions) + sum(says(form, q, v) for q, v in claim.heard_by.items())
        for _, _, form in forms
    )
    if claim.base == "stations":
        against = {station for (_, station, _), wrong in zip(forms, bad, strict=True) if wrong}
        upheld = {station for (_, station, _), right in zip(forms, good, strict=True) if right}
        return len(upheld - against), len(against), heard
    return sum(right and not wrong for right, wrong in zip(good, bad, strict=True)), sum(bad), heard


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(forms=many)
def test_every_verdict_is_what_a_person_counts_by_hand(records: Engine, forms: Forms) -> None:
    with begin(records) as session:
        for table in (Flag, Answer, Submission):
            session.execute(delete(table))
        put(session, forms)
        found = evidence.verdicts(session, SLUG, SMALL)
        for claim in SMALL:
            verdict = found[claim.id]
            assert (verdict.n, verdict.against, verdict.heard) == by_hand(claim, forms), claim.id
            behind = evidence.forms_behind(session, SLUG, claim)
            assert tuple(behind[1]) == verdict.forms_against
            if claim.base == "visits":
                assert len(behind[0]) == verdict.n
