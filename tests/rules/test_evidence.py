"""Verdicts from counts, claims that can't be, and the ground of an assessment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ieom.rules.evidence import (
    Claim,
    Verdict,
    VerdictKind,
    assessment,
    unknown_claims,
    upper_bound,
    verdict_of,
)

UPHELD, CONTRADICTED, MIXED, UNOBSERVED = VerdictKind


@pytest.mark.parametrize(
    ("n", "against", "kind"),
    [(0, 0, UNOBSERVED), (1, 0, UPHELD), (170, 0, UPHELD), (0, 1, CONTRADICTED), (16, 1, MIXED), (1, 16, MIXED)],
)
def test_the_verdict_follows_from_the_counts(n: int, against: int, kind: VerdictKind) -> None:
    assert verdict_of(n, against) is kind


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_x_is_upheld_only_when_nothing_contradicts(n: int, against: int) -> None:
    kind = verdict_of(n, against)
    assert (kind is UPHELD) == (n > 0 and against == 0)
    assert (kind is UNOBSERVED) == (n + against == 0)


@pytest.mark.parametrize(("n", "bound"), [(3, 0.63), (16, 0.17), (36, 0.08), (170, 0.017)])
def test_the_bound_of_none_seen_is_that_of_the_guide(n: int, bound: float) -> None:
    assert upper_bound(n) == pytest.approx(bound, abs=0.005)
    assert upper_bound(0) == 1.0


def claim(**changes: object) -> Claim:
    given = {"id": "no_x", "paragraph": "voting", "kind": "observation", "label": "no x", "upheld_by": {"x": ["none"]},
             "contradicted_by": {"x": ["observed"]}}  # fmt: skip
    return Claim.model_validate({**given, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"contradicted_by": {"x": ["none"]}}, "upheld and contradicted by the same answer"),
        ({"contradicted_by": {"x": ["observed", "reported_to_us"]}}, "only heard"),
        ({"upheld_by": {"x": ["reported_to_us"]}}, "only heard"),
        ({"contradicted_by": {"seen": ["x"]}, "heard_by": {"seen": ["x"]}}, "only heard"),
        ({"upheld_by": {}, "contradicted_by": {}}, "no answer upholds or contradicts it"),
        ({"predicate": "x == 'none'"}, "Extra inputs"),
        ({"kind": "opinion"}, "Input should be"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        claim(**changes)


def test_doubles_and_supports_that_are_no_claims_are_named() -> None:
    assert unknown_claims([claim(), claim(), claim(id="free", supported_by=["no_y"])]) == [
        "claim 'no_x' stands twice",
        "claim 'free' is supported by 'no_y', which is no claim",
    ]


@pytest.mark.parametrize(
    ("first", "second", "kind", "against"),
    [
        (UPHELD, UPHELD, UPHELD, []),
        (UPHELD, UNOBSERVED, UPHELD, []),
        (UPHELD, MIXED, MIXED, ["b"]),
        (CONTRADICTED, MIXED, CONTRADICTED, ["a", "b"]),
        (UNOBSERVED, UNOBSERVED, UNOBSERVED, []),
    ],
)
def test_an_assessment_stands_on_what_supports_it(
    first: VerdictKind, second: VerdictKind, kind: VerdictKind, against: list[str]
) -> None:
    found = assessment(
        claim(id="free", kind="assessment", supported_by=["a", "b"]),
        {"a": Verdict("a", first), "b": Verdict("b", second)},
    )
    assert (found.kind, found.detail["against"]) == (kind, against)


def test_an_assessment_names_what_was_observed_of_it_and_what_was_not() -> None:
    found = assessment(
        claim(id="free", kind="assessment", supported_by=["a", "b", "silent"]),
        {"a": Verdict("a", UPHELD), "b": Verdict("b", UNOBSERVED)},
    )
    assert (found.detail["seen"], found.detail["unseen"]) == (["a"], ["b"]), "and nothing that the text is silent about"
