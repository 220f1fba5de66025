"""What a claim rests on: its verdict from counted answers or from records. No predicate is evaluated as code.

'Observed' is said only of what was seen: an irregularity that was reported to observers upholds nothing and
contradicts nothing, and is counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

HEARD = "reported_to_us"


class VerdictKind(StrEnum):
    """What the record says of a claim."""

    UPHELD = "upheld"
    CONTRADICTED = "contradicted"
    MIXED = "mixed"
    UNOBSERVED = "unobserved"


class Claim(BaseModel):
    """One row of config/claims.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    paragraph: str
    kind: Literal["record", "observation", "outside", "assessment", "courtesy"]
    label: str
    """What the claim is called in tables."""
    count: bool = False
    """Whether the sentence speaks of the count, and is left out of a preliminary statement."""
    base: Literal["stations", "commissions", "visits"] = "visits"
    """What is counted: facts of a station or of a commission that tabulates once for each place, facts of voting once
    for each visit."""
    upheld_by: Mapping[str, tuple[str, ...]] = {}
    contradicted_by: Mapping[str, tuple[str, ...]] = {}
    heard_by: Mapping[str, tuple[str, ...]] = {}
    """Answers that say it was told to observers, beside `reported_to_us` of the questions above."""
    present: tuple[str, ...] = ()
    """Claims that are upheld by the presence of a form of these kinds."""
    supported_by: tuple[str, ...] = ()
    """Claims whose contradiction takes the ground from an assessment."""
    irregularity: bool = False
    """Whether an observed answer must be in the statement, its annex, or set aside by name."""

    @property
    def of_absence(self) -> bool:
        """Whether it says that something did not happen: such claims are named so in config/claims.toml."""
        return self.id.startswith("no_")

    @property
    def by_place(self) -> bool:
        """Whether places are counted, and one contradicting form is enough for a place."""
        return self.base != "visits"

    @property
    def questions(self) -> tuple[str, ...]:
        """Every question whose answer bears on the claim, once."""
        return tuple(dict.fromkeys([*self.upheld_by, *self.contradicted_by]))

    @model_validator(mode="after")
    def _has_grounds(self) -> Claim:
        if self.kind == "observation" and not (self.upheld_by or self.present or self.contradicted_by):
            raise ValueError(f"claim '{self.id}' is an observation, but no answer upholds or contradicts it")
        both = [
            f"{question}={answer}"
            for question, answers in self.upheld_by.items()
            for answer in answers
            if answer in self.contradicted_by.get(question, ())
        ]
        if both:
            raise ValueError(f"claim '{self.id}' is upheld and contradicted by the same answer: {', '.join(both)}")
        sides = [*self.upheld_by.items(), *self.contradicted_by.items()]
        heard = [question for question, answers in sides if HEARD in answers]
        heard += [question for question, answers in sides if set(answers) & set(self.heard_by.get(question, ()))]
        if heard:
            raise ValueError(f"claim '{self.id}': what was only heard neither upholds nor contradicts ({heard[0]})")
        return self


@dataclass(frozen=True)
class Irregularity:
    """One irregularity that observers saw: which claim it contradicts, by which answer, in which form, where."""

    claim: str
    question: str
    answer: str
    instance_id: str
    station: str
    submission: int


@dataclass(frozen=True)
class Verdict:
    """What the record says of one claim: `n` of `answered` uphold it, `against` contradict it, by `base`."""

    claim: str
    kind: VerdictKind
    n: int = 0
    against: int = 0
    base: str = "records"
    stations: int = 0
    """Distinct stations from which answers to this claim came."""
    heard: int = 0
    """Forms in which it was reported to observers and not seen."""
    forms_for: tuple[str, ...] = ()
    forms_against: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """The denominator."""
        return self.n + self.against


def verdict_of(n: int, against: int) -> VerdictKind:
    """The verdict from counts."""
    if n + against == 0:
        return VerdictKind.UNOBSERVED
    if against == 0:
        return VerdictKind.UPHELD
    return VerdictKind.CONTRADICTED if n == 0 else VerdictKind.MIXED


def upper_bound(n: int) -> float:
    """The 95 % upper bound of a share of which none was seen in `n` (Clopper-Pearson: 1 - 0.05^(1/n)), were the
    visits a random sample, which they are not."""
    return 1.0 if n == 0 else 1 - 0.05 ** (1 / n)


def assessment(claim: Claim, verdicts: Mapping[str, Verdict]) -> Verdict:
    """An assessment's ground: upheld when what supports it is upheld wherever it was observed, mixed when some of it
    is contradicted, contradicted when all of it is, unobserved when nothing of it was observed."""
    if not claim.supported_by:
        return Verdict(claim.id, VerdictKind.UPHELD, base="assessment")
    grounds = [verdicts[name] for name in claim.supported_by if name in verdicts]
    seen = [ground for ground in grounds if ground.kind is not VerdictKind.UNOBSERVED]
    good = [ground for ground in seen if ground.kind is VerdictKind.UPHELD]
    bad = [ground.claim for ground in seen if ground.kind is not VerdictKind.UPHELD]
    kind = verdict_of(len(good), len(bad))
    unseen = [ground.claim for ground in grounds if ground.kind is VerdictKind.UNOBSERVED]
    detail = {"against": bad, "seen": [ground.claim for ground in seen], "unseen": unseen}
    return Verdict(claim.id, kind, len(good), len(bad), "claims", detail=detail)


def unknown_claims(claims: Sequence[Claim]) -> list[str]:
    """Faults of a catalogue that no single row shows: doubles, and supports that don't exist."""
    ids = [claim.id for claim in claims]
    wrong = [f"claim '{one}' stands twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    wrong += [
        f"claim '{c.id}' is supported by '{s}', which is no claim"
        for c in claims
        for s in c.supported_by
        if s not in ids
    ]
    return wrong
