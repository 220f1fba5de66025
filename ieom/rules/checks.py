"""Checks of a form's figures and times. They flag and never reject: the discrepancy is the finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Seen:
    """A form as the checks see it; moments are UTC."""

    instance_id: str
    form: str
    team: str
    station: str
    arrived_at: datetime | None
    departed_at: datetime | None
    answers: Mapping[str, str]

    def number(self, question: str) -> int | None:
        """The answer as a number, or None when there is none."""
        value = self.answers.get(question)
        return int(value) if value is not None and value.lstrip("-").isdigit() else None


def flags(form: Seen) -> list[tuple[str, str]]:
    """(check, detail) of everything odd in one form."""
    found: list[tuple[str, str]] = []
    n = form.number

    def compare(check: str, left: int | None, right: int | None, says: str, *, exact: bool = True) -> None:
        if left is not None and right is not None and (left != right if exact else left > right):
            found.append((check, says.format(left=left, right=right)))

    def total(*questions: str) -> int | None:
        numbers = [n(question) for question in questions]
        return None if None in numbers else sum(number for number in numbers if number is not None)

    compare("ballots_balance", n("received"), total("issued", "unused", "spoiled"),
            "{left} ballots received, but issued, unused and spoiled make {right}")
    compare("box_against_issued", n("in_box"), n("issued"), "{left} ballots in the box, {right} issued", exact=False)
    compare("valid_and_invalid", total("valid", "invalid"), n("in_box"), "valid and invalid make {left}, {right} in the box")
    valid = n("valid")
    compare("contestants_sum", n("contestants_total"), None if valid is None else valid * (n("votes_a_ballot") or 1),
            "the contestants' votes make {left}, the valid ballots {right}")
    compare("turnout", n("issued") if n("issued") is not None else n("voted_so_far"),
            n("registered") if n("registered") is not None else n("registered_voters"),
            "{left} voted, {right} are registered", exact=False)
    compare("turnout_by_signature", n("voters_by_signature"), n("registered_voters"), "{left} signed, {right} are registered",
            exact=False)
    compare("women_in_commission", n("commission_women"), n("commission_present"), "{left} women of {right} present",
            exact=False)
    if form.arrived_at and form.departed_at and form.departed_at < form.arrived_at:
        found.append(("departure_before_arrival", "the team left before it came"))
    for question, value in form.answers.items():
        if value.startswith("-") and value[1:].isdigit():
            found.append(("negative", f"{question} is {value}"))
    return found


def between(forms: Sequence[Seen], facts_of_station: Sequence[str]) -> list[tuple[str, str, str]]:
    """(instance id, check, detail) of what disagrees between forms: a team in two places at once, and two teams'
    different answers about the same station (`facts_of_station` are the questions that have one true answer)."""
    found = []
    for number, one in enumerate(forms):
        for other in forms[number + 1 :]:
            if (
                one.team == other.team and one.station != other.station
                and one.arrived_at and one.departed_at and other.arrived_at and other.departed_at
                and one.arrived_at < other.departed_at and other.arrived_at < one.departed_at
            ):  # fmt: skip
                found.append((other.instance_id, "two_places_at_once", f"also at {one.station} at that time"))
            if one.station == other.station and one.team != other.team and one.form == other.form:
                for question in facts_of_station:
                    mine, theirs = one.answers.get(question), other.answers.get(question)
                    if mine and theirs and mine != theirs and "not_observed" not in {mine, theirs}:
                        found.append((other.instance_id, "teams_disagree", f"{question}: {theirs}, {one.team} says {mine}"))
    return found
